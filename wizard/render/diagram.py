"""The picture of a deployment as SVG: no script, no font and no image to fetch; the same bytes for the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from wizard.render.picture import Deployment, Facts, deployment
from wizard.setup.model import Setup
from wizard.text import clean

_WIDTH = 900
_MARGIN = 24
_LINE = 20
_SIZE = 13.0
_SMALLEST = 8.0
_LETTER = 7.4
"""Width of an average letter at that size, for keeping text inside its box."""

_STYLE = """\
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .label { fill: #59636e } .name { font-family: ui-monospace, Menlo, Consolas, monospace }
  rect { fill: #ffffff; stroke: #59636e; rx: 8px } .place { fill: #f6f8fa; stroke-dasharray: 6 4 }
  .editor { fill: #ddf4ff; stroke: #0969da } .hub { fill: #fff8c5; stroke: #9a6700 }
  path { stroke: #59636e; stroke-width: 1.5; fill: none; marker-end: url(#head) } marker path { fill: #59636e }"""


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


def diagram_svg(setup: Setup) -> str:
    """The deployment of a setup as an SVG document."""
    shown = deployment(setup)
    body, height = _drawn(shown)
    title = f"JupyterHub with code-server: {shown.place}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" '
        f'height="{height:g}" role="img" aria-label={quoteattr(clean(title))}>\n'
        f"<title>{escape(clean(title))}</title>\n<style>\n{_STYLE}\n</style>\n"
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z" stroke="none"/></marker></defs>\n'
        f'<rect x="0" y="0" width="{_WIDTH}" height="{height:g}" style="stroke: none; fill: #ffffff"/>\n'
    )
    return head + "\n".join(body) + "\n</svg>\n"


def _drawn(shown: Deployment) -> tuple[list[str], float]:
    """The elements, and the height of the whole."""
    people = _Box(_MARGIN, _MARGIN, 120, 2 * _LINE)
    facts = max(len(shown.hub) + 1, len(shown.editor) + 1)
    place = _Box(_MARGIN, people.bottom + 60, _WIDTH - 2 * _MARGIN, (facts + 4) * _LINE + 24)
    top = place.y + 2.5 * _LINE
    proxy = _Box(place.x + 20, top, 90, 2 * _LINE)
    hub = _Box(proxy.x + proxy.width + 40, top, 310, (len(shown.hub) + 1.6) * _LINE)
    right = hub.x + hub.width + 40
    editor = _Box(right, top, place.x + place.width - 36 - right, (len(shown.editor) + 1.6) * _LINE)
    body = [
        *_box(people, "", "people"),
        *_text(people.x + people.width + 16, people.y + 26, shown.address, "name", _WIDTH),
        *_box(place, "place", shown.place),
        _arrow((people.middle, people.bottom), (people.middle, place.y)),
        *_box(proxy, "", shown.proxy),
        *_box(hub, "hub", "JupyterHub", shown.hub),
        # A stack of three: one for each person.
        *(_rect(_Box(editor.x + by, editor.y + by, editor.width, editor.height), "editor") for by in (16, 8)),
        *_box(editor, "editor", "one editor for each person", shown.editor),
        _arrow((proxy.x + proxy.width, proxy.y + _LINE), (hub.x, proxy.y + _LINE)),
        _arrow((hub.x + hub.width, proxy.y + _LINE), (editor.x, proxy.y + _LINE)),
    ]
    # People's requests go from the proxy straight to their editor, once the hub has let them in.
    below = max(hub.bottom, editor.bottom + 16) + 14
    way = f"M{proxy.middle:g} {proxy.bottom:g}V{below:g}H{editor.middle:g}V{editor.bottom + 16:g}"
    body.append(f'<path d="{way}"/>')
    if not shown.images:
        return body, place.bottom + _MARGIN
    built = _Box(_MARGIN, place.bottom + 50, place.width, (len(shown.images) + 1.6) * _LINE)
    names: Facts = tuple(("", name) for name in shown.images)
    body += [*_box(built, "", shown.built, names), _arrow((people.middle, built.y), (people.middle, place.bottom))]
    return body, built.bottom + _MARGIN


def _box(box: _Box, kind: str, title: str, facts: Facts = ()) -> Iterator[str]:
    yield _rect(box, kind)
    yield from _text(box.x + 14, box.y + 25, title, "title", box.x + box.width - 10)
    indent = 58 if any(label for label, _ in facts) else 0
    for number, (label, text) in enumerate(facts, start=1):
        y = box.y + 25 + number * _LINE
        yield from _text(box.x + 14, y, label, "label", box.x + box.width)
        yield from _text(box.x + 14 + (indent if label else 0), y, text, "", box.x + box.width - 8)


def _rect(box: _Box, kind: str) -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<rect{name} x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"/>'


def _text(x: float, y: float, text: str, kind: str, right: float) -> Sequence[str]:
    """Text that ends before `right`: what would not fit is made smaller, then cut, with the whole as a tooltip."""
    if not text:
        return ()
    text = clean(text)
    name = f' class="{kind}"' if kind else ""
    letters = (right - x) / _LETTER
    if len(text) <= letters:
        return (f'<text{name} x="{x:g}" y="{y:g}">{escape(text)}</text>',)
    size = max(_SMALLEST, _SIZE * letters / len(text))
    room = int(letters * _SIZE / size)
    shown = text if len(text) <= room else text[: max(room - 1, 0)] + "…"
    whole = f"<title>{escape(text)}</title>"
    return (f'<text{name} x="{x:g}" y="{y:g}" style="font-size: {size:.1f}px">{whole}{escape(shown)}</text>',)


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    return f'<path d="M{start[0]:g} {start[1]:g}L{end[0]:g} {end[1]:g}"/>'
