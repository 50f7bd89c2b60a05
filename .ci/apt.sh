#!/usr/bin/env bash
# The Debian packages that the integration tests need. Does nothing where all of them are there.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

# The tests' own parts, and what npm needs to build code-server's native modules.
PACKAGES=(
    ca-certificates age git docker-registry debootstrap shellcheck tmux faketime librsvg2-bin chromium chromium-driver
    g++ make python3 pkg-config libkrb5-dev libsecret-1-dev libx11-dev libxkbfile-dev
)
command -v dockerd >/dev/null || PACKAGES+=(docker.io)

missing=()
for package in "${PACKAGES[@]}"; do
    state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "apt: ${missing[*]} ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install --yes --no-install-recommends "${missing[@]}" >"$CACHE/apt.log" 2>&1 ||
        { tail -n 20 "$CACHE/apt.log" >&2; die "apt-get install failed: see $CACHE/apt.log"; }
fi
