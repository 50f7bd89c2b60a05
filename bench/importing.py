"""`codehub import` of a release with 1 MB of values, beside the same questions to Helm typed by hand."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from bench.cluster import CHART, PREFIX, on_cluster, profiles
from bench.measure import Row, side_by_side

BYTES = 1_000_000
_PROFILE = 500
"""Bytes of one profile, about."""

_NAMESPACE = f"{PREFIX}-import"
_LOCAL = """\
prePuller: {hook: {enabled: false}, continuous: {enabled: false}}
scheduling: {userScheduler: {enabled: false}}
hub: {image: {name: hub, tag: "1"}}
"""
_INSTALL = '"$CODEHUB_HELM" upgrade --install jhub "$1" --namespace "$2" --create-namespace --values "$3"'
_BY_HAND = """
cd "$3"
"$CODEHUB_HELM" version >/dev/null
"$CODEHUB_HELM" history jhub --namespace "$2" -o json >/dev/null
"$CODEHUB_HELM" get values jhub --namespace "$2" -o yaml >values.yaml
"$CODEHUB_HELM" get values jhub --namespace "$2" --all -o yaml >all.yaml
"$CODEHUB_HELM" get manifest jhub --namespace "$2" >manifest.yaml
"$CODEHUB_HELM" upgrade --install jhub "$1" --namespace "$2" --values values.yaml --dry-run=server -o json >dry.json
"""


def rows(size: int = BYTES, times: int = 3) -> Iterator[Row]:
    """Measure in turns; `size`: bytes of the values, about."""
    with on_cluster() as place:
        values = place.folder / "given.yaml"
        values.write_text(_LOCAL + profiles(max(1, size // _PROFILE)), encoding="utf-8")
        place.shell(_INSTALL, CHART, _NAMESPACE, values)()
        by_hand = place.folder / "by-hand"
        by_hand.mkdir()
        fresh = (place.folder / f"imported-{number}" for number in count())
        where = ("--context", place.context, "--namespace", _NAMESPACE, "--release", "jhub", "--chart", str(CHART))

        def take_over(folder: Path) -> None:
            place.codehub("import", folder, *where)()

        yield Row(
            f"import, {values.stat().st_size / 1e6:.1f} MB of values",
            "helm history, get values, get manifest and a dry run in a shell",
            *side_by_side(lambda: take_over(next(fresh)), place.shell(_BY_HAND, CHART, _NAMESPACE, by_hand), times),
            note="reads and writes the values as YAML, and proves by the dry run that nothing would change",
        )
