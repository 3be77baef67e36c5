#!/usr/bin/env bash
# Makes the virtual environment: the pinned dependencies, then the packages of this repository in place.
# usage: scripts/bootstrap.sh FOLDER      (PYTHON=python3.12 chooses the interpreter)
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$1
log=$venv/install.log

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

recent_enough() {
    command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        recent_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or newer: choose another, or leave PYTHON unset."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if recent_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed, and there is none: install it (on Debian and Ubuntu: apt install python3 python3-venv)."
}

# The line of pip's log that says what went wrong.
reason() {
    if grep -qE 'connection broken|Temporary failure in name resolution|Read timed out|Connection refused' "$log"; then
        echo "the package index cannot be reached, look at the network and at pip's settings"
        return
    fi
    grep -E '^ *(ERROR|error):' "$log" | head -n 1 | cut -c 1-300 || true
}

pip_install() {
    # An upset of the network is tried again; what pip found already is in its cache.
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet --retries 3 "$@" >>"$log" 2>&1
}

python=$(find_python)
if ! "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.prefix != sys.argv[1])' "$PWD/$venv" 2>/dev/null \
    || ! recent_enough "$venv/bin/python"; then
    echo "Making $venv with $("$python" --version)"
    "$python" -c 'import ensurepip, venv' 2>/dev/null \
        || fail "Python's venv module is missing: install it (on Debian and Ubuntu: apt install python3-venv)."
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 || fail "$python -m venv $venv failed: run it to see why (is the disk full?)."
fi

: >"$log"
count=$(grep -cE '^[A-Za-z0-9]' constraints.txt)
echo "Installing $count pinned packages into $venv (only when they change; the first time takes a minute or two)"
pip_install --require-hashes -r constraints.txt \
    || fail "The pinned packages could not be installed: $(reason) (all of it: $log; mend it and run this again)"

echo "Installing the packages of this repository"
editable=(-e platform)
for plugin in plugins/*/; do
    [ -f "$plugin/pyproject.toml" ] && editable+=(-e "${plugin%/}")
done
pip_install --no-deps --no-build-isolation "${editable[@]}" \
    || fail "The packages of this repository could not be installed: $(reason) (all of it: $log)"
