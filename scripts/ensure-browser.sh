#!/usr/bin/env bash
# Prints the path of Chromium. Installs it when there is none and this user may; else says why not, and fails.
set -euo pipefail

find_browser() {
    local name
    if [ -n "${MYPAGE_CHROMIUM:-}" ]; then
        command -v "$MYPAGE_CHROMIUM" && return
        echo "MYPAGE_CHROMIUM=$MYPAGE_CHROMIUM cannot be run." >&2
        return 1
    fi
    # The one without windows does the same work with half the processes.
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        command -v "$name" && return
    done
    return 1
}

install_browser() {
    local admin=() log
    install() { "${admin[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$1"; }
    if ! command -v apt-get >/dev/null; then
        echo "There is no Chromium, and no apt-get to install it with: install it, or set MYPAGE_CHROMIUM." >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "There is no Chromium, and this user may not install it: run 'sudo apt install chromium', or set MYPAGE_CHROMIUM." >&2
            return 1
        fi
        admin=(sudo -n)
    fi
    echo "Installing Chromium for the tests in a browser (apt-get install chromium-headless-shell, or chromium)" >&2
    log=$(mktemp)
    if ! { "${admin[@]}" apt-get update && { install chromium-headless-shell || install chromium; }; } >"$log" 2>&1 </dev/null; then
        echo "Chromium could not be installed: $(grep '^E:' "$log" | head -n 1)" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

find_browser && exit 0
[ -z "${MYPAGE_CHROMIUM:-}" ] || exit 1
install_browser
find_browser || {
    echo "apt-get installed no program named chromium here: set MYPAGE_CHROMIUM." >&2
    exit 1
}
