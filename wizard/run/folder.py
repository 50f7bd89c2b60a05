"""A setup folder on the disk: what would change, and writing it without losing what a person changed."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.errors import CodehubError, UsageError
from wizard.files import content_hash, make_folder, write_all_atomically
from wizard.render.model import RenderedFile
from wizard.render.secrets import FILE as SECRETS
from wizard.render.secrets import Secrets
from wizard.run.changes import FileChange, kind_of, with_lines
from wizard.run.state import Loaded, State, load_state
from wizard.setup import store

_TEMPORARY = re.compile(r"\.(.+)\.[a-z0-9_]{8}\.tmp")
_LARGEST_SECRETS = 10 * 1024 * 1024
_ABANDONED = 600.0
"""Seconds after which a temporary file cannot belong to a write that is still going on, whatever it is of."""


@dataclass(frozen=True)
class Written:
    """What a write did, by path: written, kept as the person has it, removed; `state` knows the new hashes."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    state: State


@dataclass(frozen=True)
class SetupFolder:
    """A folder with a setup; `path` need not exist before `write`."""

    path: Path

    @property
    def answers(self) -> Path:
        """codehub.yaml."""
        return self.path / store.FILE

    @property
    def values(self) -> Path:
        """config.yaml: the Helm values without secrets."""
        return self.path / "config.yaml"

    @property
    def secrets(self) -> Path:
        """secrets.yaml: the Helm values that are secret."""
        return self.path / SECRETS

    @property
    def extra_values(self) -> Path:
        """values.extra.yaml: the person's own Helm values, merged last."""
        return self.path / "values.extra.yaml"

    @property
    def private(self) -> Path:
        """The folder of what codehub remembers: state, logs, lock."""
        return self.path / ".codehub"

    @property
    def state_file(self) -> Path:
        """state.json."""
        return self.private / "state.json"

    @property
    def logs(self) -> Path:
        """The folder that has one folder of logs for each run."""
        return self.private / "logs"

    def load_state(self) -> Loaded:
        """What codehub remembers of this folder; see `wizard.run.state.load_state`."""
        return load_state(self.state_file)

    def load_secrets(self) -> Secrets:
        """The secrets that are there; none where there is no file yet. Raises UsageError for one that is broken."""
        content = _read(self.secrets, follow=True)
        if content is None:
            return Secrets()
        if len(content) > _LARGEST_SECRETS:
            raise UsageError(
                f"{self.secrets} is too large.",
                why=f"It has more than {_LARGEST_SECRETS:,} bytes.",
                fix="Put the right file there.",
                address="not-read",
            )
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError(f"{self.secrets} is not UTF-8 text.", fix="Save it as UTF-8.") from None
        return Secrets.parse(text, str(self.secrets))

    def changes(self, rendered: Mapping[str, RenderedFile], state: State) -> list[FileChange]:
        """What `write` would do to each file, in the order rendered, then to what is no longer rendered.

        Raises UsageError when something that is not a file stands where a file has to go.
        """
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"{self.path} is not a folder.", fix="Name a folder for the setup.")
        found = [self._change(name, file, state.files.get(name)) for name, file in rendered.items()]
        gone = [self._leftover(name, known) for name, known in state.files.items() if name not in rendered]
        return found + [change for change in gone if change is not None]

    def write(
        self, rendered: Mapping[str, RenderedFile], state: State, overwrite: Collection[str] | Literal["all"] = ()
    ) -> Written:
        """Bring the files to the disk and remember their hashes in state.json.

        Files that a person changed are kept unless they are named in `overwrite`, or it is "all"; those that are the
        person's own from the beginning (`once`) are kept whatever it says. Files that codehub wrote earlier and that
        are no longer rendered are removed if nobody changed them. Raises CodehubError when the folder cannot be
        written to; then every file is as it was. To be called with the folder's lock held.
        """
        _refuse_unknown(overwrite, rendered)
        changes = self.changes(rendered, state)
        due = [change for change in changes if change.is_due(overwrite)]
        for folder in sorted({(self.path / change.path).parent for change in due}):
            make_folder(folder, fix=f"Make {folder.parent} writable, or choose another folder for the setup.")
        self._clean_up(rendered)
        write_all_atomically({self.path / change.path: (change.after or b"", change.mode) for change in due})
        self._mend_modes(change for change in changes if change.kind == "same")
        removed = [change.path for change in changes if change.kind == "removed"]
        for name in removed:
            self._remove(name)
        done = {change.path for change in due}
        kept = [change.path for change in changes if change.kind in {"edited", "kept"} and change.path not in done]
        hashes = {name: known for name, known in state.files.items() if name in kept}
        hashes |= {change.path: content_hash(change.after) for change in changes if change.after is not None}
        after = state.with_files(hashes)
        if after != state or not self.state_file.exists():
            after.save(self.state_file)
        return Written(tuple(change.path for change in due), tuple(kept), tuple(removed), after)

    def _change(self, name: str, file: RenderedFile, known: str | None) -> FileChange:
        path = self.path / name
        self._refuse_detours(name)
        link = str(path.readlink()) if path.is_symlink() else ""
        before = None if link else _read(path)
        after = with_lines(before, file.content) if file.lines and before is not None else file.content
        kind = kind_of(file, before, after, known, link=bool(link))
        if link and file.merge and kind == "edited":
            if _read(path, follow=True) != after:
                raise UsageError(
                    f"{path} is a symbolic link, and something has to be added to it.",
                    why="codehub does not write through links.",
                    fix=f"Put the file itself into {self.path}.",
                    address="symbolic-link",
                )
            kind = "kept"
        return FileChange(name, kind, before, after, mode=file.mode, secret=file.secret, once=file.once, link=link)

    def _leftover(self, name: str, known: str) -> FileChange | None:
        """What happens to a file that codehub wrote once and no longer renders; None when it is gone already."""
        path = self.path / name
        try:
            self._refuse_detours(name)
            before = None if path.is_symlink() else _read(path)
        except (UsageError, OSError, ValueError):  # or a name that no file can have, in a state that somebody wrote
            return None
        if before is None:
            return None
        # Secrets stay: a change of mind must not cost everybody their password.
        secret = path == self.secrets
        unchanged = content_hash(before) == known and not secret
        return FileChange(name, "removed" if unchanged else "kept", before, None, secret=secret)

    def _refuse_detours(self, name: str) -> None:
        """A symbolic link among the folders on the way would lead the writing out of the setup folder."""
        path = self.path
        for part in Path(name).parts[:-1]:
            path /= part
            if path.is_symlink() or (path.exists() and not path.is_dir()):
                what = "a symbolic link" if path.is_symlink() else "a file"
                raise UsageError(
                    f"{path} is {what}, and codehub needs a folder there.",
                    why=f"It keeps {name} in it.",
                    fix="Move it away, or choose another folder for the setup.",
                )

    def _clean_up(self, rendered: Mapping[str, RenderedFile]) -> None:
        """Remove the temporary files of a write that was killed; one could hold a secret.

        Those of what only the holder of the folder's lock writes are nobody's at once; others (the answers', a
        draft's) may be in the making, until they are old.
        """
        ours = {*(self.path / name for name in rendered), self.state_file}
        for folder in {path.parent for path in ours}:
            with contextlib.suppress(OSError):
                for entry in list(os.scandir(folder)):
                    temporary = _TEMPORARY.fullmatch(entry.name)
                    if not temporary or not entry.is_file(follow_symlinks=False):
                        continue
                    old = time.time() - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED
                    if old or folder / temporary[1] in ours:
                        os.unlink(entry.path)

    def _mend_modes(self, unchanged: Iterable[FileChange]) -> None:
        """Secrets are for their owner's eyes, scripts can be started: whatever a copy made of them."""
        for change in unchanged:
            path = self.path / change.path
            mode = stat.S_IMODE(path.lstat().st_mode)
            if (change.secret and mode & 0o077) or (change.mode & 0o100 and not mode & 0o100):
                try:
                    path.chmod(change.mode)
                except OSError as error:
                    raise CodehubError(
                        f"The permissions of {path} could not be set to {change.mode:o}.",
                        why=error.strerror or str(error),
                        fix=f"Run: chmod {change.mode:o} {path.name}, as the file's owner.",
                    ) from error

    def _remove(self, name: str) -> None:
        path = self.path / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise CodehubError(
                f"{path} could not be removed.",
                why=error.strerror or str(error),
                fix="Remove it, or make its folder writable.",
            ) from error
        for folder in path.parents:
            if folder == self.path:
                return
            try:
                folder.rmdir()
            except OSError:
                return


def _refuse_unknown(overwrite: Collection[str] | Literal["all"], rendered: Mapping[str, RenderedFile]) -> None:
    unknown = [] if overwrite == "all" else sorted(set(overwrite) - set(rendered))
    if unknown:
        raise UsageError(
            f"{unknown[0]} is not one of the files that codehub writes here.",
            fix=f"Name one of: {', '.join(name for name in rendered if not name.startswith('image/'))}",
        )


def _read(path: Path, *, follow: bool = False) -> bytes | None:
    """The content of a regular file, None where there is nothing; raises UsageError for anything else."""
    try:
        mode = path.stat(follow_symlinks=follow).st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise UsageError(
                f"{path} is {what}, and codehub needs a file there.",
                fix="Move it away, or choose another folder for the setup.",
            )
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(
            f"{path} could not be read.", why=error.strerror or str(error), fix="Check its permissions."
        ) from error
