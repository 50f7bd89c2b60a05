#!/bin/sh
# Fetch upstream's release to /opt/code-server: code-server-release.sh VERSION
# RELEASE_BASE_URL is the folder that has v4.133.0/code-server-4.133.0-linux-amd64.tar.gz; RELEASE_FORMAT is tar.gz
# or deb; RELEASE_SHA256 (RELEASE_SHA256_ARM64 for that architecture) is compared if given.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca
version=${1#v}
arch=${TARGETARCH:-$(dpkg --print-architecture)}
expected=$RELEASE_SHA256
case $arch in
    amd64) ;;
    arm64) expected=${RELEASE_SHA256_ARM64:-$expected} ;;
    *) fail "There is no code-server release for the architecture $arch." "Upstream releases amd64 and arm64." \
        "Build for linux/amd64 or linux/arm64 (build.platforms)." ;;
esac

case $RELEASE_FORMAT in
    tar.gz) name=code-server-$version-linux-$arch.tar.gz ;;
    deb) name=code-server_${version}_$arch.deb ;;
    *) fail "RELEASE_FORMAT is $RELEASE_FORMAT." "It must be tar.gz or deb." "Correct or remove it in build.args." ;;
esac
address=${RELEASE_BASE_URL%/}/v$version/$name

echo "Fetching $address"
status=$(curl --silent --show-error --location --retry 3 --connect-timeout 30 --output /tmp/release --write-out '%{http_code}' "$address")
case $status in
    200) ;;
    404) fail "There is no release of code-server $version at the release address." "$address answered 404 (not found)." \
        "Choose a version that exists (codehub versions code-server), or correct code_server.release_url." ;;
    *) fail "code-server $version could not be fetched." "$address answered $status." \
        "Check code_server.release_url and the proxy, then run again." ;;
esac

checksum=$(sha256sum /tmp/release | cut -d' ' -f1)
echo "SHA-256 of $name: $checksum"
[ -z "$expected" ] || [ "$checksum" = "$expected" ] || fail \
    "The checksum of $name does not match." \
    "Expected SHA-256 $expected, got $checksum from $address." \
    "Do not use this file before you know why it differs; then correct code_server.checksum, or empty it."

mkdir -p /opt/code-server /tmp/unpacked
if [ "$RELEASE_FORMAT" = deb ]; then
    dpkg-deb --extract /tmp/release /tmp/unpacked
    mv /tmp/unpacked/usr/lib/code-server/* /opt/code-server/
else
    tar --extract --gzip --no-same-owner --strip-components=1 --directory /opt/code-server --file /tmp/release
fi
rm -rf /tmp/release /tmp/unpacked
printf '%s  %s\n' "$checksum" "$address" >/opt/code-server/RELEASE.sha256
