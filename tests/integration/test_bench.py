"""The benchmarks still run: each that is quick, at its smallest. What they measure is not looked at."""

from collections.abc import Callable, Iterator

import pytest

from bench import cluster, exporting, importing, measure, plan, tui_run
from bench.measure import PartMissing, Row, table
from tests.support import parts

pytestmark = pytest.mark.timeout(300)


def _floods() -> Iterator[Row]:
    for name in ("flood", "bare"):
        seen = tui_run.measured(name, lines=2000)
        assert seen.waits
        yield Row(name, "itself", seen.seconds, seen.seconds)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(lambda: exporting.rows(times=1), id="export"),
        pytest.param(_floods, id="tui-run"),
        pytest.param(lambda: plan.rows(count=3, times=1), id="plan", marks=pytest.mark.tier("helm4", "docker")),
        pytest.param(
            lambda: importing.rows(size=2000, times=1), id="import", marks=pytest.mark.tier("helm4", "docker")
        ),
    ],
)
def test_a_benchmark_runs(rows: Callable[[], Iterator[Row]]) -> None:
    found = list(rows())
    assert found
    shown = table(found, {"images": "takes half an hour"}).splitlines()
    assert len(shown) == 2 + len(found) + 1
    assert all(row.seconds > 0 and row.peer_seconds > 0 for row in found)
    assert {line.count("|") for line in shown} == {7}


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "program", lambda _name: None)
    with pytest.raises(PartMissing, match="Helm is missing"), cluster.on_cluster():
        pass


def test_what_a_failed_command_said_is_kept() -> None:
    with pytest.raises(Exception, match="exit status 3") as failed:
        measure.command("sh", "-c", "echo because >&2; exit 3")()
    assert failed.value.__notes__ == ["because\n"]
