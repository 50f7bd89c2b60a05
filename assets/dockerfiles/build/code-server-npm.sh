#!/bin/sh
# Install code-server from the npm registry to /opt/code-server: code-server-npm.sh VERSION
# The result is laid out as upstream's standalone release is: bin/code-server, lib/node and the package around them.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /build/common/lib.sh
trust_company_ca
version=${1#v}

export PATH="/opt/node/bin:$PATH" npm_config_nodedir=/opt/node npm_config_registry="${NPM_REGISTRY:-}"
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_cache=/tmp/npm-cache
# VS Code's own postinstall scripts are silent for minutes otherwise.
export npm_config_foreground_scripts=true
# As root, npm 6 runs scripts as "nobody" without it; npm 12 refuses it.
[ "$(npm --version | cut -d. -f1)" -ge 12 ] || export npm_config_unsafe_perm=true

npm install --global --prefix /opt/npm "code-server@$version"
mv /opt/npm/lib/node_modules/code-server /opt/code-server
rm -rf /opt/npm /tmp/npm-cache

mkdir -p /opt/code-server/bin
install -m 0755 /build/code-server-launcher.sh /opt/code-server/bin/code-server
install -m 0755 /opt/node/bin/node /opt/code-server/lib/node
strip --strip-unneeded /opt/code-server/lib/node
