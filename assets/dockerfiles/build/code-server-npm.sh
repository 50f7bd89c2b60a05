#!/bin/sh
# Install code-server from the npm registry to /opt/code-server: code-server-npm.sh VERSION
# The result is laid out as upstream's standalone release is: bin/code-server, lib/node and the package around them.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca
version=${1#v}

export PATH="/opt/node/bin:$PATH" npm_config_nodedir=/opt/node npm_config_registry="${NPM_REGISTRY:-}"
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_cache=/tmp/npm-cache
# VS Code's own scripts are silent for minutes otherwise.
export npm_config_foreground_scripts=true
# As root, older npm runs scripts as "nobody" without it, and code-server's asks for it; npm 12 refuses it.
[ "$(npm --version | cut -d. -f1)" -ge 12 ] || export npm_config_unsafe_perm=true

# Unpacked rather than installed with --global: npm would call code-server's own calls of npm global too, and a
# failure in one of them removes files under the others, which hides its cause.
cd /tmp
npm pack "code-server@$version"
mkdir /opt/code-server
tar --extract --gzip --no-same-owner --strip-components=1 --directory /opt/code-server --file /tmp/code-server-*.tgz

# Older versions of VS Code's modules fetch ripgrep from GitHub's API when they are installed, which a company's npm
# mirror does not have. They leave a binary that is there already: Debian's, with the same features.
cd /opt/code-server/lib/vscode
npm install --omit=dev --no-save --ignore-scripts
find . -type d \( -path '*/node_modules/@vscode/ripgrep' -o -path '*/node_modules/vscode-ripgrep' \) |
    while read -r module; do
        [ -e "$module/bin" ] || install -D -m 0755 /usr/bin/rg "$module/bin/rg"
    done
npm rebuild

# code-server's own modules, and its postinstall script, which finds VS Code's there.
cd /opt/code-server
npm install --omit=dev --no-save
rm -rf /tmp/npm-cache /tmp/code-server-*.tgz

mkdir -p bin
install -m 0755 /dev/build/code-server-launcher.sh bin/code-server
install -m 0755 /opt/node/bin/node lib/node
strip --strip-unneeded lib/node
