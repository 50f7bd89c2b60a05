"""What goes wrong with a Kubernetes API, in words for people."""

from __future__ import annotations

from wizard.errors import MissingError, StepFailed
from wizard.foreign import load_json
from wizard.text import clean, without_credentials


class ClusterUnreachable(MissingError):
    """Nobody answers at the API's address, or not in time."""

    address = "cluster-unreachable"


class CredentialsRefused(MissingError):
    """The API does not know us, or the credentials could not be got."""

    address = "cluster-login"


class ApiRefused(StepFailed):
    """The API answered with an error: `status` is the HTTP code, `reason` the API's own word for it."""

    address = "cluster-refused"

    def __init__(self, what: str, *, status: int, reason: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what, why=why, fix=fix)
        self.status = status
        self.reason = reason

    @property
    def not_found(self) -> bool:
        """The object, its namespace or its kind is not there."""
        return self.status == 404

    @property
    def forbidden(self) -> bool:
        """Not allowed for this user, or refused by a quota or a policy: `why` tells which."""
        return self.status == 403

    @property
    def conflict(self) -> bool:
        """It exists already, or was changed in between."""
        return self.status == 409

    @property
    def gone(self) -> bool:
        """The version that a watch asked for is no longer kept."""
        return self.status == 410


def refused(status: int, body: str, *, action: str) -> ApiRefused | CredentialsRefused:
    """The error of an answer; `action` says what was tried, such as `GET /api/v1/namespaces`."""
    message, reason = _status(body)
    if status == 401:
        return credentials_refused(message)
    advice = {
        403: "Ask whoever runs the cluster for that right, or choose a namespace that you administer.",
        404: "Check the name and the namespace.",
        409: "Run the same command again.",
    }
    return ApiRefused(
        f"The cluster refused: {action} (HTTP {status}).",
        status=status,
        reason=reason,
        why=message,
        fix=advice.get(status, "Run the same command again; if it goes on, ask whoever runs the cluster."),
    )


def credentials_refused(why: str) -> CredentialsRefused:
    """The cluster does not take our credentials, or they could not be got."""
    return CredentialsRefused(
        "The cluster does not accept your credentials.",
        why=_short(why),
        fix="Log in to the cluster again, check with `kubectl get namespaces`, and run the same command again.",
    )


def unreachable(server: str, error: BaseException) -> ClusterUnreachable:
    """Nobody answers."""
    cause = "It did not answer in time." if isinstance(error, TimeoutError) else str(error) or type(error).__name__
    return ClusterUnreachable(
        f"The Kubernetes cluster at {without_credentials(server)} does not answer.",
        why=_short(cause),
        fix="Start it, or connect to its network (VPN), check with `kubectl cluster-info`, then run the command again.",
    )


def _status(body: str) -> tuple[str, str]:
    """Message and reason of a Status object; other answers (of a proxy, say) are quoted."""
    try:
        document = load_json(body)
    except ValueError:
        return _short(body), ""
    if not isinstance(document, dict):
        return _short(body), ""
    return _short(str(document.get("message", ""))), clean(str(document.get("reason", "")))


def _short(text: str) -> str:
    line = without_credentials(clean(" ".join(text.split())))
    return line if len(line) <= 600 else line[:599] + "…"
