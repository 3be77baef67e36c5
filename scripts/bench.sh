#!/usr/bin/env bash
# Installs what the benches need beyond the product, then runs them.
# usage: scripts/bench.sh [NAME ...]      (`--list` names them; bench/README.md says the rest)
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
installed=build/bench/.installed
mkdir -p build/bench
if ! cmp -s bench/constraints.txt "$installed" || ! "$python" -c 'import asyncpg, django, gunicorn' 2>/dev/null; then
    echo "Installing the packages of the benches (only when they change)"
    "$python" -m pip install --disable-pip-version-check --no-input --quiet --require-hashes --no-deps -r bench/constraints.txt
    cp bench/constraints.txt "$installed"
fi
MYPAGE_BENCH_WRK=$(scripts/ensure-wrk.sh)
export MYPAGE_BENCH_WRK
exec "$python" bench/run.py "$@"
