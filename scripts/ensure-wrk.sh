#!/usr/bin/env bash
# Prints the path of wrk, the load generator of the benches. Installs it when there is none and this user may; else fails.
set -euo pipefail

command -v wrk && exit 0
admin=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "There is no wrk, and this user may not install it: run 'sudo apt install wrk'." >&2; exit 1; }
    admin=(sudo -n)
fi
command -v apt-get >/dev/null || { echo "There is no wrk, and no apt-get to install it with: install it." >&2; exit 1; }
echo "Installing wrk for the benches (apt-get install wrk)" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_it() {
    "${admin[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wrk >"$log" 2>&1 </dev/null
}
if ! install_it; then
    { "${admin[@]}" apt-get update >>"$log" 2>&1 </dev/null && install_it; } \
        || { echo "wrk could not be installed: $(grep '^E:' "$log" | head -n 1)" >&2; exit 1; }
fi
command -v wrk
