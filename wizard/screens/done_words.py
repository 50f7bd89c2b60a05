"""What the Done screen says, from what is known of a setup."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator

from textual.content import Content

from wizard.plan.kubernetes import DEPLOY
from wizard.plan.local import START
from wizard.render.readme import LOGINS
from wizard.render.secrets import FILE as SECRETS
from wizard.run.events import Outcome
from wizard.run.folder import SetupFolder
from wizard.setup.command import apply_command
from wizard.targets.docker_standing import OnDocker
from wizard.targets.standing import Live, Standing, facts
from wizard.widgets.run_rows import MARKS
from wizard.wording import counted

NO_LOGIN_TRIED = "Nobody has logged in to try it: open the address and do that next."
HELP = (
    ("", "Where this setup stands. What the cluster says is asked for in the background."),
    ("Tab, arrows", "from line to line"),
    ("C, Enter", "copy the line's address, password or command"),
    ("R", "show the passwords, or mask them again"),
    ("F5", "ask the cluster again"),
    ("V", "versions: deployed, in the files, newest, and the upgrade"),
    ("H", "the history of revisions, and going back to one"),
    ("Page up, Page down", "scroll"),
)
_DONE, _FAILED, _NOT = (MARKS[one][0] for one in (Outcome.DONE, Outcome.FAILED, None))
_TITLES = {
    "build-notebook": "Notebook image built",
    "build-hub": "Hub image built",
    "deliver-notebook": "Notebook image delivered",
    "deliver-hub": "Hub image delivered",
    "save-database": "The hub's database saved",
    DEPLOY: "JupyterHub deployed, its pods ready",
    "install-hub": "JupyterHub installed",
    "install-proxy": "The proxy installed",
    "install-code-server": "code-server installed",
    START: "JupyterHub started",
}

LIVE = {"kubernetes": "In the cluster now", "docker": "In Docker now", "local": "On this machine now"}
"""Above what is asked when the screen opens, by the target."""


def verdict(found: Standing | None) -> Content:
    """One line: how it stands by what codehub did last."""
    if found is None:
        return Content("✖ This setup cannot be read.").stylize("$text-error")
    steps = found.state.steps
    if not steps:
        return Content("· Saved. Nothing was run yet.")
    failed = [name for name, record in steps.items() if record.outcome == Outcome.FAILED]
    if failed:
        return Content(f"✖ Not done: {', '.join(failed)} failed the last time.").stylize("$text-error")
    if found.deployed and all(record.outcome == Outcome.DONE for record in steps.values()):
        return Content("✔ Deployed.").stylize("$text-success")
    stopped = [name for name, record in steps.items() if record.outcome == Outcome.CANCELLED]
    return Content(f"■ Not done yet{': stopped at ' + ', '.join(stopped) if stopped else ''}.").stylize("$text-warning")


def step_lines(found: Standing) -> Iterator[tuple[str, str]]:
    """(mark, text) of each step's last run."""
    if found.notice:
        yield MARKS[Outcome.CANCELLED][0], found.notice
    if not found.state.steps:
        yield _NOT, "Nothing yet."
    order, on_docker = [*_TITLES, *found.state.steps], found.setup.target.kind == "docker"
    for name, record in sorted(found.state.steps.items(), key=lambda item: order.index(item[0])):
        title = "JupyterHub started" if name == DEPLOY and on_docker else _TITLES.get(name, name)
        when = record.finished[:16].replace("T", " ")
        if record.outcome == Outcome.DONE:
            said = facts(record)
            yield _DONE, f"{title}{': ' + said if said else ''} ({when} UTC)"
        else:
            mark = MARKS[Outcome(record.outcome)][0] if record.outcome in set(Outcome) else _FAILED
            yield mark, f"{name}: {record.outcome} ({when} UTC)"


def live_lines(found: Live) -> Iterator[tuple[str, str]]:
    """(mark, text) of what the cluster says."""
    revision = found.revision
    if revision is None:
        yield _NOT, "There is no such release in the cluster."
        return
    mark = _DONE if revision.deployed else _FAILED
    yield (
        mark,
        f"Revision {revision.number}: {revision.status}, {revision.chart}, {revision.updated[:19].replace('T', ' ')}",
    )
    for pod in found.pods:
        ready, total = pod.containers
        restarts = f", restarted {pod.restarts} times" if pod.restarts else ""
        yield _DONE if pod.ready else _FAILED, f"Pod {pod.name}: {pod.status}, {ready} of {total} ready{restarts}"
    if found.unseen:
        yield _NOT, f"Its pods could not be looked at: {found.unseen}"
    else:
        yield _NOT, f"Editors running: {found.servers}"


def docker_lines(found: OnDocker) -> Iterator[tuple[str, str]]:
    """(mark, text) of what Docker says."""
    if found.nothing:
        yield _NOT, "There are no containers of it."
        return
    for one in found.services:
        yield _DONE if one.running else _FAILED, f"Container {one.name}: {one.said}"
    for name in found.missing:
        yield _FAILED, f"Container {name}: there is none"
    if found.services:
        said = "answers" if found.answers else "does not answer"
        yield _DONE if found.answers else _FAILED, f"JupyterHub {said} at its front door"
    names = f" ({', '.join(found.users)})" if found.users else ""
    yield _NOT, f"Editors running: {len(found.users)}{names}"


def logins_note(found: Standing) -> str:
    """Who gets in, and where the passwords are."""
    auth = found.setup.hub.auth
    names = [f"Users: {', '.join(auth.users)}." if auth.users else "", f"Admins: {', '.join(auth.admins)}."]
    kept = f"The passwords are in {SECRETS}." if found.logins else ""
    return " ".join(filter(None, [LOGINS[auth.kind].replace("`", ""), *names, kept]))


def commands(folder: SetupFolder, found: Standing) -> list[tuple[str, str]]:
    """(purpose, command) of what people do next."""
    where = shlex.quote(str(folder.path))
    rows = [
        ("what would be done now", f"codehub plan {where}"),
        ("do it", apply_command(folder.path)),
        ("the logs of the last run", f"codehub logs {where}"),
    ]
    if found.setup.target.kind == "docker":
        rows.append(("the hub's own log", f"codehub logs {where} --of hub"))
        rows.append(("everybody's files and the hub's database, into a file", f"{where}/backup.sh"))
        rows.append(("stop the hub and everybody's editors", f"codehub destroy {where}"))
    if found.setup.target.kind == "local":
        rows.append(("end what runs on this machine", f"codehub destroy {where}"))
    if found.setup.target.kind == "kubernetes":
        target = found.setup.target
        context = ["--context", target.context] if target.context else []
        rows.append(
            (
                "the hub's own log",
                shlex.join(
                    ["kubectl", "logs", "deployment/hub", "--follow", "--namespace", target.namespace, *context]
                ),
            )
        )
    return rows


def files(folder: SetupFolder, found: Standing) -> str:
    """The saved files, those of a folder as their number."""
    top = [name for name in found.files if "/" not in name]
    below = Counter(name.partition("/")[0] for name in found.files if "/" in name)
    several = [f"{name}/ ({counted(number, 'file')})" for name, number in sorted(below.items())]
    return f"{folder.path}: {', '.join([*top, *several])}"
