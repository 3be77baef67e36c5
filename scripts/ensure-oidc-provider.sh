#!/usr/bin/env bash
# Prints the folder of the OpenID Connect provider that the tests of staff logins start. Installs it by npm into build/
# when it is missing; several at once wait for one. Fails and says why when that cannot be.
set -euo pipefail
cd "$(dirname "$0")/.."

source=tests/staff/provider
folder=build/oidc-provider
mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9

if ! command -v npm >/dev/null; then
    echo "There is no npm: install it." >&2
    exit 1
fi
if ! cmp -s "$source/package-lock.json" "$folder/.installed"; then
    cp "$source/package.json" "$source/package-lock.json" "$folder/"
    if ! (cd "$folder" && npm ci --silent --ignore-scripts --no-audit --no-fund >npm.log 2>&1 </dev/null); then
        echo "The provider could not be installed with npm: $(grep -m 1 -v '^npm warn' "$folder/npm.log" || true)" >&2
        exit 1
    fi
    cp "$source/package-lock.json" "$folder/.installed"
fi
cp "$source/provider.js" "$folder/"
echo "$folder"
