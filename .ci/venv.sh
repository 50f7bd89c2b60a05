# shellcheck shell=sh
# The virtual environment of a checkout, for ./codehub and ./check, which set $root and source this file.
# shellcheck disable=SC2154

# find_python: print the first Python that codehub runs on and that can make a virtual environment.
find_python() {
    unable=
    for candidate in ${CODEHUB_PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        case $("$candidate" -c '
import sys
print("version", (3, 11) <= sys.version_info[:2] < (3, 14))
import venv, ensurepip, zlib, ssl
print("complete")
' 2>/dev/null || :) in
        *True*complete) command -v "$candidate" && return 0 ;;
        *True*) unable=$candidate ;;
        esac
    done
    if [ -n "$unable" ]; then
        cat >&2 <<END
codehub cannot make a virtual environment.
why: $unable is there, but without its modules venv and ensurepip.
do:  on Debian and Ubuntu: sudo apt install python3-venv
     elsewhere: install a complete Python, or name one: CODEHUB_PYTHON=/path/to/python3
END
    else
        cat >&2 <<END
codehub needs Python 3.11, 3.12 or 3.13, and found none.
why: tried ${CODEHUB_PYTHON:-python3.13, python3.12, python3.11, python3 and python on the PATH}.
do:  install one (Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python@3.13),
     or name one: CODEHUB_PYTHON=/path/to/python3
END
    fi
    return 3
}

# ready user|dev: see to it that .venv holds what the given kind needs. make_venv.py writes a stamp as its last act:
# the checksum of what was asked for, and the folder, since a virtual environment cannot be moved.
ready() {
    stamp="$root/.venv/codehub-$1.stamp"
    user_stamp="$(cksum <"$root/pyproject.toml") $root"
    wanted=$user_stamp
    if [ "$1" = dev ]; then
        wanted="$(cksum <"$root/requirements-dev.txt") $user_stamp"
    fi
    if [ -f "$stamp" ] && [ -x "$root/.venv/bin/python" ]; then
        IFS= read -r installed <"$stamp" || :
        if [ "$installed" = "$wanted" ]; then
            return 0
        fi
    fi
    python=$(find_python) || exit $?
    "$python" "$root/.ci/make_venv.py" "$root" "$1" "$wanted" "$user_stamp" || exit $?
}
