#!/usr/bin/env bash
# The buildx plugin, which Debian 12 does not package, out of the next release's package: only the plugin's
# file is taken, so that no other package of this machine moves.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

PLUGINS=/usr/local/lib/docker/cli-plugins

if docker buildx version >/dev/null 2>&1; then
    say "buildx: $(docker buildx version)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/deb"
printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$(debian_mirror)" \
    >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$work/lists"
    -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" download docker-buildx)
dpkg-deb --extract "$work"/docker-buildx_*.deb "$work/deb"
install -D -m 755 "$(find "$work/deb" -path "*/cli-plugins/docker-buildx" -type f)" "$PLUGINS/docker-buildx"
docker buildx version
