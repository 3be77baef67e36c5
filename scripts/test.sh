#!/usr/bin/env bash
# Runs the tests: all but those in a browser, then those in a browser, then the W3C's checker over the HTML that came up.
# Several calls, because the browser's event loop and asynchronous tests do not bear each other in one process. On two
# cores the first has three workers, because its tests often wait for something, and who is done takes from the others; in
# the browser's, which never do, each of two has a stack and a browser of its own. What failed is told once more at the very
# end.
# usage: scripts/test.sh all|browser
set -uo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
# Rewriting the asserts of all tests takes each worker ten seconds; what was compiled once is kept for the next run.
unset PYTHONDONTWRITEBYTECODE
export MYPAGE_FAILURES=$PWD/build/test-failures.txt
: >"$MYPAGE_FAILURES"
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

# Where everything must run, as in CI, leaving something out is a failure.
not_run() {
    endings+=("$1: NOT RUN, $2 (see above)")
    [ "$what" = all ] && [ -z "${CI:-}" ] || result=1
}

check_html() {
    local jar output=build/html-output.txt
    echo "== W3C checker"
    if ! jar=$(scripts/ensure-html-checker.sh); then
        not_run "W3C checker" "it cannot be had"
        return
    fi
    .venv/bin/python scripts/check_html.py "$jar" "$MYPAGE_HTML_FOLDER" | tee "$output" || result=1
    endings+=("$(tail -n 1 "$output")")
}

what=${1:-all}

# One test starts a provider of logins; getting it takes as long as the tests before that one, and its fixture waits for it.
[ "$what" != all ] || scripts/ensure-oidc-provider.sh >/dev/null 2>&1 &

if [ "$what" = all ]; then
    folders=(tests)
    [ -d plugins ] && folders+=(plugins)
    pytest "Tests" "${folders[@]}" --ignore=tests/browser -n 3 --dist worksteal
fi

if [ -d tests/browser ]; then
    if MYPAGE_CHROMIUM=$(scripts/ensure-browser.sh); then
        FONTCONFIG_FILE=$(scripts/fonts-conf.sh)
        MYPAGE_HTML_FOLDER=$PWD/build/html
        export MYPAGE_CHROMIUM FONTCONFIG_FILE MYPAGE_HTML_FOLDER
        rm -rf "$MYPAGE_HTML_FOLDER"
        pytest "Tests in a browser" tests/browser -n 2 --dist loadscope
        check_html
    else
        not_run "Tests in a browser" "there is no Chromium"
        not_run "W3C checker" "there are no pages to check"
    fi
fi

echo
printf '%s\n' "${endings[@]}"
cat "$MYPAGE_FAILURES"
exit "$result"
