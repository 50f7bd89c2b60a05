#!/bin/sh
# Start the code-server that was obtained, and compare its version: verify.sh METHOD VERSION
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
version=${2#v}

shown=$(HOME=/tmp/verify /opt/code-server/bin/code-server --version 2>&1) || fail \
    "code-server $version does not run on this base image." "$(printf '%s' "$shown" | tail -n 1)" \
    "From 4.17 on it needs glibc 2.28 or newer (Debian 10, Ubuntu 20.04): choose a newer base image, or the platform that it was made for."
rm -rf /tmp/verify
printf '%s\n' "$shown" | grep -v 'Wrote default config'
# A build from source is worth more than its version's spelling; anything else must be what was asked for.
case "$shown" in *"$version "*) exit 0 ;; esac
[ "$1" = source ] || fail "The code-server that was found is not version $version." \
    "It says: $(printf '%s' "$shown" | tail -n 1)" \
    "Set code_server.version to what it is, or correct code_server.image or code_server.release_url."
