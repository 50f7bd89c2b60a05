#!/bin/sh
# The user's own Debian packages: packages.sh "PACKAGE PACKAGE ..."; nothing to do for an empty list.
set -eu
[ -n "$1" ] || exit 0
# shellcheck disable=SC2086  # a list of package names, split on purpose
exec /dev/build/common/apt-install.sh $1
