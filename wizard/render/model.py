"""What rendering produces: files as data, nothing written yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RenderedFile:
    """One file of a setup folder.

    mode: permission bits; once: a beginning for the person's own content, never written again once it is there;
    merge: made from what is on the disk, so always written (secrets.yaml); secret: its content is never shown;
    lines: only these lines matter: they are added to a file that lacks them (.gitignore).
    """

    content: bytes = field(repr=False)
    mode: int = 0o644
    once: bool = False
    merge: bool = False
    secret: bool = False
    lines: bool = False

    @property
    def text(self) -> str:
        """The content as text; UnicodeDecodeError for a binary file."""
        return self.content.decode()


@dataclass(frozen=True, kw_only=True)
class ImageBuild:
    """How one image is built from the files of a setup folder.

    reference: what it is tagged; dockerfile and context: paths in the setup folder; text: of the Dockerfile;
    args: build arguments; secrets: BuildKit secret id -> path of the file on this machine, as answered;
    platforms: what it is built for; files: what is in the context, by the path in it; notices: what a person should
    know before; unused: names of build.args that this Dockerfile has no ARG for.
    """

    reference: str
    dockerfile: str
    text: str = field(repr=False)
    context: str
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    notices: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
