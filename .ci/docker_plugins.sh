#!/usr/bin/env bash
# Docker's plugins buildx and compose, which Debian 12 does not package, out of the next release's packages: only the
# plugins' files are taken, so that no other package of this machine moves.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

PLUGINS=/usr/local/lib/docker/cli-plugins

missing=()
for plugin in buildx compose; do
    docker "$plugin" version >/dev/null 2>&1 || missing+=("docker-$plugin")
done
if [ ${#missing[@]} -gt 0 ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    mkdir -p "$work/lists/partial" "$work/deb"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$(debian_mirror)" \
        >"$work/sources.list"
    apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=-
        -o "Dir::State::Lists=$work/lists" -o APT::Sandbox::User=root)
    "${apt[@]}" update
    for package in "${missing[@]}"; do
        (cd "$work" && "${apt[@]}" download "$package")
        dpkg-deb --extract "$work/${package}"_*.deb "$work/deb"
        install -D -m 755 "$(find "$work/deb" -path "*/cli-plugins/$package" -type f)" "$PLUGINS/$package"
    done
fi
say "$(docker buildx version)"
say "$(docker compose version)"
