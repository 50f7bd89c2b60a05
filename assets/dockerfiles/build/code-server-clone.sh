#!/bin/sh
# Clone code-server's repository at a tag, with its submodules, to /src/code-server: code-server-clone.sh TAG
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca

if ! git ls-remote --exit-code --tags "$SOURCE_REPOSITORY" "refs/tags/$1" >/dev/null; then
    git ls-remote --heads "$SOURCE_REPOSITORY" >/dev/null || fail "The repository $SOURCE_REPOSITORY cannot be read." \
        "git's message is above." "Correct code_server.repository; it must be readable without a password."
    fail "code-server has no tag $1." "$SOURCE_REPOSITORY has no such tag." \
        "Choose one from: codehub versions code-server."
fi
git clone --depth 1 --branch "$1" --recurse-submodules --shallow-submodules "$SOURCE_REPOSITORY" /src/code-server
