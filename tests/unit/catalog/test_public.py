"""The public face: quick to import, free of screens, complete, and safe against its own modules' names."""

import subprocess
import sys
from pathlib import Path

import pytest

from wizard import catalog

ROOT = Path(__file__).parents[3]
HEAVY = {"textual", "rich", "questionary", "pydantic", "docker", "yaml", "asyncio", "urllib.request", "platformdirs"}


def _modules_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_importing_costs_next_to_nothing() -> None:
    loaded = _modules_after("import wizard.catalog")
    assert not loaded & HEAVY
    assert not {name for name in loaded if name.startswith("wizard.catalog.")}


def test_the_facts_by_rule_need_nothing_heavy() -> None:
    loaded = _modules_after(
        "from wizard.catalog import hub_image, source_build, known_base, closest, parse_version, build_families\n"
        "hub_image('4.4.0'); source_build('v4.133.0'); known_base('debian:12')"
    )
    assert not loaded & HEAVY


def test_no_screen_is_ever_imported() -> None:
    loaded = _modules_after(
        "import os; os.environ['CODEHUB_OFFLINE'] = '1'\n"
        "from wizard.catalog import versions_report\nversions_report('chart'); versions_report('code-server')\n"
        "import wizard.catalog.fetch, wizard.catalog.index, wizard.catalog.registry, wizard.catalog.repository"
    )
    assert not loaded & {"textual", "rich", "questionary", "pydantic"}


def test_every_public_name_is_there_and_none_is_a_module() -> None:
    assert set(catalog.__all__) <= set(dir(catalog))
    for name in catalog.__all__:
        assert not isinstance(getattr(catalog, name), type(sys)), f"{name} is hidden by the module of that name"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = catalog.nothing
