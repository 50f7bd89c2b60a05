#!/bin/sh
# The user `coder` (1000:1000), the locale LOCALE and, if SUDO=1, sudo without a password.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh

# Some bases (ubuntu, node) have a user of this number already: it becomes coder.
present=$(getent passwd 1000 | cut -d: -f1 || true)
group=$(getent group 1000 | cut -d: -f1 || true)
[ -z "$group" ] || [ "$group" = coder ] || groupmod --new-name coder "$group"
[ -n "$group" ] || groupadd --gid 1000 coder
if [ -z "$present" ]; then
    useradd --uid 1000 --gid 1000 --home-dir /home/coder --create-home --shell /bin/bash coder
elif [ "$present" != coder ]; then
    usermod --login coder --home /home/coder --move-home --gid 1000 --shell /bin/bash "$present"
fi

case $LOCALE in
    C | C.UTF-8 | C.utf8 | POSIX) ;;
    *)
        /dev/build/common/apt-install.sh locales
        localedef -i "${LOCALE%%.*}" -f UTF-8 "$LOCALE" || fail "The locale $LOCALE does not exist." \
            "Debian has no definition of ${LOCALE%%.*}." "Set build.args.LOCALE to a name like de_DE.UTF-8, or leave it out."
        ;;
esac

if [ "$SUDO" = 1 ]; then
    /dev/build/common/apt-install.sh sudo
    echo 'coder ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/coder
    chmod 0440 /etc/sudoers.d/coder
fi
