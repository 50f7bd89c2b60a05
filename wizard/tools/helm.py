"""The user's Helm, 3 or 4, called as a process: finding it, and what it can do with one release.

Nothing secret is ever an argument: values go in as files. `-o json` answers hold all values, so they are only
read, never reported. Facts about both majors: Helm's own documentation, and the tests in tests/integration/kube.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard.errors import CodehubError, MissingError, StepFailed
from wizard.foreign import load_json
from wizard.reporting import Reporter
from wizard.scratch import scratch_folder
from wizard.text import LineSplitter, clean
from wizard.tools import process
from wizard.tools.helm_chart import Chart
from wizard.tools.helm_errors import explain
from wizard.tools.helm_release import Revision, parse_history

MINIMUM = (3, 13)
"""The oldest Helm with a dry run on the server, which the difference before a deploy comes from."""

_INSTALL = "https://helm.sh/docs/intro/install/"


@dataclass(frozen=True)
class Helm:
    """A Helm program; `version` is its number, such as (3, 17, 3)."""

    program: str
    version: tuple[int, ...]

    @property
    def major(self) -> int:
        """3 or 4."""
        return self.version[0]

    @property
    def text(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))

    @property
    def waits_for_load_balancer(self) -> bool:
        """Helm 3's `--wait` never ends while a LoadBalancer has no address; Helm 4 takes it as ready."""
        return self.major == 3


async def find() -> Helm:
    """The Helm that CODEHUB_HELM names, or that on the PATH.

    Raises MissingError when there is none, when it does not answer as Helm does, or is older than MINIMUM.
    """
    program = os.environ.get("CODEHUB_HELM") or "helm"
    done = await process.run([program, "version", "--template", "{{.Version}}"], timeout=20)
    numbers = done.stdout.strip().removeprefix("v").partition("+")[0].partition("-")[0].split(".")
    if not done.ok or len(numbers) < 2 or not all(number.isdigit() for number in numbers):
        said = clean((done.stderr or done.stdout).strip().partition("\n")[0])
        raise MissingError(
            f"{program} does not answer as Helm 3 or 4 do.",
            why=said or "It said nothing.",
            fix=f"Install Helm 3 or 4: {_INSTALL}",
            address="helm-version",
        )
    helm = Helm(program, tuple(map(int, numbers)))
    if helm.version < MINIMUM:
        raise MissingError(
            f"Helm {helm.text} is too old.",
            why=f"codehub needs Helm {'.'.join(map(str, MINIMUM))} or newer, for its dry run on the server.",
            fix=f"Update it: {_INSTALL}",
            address="helm-version",
        )
    return helm


@dataclass(frozen=True, kw_only=True)
class UpgradeOptions:
    """How a release is upgraded.

    timeout: seconds for each of Helm's waits; rollback: to the last good revision (a first install is uninstalled)
    when the upgrade fails, only with `wait`; force_conflicts: take over fields that somebody changed by hand
    (Helm 3 does it always); take_ownership: adopt objects that another release or nobody owns.
    """

    timeout: int = 600
    wait: bool = True
    rollback: bool = True
    create_namespace: bool = True
    history_max: int = 10
    force_conflicts: bool = False
    take_ownership: bool = False


@dataclass(frozen=True)
class DryRun:
    """What an upgrade would make, as the server sees it: the manifest without hooks, and the revision it would be."""

    manifest: str = field(repr=False)
    revision: int = 0


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release in one namespace of one context.

    context: empty for the current one; kubeconfig: file, or several joined by the path separator, empty for
    KUBECONFIG or the default. All methods raise CodehubError in words for people; its `why` has Helm's own.
    """

    helm: Helm
    name: str
    namespace: str
    context: str = ""
    kubeconfig: str = ""

    def upgrade_command(self, chart: Chart, values: Sequence[Path], options: UpgradeOptions | None = None) -> list[str]:
        """The arguments of `upgrade_install`, as they may be shown: nothing secret is among them."""
        chosen = options or UpgradeOptions()
        argv = [self.helm.program, "upgrade", "--install", self.name, *chart.arguments(), *self._where()]
        argv += [part for path in values for part in ("--values", str(path.absolute()))]
        argv += ["--timeout", f"{chosen.timeout}s", "--history-max", str(chosen.history_max)]
        flags = {
            "--create-namespace": chosen.create_namespace,
            "--wait" if self.helm.major == 3 else "--wait=watcher": chosen.wait,
            "--atomic" if self.helm.major == 3 else "--rollback-on-failure": chosen.wait and chosen.rollback,
            "--force-conflicts": chosen.force_conflicts and self.helm.major >= 4,
            "--take-ownership": chosen.take_ownership,
        }
        return argv + [flag for flag, wanted in flags.items() if wanted]

    async def upgrade_install(
        self, chart: Chart, values: Sequence[Path], reporter: Reporter, options: UpgradeOptions | None = None
    ) -> Revision:
        """Install the release or upgrade it, reporting Helm's lines; returns the revision that is deployed now.

        Cancelling sends SIGTERM, on which Helm marks the release as failed instead of leaving it locked.
        """
        chosen = options or UpgradeOptions()
        argv = self.upgrade_command(chart, values, chosen)
        await self._stream(argv, reporter, seconds=3 * chosen.timeout + 120, empty_folder=chart.is_remote)
        revision = await self.current()
        if revision is None:
            raise StepFailed(
                f"Helm reported no error, but there is no release {self.name} in the namespace {self.namespace}.",
                fix="Look at the log for what Helm did, and run the same command again.",
            )
        return revision

    async def template(self, chart: Chart, values: Sequence[Path], *, kube_version: str = "") -> str:
        """The manifests as Helm renders them without a cluster; validates the values against the chart's schema.

        kube_version: of the cluster that is meant; Helm assumes a built-in one otherwise.
        """
        argv = [self.helm.program, "template", self.name, *chart.arguments(), "--namespace", self.namespace]
        argv += [part for path in values for part in ("--values", str(path.absolute()))]
        if kube_version:
            argv += ["--kube-version", kube_version.removeprefix("v")]
        return await self._read(argv, empty_folder=chart.is_remote, seconds=120)

    async def dry_run(self, chart: Chart, values: Sequence[Path]) -> DryRun:
        """What an upgrade would make, rendered and checked by the server; nothing is changed.

        Unlike `template` it keeps generated values, so that no difference to `manifest()` means no change.
        """
        argv = self.upgrade_command(chart, values, UpgradeOptions(wait=False))
        answer = await self._read([*argv, "--dry-run=server", "-o", "json"], empty_folder=chart.is_remote, seconds=180)
        document = _json_object(answer)
        return DryRun(manifest=str(document.get("manifest", "")), revision=int(document.get("version", 0)))

    async def history(self) -> tuple[Revision, ...]:
        """All revisions that are kept, oldest first; empty when there is no such release."""
        argv = [self.helm.program, "history", self.name, *self._where(), "--max", "256", "-o", "json"]
        answer = await self._read_if_there(argv)
        return () if answer is None else parse_history(answer)

    async def current(self) -> Revision | None:
        """The newest revision, whatever its status; None when there is no such release."""
        revisions = await self.history()
        return revisions[-1] if revisions else None

    async def values(self, *, revision: int = 0, computed: bool = False) -> dict[str, Any] | None:
        """The values that were given (with `computed` the chart's too), secrets included; None without a release."""
        argv = [self.helm.program, "get", "values", self.name, *self._where(), "-o", "json", *_revision(revision)]
        answer = await self._read_if_there([*argv, "--all"] if computed else argv)
        return None if answer is None else _json_object(answer)

    async def manifest(self, *, revision: int = 0) -> str | None:
        """The manifest of a revision (0: the newest) without hooks; None when there is no such release."""
        return await self._read_if_there(
            [self.helm.program, "get", "manifest", self.name, *self._where(), *_revision(revision)]
        )

    async def rollback(self, revision: int, reporter: Reporter, *, timeout: int = 600, wait: bool = True) -> Revision:
        """Go back to a revision; returns the new one that equals it."""
        argv = [self.helm.program, "rollback", self.name, str(revision), *self._where(), "--timeout", f"{timeout}s"]
        if wait:
            argv.append("--wait" if self.helm.major == 3 else "--wait=watcher")
        await self._stream(argv, reporter, seconds=2 * timeout + 60)
        current = await self.current()
        if current is None:
            raise StepFailed(f"The release {self.name} has gone while it was rolled back.")
        return current

    async def uninstall(self, reporter: Reporter, *, timeout: int = 300, wait: bool = True) -> bool:
        """Remove the release and its objects, the hub's database volume too; False when there was none.

        Volumes of users stay: the hub makes them, Helm does not know them.
        """
        argv = [self.helm.program, "uninstall", self.name, *self._where(), "--timeout", f"{timeout}s"]
        if await self.current() is None:
            return False
        await self._stream([*argv, "--wait"] if wait else argv, reporter, seconds=timeout + 60)
        return True

    def _where(self) -> list[str]:
        context = ["--kube-context", self.context] if self.context else []
        return ["--namespace", self.namespace, *context]

    async def _stream(self, argv: list[str], reporter: Reporter, *, seconds: float, empty_folder: bool = False) -> None:
        """Run Helm, reporting its lines; raise what its errors mean."""
        splitters = {"out": LineSplitter(), "err": LineSplitter()}
        errors: list[str] = []

        def take(name: str, lines: list[str]) -> None:
            if name == "err":
                errors.extend(lines)
            reporter.lines(lines, task="helm", stream=name)

        def feed(name: str, chunk: bytes) -> None:
            if lines := splitters[name].feed(chunk):
                take(name, lines)

        async with self._surroundings(empty_folder) as (env, cwd):
            code = await process.stream(argv, feed, env=env, cwd=cwd, timeout=seconds)
        for name, splitter in splitters.items():
            if rest := splitter.finish():
                take(name, rest)
        if code != 0:
            raise self._failed(argv, "\n".join(errors), code)

    async def _read(self, argv: list[str], *, seconds: float = 60, empty_folder: bool = False) -> str:
        async with self._surroundings(empty_folder) as (env, cwd):
            done = await process.run(argv, env=env, cwd=cwd, timeout=seconds)
        if not done.ok:
            raise self._failed(argv, done.stderr, done.returncode)
        return done.stdout

    async def _read_if_there(self, argv: list[str]) -> str | None:
        async with self._surroundings(empty_folder=False) as (env, cwd):
            done = await process.run(argv, env=env, cwd=cwd, timeout=60)
        if done.ok:
            return done.stdout
        if "release: not found" in done.stderr:
            return None
        raise self._failed(argv, done.stderr, done.returncode)

    @asynccontextmanager
    async def _surroundings(self, empty_folder: bool) -> AsyncIterator[tuple[dict[str, str], Path | None]]:
        """Environment and folder of a call.

        Helm takes a folder named like the chart for the chart, even with --repo: calls for a remote chart run in
        an empty one, and relative names in KUBECONFIG are made absolute for it.
        """
        named = self.kubeconfig or os.environ.get("KUBECONFIG", "")
        absolute = os.pathsep.join(str(Path(part).absolute()) for part in named.split(os.pathsep) if part)
        env = {"KUBECONFIG": absolute} if absolute else {}
        if not empty_folder:
            yield env, None
            return
        with scratch_folder("helm") as folder:
            yield env, Path(folder)

    def _failed(self, argv: list[str], stderr: str, code: int) -> CodehubError:
        return explain(argv[1], stderr, release=self.name, namespace=self.namespace, code=code)


def _revision(number: int) -> list[str]:
    return ["--revision", str(number)] if number else []


def _json_object(text: str) -> dict[str, Any]:
    """The JSON object of an answer (Helm writes `null` for no values)."""
    try:
        document = load_json(text)
    except ValueError as error:
        raise StepFailed(
            "Helm's answer could not be read.",
            why=f"It is not JSON: {error}",
            fix="Update Helm, and run the same command again.",
        ) from error
    return document if isinstance(document, dict) else {}
