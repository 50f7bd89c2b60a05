#!/usr/bin/env python3
"""Make the pictures of the docs (docs/images/) from the real program.

    scripts/make_pictures.py            write them
    scripts/make_pictures.py --check    write nothing; exit 1 if one would change

Screens come from the pictures that tests/tui holds against the running wizard, so that they show what it shows;
the diagrams are drawn from answers by codehub itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from wizard.render.diagram import diagram_svg  # noqa: E402
from wizard.setup.model import Setup  # noqa: E402
from wizard.setup.store import with_settings  # noqa: E402

SNAPSHOTS = ROOT / "tests" / "tui" / "__snapshots__"
FOLDER = ROOT / "docs" / "images"
SCREENS = {
    "code-server": "test_snapshots/test_screen[code-server-80x24-dark].svg",
    "target": "test_snapshots/test_screen[target-80x24-dark].svg",
    "review": "test_snapshots/test_screen[review-80x24-dark].svg",
    "running": "test_run_snapshots/test_screen[running-80x24-dark].svg",
    "done": "test_run_snapshots/test_screen[done-80x24-dark].svg",
}
"""Picture -> the test's picture that it is made from."""

DIAGRAMS = {
    "deployment": (
        "target.context=team-cluster",
        "target.chart.version=4.4.0",
        "target.expose.kind=ingress",
        "target.expose.host=code.example.org",
        "target.expose.tls=cert-manager",
        "images.registry=ghcr.io/acme",
        "code_server.version=v4.112.0",
        "hub.proxy=traefik",
        "hub.auth.users=alice,bob",
    ),
}
"""Picture -> the answers that it is drawn from; versions are named, so that a new one changes nothing."""

_FONTS = re.compile(r"\s*@font-face \{.*?\n    \}", re.DOTALL)


def screen(svg: str) -> str:
    """A test's picture of a screen, as it is shown in the docs: with the reader's own font, nothing to fetch."""
    lines = (line.rstrip() for line in _FONTS.sub("", svg).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def pictures() -> dict[str, str]:
    """All pictures by file name."""
    screens = {name: screen((SNAPSHOTS / source).read_text("utf-8")) for name, source in SCREENS.items()}
    diagrams = {name: diagram_svg(with_settings(Setup(), answers)) for name, answers in DIAGRAMS.items()}
    return {f"{name}.svg": svg for name, svg in {**screens, **diagrams}.items()}


def main(arguments: Sequence[str]) -> int:
    """Run the script; gives its exit code."""
    made = pictures()
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.svg")}
    changed = sorted(name for name in {*made, *there} if made.get(name) != there.get(name))
    for name in changed:
        sys.stdout.write(f"docs/images/{name}\n")
    if "--check" in arguments:
        return 1 if changed else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in changed:
        path = FOLDER / name
        path.write_text(made[name], "utf-8") if name in made else path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
