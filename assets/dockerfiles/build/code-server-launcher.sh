#!/bin/sh
# Starts code-server with the Node that it was built for.
root=$(dirname "$(dirname "$(readlink -f "$0")")")
exec "$root/lib/node" "$root" "$@"
