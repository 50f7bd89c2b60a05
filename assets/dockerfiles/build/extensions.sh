#!/bin/sh
# Install extensions to /opt/codehub/extensions: extensions.sh "ID[@VERSION] ID[@VERSION] ..."
# The .vsix files of the build context (/dev/build/extensions) are installed too. EXTENSIONS_GALLERY (JSON) replaces Open VSX.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca
target=/opt/codehub/extensions
mkdir -p "$target"

install_one() { # NAME SHOWN
    installed=$(mktemp)
    if ! /opt/code-server/bin/code-server --user-data-dir /tmp/code-server --extensions-dir "$target" \
        --install-extension "$1" >"$installed" 2>&1 || grep -qE '^(Error|Failed|Extension .* not found)' "$installed"; then
        cat "$installed" >&2
        reason=$(grep -m1 -iE 'not found|not compatible|error|fail' "$installed" || tail -n 1 "$installed")
        fail "The extension $2 could not be installed." "$reason" \
            "Check its id at the gallery (open-vsx.org unless code_server.gallery is set) and that it supports this VS Code version; or use its .vsix file."
    fi
    cat "$installed"
    rm -f "$installed"
}

for vsix in /dev/build/extensions/*.vsix; do
    [ ! -e "$vsix" ] || install_one "$vsix" "$(basename "$vsix")"
done
for id in $1; do
    install_one "$id" "$id"
done
rm -rf /tmp/code-server "$HOME/.config/code-server" "$HOME/.local/share/code-server" "$target/.obsolete"
chmod -R a+rX,go-w "$target"
