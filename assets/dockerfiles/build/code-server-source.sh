#!/bin/sh
# Build the clone in /src/code-server and put the result into /opt/code-server.
# SOURCE_COMMANDS: the steps of the tag's family, as one shell command line; SOURCE_ENV: assignments, in which
# $NODE_ARCH is Node's name of the architecture; SOURCE_ARTIFACT: the folder with the result; SOURCE_MEMORY_MB: heap.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca
case ${TARGETARCH:-$(dpkg --print-architecture)} in
    amd64) NODE_ARCH=x64 ;;
    arm64) NODE_ARCH=arm64 ;;
    *) fail "code-server is not built from source for the architecture $TARGETARCH." \
        "Its build knows amd64 and arm64." "Build for linux/amd64 or linux/arm64 (build.platforms)." ;;
esac
[ -n "$SOURCE_COMMANDS" ] || fail "It is not known how this version of code-server is built." \
    "SOURCE_COMMANDS is empty." "Let codehub render build.sh, or give the steps of the version's own documentation."

export PATH="/opt/node/bin:$PATH" NODE_OPTIONS="--max-old-space-size=$SOURCE_MEMORY_MB" NODE_ARCH
export npm_config_registry="${NPM_REGISTRY:-}" YARN_REGISTRY="${NPM_REGISTRY:-}" CI=1
[ "$(npm --version | cut -d. -f1)" -ge 12 ] || export npm_config_unsafe_perm=true
[ -z "$SOURCE_ENV" ] || eval "export $SOURCE_ENV"

cd /src/code-server
echo "Building with Node $(node --version): $SOURCE_COMMANDS"
sh -euxc "$SOURCE_COMMANDS"

[ -d "$SOURCE_ARTIFACT/out" ] || fail "The build made no $SOURCE_ARTIFACT folder with code-server in it." \
    "Its steps ended without an error: $SOURCE_COMMANDS" "The steps may have changed with this tag; use another method for it."
mv "$SOURCE_ARTIFACT" /opt/code-server
mkdir -p /opt/code-server/bin /opt/code-server/lib
# Releases without a Node of their own get the one that they were built with.
[ -x /opt/code-server/lib/node ] || install -m 0755 /opt/node/bin/node /opt/code-server/lib/node
[ -x /opt/code-server/bin/code-server ] ||
    install -m 0755 /dev/build/code-server-launcher.sh /opt/code-server/bin/code-server
