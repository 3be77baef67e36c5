#!/usr/bin/env bash
# Runs the tests: all but those in a browser in parallel, then those in a browser.
# Two calls, because the browser's event loop and asynchronous tests do not bear each other in one process.
# usage: scripts/test.sh all|browser
set -uo pipefail
cd "$(dirname "$0")/.."

pytest() {
    .venv/bin/python -m pytest "$@"
}

result=0
what=${1:-all}

if [ "$what" = all ]; then
    echo "== Tests"
    folders=(tests)
    [ -d plugins ] && folders+=(plugins)
    pytest "${folders[@]}" --ignore=tests/browser -n 2 || result=1
fi

if [ -d tests/browser ]; then
    echo "== Tests in a browser"
    if MYPAGE_CHROMIUM=$(scripts/ensure-browser.sh); then
        FONTCONFIG_FILE=$(scripts/fonts-conf.sh)
        export MYPAGE_CHROMIUM FONTCONFIG_FILE
        pytest tests/browser || result=1
    else
        echo "The tests in a browser DO NOT RUN, for the reason above."
        [ "$what" = all ] || result=1
    fi
fi

exit "$result"
