# shellcheck shell=sh
# Sourced by the build scripts. POSIX sh, because a base image may have no bash.
# What only a script can know is said in three lines, which codehub finds in the log of a failed build:
#   codehub: error: WHAT / codehub: why: WHY / codehub: do: WHAT TO DO NEXT
# What apt, pip, npm and the network say for themselves is explained by codehub (wizard/tools/build_causes.py).

# fail WHAT WHY FIX: say it and end the build step.
fail() {
    printf 'codehub: error: %s\ncodehub: why: %s\ncodehub: do: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

# trust_company_ca: make every tool of this step trust the system's authorities and the BuildKit secret `ca`.
# The merged bundle lives as long as the step; callers that set a trap of their own must remove $ca_bundle.
trust_company_ca() {
    company_ca=/dev/build/ca
    system_ca=/etc/ssl/certs/ca-certificates.crt
    [ -s "$company_ca" ] || return 0
    ca_bundle=$(mktemp /tmp/codehub-ca.XXXXXX)
    trap 'rm -f "$ca_bundle"' EXIT
    [ ! -s "$system_ca" ] || cat "$system_ca" >"$ca_bundle"
    # A bundle without a final newline would glue two certificates together.
    { echo; cat "$company_ca"; } >>"$ca_bundle"
    chmod 0644 "$ca_bundle"
    export PIP_CERT="$ca_bundle" SSL_CERT_FILE="$ca_bundle" REQUESTS_CA_BUNDLE="$ca_bundle" \
        CURL_CA_BUNDLE="$ca_bundle" GIT_SSL_CAINFO="$ca_bundle" npm_config_cafile="$ca_bundle" \
        NODE_EXTRA_CA_CERTS="$company_ca"
}
