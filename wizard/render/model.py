"""What rendering produces: files as data, nothing written yet."""

from __future__ import annotations

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
