#!/bin/sh
# Install Debian packages: apt-install.sh PACKAGE...
# APT_MIRROR replaces the main archive's address, APT_SECURITY_MIRROR (default: the same address with
# "-security" at its end) the security archive's; the image's own list of sources is left as it was.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh

command -v apt-get >/dev/null 2>&1 || fail \
    "The base image has no apt-get." \
    "The images are built with Debian packages; $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null || echo 'this base') does not have them." \
    "Choose a Debian or Ubuntu image as the base (images.notebook.base), for example debian:bookworm-slim."

packages=$*
trust_company_ca
export DEBIAN_FRONTEND=noninteractive
set -- -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0
[ -z "${ca_bundle:-}" ] || set -- "$@" -o "Acquire::https::CAInfo=$ca_bundle"

if [ -n "${APT_MIRROR:-}" ]; then
    main=${APT_MIRROR%/}
    security=${APT_SECURITY_MIRROR:-$main-security}
    sources=$(mktemp -d)
    cp -r /etc/apt/. "$sources"
    # The archives are known by the ends of their addresses: /debian, /debian-security, /ubuntu, /ubuntu-ports.
    find "$sources" \( -name '*.list' -o -name '*.sources' \) -exec sed -i -E \
        -e "s#https?://[^ ]+/debian-security/?( |\$)#${security%/}\1#" \
        -e "s#https?://[^ ]+/(debian|ubuntu|ubuntu-ports)/?( |\$)#$main\2#" {} +
    set -- "$@" -o "Dir::Etc::sourcelist=$sources/sources.list" -o "Dir::Etc::sourceparts=$sources/sources.list.d"
fi

apt-get "$@" update
# shellcheck disable=SC2086  # a list of package names, split on purpose
apt-get "$@" install --no-install-recommends $packages
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log /var/log/alternatives.log "${sources:-/nonexistent}"
