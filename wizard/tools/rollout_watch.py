"""Watching a release while Helm works: its pods, events and the hub's log, and what keeps them from being ready."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from wizard.errors import CodehubError
from wizard.reporting import Reporter, TaskState
from wizard.text import clean
from wizard.tools.helm_errors import NotReady
from wizard.tools.kube import Cluster, path
from wizard.tools.kube_logs import follow_log, last_lines
from wizard.tools.kube_watch import Changed, Deleted, Event, Lost, Synced, follow
from wizard.tools.rollout import diagnose, in_order, waiting_for
from wizard.tools.rollout_model import Obj, Objects, Problem, name_of, uid_of
from wizard.tools.rollout_pods import PodState, pod_state

_KINDS = {
    "pods": ("v1", "Pod"),
    "events": ("v1", "Event"),
    "persistentvolumeclaims": ("v1", "PersistentVolumeClaim"),
    "services": ("v1", "Service"),
    "jobs": ("batch/v1", "Job"),
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "daemonsets": ("apps/v1", "DaemonSet"),
    "statefulsets": ("apps/v1", "StatefulSet"),
}
_OWNERS = ("deployments", "replicasets", "daemonsets", "statefulsets")
_USER_PODS = "singleuser-server"
_REST = 0.25
"""Seconds between two looks at what changed: a rollout brings changes by the dozen."""

STEADY = 3.0
"""Seconds that a problem must last before it is told: a pod waits a moment for its volume in every rollout."""

_FAILED = {"Error", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"}


class Rollout:
    """What is known of one release's rollout. Made by `watch_rollout`."""

    def __init__(self, cluster: Cluster, namespace: str, release: str, reporter: Reporter) -> None:
        self._namespace, self._release, self._reporter = namespace, release, reporter
        self.cluster = cluster
        self._known: dict[str, dict[str, Obj]] = {plural: {} for plural in _KINDS}
        self._synced: set[str] = set()
        self._old: set[str] = set()
        self._told_events: set[tuple[str, int]] = set()
        self._told_pods: dict[str, PodState] = {}
        self._seen_problems: dict[tuple[str, str], float] = {}
        self._told_problems: set[tuple[str, str]] = set()
        self._kept: dict[str, Problem] = {}
        self._logs: dict[tuple[str, str], tuple[str, ...]] = {}
        self._followed: set[str] = set()
        self._changed = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def objects(self) -> Objects:
        """The release's objects as they are now."""
        known = {plural: list(items.values()) for plural, items in self._known.items()}
        return Objects(
            pods=known["pods"],
            events=known["events"],
            claims=known["persistentvolumeclaims"],
            jobs=known["jobs"],
            services=known["services"],
            owners=[owner for plural in _OWNERS for owner in known[plural]],
        )

    async def problems(self, *, patience: float = 0) -> tuple[Problem, ...]:
        """What keeps the rollout from its end, or kept it: a rollback removes the pods that tell.

        Each with the end of the log that belongs to it.
        """
        live = diagnose(self.objects, patience=patience)
        return tuple([await self._with_log(problem) for problem in in_order([*self._kept.values(), *live])])

    async def explained(self, error: NotReady) -> NotReady:
        """Helm's time-out, told by its causes."""
        return told_by(error, await self.problems())

    async def wait_ready(self, timeout: float) -> None:
        """Until every workload and volume of the release is ready; raises NotReady that says why when time is up."""
        end = asyncio.get_running_loop().time() + timeout
        while True:
            waits = waiting_for(self.objects) if self._synced >= set(_KINDS) else ("the cluster's answer",)
            if not waits:
                return
            if asyncio.get_running_loop().time() >= end:
                error = NotReady(
                    f"The release {self._release} did not get ready in {timeout:g} seconds.",
                    why=f"Not ready: {', '.join(waits)}.",
                    fix="With a slow network or big images give it more time.",
                )
                raise told_by(error, await self.problems())
            await asyncio.sleep(_REST)

    async def run(self) -> None:
        """Watch for ever; ends only by cancellation."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for plural in _KINDS:
                tasks.create_task(self._guard(plural, self._follow(plural)))
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 1)
                self._changed.clear()
                self._tell()
                await asyncio.sleep(_REST)

    async def _guard(self, what: str, work: Awaitable[None]) -> None:
        """A part that cannot be watched (no right to, say) does not end the rest."""
        try:
            await work
        except CodehubError as error:
            self._synced.add(what)
            self._reporter.notice(f"The {what} cannot be watched: {error.why or error.what}")

    async def _follow(self, plural: str) -> None:
        group_version, kind = _KINDS[plural]
        async with aclosing(follow(self.cluster, path(group_version, plural, self._namespace))) as events:
            async for event in events:
                self._take(plural, kind, event)
                self._changed.set()

    def _take(self, plural: str, kind: str, event: Event) -> None:
        known = self._known[plural]
        if isinstance(event, Lost):
            self._reporter.lines([f"{plural}: connection lost ({event.why}), trying again"], task="events")
        elif isinstance(event, Synced):
            fresh: dict[str, Obj] = {
                uid_of(item): {"kind": kind, **item} for item in event.items if self._ours(plural, item)
            }
            if plural not in self._synced:
                self._old |= fresh.keys()
                self._told_events |= {_mark(item) for item in fresh.values() if plural == "events"}
            for uid in known.keys() - fresh.keys():
                self._keep(uid)
            self._known[plural] = fresh
            self._synced.add(plural)
        elif self._ours(plural, event.item):
            uid = uid_of(event.item)
            if isinstance(event, Deleted) or event.item["metadata"].get("deletionTimestamp"):
                self._keep(uid)
            if isinstance(event, Deleted):
                known.pop(uid, None)
            elif isinstance(event, Changed):
                known[uid] = {"kind": kind, **event.item}

    def _ours(self, plural: str, item: Obj) -> bool:
        if plural == "events":
            return True
        labels = item["metadata"].get("labels") or {}
        if labels.get("component") == _USER_PODS or labels.get("app.kubernetes.io/component") == _USER_PODS:
            return False
        return self._release in {labels.get("release"), labels.get("app.kubernetes.io/instance")}

    def _keep(self, uid: str) -> None:
        """An object of this rollout goes: what was wrong with it is what a rollback is for."""
        if uid in self._old or uid in self._kept:
            return
        for problem in diagnose(self.objects, patience=0):
            if problem.uid == uid:
                self._kept[uid] = problem

    def _tell(self) -> None:
        self._tell_pods()
        self._tell_events()
        self._tell_problems()

    def _tell_pods(self) -> None:
        states = {name_of(pod): pod_state(pod) for pod in self._known["pods"].values()}
        for name, state in states.items():
            if self._told_pods.get(name) == state:
                continue
            self._told_pods[name] = state
            self._reporter.task(f"pod/{name}", name, _task_state(state), detail=_detail(state))
            if state.component == "hub" and state.containers[0] and name not in self._followed:
                self._followed.add(name)
                self._start(self._tell_log(name))
        for name in self._told_pods.keys() - states.keys():
            last = self._told_pods.pop(name)
            done = last.ready or last.finished
            self._reporter.task(f"pod/{name}", name, TaskState.DONE if done else TaskState.CANCELLED, detail="removed")
        wanted = [state for state in states.values() if not state.finished]
        if wanted:
            self._reporter.progress(sum(state.ready for state in wanted), len(wanted), "pods")

    def _tell_events(self) -> None:
        """Events about the release's own objects; those of others in the namespace are not shown."""
        ours = {uid for plural, items in self._known.items() if plural != "events" for uid in items}
        lines = []
        for event in self._known["events"].values():
            about = event.get("involvedObject") or {}
            if about.get("uid") in ours and _mark(event) not in self._told_events:
                self._told_events.add(_mark(event))
                subject = f"{about.get('kind', '')} {about.get('name', '')}".strip()
                lines.append(clean(f"{event.get('reason', '')} ({subject}): {event.get('message', '')}"))
        self._reporter.lines(lines, task="events")

    def _tell_problems(self) -> None:
        now = asyncio.get_running_loop().time()
        found = {(problem.cause.value, problem.what): problem for problem in diagnose(self.objects)}
        self._seen_problems = {mark: self._seen_problems.get(mark, now) for mark in found}
        for mark, since in self._seen_problems.items():
            if now - since >= STEADY and mark not in self._told_problems:
                self._told_problems.add(mark)
                self._start(self._tell_problem(found[mark]))

    async def _tell_problem(self, problem: Problem) -> None:
        found = await self._with_log(problem)
        self._reporter.notice(found.what)
        self._reporter.lines(found.lines()[1:], task="events")

    async def _tell_log(self, pod: str) -> None:
        async with aclosing(follow_log(self.cluster, self._namespace, pod, "hub")) as chunks:
            async for lines in chunks:
                self._reporter.lines(lines, task="hub")

    async def _with_log(self, problem: Problem) -> Problem:
        """The problem with the end of its container's log, read once: a rollback removes the pod."""
        if not problem.container or not problem.pod:
            return problem
        key = (problem.pod, problem.container)
        if not self._logs.get(key):
            with suppress(CodehubError):
                for previous in (True, False) if problem.previous else (False, True):
                    lines = await last_lines(self.cluster, self._namespace, *key, count=15, previous=previous)
                    self._logs[key] = tuple(map(clean, lines))
                    if lines:
                        break
        return dataclasses.replace(problem, log=self._logs.get(key, ()))

    def _start(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        if self._tasks is not None:
            self._tasks.create_task(self._guard("log", work))


@asynccontextmanager
async def watch_rollout(cluster: Cluster, namespace: str, release: str, reporter: Reporter) -> AsyncIterator[Rollout]:
    """Report a release's pods, events, hub log and problems while the body runs.

    Pods are tasks `pod/NAME`; lines come as the tasks `events` and `hub`; each new problem is a notice. What cannot
    be watched is said and left out: it never fails the body.
    """
    rollout = Rollout(cluster, namespace, release, reporter)
    watching = asyncio.create_task(rollout.run())
    try:
        yield rollout
    finally:
        watching.cancel()
        try:
            await watching
        except asyncio.CancelledError:
            pass
        except ExceptionGroup as error:  # a rollout that cannot be shown must not fail the deploy
            reporter.notice(f"The rollout was not shown to its end: {error.exceptions[0]!r}")


def told_by(error: NotReady, problems: Sequence[Problem]) -> NotReady:
    """A time-out with its causes in place of Helm's words, where causes are known."""
    if not problems:
        return error
    causes = [" ".join(filter(None, (problem.what, problem.why))) for problem in problems[:5]]
    more = f" And {len(problems) - 5} more." if len(problems) > 5 else ""
    logs = [f"Last lines of {problem.container}: {' / '.join(problem.log[-3:])}" for problem in problems if problem.log]
    return NotReady(error.what, why=" ".join([*causes, *logs[:1]]) + more, fix=problems[0].fix, log=error.log)


def _mark(event: Obj) -> tuple[str, int]:
    return uid_of(event), int(event.get("count") or 1)


def _task_state(state: PodState) -> TaskState:
    if state.ready or state.finished:
        return TaskState.DONE
    return TaskState.FAILED if state.status.removeprefix("Init:") in _FAILED else TaskState.RUNNING


def _detail(state: PodState) -> str:
    restarts = f", {state.restarts} restarts" if state.restarts else ""
    return f"{state.status} {state.containers[0]}/{state.containers[1]}{restarts}"
