"""`codehub plan` on a setup with 200 profiles, beside Helm's part of it and beside the same setup without any.

A plan looks at Docker, Helm and the cluster, renders the chart with all values, and tries each object on the server.
"""

from collections.abc import Iterator

from bench.cluster import CHART, PREFIX, on_cluster, profiles
from bench.measure import Row, in_turns

_HELM = """
cd "$1"
"$CODEHUB_HELM" version
"$CODEHUB_HELM" history jhub --namespace "$3" || true
"$CODEHUB_HELM" template jhub "$2" --namespace "$3" --values config.yaml --values secrets.yaml \\
    --values values.extra.yaml
"""


def rows(count: int = 200, times: int = 7) -> Iterator[Row]:
    """Measure in turns; `count` profiles."""
    with on_cluster() as place:
        few, many = place.setup("few"), place.setup("many")
        (many / "values.extra.yaml").write_text(profiles(count), encoding="utf-8")
        many_seconds, few_seconds, helm = in_turns(
            (
                place.codehub("plan", many),
                place.codehub("plan", few),
                place.shell(_HELM, many, CHART, f"{PREFIX}-many"),
            ),
            times,
        )
    yield Row(
        f"plan, {count} profiles",
        "helm version, history and template in a shell",
        many_seconds,
        helm,
        note="besides: Python's start, importing pydantic and the clients of Docker and Kubernetes, and the checks",
    )
    yield Row(
        f"plan, {count} profiles",
        "the same without profiles",
        many_seconds,
        few_seconds,
        goal="≤ 1.2",
        note="the values are read once, by Helm",
    )
