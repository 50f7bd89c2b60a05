#!/usr/bin/env bash
# Backs up the hub's database and everybody's files, without codehub.
# Written by codehub from codehub.yaml; `./backup.sh --help` says more.
# shellcheck disable=SC1003,SC2016,SC2088 # the settings are literal: nothing in them is to be expanded
set -euo pipefail

#: settings

usage() {
    cat <<'END'
Usage: ./backup.sh [FILE]

Writes the volumes of this hub, the database and everybody's home, into a .tar.gz file (default: backup-TIME.tar.gz in
this folder). The hub stands still meanwhile, so that its database is whole; running editors go on, and a file that is
written at that very moment is saved as it is found. The passwords are in secrets.yaml: keep a copy of this folder too.

  -h, --help  this text
END
}

fail() {
    printf 'Error: %s\n' "$1" >&2
    exit "${2:-1}"
}

case ${1:-} in
-h | --help)
    usage
    exit 0
    ;;
-*) fail "There is no option $1." 2 ;;
esac
command -v docker >/dev/null 2>&1 || fail "docker is not installed, or not on the PATH." 3
file=${1:-$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)/backup-$(date -u +%Y%m%dT%H%M%SZ).tar.gz}
[ ! -e "$file" ] || fail "$file is there already." 2

manifest=$(docker volume ls --filter "label=codehub.project=$project" --format '{{.Name}} {{.Label "codehub.user"}}')
[ -n "$manifest" ] || fail "There are no volumes of $project on this Docker." 1
mounts=()
while read -r name _; do mounts+=("--volume=$name:/volumes/$name:ro"); done <<<"$manifest"

unfinished=$file.part
was_running=$(docker ps --quiet --filter "name=^$project-hub\$")
finish() {
    rm -f "$unfinished"
    [ -z "$was_running" ] || docker start "$project-hub" >/dev/null
}
trap finish EXIT
[ -z "$was_running" ] || docker stop "$project-hub" >/dev/null
# tar ends with 1 when a file changed while it was read, which running editors may do.
(umask 077 && docker run --rm --interactive --user=0 --network=none --entrypoint=sh "${mounts[@]}" "$image" -euc \
    'mkdir -p /volumes && cat >/volumes/manifest && { tar -C /volumes -czf - . || [ $? = 1 ]; }' \
    <<<"$manifest" >"$unfinished")
mv "$unfinished" "$file"
printf '%s has %s volumes.\n' "$file" "$(wc -l <<<"$manifest" | tr -d ' ')"
