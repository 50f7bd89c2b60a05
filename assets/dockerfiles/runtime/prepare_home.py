"""Give the home folder, often an empty volume, what the image brings for it; runs at each start of the container.

Extensions live in the image, outside the home folder, and are linked into the user's extensions folder: they take
no space there, and a person can remove or update one like any other. What was offered once is remembered in the
home folder, so that a removed extension, setting or folder does not come back; a newer image renews the links.
Only Python's standard library, and only 3.9's: this runs with the system's Python of any supported base.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IMAGE_EXTENSIONS = Path("/opt/codehub/extensions")
IMAGE_HOME = Path("/opt/codehub/home")
SKELETON = Path("/etc/skel")

Record = dict[str, Any]
"""A JSON object, such as VS Code's record of an extension: only a few of its keys are known here."""

_FOLDER = re.compile(r"(.+?)-\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Baked:
    """An extension of the image: its folder's name there, its version, VS Code's own record of it (if any)."""

    folder: str
    version: str
    record: Record | None


def read_json(path: Path) -> object:
    """The content of a JSON file; None where there is none that can be read."""
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content


def read_records(path: Path) -> list[Record]:
    """VS Code's list of extensions; empty where there is none."""
    content = read_json(path)
    return [record for record in content if isinstance(record, dict)] if isinstance(content, list) else []


def read_mapping(path: Path) -> Record:
    """A JSON object; empty where there is none."""
    content = read_json(path)
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: object) -> None:
    """Replace a file whole: a container that is killed in between leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
    os.replace(temporary, path)


def folder_id(folder: str) -> str:
    """The extension's id from the name of its folder, publisher.name-1.2.3 or publisher.name-1.2.3-linux-x64."""
    match = _FOLDER.match(folder)
    return match[1].lower() if match else ""


def record_id(record: Record) -> str:
    """The extension's id in lower case; ids are compared without regard to case."""
    try:
        return str(record["identifier"]["id"]).lower()
    except (KeyError, TypeError):
        return ""


def baked_extensions(root: Path) -> dict[str, Baked]:
    """The image's extensions by id, from their manifests and VS Code's list of them (VS Code 1.74 and later)."""
    records = {record_id(record): record for record in read_records(root / "extensions.json")}
    found: dict[str, Baked] = {}
    for manifest in sorted(root.glob("*/package.json")):
        package = read_mapping(manifest)
        if package.get("publisher") and package.get("name"):
            identity = f"{package['publisher']}.{package['name']}".lower()
            record = records.get(identity)
            found[identity] = Baked(manifest.parent.name, str(package.get("version", "")), record)
    return found


class UserExtensions:
    """The extensions folder of a person: real folders of their own and links to the image's.

    VS Code 1.74 and later go by the list extensions.json beside them; where it is missing VS Code makes it from the
    folders, so it is only written here if it exists already or there is nothing yet to make it from.
    """

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        self.image = image
        self.list = folder / "extensions.json"
        folder.mkdir(parents=True, exist_ok=True)
        names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
        self.has_list = self.list.exists() or not names
        self.records = read_records(self.list)
        # A list that cannot be read is VS Code's to mend, not ours to overwrite.
        self.readable = not self.list.exists() or isinstance(read_json(self.list), list)
        self.changed = False

    def link_of(self, identity: str) -> str:
        """The name of the link to the image that stands for the extension; empty if there is none."""
        for path in self.folder.iterdir():
            if self._is_link(path) and folder_id(path.name) == identity:
                return path.name
        return ""

    def has(self, identity: str) -> bool:
        """Whether the person has the extension, from the image or of their own."""
        if self.list.exists():
            return any(record_id(record) == identity for record in self.records)
        return any(folder_id(path.name) == identity for path in self.folder.iterdir())

    def uses_link(self, identity: str) -> bool:
        """Whether what the person has is the image's, not a version that they installed over it."""
        link = self.link_of(identity)
        if not link or not self.list.exists():
            return bool(link)
        return any(record_id(record) == identity and self._folder(record) == link for record in self.records)

    def link(self, identity: str, baked: Baked) -> None:
        """Offer the image's extension in place of an older link to it."""
        self.unlink(identity)
        link = self.folder / baked.folder
        if os.path.lexists(link):
            return
        link.symlink_to(self.image / baked.folder)
        if self.has_list and baked.record is not None:
            location = {"$mid": 1, "path": str(link), "scheme": "file"}
            self.records.append({**baked.record, "location": location, "relativeLocation": baked.folder})
            self.changed = True

    def unlink(self, identity: str) -> None:
        """Take away the link to the image's extension and its record; what the person installed stays."""
        link = self.link_of(identity)
        if link:
            (self.folder / link).unlink()
            kept = [r for r in self.records if record_id(r) != identity or self._folder(r) != link]
            self.changed = self.changed or len(kept) != len(self.records)
            self.records = kept

    def save(self) -> None:
        """Write VS Code's list if it has changed."""
        if self.changed and self.has_list and self.readable:
            write_json(self.list, self.records)

    def _is_link(self, path: Path) -> bool:
        return path.is_symlink() and path.readlink().parent == self.image

    @staticmethod
    def _folder(record: Record) -> str:
        location = record.get("relativeLocation") or record.get("location", {}).get("path", "")
        return Path(str(location)).name


def offer_extensions(user: UserExtensions, baked: dict[str, Baked], offered: dict[str, str]) -> dict[str, str]:
    """Link what is new or renewed in the image; return what has been offered by now, id to version."""
    for identity, extension in baked.items():
        seen = offered.get(identity)
        if (seen is None and not user.has(identity)) or (
            seen is not None and user.uses_link(identity) and user.link_of(identity) != extension.folder
        ):
            user.link(identity, extension)
    for identity in set(offered) - set(baked):
        user.unlink(identity)  # the image has it no longer: its link leads nowhere
    user.save()
    return {identity: extension.version for identity, extension in baked.items()}


def copy_new(source: Path, target: Path) -> None:
    """Copy a file or folder of the image to where nothing is yet."""
    if not source.exists() or os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
        target.chmod(0o755)
    else:
        shutil.copyfile(source, target)


def prepare(home: Path, data: Path, image_extensions: Path, image_home: Path, skeleton: Path) -> None:
    """Do all of it; `data` is code-server's user data folder. Raises OSError if the home cannot be written."""
    memory_file = data / "codehub-home.json"
    memory = read_mapping(memory_file)
    if not memory.get("files"):
        for path in sorted(skeleton.glob(".[!.]*")):
            copy_new(path, home / path.name)
        copy_new(image_home / "welcome", home / "welcome")
        copy_new(image_home / "settings.json", data / "User" / "settings.json")
    offered = memory.get("extensions")
    user = UserExtensions(data / "extensions", image_extensions)
    baked = baked_extensions(image_extensions)
    renewed = {"files": True, "extensions": offer_extensions(user, baked, offered if isinstance(offered, dict) else {})}
    if renewed != memory:
        write_json(memory_file, renewed)


def main() -> int:
    """Prepare the home of HOME; 1 and a word on stderr if that cannot be done."""
    home = Path(os.environ.get("HOME") or "/home/coder")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "code-server"
    try:
        prepare(home, data, IMAGE_EXTENSIONS, IMAGE_HOME, SKELETON)
    except OSError as problem:
        sys.stderr.write(
            f"codehub: the home folder {home} could not be prepared: {problem}\n"
            f"codehub: it must be writable for the user with the number {os.getuid()}.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
