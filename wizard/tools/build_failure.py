"""The error for a person when an image cannot be built."""

from __future__ import annotations

from wizard.errors import StepFailed
from wizard.text import clean, without_credentials
from wizard.tools.build_causes import explain
from wizard.tools.build_progress import FailedStep
from wizard.tools.build_request import BuildRequest

_SHOWN_LINES = 12


def check_files(request: BuildRequest) -> None:
    """Raise StepFailed when the Dockerfile, the build context or a secret's file is not there."""
    for path, what in ((request.dockerfile, "Dockerfile"), (request.context, "build context")):
        if not path.exists():
            raise StepFailed(
                f"The {what} {path} of the {request.title} is not there.",
                fix="Write the files again with `codehub render`.",
            )
    for key, path in request.secrets.items():
        if not path.is_file():
            raise StepFailed(
                f"The file {path} is not there.",
                why=f"The {request.title} needs it as the build secret {key}.",
                fix="Create it, or name another one (the company's CA is named by build.ca_bundle).",
            )


def describe_failure(title: str, failed: FailedStep, *, final: str) -> StepFailed:
    """The error for a person: which image, which step, why, its last lines, and what to do."""
    step = failed.name or ""
    cause = explain(failed.error or final, failed.lines, step=step)
    ended = f"It ended with exit code {failed.exit_code}." if failed.exit_code is not None else ""
    message = final or failed.error
    why = [cause.why if cause else ended or _short(message)]
    if (cause or ended) and not failed.lines:
        why.append(_short(message))
    if failed.lines:
        why.append("Its last lines:")
        why += [f"  {line}" for line in failed.lines[-_SHOWN_LINES:]]
    return StepFailed(
        f"The {title} failed to build" + (f" at {_short(step)}" if step else "") + ".",
        why=without_credentials("\n".join(why)),
        fix=cause.fix if cause else "Mend what the last lines complain about, then run the same command again.",
        address=cause.address if cause else "build-failed",
    )


def _short(text: str, limit: int = 300) -> str:
    text = without_credentials(clean(" ".join(text.split())))
    return text if len(text) <= limit else text[: limit - 2] + " …"
