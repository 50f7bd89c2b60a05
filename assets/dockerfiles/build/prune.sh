#!/bin/sh
# Remove what compiling leaves behind and what belongs to other systems: prune.sh FOLDER
# Nothing that runs is touched: objects and sources of native modules, source maps, executables of other platforms.
set -eu
cd "$1"

case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) arch=$(uname -m) ;;
esac
find . -type d \( -path '*/prebuilds/*' -o -path '*/bin/*' \) \
    \( -name 'darwin-*' -o -name 'win32-*' -o -name 'android-*' -o -name 'freebsd-*' \
    -o \( -name 'linux-*' ! -name "linux-$arch" ! -name "linux-$arch-*" \) \) -prune -exec rm -rf {} +
find . -path '*/node_modules/*' -type d \( -name obj -o -name obj.target -o -name .deps \) -path '*/build/*' \
    -prune -exec rm -rf {} +
find . -path '*/node_modules/*' -type f \( -name '*.o' -o -name '*.a' -o -name '*.c' -o -name '*.cc' -o -name '*.cpp' \
    -o -name '*.h' -o -name '*.gyp' -o -name '*.gypi' -o -name '*.mk' -o -name '*.pdb' -o -name '*.exe' -o -name '*.dll' \
    -o -name '*.dylib' \) -delete
find . -type f -name '*.map' -delete
find . -type f -name '*.node' -exec sh -c 'strip --strip-unneeded "$1" 2>/dev/null || true' sh {} \;
