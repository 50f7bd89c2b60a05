"""Answers through files and back: whatever they are, they come back the same, and so does every file made of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.render.setups import AUTH, EXPOSURE, PROXY, line, setup
from wizard.importing.archive import read_archive
from wizard.render.export import ExportFile, export_files, tar_bytes
from wizard.run.folder import SetupFolder
from wizard.setup import store
from wizard.setup.model import Setup
from wizard.setup.questions import get, questions, show
from wizard.setup.review import review
from wizard.targets.session import rendering, write

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
HARMLESS = st.from_regex(r"[A-Za-z][A-Za-z0-9 :#'\"\\&*!|>%@`,=ü-]{0,20}[a-z]", fullmatch=True)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "target__kind": st.sampled_from(["kubernetes", "docker", "local"]),
    "target__context": HARMLESS,
    "target__namespace": NAMES,
    "target__release": NAMES,
    "target__expose__kind": st.sampled_from([*EXPOSURE, "gateway"]),
    "target__expose__host": NAMES.map(lambda name: f"{name}.example.org"),
    "hub__proxy": st.sampled_from(PROXY),
    "hub__auth__kind": st.sampled_from(AUTH),
    "hub__auth__users": st.lists(NAMES, max_size=3, unique=True),
    "hub__auth__admins": st.lists(NAMES, max_size=2, unique=True),
    "hub__storage__capacity": st.sampled_from(["1Gi", "500M", "10Gi"]),
    "hub__resources__cpu_limit": st.sampled_from([0.5, 1.0, 2.0]),
    "hub__cull__timeout": st.integers(60, 100_000),
    "images__registry": st.sampled_from(["", "ghcr.io/acme", "localhost:5000/a/b"]),
    "images__notebook__name": NAMES,
    "images__notebook__tag": st.sampled_from(["1.0", "1e3", "0o17", "y", "2024-09-01", "null", "v1"]),
    "code_server__packages": st.lists(st.sampled_from(["git", "python3", "less"]), max_size=3, unique=True),
    "build__args": st.dictionaries(st.sampled_from(["APT_MIRROR", "PIP_INDEX_URL"]), line, max_size=2),
}
setups = st.fixed_dictionaries({}, optional=FIELDS).map(lambda fields: setup(**fields))


@given(setups)
@settings(deadline=None, max_examples=60)
def test_answers_come_back_from_their_file(answers: Setup) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / store.FILE
        store.save(path, answers)
        assert store.load(path) == answers
        text = path.read_text()
        store.save(path, answers)
        assert path.read_text() == text
    typed = [f"{one.path}={show(get(answers, one.path))}" for one in questions()]
    assert store.with_settings(Setup(), [one for one in typed if not one.endswith("=")]) is not None


@given(setups)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
def test_an_export_opened_elsewhere_is_the_same_setup(answers: Setup) -> None:
    assume(not any(problem.level == "error" for problem in review(answers)))
    with tempfile.TemporaryDirectory() as place:
        here, there = SetupFolder(Path(place) / "here"), SetupFolder(Path(place) / "there")
        here.path.mkdir()
        there.path.mkdir()
        store.save(here.answers, answers)
        made = rendering(here)
        write(here, made)
        kept = {
            change.path: ExportFile(change.after, change.mode) for change in made.changes if change.after is not None
        }
        kept[store.FILE] = ExportFile(here.answers.read_bytes())
        files = export_files(kept, made.secrets, with_secrets=True)
        archive = Path(place) / "hub.tgz"
        archive.write_bytes(tar_bytes(files, "hub", compress=True))
        for name, (content, mode) in read_archive(archive).items():
            path = there.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        again = rendering(there)
        assert again.setup == made.setup == answers
        assert again.builds == made.builds
        assert {change.kind for change in again.changes} <= {"same"}
        assert again.hashes() == made.hashes()
