"""Why image builds fail, and what helps: the messages of Docker, apt, npm, pip and the network, recognised."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A cause and its remedy, as sentences for a person, and the address of its entry in the docs."""

    why: str
    fix: str
    address: str


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    why: str
    fix: str
    address: str


def _rule(pattern: str, why: str, fix: str, address: str) -> _Rule:
    return _Rule(re.compile(pattern), why, fix, address)


CERTIFICATE = (
    r"x509: |certificate verify failed|CERTIFICATE_VERIFY_FAILED|[Ss]elf[- ]signed certificate|SSL certificate problem"
    r"|unable to get local issuer certificate|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)"
    r"|[Cc]ertificate verification failed"
)
UNRESOLVED = (
    r"no such host|Temporary failure (?:in name resolution|resolving)|Could not resolve|EAI_AGAIN|ENOTFOUND"
    r"|Name or service not known|server misbehaving"
)
UNREACHABLE = (
    r"[Cc]onnection refused|ECONNREFUSED|[Cc]onnection timed out|ETIMEDOUT|i/o timeout|[Nn]etwork is unreachable"
    r"|ECONNRESET|[Cc]onnection reset by peer|TLS handshake timeout|Client\.Timeout exceeded|socket hang up"
)
DISK_FULL = r"[Nn]o space left on device|ENOSPC|[Dd]isk quota exceeded"
DOCKER_DISK = Cause(
    "The disk where Docker keeps images and build cache is full.",
    "See what takes the room with `docker system df`; `docker builder prune` frees the build cache, "
    "`docker image prune` images without a name. Then run the same command again.",
    "build-disk-full",
)
_PROXY_ADVICE = "Behind a proxy, set HTTP_PROXY, HTTPS_PROXY and NO_PROXY under build.args"

DAEMON_LOST = re.compile(
    r"Cannot connect to the Docker daemon|error during connect|error reading from server: EOF|transport is closing"
    r"|code = Unavailable|use of closed network connection|failed to dial gRPC|closing transport due to"
    r"|rpc error: code = Canceled desc = grpc: the client connection is closing"
)
"""What buildx says when the daemon is not there, or goes away in the middle."""

_BASE_IMAGE = re.compile(r"(?:load metadata for|\] FROM(?: --platform=\S+)?) (\S+)")
_QUOTED_COMMAND = (
    ("executor failed running [", "]: "),
    ('process "', '" did not complete'),
    ("The command '", "' returned"),
)

# The first that matches is taken, so the specific come before the general.
_RULES = (
    _rule(
        r"unexpected commit digest|(?:layer|manifest|config) verification failed for digest"
        r"|npm (?:ERR!|error) code (?:EINTEGRITY|Z_DATA_ERROR)|DO NOT MATCH THE HASHES",
        "What was downloaded is not what its digest or checksum promises: it was damaged or changed on the way.",
        "Do not use it. Try again; if it stays, find out what serves it: a registry, a mirror, or a proxy in between.",
        "checksum",
    ),
    _rule(DISK_FULL, DOCKER_DISK.why, DOCKER_DISK.fix, DOCKER_DISK.address),
    _rule(
        r"JavaScript heap out of memory|Cannot allocate memory|std::bad_alloc|Killed signal terminated"
        r"|exit code: 137(?!.*context cancel)",
        "A command was stopped for want of memory.",
        "Give Docker more memory (Docker Desktop: Settings > Resources), or stop other programs, and try again.",
        "build-memory",
    ),
    _rule(
        r"407 Proxy Authentication|Proxy Authentication Required",
        "The proxy asks for a user name and a password.",
        "Set HTTP_PROXY and HTTPS_PROXY under build.args to the proxy's address with working credentials.",
        "build-network",
    ),
    _rule(
        r"load metadata for (\S+): [^\n]*(?:" + CERTIFICATE + ")",
        "The Docker daemon does not trust the certificate of the registry that has {0}.",
        "Give the daemon the registry's CA (/etc/docker/certs.d/REGISTRY/ca.crt, or Docker Desktop's settings) "
        "and restart it; build.ca_bundle only reaches what runs inside the build.",
        "registry-certificate",
    ),
    _rule(
        CERTIFICATE,
        "A server's TLS certificate is not trusted inside the build; often a company proxy inspects the traffic.",
        "Set build.ca_bundle to the file with your company's CA certificate (PEM).",
        "build-certificate",
    ),
    _rule(
        r"toomanyrequests|pull rate limit|429 Too Many Requests",
        "The registry limits how often images may be pulled.",
        "Log in with `docker login`, use a mirror, or wait a while and try again.",
        "registry-limit",
    ),
    _rule(
        r"load metadata for (\S+): [^\n]*(?:no such host|server misbehaving|connection refused|i/o timeout|dial tcp"
        r"|TLS handshake timeout|request canceled|deadline exceeded|EOF)",
        "The registry that has the base image {0} could not be reached.",
        "Check the network of the Docker daemon and its proxy (https://docs.docker.com/engine/daemon/proxy/); "
        "if {0} should be a local image, check its name and tag with `docker image ls`.",
        "registry-unreachable",
    ),
    _rule(
        UNRESOLVED,
        "A host name could not be resolved.",
        f"Check the network, VPN and DNS of the Docker daemon. {_PROXY_ADVICE}; for a mirror, check its name there.",
        "build-network",
    ),
    _rule(
        UNREACHABLE,
        "A server could not be reached.",
        f"Check the network, VPN and firewall. {_PROXY_ADVICE}. Then try again.",
        "build-network",
    ),
    _rule(
        # What the Dockerfiles' own scripts say (assets/dockerfiles/build/common/lib.sh).
        r"codehub: error: ([^\n]+)\ncodehub: why: ([^\n]+)\ncodehub: do: ([^\n]+)",
        "{0} {1}",
        "{2}",
        "build-refused",
    ),
    _rule(
        r"load metadata for (\S+): [^\n]*(?:insufficient_scope|unauthorized|401|403 Forbidden|denied)",
        "The base image {0} does not exist, or you may not pull it.",
        "Check its name and tag; for a private registry run `docker login` first.",
        "build-base-image",
    ),
    _rule(
        r"load metadata for (\S+): [^\n]*(?:not found|manifest unknown)",
        "The base image {0} does not exist.",
        "Check its name and tag (`docker buildx imagetools inspect IMAGE` asks the registry).",
        "build-base-image",
    ),
    _rule(
        r"pull access denied for ([^\s,]+)|manifest for (\S+) not found",
        "The base image {0} does not exist, or you may not pull it.",
        "Check its name and tag; for a private registry run `docker login` first.",
        "build-base-image",
    ),
    _rule(
        r"no match for platform in manifest|does not match the specified platform",
        "The base image does not exist for the wanted platform.",
        "Take another base image, or another entry in build.platforms.",
        "build-platform",
    ),
    _rule(
        r"exec format error",
        "This machine cannot run programs of the platform that is being built.",
        "Build for this machine's own platform (build.platforms), or set up emulation: "
        "`docker run --privileged --rm tonistiigi/binfmt --install all`.",
        "build-platform",
    ),
    _rule(
        r"does not currently support exporting manifest lists|Multi-platform build is not supported"
        r"|[Mm]ultiple platforms feature is currently not supported",
        "Images for several platforms cannot be kept by this Docker daemon, or not built by its default builder.",
        "Name a registry so that the image is pushed, and create a builder with "
        "`docker buildx create --driver docker-container --use`; or build one platform.",
        "build-platform",
    ),
    _rule(
        r'no builder "([^"]+)" found',
        "There is no buildx builder called {0}.",
        "See which there are with `docker buildx ls`, or create it with `docker buildx create --name {0}`.",
        "buildx",
    ),
    _rule(
        r"dockerfile parse error[^\n]*",
        "The Dockerfile has a mistake: {match}",
        "Mend that line of the Dockerfile.",
        "build-dockerfile",
    ),
    _rule(
        r"failed to read dockerfile[^\n]*",
        "The Dockerfile could not be read.",
        "Write the files again with `codehub render`.",
        "build-dockerfile",
    ),
    _rule(
        r'"?(/[^"\s]+)"?:? not found(?:: not found)?|COPY failed: [^\n]*?stat ([^:\n]+)',
        "A file that the Dockerfile copies is not in the build context: {0}",
        "Create it, or check the .dockerignore and the Dockerfile's COPY lines.",
        "build-dockerfile",
    ),
    _rule(
        r"the --\w+ option requires BuildKit|Dockerfile parse error.*--mount",
        "The Dockerfile needs BuildKit.",
        "Install the buildx plugin: https://docs.docker.com/go/buildx/",
        "buildx",
    ),
    _rule(
        r"E: Unable to locate package (\S+)|E: Package '?([^'\s]+)'? has no installation candidate",
        "Debian has no package called {0} for this base image.",
        "Correct or remove it in code_server.packages (`apt-cache search WORD` finds names).",
        "build-packages",
    ),
    _rule(
        r"E: Version '([^']+)' for '([^']+)' was not found",
        "Debian does not have version {0} of the package {1} for this base image.",
        "Leave the version out of code_server.packages, or name one that exists.",
        "build-packages",
    ),
    _rule(
        r"is not valid yet|Release file .* is expired",
        "apt refuses a package list because of its date: the clock of this machine or of Docker's VM is wrong.",
        "Set the clock right (restarting Docker Desktop does it) and try again.",
        "build-clock",
    ),
    _rule(
        r"Hash Sum mismatch|Failed to fetch \S+",
        "apt could not fetch a package: the mirror is changing, or cached package lists are out of date.",
        "Try again; if it stays, choose another mirror with APT_MIRROR under build.args.",
        "build-packages",
    ),
    _rule(
        r"npm (?:ERR!|error) (?:code E404|notarget)|npm (?:ERR!|error) 404",
        "npm did not find a package in that version.",
        "Check code_server.version, and NPM_REGISTRY under build.args when a mirror is used.",
        "build-npm",
    ),
    _rule(
        r"npm (?:ERR!|error) code (?:E401|E403|ENEEDAUTH)",
        "The npm registry refuses access.",
        "Check NPM_REGISTRY under build.args, and that the mirror may be read without logging in.",
        "build-npm",
    ),
    _rule(
        r"gyp ERR!",
        "A native Node.js module could not be compiled.",
        "Use the Dockerfile's Node version and keep its compilers; the lines above name the module.",
        "build-npm",
    ),
    _rule(
        r"npm (?:ERR!|error) code (\w+)",
        "npm failed with {0}.",
        "The lines above say what npm was doing; try again if it looks like the network.",
        "build-npm",
    ),
    _rule(
        r"No matching distribution found for ([^\s(]+)",
        "pip found no version of {0} that fits.",
        "Check the name and version, and PIP_INDEX_URL under build.args when a mirror is used.",
        "build-pip",
    ),
    _rule(
        r"([^\s:]+): (?:command )?not found[^\n]*(?:\n|.)*exit code: 127",
        "The image has no command called {0}.",
        "Install it in the image, or choose a base image that has it.",
        "build-dockerfile",
    ),
)


def explain(error: str, lines: Iterable[str] = (), *, step: str = "") -> Cause | None:
    """The cause that a failed build's error message and last lines point to; None when they match nothing known.

    step: the failing step's name; with it, trouble with the base image is told from trouble inside a step.
    """
    base = _BASE_IMAGE.search(step)
    # BuildKit's message repeats the step's whole command, in which any word may stand.
    said = f"load metadata for {base[1]}: {error}" if base else _without_command(error)
    text = "\n".join([*lines, said])
    for rule in _RULES:
        match = rule.pattern.search(text)
        if match:
            groups = [group for group in match.groups() if group] or [""]
            return Cause(rule.why.format(*groups, match=match[0]), rule.fix.format(*groups), rule.address)
    return None


def _without_command(error: str) -> str:
    """BuildKit's message without the command that it quotes."""
    for start, end in (
        ("executor failed running [", "]: "),
        ('process "', '" did not complete'),
        ("The command '", "' returned"),
    ):
        head, found, rest = error.partition(start)
        if found and end in rest:
            return head + rest[rest.rindex(end) + len(end) :]
    return error
