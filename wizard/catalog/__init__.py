"""What versions there are of code-server and of the JupyterHub chart, and what goes with what.

Three kinds of questions, and who may ask them:

* **Facts by rule** (`node_major`, `build_family`, `source_build`, `hub_image`, `jupyterhub_major`, `why_not`, …) are
  pure: the same answer on every machine, from the bundled lists and rules. Rendering and planning use these.
* **What is known** (`known_tag`, `closest`, `newest`, `best`) also looks at what was read from the network
  last; it asks nobody and does not wait. Validating answers uses these.
* **What there is now** (`listing`, `refresh`) asks git, npm, the chart's repository or a registry in the
  background, and never keeps its caller longer than the caller says. Screens and `codehub versions` use these.

Nothing in the last two raises for what is wrong outside (no network, no git, a broken cache): the `Listing` says where
its items come from, how old they are and why they are not newer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.catalog.bases import Base, known_base
    from wizard.catalog.charts import (
        chart_release,
        hub_image,
        jupyterhub_major,
        known_chart,
        newest_chart,
        pairing,
        why_not_chart,
    )
    from wizard.catalog.explain import WAYS, Way, base_fit, closest, explain_tag, known_tag, newest, why_not
    from wizard.catalog.families import BuildFamily, SourceBuild, build_families, build_family, source_build
    from wizard.catalog.live import Catalog, best, default_catalog, listing, refresh
    from wizard.catalog.models import ChartRelease, CodeServerTag, Kind, Listing
    from wizard.catalog.node import NodeChoice, node_for, node_major
    from wizard.catalog.report import Query, Report, versions_report
    from wizard.catalog.version import Version, at_least, parse_version

_HOME = {
    **dict.fromkeys(("Base", "known_base"), "bases"),
    **dict.fromkeys(
        (
            *("chart_release", "hub_image", "jupyterhub_major", "known_chart", "newest_chart", "pairing"),
            "why_not_chart",
        ),
        "charts",
    ),
    **dict.fromkeys(("WAYS", "Way", "base_fit", "closest", "explain_tag", "known_tag", "newest", "why_not"), "explain"),
    **dict.fromkeys(("BuildFamily", "SourceBuild", "build_families", "build_family", "source_build"), "families"),
    **dict.fromkeys(("Catalog", "best", "default_catalog", "listing", "refresh"), "live"),
    **dict.fromkeys(("ChartRelease", "CodeServerTag", "Kind", "Listing"), "models"),
    **dict.fromkeys(("NodeChoice", "node_for", "node_major"), "node"),
    **dict.fromkeys(("Query", "Report", "versions_report"), "report"),
    **dict.fromkeys(("Version", "at_least", "parse_version"), "version"),
}
"""Public name -> the module that has it; read when first asked for, as `codehub --help` must not wait for it."""

__all__ = [
    "WAYS",
    "Base",
    "BuildFamily",
    "Catalog",
    "ChartRelease",
    "CodeServerTag",
    "Kind",
    "Listing",
    "NodeChoice",
    "Query",
    "Report",
    "SourceBuild",
    "Version",
    "Way",
    "at_least",
    "base_fit",
    "best",
    "build_families",
    "build_family",
    "chart_release",
    "closest",
    "default_catalog",
    "explain_tag",
    "hub_image",
    "jupyterhub_major",
    "known_base",
    "known_chart",
    "known_tag",
    "listing",
    "newest",
    "newest_chart",
    "node_for",
    "node_major",
    "pairing",
    "parse_version",
    "refresh",
    "source_build",
    "versions_report",
    "why_not",
    "why_not_chart",
]


def __getattr__(name: str) -> object:
    """The public name, from its module."""
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion."""
    return sorted({*globals(), *__all__})
