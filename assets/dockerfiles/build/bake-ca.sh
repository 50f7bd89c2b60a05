#!/bin/sh
# Only if BAKE_CA=1: make the company's CA one of the image's own authorities, for everything that runs in it.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
[ "$BAKE_CA" = 1 ] || exit 0
[ -s /dev/build/ca ] || fail "There is no company CA to bake into the image." "The build got no secret called ca." \
    "Set build.ca_bundle to the CA's file, or build.ca_at_runtime to false."

# update-ca-certificates wants one certificate in each file.
mkdir -p /usr/local/share/ca-certificates/company /opt/codehub/ca
awk '/-----BEGIN CERTIFICATE-----/ { n++; file = sprintf("/usr/local/share/ca-certificates/company/%03d.crt", n) }
     n { print >file } /-----END CERTIFICATE-----/ { close(file) }' /dev/build/ca
cp /dev/build/ca /opt/codehub/ca/company.pem
chmod 0644 /opt/codehub/ca/company.pem /usr/local/share/ca-certificates/company/*
update-ca-certificates
