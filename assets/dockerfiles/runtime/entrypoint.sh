#!/bin/sh
# What happens before the container's command: the home folder is prepared, a baked-in company CA is trusted.
set -eu

company_ca=/opt/codehub/ca/company.pem
if [ -s "$company_ca" ]; then
    # Node and Python's own bundles do not read the system's store, which has it already.
    store=/etc/ssl/certs/ca-certificates.crt
    export NODE_EXTRA_CA_CERTS="$company_ca" PIP_CERT="$store" REQUESTS_CA_BUNDLE="$store" SSL_CERT_FILE="$store"
fi

# A home that cannot be prepared (read-only, full) is told of; the server itself may still be able to start.
/usr/bin/python3 -I /opt/codehub/bin/prepare_home.py || true
exec "$@"
