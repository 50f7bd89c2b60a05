#!/usr/bin/env bash
# Brings back what backup.sh saved, without codehub.
# Written by codehub from codehub.yaml; `./restore.sh --help` says more.
# shellcheck disable=SC1003,SC2016,SC2088 # the settings are literal: nothing in them is to be expanded
set -euo pipefail

#: settings

usage() {
    cat <<'END'
Usage: ./restore.sh [--replace] FILE

Brings the hub's database and everybody's files back from a file that backup.sh made. Stop all editors before
(`codehub destroy` keeps the volumes); build the images first (`./build.sh`).

  --replace   volumes that are there are emptied and written anew; without this they are left alone, and nothing is done
  -h, --help  this text
END
}

fail() {
    printf 'Error: %s\n' "$1" >&2
    exit "${2:-1}"
}

replace=no
file=
for word in "$@"; do
    case $word in
    -h | --help)
        usage
        exit 0
        ;;
    --replace) replace=yes ;;
    -*) fail "There is no option $word." 2 ;;
    *) file=$word ;;
    esac
done
[ -n "$file" ] || fail "Name the file that backup.sh made." 2
[ -r "$file" ] || fail "$file cannot be read." 2
command -v docker >/dev/null 2>&1 || fail "docker is not installed, or not on the PATH." 3
run=(docker run --rm --interactive --user=0 --network=none)

manifest=$("${run[@]}" --entrypoint=sh "$image" -euc 'cat >/tmp/all && tar -xzOf /tmp/all ./manifest' <"$file") ||
    fail "$file is not a file that backup.sh made." 2
editors=$(docker ps --filter "label=codehub.project=$project" --filter label=codehub.user --format '{{.Names}}')
[ -z "$editors" ] || fail "Editors run: ${editors//$'\n'/, }. Stop them first." 1
mounts=()
there=()
while read -r name user; do
    case $name in "$project"-*) ;; *) fail "$name is not a volume of $project: the file is of another hub." 2 ;; esac
    ! docker volume inspect "$name" >/dev/null 2>&1 || there+=("$name")
    mounts+=("--volume=$name:/volumes/$name")
done <<<"$manifest"
if [ "$replace" = no ] && [ ${#there[@]} -gt 0 ]; then
    fail "Volumes are there already: ${there[*]}. With --replace they are written anew." 1
fi

was_running=$(docker ps --quiet --filter "name=^$project-hub\$")
[ -z "$was_running" ] || docker stop "$project-hub" >/dev/null
while read -r name user; do
    labels=(--label "codehub.project=$project")
    [ -z "$user" ] || labels+=(--label "codehub.user=$user")
    docker volume create "${labels[@]}" "$name" >/dev/null
done <<<"$manifest"
"${run[@]}" --entrypoint=sh "${mounts[@]}" "$image" -euc \
    'find /volumes -mindepth 2 -delete; tar -C /volumes -xzpf - --numeric-owner' <"$file"
[ -z "$was_running" ] || docker start "$project-hub" >/dev/null
printf '%s volumes are back.\n' "$(wc -l <<<"$manifest" | tr -d ' ')"
