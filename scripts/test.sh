#!/usr/bin/env bash
# Runs the tests: all but those in a browser in parallel, then those in a browser.
# Two calls, because the browser's event loop and asynchronous tests do not bear each other in one process.
# usage: scripts/test.sh all|browser
set -uo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
endings=()
result=0

# Runs pytest and keeps its closing line, to be shown once more at the end.
pytest() {
    local title=$1 colour=no output
    shift
    [ -t 1 ] && colour=yes
    output=build/test-output.txt
    echo "== $title"
    .venv/bin/python -m pytest --color="$colour" "$@" 2>&1 | tee "$output" || result=1
    endings+=("$title: $(tail -n 1 "$output" | tr -d '=')")
}

what=${1:-all}

if [ "$what" = all ]; then
    folders=(tests)
    [ -d plugins ] && folders+=(plugins)
    pytest "Tests" "${folders[@]}" --ignore=tests/browser -n 2
fi

if [ -d tests/browser ]; then
    if MYPAGE_CHROMIUM=$(scripts/ensure-browser.sh); then
        FONTCONFIG_FILE=$(scripts/fonts-conf.sh)
        export MYPAGE_CHROMIUM FONTCONFIG_FILE
        pytest "Tests in a browser" tests/browser
    else
        endings+=("Tests in a browser: NOT RUN, there is no Chromium (see above)")
        [ "$what" = all ] || result=1
    fi
fi

echo
printf '%s\n' "${endings[@]}"
exit "$result"
