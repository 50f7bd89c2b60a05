"""Making foreign output fit to be shown: no control characters, no secrets, whole lines."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x1b\\|\x07|$)|[ -/]*[0-~])|[\x9b][0-?]*[ -/]*[@-~]", re.DOTALL
)
_CONTROLS: dict[int, str | None] = dict.fromkeys((*range(9), *range(10, 32), *range(127, 160)))
_CONTROLS |= dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)))
# Halves of letters, which JSON can name and no stream can be given.
_CONTROLS |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_URL_CREDENTIALS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s/@'\"]+@")
MAX_LINE = 4000
"""Characters of one line that are shown; the log on disk has them all."""


def clean(text: str) -> str:
    """One line without terminal escapes, control and bidirectional characters, of at most MAX_LINE characters."""
    text = harmless(text)
    return text if len(text) <= MAX_LINE else text[:MAX_LINE] + " …"


def harmless(text: str) -> str:
    """One line of any length that a terminal can be given: as `clean` makes it, but whole."""
    if text.isascii() and text.isprintable():
        return text
    # A carriage return in the middle redraws a line: what was last written is what a terminal would show.
    text = text.rstrip("\r").rsplit("\r", 1)[-1]
    return _ESCAPES.sub("", text).translate(_CONTROLS).replace("\t", "    ")


def all_harmless(lines: list[str]) -> list[str]:
    """Each line as `harmless` makes it; quick where there is nothing to do, as mostly."""
    together = "".join(lines)
    return lines if together.isascii() and together.isprintable() else [harmless(line) for line in lines]


def harmless_json(text: str) -> str:
    """A JSON text with the control and bidirectional characters that JSON itself would not escape escaped, too."""
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class LineSplitter:
    """Turns chunks of bytes, cut anywhere, into whole decoded lines (without their line ends)."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that are complete now."""
        *lines, self._rest = (self._rest + self._decoder.decode(chunk)).split("\n")
        return lines

    def finish(self) -> list[str]:
        """What is left without a line end, as a last line; the splitter is then empty."""
        rest, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        self._decoder.reset()
        return [rest] if rest else []


class Redactor:
    """Replaces known secrets in texts by `•••`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._pattern: re.Pattern[str] | None = None
        self._secrets: set[str] = set()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Know more secrets; values under four characters are left out, they would blot out ordinary text."""
        self._secrets |= {secret for secret in secrets if len(secret) >= 4}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """The text with every known secret blotted out."""
        return self._pattern.sub("•••", text) if self._pattern else text

    def each(self, lines: list[str]) -> list[str]:
        """The lines with every known secret blotted out of each; quick where there is none, as mostly."""
        # One search through all: what is in a line is in the whole, too.
        if self._pattern is None or not self._pattern.search("\n".join(lines)):
            return lines
        return [self(line) for line in lines]


def without_credentials(text: str) -> str:
    """The text with user names and passwords blotted out of the URLs in it."""
    return _URL_CREDENTIALS.sub(r"\1•••@", text)
