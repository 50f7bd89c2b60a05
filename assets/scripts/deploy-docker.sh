#!/usr/bin/env bash
# Starts the hub on this Docker host, or brings it up to date, without codehub.
# Written by codehub from codehub.yaml; `./deploy.sh --help` says more.
# shellcheck disable=SC1003,SC2016,SC2088 # the settings are literal: nothing in them is to be expanded
set -euo pipefail

#: settings

usage() {
    cat <<'END'
Usage: ./deploy.sh [--new-secrets] [COMPOSE-OPTION...]

Runs `docker compose up --detach` with compose.yaml of this folder. Run ./build.sh before. Where there is no
secrets.yaml yet it is made, with passwords that nobody can guess; what the containers need of it is put beside it.

  --new-secrets  make a secrets.yaml although there is a hub already, whose passwords are then others
  -h, --help     this text

Other options go to docker compose up as they are: --pull always, --force-recreate ...
END
}

fail() {
    printf 'Error: %s\n' "$1" >&2
    exit "${2:-1}"
}

random() { # NUMBER CHARACTERS
    local found
    found=$(head -c 8192 /dev/urandom | LC_ALL=C tr -dc "$2")
    printf '%s' "${found:0:$1}"
}

password() { # GROUPS, of five characters that are hard to confuse
    local text count
    text=$(random 5 "$alphabet")
    for ((count = 1; count < $1; count++)); do text+=-$(random 5 "$alphabet"); done
    printf '%s' "$text"
}

make_secrets() {
    local text=$template groups
    while [[ $text == *MAKE-A-TOKEN* ]]; do text=${text/MAKE-A-TOKEN/$(random 64 0-9a-f)}; done
    while [[ $text =~ MAKE-([0-9]+)-GROUPS ]]; do
        groups=${BASH_REMATCH[1]}
        text=${text/"MAKE-$groups-GROUPS"/$(password "$groups")}
    done
    printf '%s' "$text" >secrets.yaml
    printf 'secrets.yaml is made; the passwords are in it. Keep a copy in a safe place.\n' >&2
}

# Nothing else here reads YAML: the hub image's own Python does.
environment() {
    docker run --rm --interactive --network=none --cap-drop=ALL --user=65534 --entrypoint=python3 "$image" \
        -c "$program" "$variable" "${proxy_secret[@]}" <secrets.yaml
}

new_secrets=no
more=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --new-secrets) new_secrets=yes ;;
    *) more+=("$1") ;;
    esac
    shift
done

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
command -v docker >/dev/null 2>&1 || fail "docker is not installed, or not on the PATH." 3
docker compose version >/dev/null 2>&1 ||
    fail "docker compose is not installed: https://docs.docker.com/compose/install/" 3
docker version >/dev/null || fail "Docker does not answer; is it running?" 3
docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image" >/dev/null 2>&1 ||
    fail "The image $image is not there: run ./build.sh before." 2

umask 077
if [ ! -e secrets.yaml ]; then
    if [ "$new_secrets" = no ] && docker volume inspect "$project-hub-data" >/dev/null 2>&1; then
        fail "There is a hub $project on this Docker already, but no secrets.yaml here. Copy its own to this folder, \
or give it new passwords with --new-secrets." 2
    fi
    make_secrets
fi
if missing=$(grep -m 1 -oE 'PUT-THE-[A-Z0-9-]+-HERE' secrets.yaml); then
    fail "secrets.yaml still has $missing in it: put that secret there, then run this again." 2
fi
lines=$(environment) || fail "secrets.yaml cannot be read as YAML by the image $image." 2
printf '%s%s\n' "$environment_head" "${lines%%$'\n'*}" >hub.env
[ -z "${proxy_secret[0]}" ] || printf '%s%s\n' "$environment_head" "${lines##*$'\n'}" >proxy.env
umask 022
docker compose up --detach ${more[@]+"${more[@]}"}
