#!/usr/bin/env bash
# Start a Docker daemon where none answers, and wait until it does.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

answers() { docker version --format '{{.Server.Version}}' 2>/dev/null; }

if ! answers >/dev/null; then
    say "starting dockerd, its log: $CACHE/dockerd.log"
    # In a session of its own, with no hold on our standard streams: it outlives this script.
    setsid dockerd >"$CACHE/dockerd.log" 2>&1 </dev/null &
    # Ours may lose against one that the package's own installation is starting: what counts is that one answers.
    for _ in $(seq 120); do
        if answers >/dev/null; then break; fi
        sleep 0.5
    done
    answers >/dev/null || { tail -n 20 "$CACHE/dockerd.log" >&2; die "dockerd does not answer"; }
fi
say "docker: $(answers)"
