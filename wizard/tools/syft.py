"""syft (https://github.com/anchore/syft), which knows more kinds of packages than `image_packages` reads.

It is asked for no more than a look at one image of this daemon: not for a newer version of itself, for nothing on
the network.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

from wizard.errors import StepFailed
from wizard.foreign import load_json
from wizard.scratch import scratch_folder
from wizard.text import clean
from wizard.tools import docker_engine, process

_SECONDS = 1800.0
_LOG_PREFIX = re.compile(r"^\[\d+\]\s+[A-Z]+\s+")


async def cyclonedx(image_id: str, reference: str) -> dict[str, Any] | None:
    """Syft's bill of an image, CycloneDX with the reference as its subject; None where syft is not installed.

    syft saves the whole image into a temporary folder, below TMPDIR, which is gone afterwards however it ends.
    Raises StepFailed when it makes none, MissingError without a daemon.
    """
    if process.find("syft") is None:
        return None
    daemon = await asyncio.to_thread(_daemon)
    with scratch_folder("syft") as folder:
        done = await process.run(
            ["syft", "scan", f"docker:{image_id}", "--output", "cyclonedx-json",
             "--source-name", reference, "--source-version", image_id],
            env={**daemon, "TMPDIR": folder, "SYFT_CHECK_FOR_APP_UPDATE": "false"},
            timeout=_SECONDS,
        )  # fmt: skip
    try:
        document = load_json(done.stdout) if done.ok else None
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        said = _LOG_PREFIX.sub("", clean(done.stderr.strip().rpartition("\n")[2]))
        fix = "Run it by hand to see more, or take it off the PATH: codehub then reads the image itself."
        if "no space left" in said:
            fix = "Set TMPDIR to a folder with more room than the image has bytes."
        raise StepFailed(
            "syft could not make the bill of materials.", why=said or "It gave no CycloneDX document.", fix=fix
        )
    return document


def _daemon() -> dict[str, str]:
    """Variables that lead syft to the daemon of the docker CLI's context: it knows nothing of contexts."""
    if os.environ.get("DOCKER_HOST"):
        return {}
    with docker_engine.connection() as client:
        certificate = client.api.cert
    found = {"DOCKER_HOST": docker_engine.endpoint()}
    if isinstance(certificate, tuple):
        found |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(Path(certificate[0]).parent)}
    return found
