"""`python -m wizard`."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.parts import ROOT

_INTERRUPTED_IN_AN_EXEC = """
import sys, types

def main():
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        return 130

sys.modules["wizard.cli"] = types.SimpleNamespace(main=main)
"""


def test_an_interruption_in_an_exec_is_an_exit_code_and_not_a_signal(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(_INTERRUPTED_IN_AN_EXEC)
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-m", "wizard"], env=env, check=False, timeout=60)
    assert done.returncode == 130
