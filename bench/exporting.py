"""`codehub export` beside copying the same files, and beside codehub's own start."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import ROOT, Row, command, in_turns

_COPY = 'rm -rf "$2"; cp -R "$1" "$2"'


def rows(times: int = 10) -> Iterator[Row]:
    """Measure in turns."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        program = (sys.executable, "-P", "-m", "wizard")
        env = {"PYTHONPATH": str(ROOT), "HOME": made, "PATH": "/usr/bin:/bin"}
        folder, out, archive = place / "hub", place / "out", place / "hub.tar.gz"
        command(*program, "init", folder, "--set", "hub.auth.users=alice", env=env)()
        command(*program, "export", folder, "--output", out, env=env)()
        files = [path for path in out.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        to_folder, to_archive, copied, packed, start = in_turns(
            (
                command(*program, "export", folder, "--force", "--output", place / "again", env=env),
                command(*program, "export", folder, "--force", "--output", archive, env=env),
                command("sh", "-c", _COPY, "sh", out, place / "copy"),
                command("tar", "-czf", place / "by-hand.tar.gz", "-C", place, "out"),
                command(*program, "fields", env=env),
            ),
            times,
        )
    note = f"{len(files)} files, {size / 1e3:.0f} kB"
    yield Row("export to a folder", "cp -R of the same files", to_folder, copied, note=f"{note}; Python's start")
    yield Row("export to a .tar.gz", "tar of the same files", to_archive, packed, note=f"{note}; Python's start")
    yield Row("export to a folder", "codehub fields", to_folder, start, note="reads the answers, renders all, writes")
