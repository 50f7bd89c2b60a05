"""Records how stuck rollouts look: `python -m tests.support.record_rollouts` writes tests/data/runs/stuck-*.jsonl.

The real Helm deploys to the in-memory API, with the causes of tests/integration/kube/test_rollout_watch.py. Times,
names that are made up anew each time and paths are evened out, so that pictures of a recording stay the same.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.kube.conftest import CHART, NAMESPACE, VALUES, change
from tests.integration.kube.test_rollout_watch import CASES
from tests.kubeapi import FakeCluster
from tests.support import parts
from tests.support.runs import RECORDED
from wizard.plan.model import Decision, Plan, Step
from wizard.run.context import StepContext
from wizard.run.events import Event, to_json
from wizard.run.runner import Runner
from wizard.targets.session import new_log_folder
from wizard.text import Redactor
from wizard.tools import helm as helm_tool
from wizard.tools import rollout_watch
from wizard.tools.deploy import deploy
from wizard.tools.helm import Release, UpgradeOptions

BEGIN = 1_770_000_000.0
"""The moment at which every recording begins."""

_MADE_UP = re.compile(r"\b((?:hub|proxy|hook-image-awaiter|hook-image-puller)-)(?:[a-z0-9]{5,10}-)?[a-z0-9]{5}\b")


async def record(case: str, folder: Path) -> list[dict[str, Any]]:
    """The events of one deployment that gets stuck."""
    arrange, edit, _cause, _text = CASES[case]
    values = folder / "config.yaml"
    values.write_text(VALUES)
    if edit:
        change(values, *edit)
        values.write_text(
            values.read_text().partition("x-old:")[0] if case == "image not loaded" else values.read_text()
        )
    events: list[Event] = []
    with FakeCluster(folder / "cluster") as cluster:
        os.environ |= cluster.env()
        arrange(cluster)
        release = Release(helm=await helm_tool.find(), name="jhub", namespace=NAMESPACE, context=cluster.context)

        async def work(context: StepContext) -> Mapping[str, Any]:
            options = UpgradeOptions(timeout=8)
            await deploy(release, CHART, [values], context, options)
            return {}

        step = Step(id="deploy", title="Deploy JupyterHub", branch="helm", decision=Decision.RUN, why="never done here")
        runner = Runner(
            Plan((step,)),
            {"deploy": work},
            new_log_folder(folder / "logs"),
            events.append,
            on_finished=lambda _step, _event: None,
            redact=Redactor(),
        )
        await runner.run()
        return [_evened(to_json(event), events[0].at, folder, cluster.port) for event in events]


def _evened(document: dict[str, Any], begin: float, folder: Path, port: int) -> dict[str, Any]:
    document["at"] = round(BEGIN + document["at"] - begin, 1)
    if "seconds" in document:
        document["seconds"] = round(document["seconds"])
    text = json.dumps(document, ensure_ascii=False).replace(str(folder), "/hub").replace(str(port), "6443")
    text = re.sub(r"\d{8}T\d+Z", "20260202T024000Z", _MADE_UP.sub(r"\1x7k2p", text))
    evened: dict[str, Any] = json.loads(text)
    return evened


def main() -> None:
    """Record the cases that are named, or every one."""
    rollout_watch.STEADY = 1.0
    for case in sys.argv[1:] or CASES:
        os.environ["CODEHUB_HELM"] = str(parts.program("helm3" if case == "no address" else "helm4"))
        with tempfile.TemporaryDirectory(prefix="codehub-record-") as folder:
            events = asyncio.run(record(case, Path(folder)))
        path = RECORDED / f"stuck-{case.replace(' ', '-')}.jsonl"
        path.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events))
        sys.stdout.write(f"{path.name}: {len(events)} events, ended as {events[-1]['outcome']}\n")


if __name__ == "__main__":
    main()
