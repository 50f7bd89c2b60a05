"""A setup folder's files with rules of their own: secrets, a person's own values, lists of lines, binaries."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.unit.run.rendered import change_of, file, kinds
from wizard.render.model import RenderedFile
from wizard.run.folder import SetupFolder
from wizard.run.state import State


@pytest.fixture
def folder(tmp_path: Path) -> SetupFolder:
    return SetupFolder(tmp_path / "setup")


class TestSpecialFiles:
    def test_the_persons_own_values_are_never_written_again(self, folder: SetupFolder) -> None:
        own = {"values.extra.yaml": file("# template\n", once=True)}
        state = folder.write(own, State()).state
        path = folder.extra_values
        path.write_text("mine: 1\n")
        newer = {"values.extra.yaml": file("# another\n", once=True)}
        assert kinds(folder, newer, state) == {"values.extra.yaml": "kept"}
        folder.write(newer, state, "all")
        assert path.read_text() == "mine: 1\n"

    def test_lines_are_added_to_a_persons_gitignore(self, folder: SetupFolder) -> None:
        folder.path.mkdir()
        (folder.path / ".gitignore").write_bytes(b"*.swp\n.codehub/")
        rendered = {".gitignore": file("secrets.yaml\n.codehub/\n", lines=True)}
        state = folder.write(rendered, State()).state
        assert (folder.path / ".gitignore").read_text() == "*.swp\n.codehub/\nsecrets.yaml\n"
        assert kinds(folder, rendered, state) == {".gitignore": "same"}

    def test_secrets_are_written_even_after_an_edit_and_never_shown(self, folder: SetupFolder) -> None:
        def secret(text: str) -> dict[str, RenderedFile]:
            return {"secrets.yaml": file(text, mode=0o600, secret=True, merge=True)}

        state = folder.write(secret('a: {x: "canary-1"}\n'), State()).state
        folder.secrets.write_text('a: {x: "canary-2"}\n')
        merged = secret('a: {x: "canary-3", y: "canary-4"}\n')
        change = change_of(folder, merged, state, "secrets.yaml")
        assert change.kind == "update"
        assert "canary" not in change.diff + repr(change)
        assert "+a.y: •••" in change.diff
        assert "a.x: ••• becomes another" in change.diff
        folder.write(merged, state)
        assert "canary-4" in folder.secrets.read_text()
        assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o600

    @pytest.mark.parametrize("before", ["a: [canary", "- canary\n", "canary", "a: 2024-99-99\n"])
    def test_broken_secrets_are_not_shown_either(self, folder: SetupFolder, before: str) -> None:
        folder.path.mkdir()
        folder.secrets.write_text(before)
        rendered = {"secrets.yaml": file("a: b\n", secret=True, merge=True)}
        change = change_of(folder, rendered, State(), "secrets.yaml")
        assert change.diff
        assert "canary" not in change.diff

    def test_open_secrets_are_closed(self, folder: SetupFolder) -> None:
        rendered = {"secrets.yaml": file("a: b\n", mode=0o600, secret=True, merge=True)}
        state = folder.write(rendered, State()).state
        folder.secrets.chmod(0o644)
        folder.write(rendered, state)
        assert stat.S_IMODE(folder.secrets.stat().st_mode) == 0o600

    def test_secrets_that_are_no_longer_needed_stay(self, folder: SetupFolder) -> None:
        state = folder.write({"secrets.yaml": file("a: b\n", secret=True, merge=True)}, State()).state
        done = folder.write({}, state)
        assert done.removed == ()
        assert folder.secrets.exists()

    def test_binary_files_have_a_short_diff(self, folder: SetupFolder) -> None:
        state = folder.write({"a.vsix": RenderedFile(b"PK\x00\x01")}, State()).state
        change = change_of(folder, {"a.vsix": RenderedFile(b"PK\x00\x02\x03")}, state, "a.vsix")
        assert change.diff == "a.vsix is not text: 4 bytes become 5 bytes.\n"
