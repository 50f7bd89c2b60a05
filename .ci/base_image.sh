#!/usr/bin/env bash
# The base image of the integration tests, codehub-test/debian:bookworm, made from Debian's packages by
# debootstrap: no image registry is needed. The root file system is kept in the cache folder.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

IMAGE=codehub-test/debian:bookworm
ROOTFS="$CACHE/debian-bookworm.tar"

make_rootfs() {
    local work
    work=$(mktemp -d -p "$CACHE")
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/root" "$(debian_mirror)" >"$CACHE/debootstrap.log" 2>&1 ||
        die "debootstrap failed: see $CACHE/debootstrap.log"
    rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
    find "$work/root/var/log" -type f -delete
    tar --numeric-owner -C "$work/root" -cf "$ROOTFS.part" .
    mv "$ROOTFS.part" "$ROOTFS"
    rm -rf "$work"
}

once debian-bookworm-rootfs 1 make_rootfs
if ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
    docker import --change 'CMD ["bash"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        "$ROOTFS" "$IMAGE" >/dev/null
fi
say "base image: $IMAGE $(docker image inspect --format '{{.Id}}' "$IMAGE")"
