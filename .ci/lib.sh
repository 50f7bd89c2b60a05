# shellcheck shell=bash
# What the scripts of .ci share: the cache folder, messages, stamps. Sourced, never run.

CACHE="${CODEHUB_TEST_CACHE:-$HOME/.cache/codehub-tests}"
export CODEHUB_TEST_CACHE="$CACHE"
mkdir -p "$CACHE/stamps"

say() { printf '.ci: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# once NAME VERSION COMMAND...: run COMMAND unless it has succeeded for this NAME and VERSION before.
# COMMAND stands alone, not before "||": there the shell would go on after a failure inside it.
once() {
    local name=$1 version=$2 stamp="$CACHE/stamps/$1"
    shift 2
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$version" ]; then
        return 0
    fi
    say "$name: installing $version ..."
    rm -f "$stamp"
    trap 'say "could not install '"$name"'"' ERR
    set -E
    "$@"
    trap - ERR
    printf '%s\n' "$version" >"$stamp"
}

# make_venv FOLDER: a virtual environment of $PYTHON with pip, unless the folder holds one.
make_venv() {
    [ -x "$1/bin/pip" ] || "${PYTHON:-python3}" -m venv --clear "$1"
}

# debian_mirror: where this machine's own apt gets Debian from, so that a company's mirror is used where one is set up.
debian_mirror() {
    # shellcheck disable=SC2016  # apt fills in $(SITE) itself
    apt-get indextargets --format '$(SITE) $(CODENAME)' 'Identifier: Packages' 'Origin: Debian' |
        awk '$2 !~ /-/ { print $1; exit }'
}
