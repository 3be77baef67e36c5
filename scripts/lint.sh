#!/usr/bin/env bash
# Runs every check, also after one has failed, and says at the end which did.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()

check() {
    local name=$1
    shift
    echo "== $name"
    .venv/bin/python -m "$@" || failed+=("$name")
}

template_folders() {
    find platform plugins themes -type d -name templates -prune
}

check "ruff check" ruff check .
check "ruff format" ruff format --check .
check "mypy" mypy
echo "== import arrows"
.venv/bin/lint-imports || failed+=("import arrows")
mapfile -t templates < <(template_folders)
if [ ${#templates[@]} -gt 0 ]; then
    check "djlint" djlint --configuration=pyproject.toml --lint --quiet "${templates[@]}"
fi

if [ ${#failed[@]} -gt 0 ]; then
    printf 'Failed: %s\n' "$(IFS=,; echo "${failed[*]}")"
    exit 1
fi
echo "All checks passed."
