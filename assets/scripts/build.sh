#!/usr/bin/env bash
# Builds the images of this setup and brings them to where they run, without codehub.
# Written by codehub from codehub.yaml; `./build.sh --help` says more.
# shellcheck disable=SC1003,SC2016,SC2088 # the settings are literal: nothing in them is to be expanded
set -euo pipefail

#: settings

usage() {
    cat <<'END'
Usage: ./build.sh [--no-deliver] [--no-cache] [--delivery WAY] [IMAGE...]

Builds the images (notebook, hub; all of them by default) with docker buildx, from the Dockerfiles and image/ in this
folder, and brings them to where they run.

  --no-deliver    build only
  --no-cache      build every step anew
  --delivery WAY  auto, push, same-daemon, minikube-load, kind-load, k3d-import or ctr-import
  -h, --help      this text

KUBE_CONTEXT, if set, is used instead of the context of codehub.yaml.
END
}

fail() {
    printf 'Error: %s\n' "$1" >&2
    exit "${2:-1}"
}

need() { # PROGRAM
    command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed, or not on the PATH." 3
}

# The way that `auto` means, by the name of the kube context.
way_for() { # CONTEXT
    case $1 in
#: ways
    *) fail "How images get into the cluster of '$1' is not known. Name the way with --delivery." 2 ;;
    esac
}

kube_context() {
    if [ -n "${KUBE_CONTEXT:-$context}" ]; then
        printf '%s' "${KUBE_CONTEXT:-$context}"
    else
        need kubectl
        kubectl config current-context
    fi
}

sha256() { # FILE
    if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

# A field of the comma-separated value that --secret takes.
csv_field() { # TEXT
    case $1 in
    *[,\"]*) printf '"%s"' "${1//\"/\"\"}" ;;
    *) printf '%s' "$1" ;;
    esac
}

# build REFERENCE CONTEXT OPTION...: into the local Docker, or straight to the registry for several platforms.
build() {
    local reference=$1 folder=$2
    shift 2
    printf 'Building %s\n' "$reference" >&2
    BUILDX_METADATA_PROVENANCE=disabled docker buildx build "$@" ${cache[@]+"${cache[@]}"} \
        "--platform=$platforms" --provenance=false "$output" "--tag=$reference" "$folder"
}

deliver() { # REFERENCE
    local name runtime
    # Nodes keep an old image under a tag that is used again, so each gets a tag of its own there.
    if [ "$way" != push ] && [ "$pinned" = yes ]; then
        set -- "$1" "${1%:*}:$(own_tag "$1")"
        docker tag "$1" "$2"
        shift
    fi
    printf 'Delivering %s (%s)\n' "$1" "$way" >&2
    case $way in
    push) [ "$output" = --push ] || docker push "$1" ;;
    same-daemon) ;;
    minikube-load)
        need minikube
        name=$(kube_context)
        minikube -p "$name" image load "$1"
        # It reports success even when it failed.
        minikube -p "$name" image ls | grep -F -- "$1" >/dev/null || fail "minikube did not load $1."
        ;;
    kind-load)
        need kind
        name=$(kube_context)
        kind load docker-image "$1" --name "${name#kind-}"
        ;;
    k3d-import)
        need k3d
        name=$(kube_context)
        k3d image import -c "${name#k3d-}" "$1"
        ;;
    ctr-import)
        if command -v k3s >/dev/null 2>&1; then runtime=(k3s ctr images import -); else runtime=(microk8s ctr image import -); fi
        need "${runtime[0]}"
        docker save "$1" | "${runtime[@]}"
        ;;
    *) fail "There is no delivery '$way'; see --help." 2 ;;
    esac
}

# The digest that the registry has for a reference that was just pushed; nothing when it cannot be told.
digest_of() { # REFERENCE
    local line
    if [ "$output" = --push ]; then
        docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1"
        return
    fi
    docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | while read -r line; do
        case $line in "${1%:*}"@*) printf '%s' "${line#*@}" ;; esac
    done
}

# The tag that names exactly this image: the digest that the registry has beside it, or the image's id in it.
own_tag() { # REFERENCE
    local tag=${1##*:} found
    if [ "$way" = push ]; then
        found=$(digest_of "$1" || true)
        [ -z "$found" ] || printf '%s@%s' "$tag" "$found"
    else
        found=$(docker image inspect --format '{{.Id}}' "$1")
        found=${found#sha256:}
        printf '%s-%s' "${tag:0:115}" "${found:0:12}"
    fi
}

# images.yaml names the very images that were delivered, so that deploy.sh deploys these and no others.
write_pins() {
    local image tag text
    rm -f images.yaml
    {
        printf '%s\n' "$pins_header"
        for image in hub notebook; do
            case " ${images[*]} " in *" $image "*) ;; *) continue ;; esac
            tag=$(own_tag "$("reference_$image")")
            case $image in hub) text=$pins_hub ;; *) text=$pins_notebook ;; esac
            [ -z "$tag" ] || printf '%s\n' "${text//PINNED-TAG/$tag}"
        done
    } >images.yaml
}

#: images

deliver_too=yes
cache=()
chosen=()
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage
        exit 0
        ;;
    --no-deliver) deliver_too=no ;;
    --no-cache) cache=(--no-cache) ;;
    --delivery)
        [ $# -gt 1 ] || fail "--delivery needs a value; see --help." 2
        delivery=$2
        shift
        ;;
    -*) fail "There is no option '$1'; see --help." 2 ;;
    *)
        case " ${images[*]} " in
        *" $1 "*) chosen+=("$1") ;;
        *) fail "There is no image '$1' here; there is: ${images[*]}." 2 ;;
        esac
        ;;
    esac
    shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${images[@]}")

CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
need docker
docker buildx version >/dev/null 2>&1 || fail "docker buildx is not installed: https://docs.docker.com/go/buildx/" 3

way=$delivery
if [ "$deliver_too" = yes ] && [ "$way" = auto ]; then
    name=$(kube_context)
    way=$(way_for "$name")
fi
# An image for several platforms can only be kept in a registry.
output=--load
case $platforms in
*,*)
    [ "$deliver_too-$way" = yes-push ] || fail "Images for several platforms ($platforms) are built by pushing them." 2
    output=--push
    ;;
esac

for image in "${chosen[@]}"; do
    "build_$image"
    [ "$deliver_too" = no ] || deliver "$("reference_$image")"
done
[ "$deliver_too-$pinned" != yes-yes ] || write_pins
printf 'Done: %s\n' "${chosen[*]}" >&2
