"""Deploying a release so that a person can follow it: Helm at work, the rollout beside it, causes at the end."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from wizard.errors import CodehubError
from wizard.reporting import Reporter
from wizard.tools.helm import Release, UpgradeOptions
from wizard.tools.helm_chart import Chart
from wizard.tools.helm_errors import NotReady, ReleaseLocked
from wizard.tools.helm_release import Repair, RepairKind, Revision, repair_for
from wizard.tools.kube import connect
from wizard.tools.kube_alive import while_it_answers
from wizard.tools.process import command_line
from wizard.tools.rollout_watch import Rollout, watch_rollout


async def deploy(
    release: Release,
    chart: Chart,
    values: Sequence[Path],
    reporter: Reporter,
    options: UpgradeOptions | None = None,
    *,
    load_balancer: bool = False,
) -> Revision:
    """Install or upgrade the release and wait until it is ready; returns the revision that is live then.

    load_balancer: the chart makes a service of type LoadBalancer, for whose address Helm 3 would wait for ever;
    workloads and volumes are waited for here then. Raises ReleaseLocked with the repair that fits, NotReady with
    the causes, ClusterUnreachable when the cluster goes away meanwhile, and whatever else `Release.upgrade_install`
    raises.
    """
    chosen = options or UpgradeOptions()
    history = await release.history()
    if repair := repair_for(history):
        raise locked(release, repair)
    own_wait = chosen.wait and load_balancer and release.helm.waits_for_load_balancer
    async with _watched(release, reporter) as rollout:
        if rollout is not None and own_wait:
            work = _with_own_wait(release, chart, values, reporter, chosen, rollout, history)
        else:
            work = release.upgrade_install(chart, values, reporter, chosen)
        try:
            return await (work if rollout is None else while_it_answers(rollout.cluster, work))
        except NotReady as error:
            if rollout is None:
                raise
            raise await rollout.explained(error) from error


async def repair(release: Release, reporter: Reporter, *, timeout: int = 600) -> Repair | None:
    """Free a locked release: back to its last good revision, or uninstalled when there is none; None: not locked.

    Ask first: another Helm may still be at work, and an uninstall removes the hub's database.
    """
    found = repair_for(await release.history())
    if found is None:
        return None
    if found.kind is RepairKind.ROLLBACK:
        await release.rollback(found.revision, reporter, timeout=timeout)
    else:
        await release.uninstall(reporter, timeout=timeout)
    return found


def repair_command(release: Release, found: Repair) -> str:
    """What a person would type to free a locked release."""
    action = ["uninstall", release.name]
    if found.kind is RepairKind.ROLLBACK:
        action = ["rollback", release.name, str(found.revision)]
    context = ["--kube-context", release.context] if release.context else []
    return command_line(["helm", *action, "--namespace", release.namespace, *context])


def locked(release: Release, found: Repair) -> ReleaseLocked:
    """The error of a locked release, with what frees it."""
    advice = (
        "If nobody else is deploying it, free it with `codehub apply --repair`, or by hand with "
        f"`{repair_command(release, found)}`."
    )
    return ReleaseLocked(
        f"The release {release.name} is locked by an earlier Helm run.",
        why=f"Revision {found.locked.number} is {found.locked.status} since {found.locked.updated[:19]}: that Helm was "
        "killed, or is still at work.",
        fix=f"{advice} {found.warning}".strip(),
    )


@asynccontextmanager
async def _watched(release: Release, reporter: Reporter) -> AsyncIterator[Rollout | None]:
    """The rollout beside Helm; None where the API cannot be watched, which Helm may still get along with."""
    async with AsyncExitStack() as stack:
        rollout = None
        try:
            cluster = await stack.enter_async_context(connect(release.context, release.kubeconfig))
            rollout = await stack.enter_async_context(watch_rollout(cluster, release.namespace, release.name, reporter))
        except CodehubError as error:
            reporter.notice(f"The rollout cannot be shown: {error.why or error.what}")
        yield rollout


async def _with_own_wait(
    release: Release,
    chart: Chart,
    values: Sequence[Path],
    reporter: Reporter,
    options: UpgradeOptions,
    rollout: Rollout,
    history: Sequence[Revision],
) -> Revision:
    """Upgrade without Helm's wait, wait here, and roll back as Helm would."""
    revision = await release.upgrade_install(chart, values, reporter, dataclasses.replace(options, wait=False))
    try:
        await rollout.wait_ready(options.timeout)
    except NotReady:
        if options.rollback:
            good = [earlier for earlier in history if earlier.was_good]
            if good:
                reporter.lines([f"Rolling back to revision {good[-1].number}"], task="helm")
                await release.rollback(good[-1].number, reporter, timeout=options.timeout, wait=False)
            elif not history:
                reporter.lines(["Uninstalling what was installed"], task="helm")
                await release.uninstall(reporter, timeout=options.timeout)
        raise
    return revision
