"""What registries and the Docker daemon say when an image cannot be pushed or pulled, and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from wizard.errors import CodehubError, MissingError, StepFailed
from wizard.text import clean, without_credentials


class Refusal(StrEnum):
    """The kinds of trouble with a registry."""

    ABSENT = "absent"
    LOGIN = "login"
    DENIED = "denied"
    LIMIT = "limit"
    CERTIFICATE = "certificate"
    PLAIN_HTTP = "plain-http"
    UNREACHABLE = "unreachable"
    SERVER = "server"
    SIZE = "size"
    NO_SPACE = "no-space"
    LOCAL = "local"
    OTHER = "other"


RETRIED = frozenset((Refusal.LIMIT, Refusal.UNREACHABLE, Refusal.SERVER))
"""What may pass by itself; pushing again is harmless, the layers that arrived are not sent twice."""


@dataclass(frozen=True)
class _Kind:
    refusal: Refusal
    pattern: re.Pattern[str]
    why: str
    fix: str


def _kind(refusal: Refusal, pattern: str, why: str, fix: str) -> _Kind:
    return _Kind(refusal, re.compile(pattern, re.IGNORECASE), why, fix)


_LOGIN_FIX = "Run `docker login {registry}` with an account that may {verb} there, then run the same command again."

# The first that matches is taken, so the specific come before the general.
_KINDS = (
    _kind(
        Refusal.LOCAL,
        r"does not exist locally|no such image|tag does not exist|reference does not exist",
        "The Docker daemon does not have this image.",
        "Build it first: `codehub apply`.",
    ),
    _kind(
        Refusal.NO_SPACE,
        r"no space left on device|disk quota exceeded",
        "The disk is full, here or at the registry.",
        "See `docker system df` and the registry's storage, free some, and try again.",
    ),
    _kind(
        Refusal.CERTIFICATE,
        r"x509: |certificate",
        "The Docker daemon does not trust the registry's TLS certificate.",
        "Put the CA that signed it into /etc/docker/certs.d/{registry}/ca.crt on the daemon's machine "
        "(Docker Desktop: into the system's trust store), and try again.",
    ),
    _kind(
        Refusal.PLAIN_HTTP,
        r"server gave HTTP response to HTTPS client",
        "The registry speaks plain HTTP, and the Docker daemon expects HTTPS.",
        'Give the registry a certificate, or add it to "insecure-registries" in the daemon\'s configuration '
        "(/etc/docker/daemon.json) and restart the daemon.",
    ),
    _kind(
        Refusal.LIMIT,
        r"toomanyrequests|too many requests|rate limit|\b429\b",
        "The registry limits how many requests it takes.",
        "Wait a while and try again; logging in with `docker login {registry}` often raises the limit.",
    ),
    _kind(
        Refusal.SIZE,
        r"request entity too large|\b413\b",
        "Something in front of the registry refuses layers of this size.",
        "Have its limit raised (nginx: client_max_body_size 0), and try again.",
    ),
    _kind(
        Refusal.LOGIN,
        r"no basic auth credentials|unauthorized|authentication required|\b401\b|incorrect username or password",
        "The registry does not know who you are, or its login has expired.",
        _LOGIN_FIX,
    ),
    _kind(
        Refusal.ABSENT,
        r"manifest unknown|manifest for .* not found|repository .* not found|: not found$|\b404\b",
        "The registry does not have it.",
        "Check the name and tag; some registries want the repository to be created first.",
    ),
    _kind(
        Refusal.ABSENT,
        r"name unknown|repository with name .* does not exist",
        "The registry has no such repository.",
        "Create the repository at the registry first (Amazon ECR and Harbor want that), or correct the name.",
    ),
    _kind(
        Refusal.DENIED,
        r"denied|forbidden|\b403\b|insufficient_scope|not authorized",
        "Your account may not do this there, or the repository does not exist.",
        "Check images.registry and the image's name. " + _LOGIN_FIX,
    ),
    _kind(
        Refusal.SERVER,
        r"HTTP status:? 5\d\d|\b50[0234]\b|internal server error|bad gateway|service unavailable|gateway time-?out"
        r"|unknown: unknown error|unknown blob|blob upload (?:invalid|unknown)|short copy|unexpected HTTP status",
        "The registry has a fault of its own.",
        "Try again in a while; if it stays, look into the registry's log or ask who runs it.",
    ),
    _kind(
        Refusal.UNREACHABLE,
        r"no such host|connection refused|i/o timeout|network is unreachable|connection reset|no route to host|timeout"
        r"|deadline exceeded|server misbehaving|broken pipe|\bEOF\b|dial tcp|request canceled|ended without a digest",
        "The Docker daemon cannot reach the registry.",
        "Check its name in images.registry, the network, VPN, and the daemon's proxy "
        "(https://docs.docker.com/engine/daemon/proxy/).",
    ),
)
_OTHER = _kind(Refusal.OTHER, "", "", "See the log for what came before, then run the same command again.")


def classify(message: str) -> Refusal:
    """What kind of trouble the daemon's or the registry's message tells of."""
    return _find(message).refusal


def refusal_error(action: str, reference: str, registry: str, message: str) -> CodehubError:
    """The error for a person; `action` is "push" or "pull"."""
    kind = _find(message)
    said = without_credentials(clean(" ".join(message.split())))[:400]
    failed = MissingError if kind.refusal is Refusal.UNREACHABLE else StepFailed
    return failed(
        f"{reference} could not be {action}ed.",
        why="\n".join(filter(None, (kind.why, f"Docker says: {said}" if said else ""))),
        fix=kind.fix.format(registry=registry, verb=action),
        address=f"registry-{kind.refusal}",
    )


def _find(message: str) -> _Kind:
    return next((kind for kind in _KINDS if kind.pattern.search(message)), _OTHER)
