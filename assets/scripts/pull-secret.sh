# Prints what the cluster's login at the registry consists of, as one entry of docker's configuration; nothing where
# there is no login. It is CODEHUB_REGISTRY_USERNAME and CODEHUB_REGISTRY_PASSWORD, or docker's own on this machine.
# Secrets go through pipes and built-in commands only: a program's arguments can be read by everybody.
registry_login() {
    local is='[[:space:]]*:[[:space:]]*' text='"([^"\\]|\\.)*"' before after config helper='' entry
    if [ -n "${CODEHUB_REGISTRY_USERNAME:-}" ] && [ -n "${CODEHUB_REGISTRY_PASSWORD:-}" ]; then
        entry=$(printf '%s:%s' "$CODEHUB_REGISTRY_USERNAME" "$CODEHUB_REGISTRY_PASSWORD" | base64 | tr -d '\n')
        printf '{"auth":"%s"}' "$entry"
        return
    fi
    config=${DOCKER_CONFIG:-$HOME/.docker}/config.json
    [ -r "$config" ] || return 0
    config=$(<"$config")

    before="\"credHelpers\"$is\\{[^}]*\""
    after="\"$is\"([A-Za-z0-9._-]+)\""
    if [[ $config =~ $before"$registry"$after ]] || [[ $config =~ \"credsStore$after ]]; then
        helper=${BASH_REMATCH[1]}
    fi
    if [ -n "$helper" ] && entry=$(printf '%s' "$registry" | "docker-credential-$helper" get 2>/dev/null); then
        [[ $entry =~ \"Username\"$is($text) ]] || return 0
        before=${BASH_REMATCH[1]}
        [ "$before" != '"<token>"' ] || refuse_token
        [[ $entry =~ \"Secret\"$is($text) ]] || return 0
        printf '{"username":%s,"password":%s}' "$before" "${BASH_REMATCH[1]}"
        return
    fi

    entry=${registry#https://}
    before="\"auths\"$is\\{.*\"(https?://)?"
    after="(/[^\"]*)?\"$is\\{([^}]*)\\}"
    [[ $config =~ $before"${entry%%/*}"$after ]] || return 0
    entry=${BASH_REMATCH[3]}
    if [[ $entry =~ \"identitytoken\"$is\"[^\"] ]]; then refuse_token; fi
    [[ $entry =~ \"auth\"$is(\"[A-Za-z0-9+/=]+\") ]] || return 0
    printf '{"auth":%s}' "${BASH_REMATCH[1]}"
}

refuse_token() {
    fail "The login at $registry is an identity token, which clusters cannot use: log in with an access token." 2
}

# Makes the secret by which the cluster pulls the images, or renews it where it is codehub's; another is used as it is.
make_pull_secret() {
    local kube=(kubectl --namespace "$namespace") owner entry
    command -v kubectl >/dev/null 2>&1 ||
        fail "kubectl is not installed, or not on the PATH: it gives the cluster the registry's login." 3
    [ -z "${KUBE_CONTEXT:-$context}" ] || kube+=(--context "${KUBE_CONTEXT:-$context}")
    owner=$("${kube[@]}" get secret "$pull_secret" --ignore-not-found --output \
        'jsonpath={.metadata.name}:{.metadata.labels.app\.kubernetes\.io/managed-by}:{.metadata.labels.release}')
    case $owner in
    '' | "$pull_secret:codehub:$release") ;;
    *)
        printf 'The secret %s was not made by codehub, and is used as it is.\n' "$pull_secret" >&2
        return
        ;;
    esac
    entry=$(registry_login)
    if [ -z "$entry" ] && [ -n "$owner" ]; then
        printf 'There is no login at %s here: the secret %s stays as it is.\n' "$registry" "$pull_secret" >&2
        return
    fi
    if [ -z "$entry" ]; then
        printf 'Error: The cluster needs a login at %s to pull the images, and there is none here.\n' "$registry" >&2
        printf '%s\n' "Do one of these, then run this again:" "  docker login ${registry#https://index.docker.io/v1/}" \
            "  export CODEHUB_REGISTRY_USERNAME=... CODEHUB_REGISTRY_PASSWORD=..." \
            "  kubectl create secret docker-registry $pull_secret --from-file=.dockerconfigjson=FILE ..." >&2
        exit 3
    fi
    # Who may not see namespaces may still work in one that is there.
    "${kube[@]}" get namespace "$namespace" >/dev/null 2>&1 ||
        "${kube[@]}" create namespace "$namespace" >/dev/null 2>&1 || true
    entry=$(printf '{"auths":{"%s":%s}}' "$registry" "$entry" | base64 | tr -d '\n')
    printf '{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson", "metadata": {"name": "%s",
        "labels": {"app.kubernetes.io/managed-by": "codehub", "release": "%s"}}, "data": {".dockerconfigjson": "%s"}}' \
        "$pull_secret" "$release" "$entry" |
        "${kube[@]}" apply --server-side --force-conflicts --field-manager=codehub --filename -
}

case " ${more[*]-} " in
*' --dry-run'*) ;;
*) make_pull_secret ;;
esac
