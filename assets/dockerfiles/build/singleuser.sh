#!/bin/sh
# Install the guarded single-user server into /opt/codehub/venv: singleuser.sh JUPYTERHUB_VERSION
# JUPYTERHUB_VERSION is pip's (5.* or 5.5.0): its major must be the hub's.
set -eu
# shellcheck source=assets/dockerfiles/build/common/lib.sh
. /dev/build/common/lib.sh
trust_company_ca

python3 -m venv /opt/codehub/venv
# Building a wheel writes beside the sources, which are mounted read-only.
cp -r /dev/build/singleuser /tmp/singleuser
/opt/codehub/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
    "jupyterhub==$1" /tmp/singleuser
rm -rf /tmp/singleuser
/opt/codehub/venv/bin/python -c 'import importlib.metadata as m; print("jupyterhub", m.version("jupyterhub"))'
# The server needs no installer; without one there is nothing to keep up to date in it.
/opt/codehub/venv/bin/pip uninstall -y --quiet setuptools pip
