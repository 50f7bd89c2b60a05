"""One setup folder from answers to a finished run: what the headless commands and the wizard both call.

`prepare` looks and writes nothing; `apply` takes the folder's lock, writes the files and carries the plan out.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from wizard.errors import MissingError, UsageError
from wizard.files import content_hash, not_written
from wizard.plan.kubernetes import DEPLOY
from wizard.plan.model import Decision, Plan, Step, StepRecord
from wizard.render import render
from wizard.render.buildargs import image_builds
from wizard.render.model import ImageBuild, RenderedFile
from wizard.render.secrets import Secrets
from wizard.run.changes import FileChange
from wizard.run.context import Action
from wizard.run.events import Emit, Outcome, RunFinished, StepFinished
from wizard.run.folder import SetupFolder
from wizard.run.local_files import read_local_files
from wizard.run.lock import folder_lock
from wizard.run.revisions import keep
from wizard.run.runner import Runner
from wizard.run.state import State
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.setup.problems import InvalidAnswers, Problem
from wizard.setup.review import require_sound
from wizard.text import Redactor

LOGS_KEPT = 20
"""Runs whose logs are kept; older ones are removed when a new run begins."""

_RUN = "%Y%m%dT%H%M%S%fZ"
_RUN_NAME = re.compile(r"\d{8}T\d{12}Z")

Overwrite = Collection[str] | Literal["all"]


class Target(Protocol):
    """What a target can do: say what a run would do, with the work of each step."""

    async def plan(self, records: Mapping[str, StepRecord]) -> tuple[Plan, Mapping[str, Action]]:
        """The plan and, by step id, the actions."""
        ...


@dataclass(frozen=True)
class Rendering:
    """The files of a setup as they would be written, against what is there."""

    setup: Setup
    secrets: Secrets
    builds: Mapping[str, ImageBuild]
    files: Mapping[str, RenderedFile]
    changes: tuple[FileChange, ...]
    state: State
    warnings: tuple[Problem, ...]
    notices: tuple[str, ...]
    overwrite: Overwrite

    def hashes(self) -> dict[str, str]:
        """Content hash of each file as it will be after writing."""
        return {path: content_hash(content) for path, content in self.contents().items()}

    def contents(self) -> dict[str, bytes]:
        """Each file as it will be after writing, secrets too: an edited file that is kept counts as it is."""
        result = {}
        for change in self.changes:
            kept = change.kind in {"edited", "kept"} and self.overwrite != "all" and change.path not in self.overwrite
            content = change.before if kept or change.after is None else change.after
            if content is not None and change.kind != "removed":
                result[change.path] = content
        return result


@dataclass(frozen=True)
class Preparation:
    """A plan that can be shown, and carried out by `apply`."""

    folder: SetupFolder
    rendering: Rendering
    plan: Plan
    actions: Mapping[str, Action]


def rendering(
    folder: SetupFolder, *, setup: Setup | None = None, overwrite: Overwrite = (), client_secret: str = ""
) -> Rendering:
    """The files of the folder's setup (or of `setup`, when it is not saved yet); writes nothing.

    client_secret: the login provider's, to be put into secrets.yaml; without it, what is there stays.
    Raises UsageError or InvalidAnswers when the answers, or something in the folder, cannot be used.
    """
    answers = setup or store.load(folder.answers)
    warnings = require_sound(answers, str(folder.answers))
    secrets = folder.load_secrets().complete(answers)
    if client_secret.strip() and answers.uses_oauth:
        secrets = secrets.with_client_secret(answers, client_secret)
    loaded = folder.load_state()
    local_files = read_local_files(answers, folder.path)
    files = render(answers, secrets, local_files)
    return Rendering(
        setup=answers,
        secrets=secrets,
        builds=image_builds(answers, local_files),
        files=files,
        changes=tuple(folder.changes(files, loaded.state)),
        state=loaded.state,
        warnings=tuple(warnings),
        notices=tuple(filter(None, (loaded.notice, _missing_secrets(folder, secrets)))),
        overwrite=overwrite,
    )


def _missing_secrets(folder: SetupFolder, secrets: Secrets) -> str:
    """A folder that came from elsewhere, by git or as an export, does not bring its secrets with it."""
    came = not folder.state_file.exists() and (folder.path / "README.md").exists()
    if not came or folder.secrets.exists() or not secrets.text:
        return ""
    return (
        f"{folder.secrets.name} is not here: new passwords are made. If this setup is deployed already, get the file "
        "from whoever did it, or everybody's password changes."
    )


async def prepare(
    folder: SetupFolder,
    *,
    setup: Setup | None = None,
    overwrite: Overwrite = (),
    client_secret: str = "",
    start_from: str = "",
) -> Preparation:
    """What a run would do now; setup, overwrite and client_secret are as for `rendering`.

    start_from: run this step and all after it, whatever was done before.

    Raises InvalidAnswers, UsageError (also for a step that does not exist), or MissingError when something that is
    needed to plan cannot be reached.
    """
    made = rendering(folder, setup=setup, overwrite=overwrite, client_secret=client_secret)
    blocking = [problem for problem in made.secrets.problems(made.setup) if problem.level == "error"]
    if blocking:
        raise InvalidAnswers(str(folder.secrets), blocking)
    plan, actions = await _target(folder, made).plan(made.state.steps)
    return Preparation(folder, made, _from_step(plan, start_from) if start_from else plan, actions)


def write(folder: SetupFolder, made: Rendering) -> State:
    """Write the files of a rendering (not codehub.yaml); returns the state that knows them."""
    return folder.write(made.files, made.state, made.overwrite).state


async def apply(preparation: Preparation, emit: Emit) -> RunFinished:
    """Write the files and carry the plan out, holding the folder's lock; state is saved after each step.

    Raises MissingError when a check of the plan blocks, UsageError when another codehub is at work there, or has been
    since the plan was made; cancelling the
    awaiting task stops every step and still returns the run's last event.
    """
    require_clear(preparation.plan)
    folder, made = preparation.folder, preparation.rendering
    with folder_lock(folder.private):
        if folder.load_state().state != made.state:
            raise UsageError(
                f"Something else worked in {folder.path} since this plan was made.",
                why="Its state is no longer the one that the plan was made from.",
                fix="Run the same command again for a new plan.",
                address="changed-meanwhile",
            )
        keeper = _StateKeeper(folder, write(folder, made))
        runner = Runner(
            preparation.plan,
            preparation.actions,
            new_log_folder(folder.logs),
            emit,
            on_finished=keeper.record,
            redact=Redactor(made.secrets.values()),
        )
        return await runner.run()


def require_clear(plan: Plan) -> None:
    """Raises MissingError with every finding of a plan that a run could not work with."""
    found = plan.blocking
    if found:
        raise MissingError(
            "This cannot work yet: " + ", ".join(finding.title.lower() for finding in found) + ".",
            why=" ".join(finding.why for finding in found),
            fix=" ".join(dict.fromkeys(finding.fix for finding in found if finding.fix)),
            address="preflight",
        )


class _StateKeeper:
    """Saves what is known of each step as soon as it ends."""

    def __init__(self, folder: SetupFolder, state: State) -> None:
        self._folder = folder
        self._state = state

    def record(self, step: Step, event: StepFinished) -> None:
        """Remember how a step ended; one that was skipped or never started keeps what was known of it."""
        never_started = event.outcome is Outcome.CANCELLED and not event.log
        if event.outcome is Outcome.SKIPPED or never_started:
            return
        finished = datetime.now(UTC).isoformat(timespec="seconds")
        self._state = self._state.with_step(
            step.id, StepRecord(step.fingerprint, str(event.outcome), finished, event.result)
        )
        if step.id == DEPLOY and event.outcome is Outcome.DONE and event.result.get("revision"):
            # First: whoever is killed between the two deploys once more, and has no revision without a record.
            keep(self._folder, int(event.result["revision"]), self._state)
        self._state.save(self._folder.state_file)


def _target(folder: SetupFolder, made: Rendering) -> Target:
    setup = made.setup
    if setup.target.kind == "kubernetes":
        from wizard.targets.kubernetes import KubernetesTarget

        return KubernetesTarget(setup, folder, made.builds, made.contents())
    if setup.target.kind == "local":
        from wizard.targets.local import LocalTarget

        return LocalTarget(setup, folder, made.secrets)
    from wizard.targets.docker import DockerTarget

    return DockerTarget(setup, folder, made.builds, made.contents(), made.secrets)


def _from_step(plan: Plan, start: str) -> Plan:
    """The plan with a step and everything that follows from it to be run."""
    if start not in {step.id for step in plan.steps}:
        raise UsageError(
            f"There is no step {start}.",
            why=f"The steps are: {', '.join(step.id for step in plan.steps)}.",
            fix="Name one.",
        )
    forced: set[str] = set()
    steps = []
    for step in plan.steps:
        if step.id == start or forced.intersection(step.needs):
            forced.add(step.id)
            if step.decision is Decision.SKIP:
                why = "you asked to start from here" if step.id == start else "a step before it runs again"
                step = replace(step, decision=Decision.RUN, why=why)  # noqa: PLW2901
        steps.append(step)
    return replace(plan, steps=tuple(steps))


def new_log_folder(logs: Path) -> Path:
    """A folder for the logs of one run, named by the time; old ones are removed. Raises CodehubError.

    Names rise from run to run, whatever the clock does: where it went back, the name is the next after the newest.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
        runs = sorted(entry for entry in logs.iterdir() if _is_run(entry))
        path = logs / _next_name(runs[-1].name if runs else "", datetime.now(UTC))
        path.mkdir()
        for old in runs[: max(0, len(runs) + 1 - LOGS_KEPT)]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        what = f"A folder for this run's logs could not be made in {logs}."
        raise not_written(logs, error, what=what, fix=f"Make {logs.parent.parent} writable.") from error
    return path


def _is_run(entry: Path) -> bool:
    """Whether it is a folder that a run made: nothing else is ever removed."""
    return bool(_RUN_NAME.fullmatch(entry.name)) and entry.is_dir() and not entry.is_symlink()


def _next_name(newest: str, now: datetime) -> str:
    """The name of a run that begins now, greater than the newest one's."""
    name = now.strftime(_RUN)
    if name > newest:
        return name
    try:
        return (datetime.strptime(newest, _RUN) + timedelta(microseconds=1)).strftime(_RUN)  # noqa: DTZ007
    except (ValueError, OverflowError):  # somebody else's folder
        return name
