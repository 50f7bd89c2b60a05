"""Recorded builds for the tests of the BuildKit stream, and ways to re-lay them."""

import json
from itertools import pairwise
from pathlib import Path

from tests.support.parts import ROOT, SHARED
from tests.support.recorder import Recorder
from wizard.tools.build_progress import BuildTracker
from wizard.tools.buildkit import Decoder, Message
from wizard.tools.buildkit_plain import PlainDecoder

SAMPLES = ROOT / "tests" / "data" / "buildkit"
CAPTURES = SHARED / "captures"


def one_object_a_line(stream: bytes) -> bytes:
    """The same stream as buildx 0.15 and newer lay it out."""
    decoder = json.JSONDecoder()
    text, lines = stream.decode(), []
    while text := text.lstrip("\n"):
        if text.startswith("{"):
            data, end = decoder.raw_decode(text)
            lines.append(json.dumps(data, separators=(",", ":")))
            text = text[end:]
        else:
            line, _, text = text.partition("\n")
            lines.append(line)
    return "".join(f"{line}\n" for line in lines).encode()


def decode(stream: bytes, cuts: list[int] | None = None, *, plain: bool = False) -> list[Message | str]:
    """All that a stream says, fed in pieces that end at `cuts`."""
    decoder = PlainDecoder() if plain else Decoder()
    edges = [0, *sorted(cuts or []), len(stream)]
    items: list[Message | str] = []
    for start, end in pairwise(edges):
        items += decoder.feed(stream[start:end])
    return items + decoder.finish()


def follow(path: Path, *, ok: bool, plain: bool = False) -> tuple[BuildTracker, Recorder]:
    """A whole recorded build, followed to its end."""
    recorder = Recorder()
    tracker = BuildTracker(recorder)
    for item in decode(path.read_bytes(), plain=plain):
        tracker.apply(item)
    tracker.finish(ok=ok)
    return tracker, recorder
