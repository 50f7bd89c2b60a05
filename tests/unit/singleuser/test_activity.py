"""When was the editor last used? The rule, the files of the extension, and real terminals."""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from codehub_singleuser import signals
from codehub_singleuser.activity import FRESH, Signals, WindowReport, last_use
from codehub_singleuser.editor import LONGEST_PAUSE, pause_before
from hypothesis import given
from hypothesis import strategies as st

from tests.support.processes import wait_until

NOW = 1_800_000_000.0
times = st.none() | st.floats(NOW - 1e6, NOW + 1e3)
windows = st.builds(
    WindowReport,
    heartbeat=st.floats(NOW - 1e5, NOW + 1e3),
    last_use=times,
    tasks=st.integers(0, 3),
)
everything = st.builds(
    Signals, now=st.just(NOW), page=times, app=times, editor=times, typed=times, jobs=st.integers(0, 2),
    windows=st.lists(windows, max_size=3).map(tuple),
)  # fmt: skip


def test_an_idle_open_tab_is_not_use() -> None:
    """Frames come all the time; the extension lives and says when somebody last did something."""
    open_tab = Signals(NOW, page=NOW - 3000, editor=NOW, windows=(WindowReport(NOW - 10, NOW - 2000),))
    assert last_use(open_tab, terminal_counts=False) == NOW - 2000


def test_a_used_tab_is() -> None:
    used = Signals(NOW, page=NOW - 3000, editor=NOW, windows=(WindowReport(NOW - 10, NOW - 12),))
    assert last_use(used, terminal_counts=False) == NOW - 12


def test_one_used_window_among_idle_ones_is_enough() -> None:
    two = Signals(NOW, windows=(WindowReport(NOW, NOW - 500), WindowReport(NOW, NOW - 5)))
    assert last_use(two, terminal_counts=False) == NOW - 5


def test_without_the_extension_traffic_counts() -> None:
    """Better to keep an idle tab than to end somebody at work."""
    assert last_use(Signals(NOW, page=NOW - 900, editor=NOW - 1), terminal_counts=False) == NOW - 1
    gone = Signals(NOW, editor=NOW - 1, windows=(WindowReport(NOW - FRESH - 1, NOW - 900),))
    assert last_use(gone, terminal_counts=False) == NOW - 1


def test_keys_in_a_terminal_count_always() -> None:
    assert (
        last_use(Signals(NOW, typed=NOW - 7, windows=(WindowReport(NOW, NOW - 900),)), terminal_counts=False) == NOW - 7
    )


def test_an_app_behind_the_port_forwarding_counts() -> None:
    assert (
        last_use(Signals(NOW, app=NOW - 3, windows=(WindowReport(NOW, NOW - 900),)), terminal_counts=False) == NOW - 3
    )


@pytest.mark.parametrize(("jobs", "tasks"), [(1, 0), (0, 1)])
def test_a_running_job_counts_if_so_set(jobs: int, tasks: int) -> None:
    working = Signals(NOW, jobs=jobs, windows=(WindowReport(NOW, NOW - 900, tasks),))
    assert last_use(working, terminal_counts=True) == NOW
    assert last_use(working, terminal_counts=False) == NOW - 900


def test_tasks_of_a_window_that_is_gone_do_not_count() -> None:
    gone = Signals(NOW, windows=(WindowReport(NOW - 3600, NOW - 3600, 1),))
    assert last_use(gone, terminal_counts=True) == NOW - 3600


@given(everything, st.booleans())
def test_it_never_lies_in_the_future_and_never_before_a_known_use(known: Signals, terminal_counts: bool) -> None:
    moment = last_use(known, terminal_counts=terminal_counts)
    certain = [t for t in (known.page, known.app, known.typed, *(w.last_use for w in known.windows)) if t is not None]
    if moment is None:
        assert not certain
        return
    assert moment <= NOW
    assert all(moment >= min(t, NOW) for t in certain)


@given(everything)
def test_counting_terminals_only_ever_makes_it_later(known: Signals) -> None:
    without, with_jobs = (last_use(known, terminal_counts=counts) for counts in (False, True))
    assert without is None or (with_jobs is not None and with_jobs >= without)


@given(st.floats(1e9, 4e9), st.floats(1e9, 4e9), st.integers(0, 9))
def test_a_report_is_read_as_it_was_written(heartbeat: float, used: float, tasks: int) -> None:
    text = json.dumps({"heartbeat": heartbeat * 1000, "lastUse": used * 1000, "tasks": tasks})
    report = signals.parse_report(text)
    assert report is not None
    assert report.heartbeat == pytest.approx(heartbeat)
    assert report.last_use == pytest.approx(used)
    assert report.tasks == tasks


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_whatever_stands_in_a_file_is_a_report_or_nothing(text: str) -> None:
    assert signals.parse_report(text) is None


@given(
    st.dictionaries(
        st.sampled_from(["heartbeat", "lastUse", "tasks"]),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.lists(st.integers(), max_size=1),
    )
)
def test_odd_values_never_break_the_server(content: dict[str, object]) -> None:
    report = signals.parse_report(json.dumps(content))
    if report:
        assert report.heartbeat > 0
        assert report.tasks >= 0
        assert last_use(Signals(NOW, windows=(report,)), terminal_counts=True) in {None, NOW, report.last_use}


def test_only_plain_small_files_are_read(tmp_path: Path) -> None:
    good = json.dumps({"heartbeat": NOW * 1000, "lastUse": 0, "tasks": 0})
    (tmp_path / "window-1.json").write_text(good)
    (tmp_path / "window-2.json").write_text(good + " " * 5000)
    (tmp_path / "window-3.json").symlink_to(tmp_path / "window-1.json")
    (tmp_path / "window-4.json").mkdir()
    os.mkfifo(tmp_path / "window-5.json")  # reading it would hang
    (tmp_path / "window-6.json").write_bytes(b"\xff\xfe")
    (tmp_path / "other.json").write_text(good)
    assert signals.read_windows(tmp_path) == (WindowReport(NOW),)
    assert signals.read_windows(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("text", "process"),
    [
        ("7 (bash) S 1 7 7 34816 9 4194304 0", signals.Process(7, 1, 7, 7, 34816, 9)),
        ("7 (a) b (c) R 1 2 3 4 5 6", signals.Process(7, 1, 2, 3, 4, 5)),
        ("7 (bash", None),
        ("", None),
        ("x (y) S a b c d e", None),
        ("7 (y) S 1", None),
    ],
)
def test_parse_stat(text: str, process: signals.Process | None) -> None:
    assert signals.parse_stat(text) == process


@given(st.text())
def test_any_line_is_a_process_or_none(text: str) -> None:
    signals.parse_stat(text)


@given(st.dictionaries(st.integers(1, 30), st.integers(0, 30)))
def test_descendants_end_even_in_a_circle(parents: dict[int, int]) -> None:
    table = {pid: signals.Process(pid, parent, 0, 0, 0, 0) for pid, parent in parents.items()}
    found = [process.pid for process in signals.descendants(table, 1)]
    assert len(found) == len(set(found))
    assert 1 not in found


@contextmanager
def terminal(*command: str) -> Iterator[tuple[int, int]]:
    """A real terminal whose leader is the command: its pid and our end."""
    pid, end = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    try:
        yield pid, end
    finally:
        os.kill(pid, 9)
        os.close(end)
        os.waitpid(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
def test_a_real_terminal_tells_of_its_jobs_and_keys() -> None:
    """As the pseudo terminals of VS Code: the shell leads, what it runs takes the foreground."""

    def below() -> list[signals.Process]:
        return [p for p in signals.descendants(signals.read_processes(), os.getpid()) if p.terminal]

    with terminal("bash", "--norc", "--noprofile", "-i") as (pid, end):
        wait_until(lambda: [p for p in below() if p.pid == pid], "the shell")
        wait_until(
            lambda: signals.running_jobs(p for p in below() if p.session == pid) == 0, "the shell's first prompt"
        )
        path = signals.terminal_path(next(p.terminal for p in below() if p.pid == pid))
        assert path == str(Path(f"/proc/{pid}/fd/0").readlink())
        os.utime(path, (1.0, 1.0))
        assert signals.last_typed(p for p in below() if p.session == pid) == 1.0
        os.write(end, b"sleep 100\n")
        wait_until(lambda: signals.running_jobs(p for p in below() if p.session == pid) == 1, "the job")
        typed = signals.last_typed(p for p in below() if p.session == pid)
        assert typed is not None
        assert time.time() - typed < 70, "Linux rounds to 8 s"
        os.write(end, b"\x03")
        wait_until(lambda: signals.running_jobs(p for p in below() if p.session == pid) == 0, "the prompt")


def test_processes_without_a_terminal_are_no_jobs() -> None:
    child = subprocess.Popen(["sleep", "30"], start_new_session=True)
    try:
        mine = [p for p in signals.descendants(signals.read_processes(), os.getpid()) if p.pid == child.pid]
        assert len(mine) == 1
        assert signals.running_jobs(mine) == 0
        assert signals.last_typed(mine) is None
    finally:
        child.kill()
        child.wait()


@given(st.integers(-5, 10_000))
def test_the_pause_before_a_restart_grows_to_half_a_minute(failures: int) -> None:
    assert 0 <= pause_before(failures) <= pause_before(failures + 1) <= LONGEST_PAUSE
    assert pause_before(0) == 0
    assert pause_before(100) == LONGEST_PAUSE
