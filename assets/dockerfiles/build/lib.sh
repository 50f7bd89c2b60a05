# shellcheck shell=sh
# Sourced by the build scripts. POSIX sh, because a base image may have no bash.
# What a person must read is printed as three lines that codehub finds in the log of a failed build:
#   codehub: error: WHAT / codehub: why: WHY / codehub: do: WHAT TO DO NEXT

# fail WHAT WHY FIX: say it and end the build step.
fail() {
    printf 'codehub: error: %s\ncodehub: why: %s\ncodehub: do: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

# trust_company_ca: make every tool of this step trust the system's authorities and the BuildKit secret `ca`.
# The merged bundle lives as long as the step; callers that set a trap of their own must remove $ca_bundle.
trust_company_ca() {
    company_ca=/run/secrets/ca
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

# attempt COMMAND...: run it, show its output, and explain the failures whose cause can be read from it.
attempt() {
    attempt_log=$(mktemp)
    attempt_rc=$(mktemp)
    # The command's own status: a pipeline has only tee's, and pipefail is not in POSIX.
    { rc=0; "$@" 2>&1 || rc=$?; echo "$rc" >"$attempt_rc"; } | tee "$attempt_log"
    rc=$(cat "$attempt_rc")
    if [ "$rc" -ne 0 ]; then
        explain "$attempt_log"
        rm -f "$attempt_log" "$attempt_rc"
        exit "$rc"
    fi
    rm -f "$attempt_log" "$attempt_rc"
}

# explain LOG: fail with cause and fix if the log shows a known one; return otherwise.
explain() {
    if line=$(grep -m1 -iE 'CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|self[- ]signed certificate|unable to get (local )?issuer|certificate verif(y|ication) failed|SSL certificate problem' "$1"); then
        if [ -s /run/secrets/ca ]; then
            fail "A server's certificate is not trusted, even with the company CA that was given." "$line" \
                "Check that build.ca_bundle holds the certificate of the authority that signs your proxy's or mirror's certificate (PEM)."
        fi
        fail "A server's certificate is not trusted." "$line" \
            "Behind a company proxy, set build.ca_bundle to the file with your company's CA certificate (PEM) and run again."
    fi
    if line=$(grep -m1 -E "^E: (Unable to locate package|Package '.*' has no installation candidate|Couldn't find any package)" "$1"); then
        fail "A Debian package does not exist in the archive of the base image." "$line" \
            "Correct its name in code_server.packages, or choose a base image whose release has it."
    fi
    if line=$(grep -m1 -E 'No matching distribution found' "$1"); then
        fail "A Python package was not found." "$line" \
            "Check its version, and that the index in build.args.PIP_INDEX_URL (if set) has it for the Python of the base image."
    fi
    if line=$(grep -m1 -E 'npm (ERR!|error) (code )?(E404|ETARGET|notarget|404)' "$1"); then
        fail "The npm registry has no such package or version." "$line" \
            "Choose a code-server version that npm has (codehub versions code-server), or another method; check build.args.NPM_REGISTRY if it is set."
    fi
    if line=$(grep -m1 -iE 'No space left on device|ENOSPC' "$1"); then
        fail "The disk of the Docker engine is full." "$line" "Free space (docker system df shows what is used) and run again."
    fi
    if line=$(grep -m1 -iE 'heap out of memory|Cannot allocate memory|^Killed|ENOMEM' "$1"); then
        fail "The build ran out of memory." "$line" \
            "Give the Docker engine more memory, or use the method release, npm or image, which need far less."
    fi
    if line=$(grep -m1 -iE 'Temporary failure (in name resolution|resolving)|EAI_AGAIN|ENOTFOUND|Could not resolve|Name or service not known|ETIMEDOUT|ECONNREFUSED|Connection (timed out|refused)|Failed to connect|Unable to connect to' "$1"); then
        fail "A server could not be reached from inside the build." "$line" \
            "Check the network, set HTTPS_PROXY, or name mirrors in build.args (APT_MIRROR, PIP_INDEX_URL, NPM_REGISTRY, RELEASE_BASE_URL)."
    fi
}
