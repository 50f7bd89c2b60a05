"""Stand-ins for programs that no test machine can have (minikube, kind, k3d, k3s, microk8s).

Each records its exact arguments and answers what was arranged for them, as the program's documentation shows it.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__).resolve().parent
stdin = sys.stdin.buffer.read().decode(errors="replace") if sys.argv[-1] == "-" else ""
name = os.path.basename(sys.argv[0])
with open(here / "calls", "a") as record:
    record.write(json.dumps({{"argv": [name, *sys.argv[1:]], "stdin": stdin}}) + "\\n")
answers = json.loads((here / (name + ".json")).read_text())
line = " ".join(sys.argv[1:])
code, out, err = next((answer for start, answer in answers.items() if line.startswith(start)), (64, "", "unexpected"))
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""

Answer = tuple[int, str, str]
"""Exit code, stdout and stderr."""


@dataclass(frozen=True)
class StandIns:
    """A folder for the PATH."""

    folder: Path

    def answer(self, program: str, answers: Mapping[str, Answer]) -> None:
        """Be that program: what is answered to command lines by how they begin; others are refused with 64."""
        (self.folder / f"{program}.json").write_text(json.dumps(answers))
        path = self.folder / program
        if not path.exists():
            path.write_text(_PROGRAM)
            path.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """Every call so far, the program's name first."""
        return [call["argv"] for call in self._records()]

    @property
    def stdin(self) -> list[str]:
        """What came on stdin, for each call that reads it (its last argument is `-`)."""
        return [call["stdin"] for call in self._records() if call["argv"][-1] == "-"]

    def _records(self) -> list[dict[str, Any]]:
        record = self.folder / "calls"
        return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
