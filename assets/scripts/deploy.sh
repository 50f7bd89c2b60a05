#!/usr/bin/env bash
# Installs or upgrades JupyterHub with the values in this folder, without codehub.
# Written by codehub from codehub.yaml; `./deploy.sh --help` says more.
# shellcheck disable=SC1003,SC2016,SC2088 # the settings are literal: nothing in them is to be expanded
set -euo pipefail

#: settings

usage() {
    cat <<'END'
Usage: ./deploy.sh [--no-wait] [HELM-OPTION...]

Runs `helm upgrade --install` (Helm 3 or 4) with config.yaml, images.yaml, secrets.yaml and values.extra.yaml of this
folder, the last one winning. Run ./build.sh before.

  --no-wait   do not wait until everything runs, and do not roll back when it does not
  -h, --help  this text

Other options go to helm as they are: --dry-run=server, --debug, --timeout 20m ...
KUBE_CONTEXT, if set, is used instead of the context of codehub.yaml.
END
}

fail() {
    printf 'Error: %s\n' "$1" >&2
    exit "${2:-1}"
}

wait_too=yes
more=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --no-wait) wait_too=no ;;
    *) more+=("$1") ;;
    esac
    shift
done

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
command -v helm >/dev/null 2>&1 || fail "helm is not installed, or not on the PATH: https://helm.sh/docs/intro/install/" 3

options=(--namespace "$namespace" --create-namespace --timeout 600s --history-max 10)
[ -z "${KUBE_CONTEXT:-$context}" ] || options+=(--kube-context "${KUBE_CONTEXT:-$context}")
options+=(--values config.yaml)
# Made by build.sh or codehub: the very images that were delivered.
[ ! -e images.yaml ] || options+=(--values images.yaml)
if [ -e secrets.yaml ]; then
    if missing=$(grep -m 1 -oE 'PUT-THE-[A-Z0-9-]+-HERE' secrets.yaml); then
        fail "secrets.yaml still has $missing in it: put that secret there." 2
    fi
    options+=(--values secrets.yaml)
elif [ "$needs_secrets" = yes ]; then
    fail "secrets.yaml is missing; \`codehub render\` makes it. README.md says what belongs in it." 2
fi
[ ! -e values.extra.yaml ] || options+=(--values values.extra.yaml)
if [ "$wait_too" = yes ]; then
    version=$(helm version --template '{{.Version}}')
    case $version in
    v3.*) options+=(--wait --atomic) ;;
    *) options+=(--wait=watcher --rollback-on-failure) ;;
    esac
fi
#: pull_secret
helm upgrade --install "$release" "${chart[@]}" "${options[@]}" ${more[@]+"${more[@]}"}
