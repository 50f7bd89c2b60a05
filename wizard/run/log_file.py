"""A log that a run goes on without where it can no longer be written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from wizard.errors import CodehubError
from wizard.files import not_written


class LogFile:
    """A text file that is added to; writing never raises, so that what is reported on goes on to its end.

    `lost` has the error once the file could not be opened or written to; what is written afterwards is let go.
    by_line: whether each line is on the disk as soon as it is whole, or only what was flushed.
    """

    def __init__(self, path: Path, *, by_line: bool = True) -> None:
        self.lost: CodehubError | None = None
        self._path = path
        self._told: Callable[[CodehubError], None] | None = None
        self._stream: TextIO | None = None
        try:
            self._stream = path.open("a", encoding="utf-8", buffering=1 if by_line else -1)
        except OSError as error:
            self._lose(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def tell(self, told: Callable[[CodehubError], None]) -> None:
        """Have somebody told of the loss, once: when it happens, or now."""
        self._told = told
        if self.lost:
            told(self.lost)

    def write(self, text: str) -> None:
        """Add text."""
        self._guard(lambda stream: stream.write(text))

    def flush(self) -> None:
        """Put on the disk what was written."""
        self._guard(lambda stream: stream.flush())

    def _guard(self, write: Callable[[TextIO], object]) -> None:
        if self._stream is None:
            return
        try:
            write(self._stream)
        except OSError as error:
            self._close()
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = not_written(self._path, error)
        if self._told:
            self._told(self.lost)

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(OSError):  # what is still in the buffer is lost like the rest
                stream.close()
