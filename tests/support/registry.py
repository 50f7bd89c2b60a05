"""A real image registry (Debian's docker-registry) on loopback, which Docker trusts without TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import yaml

from tests.support import parts
from tests.support.processes import free_port, port_answers, running, wait_until


@dataclass(frozen=True)
class Registry:
    """A running registry: `address` is the host:port that image references start with."""

    address: str
    log: Path

    def tags(self, name: str) -> list[str]:
        """The tags of one repository, as the registry lists them; raises HTTPError for one it does not have."""
        with urlopen(f"http://{self.address}/v2/{name}/tags/list", timeout=10) as answer:
            return list(yaml.safe_load(answer)["tags"] or [])


@contextmanager
def serve_registry(folder: Path, *, htpasswd: Path | None = None) -> Iterator[Registry]:
    """Run a registry that stores into `folder`; with `htpasswd` (bcrypt lines) it asks for a login."""
    program = parts.program("registry")
    if program is None:
        raise AssertionError("docker-registry is not installed: mark the test with tier('registry')")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if htpasswd is not None:
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(htpasswd)}}
    config = folder / "config.yml"
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    log = folder / "registry.log"
    with running([program, "serve", config], log=log) as process:
        wait_until(lambda: port_answers(port) or process.poll() is not None, "the registry")
        if process.poll() is not None:
            raise AssertionError(f"the registry ended at once: {log.read_text(encoding='utf-8')}")
        yield Registry(f"127.0.0.1:{port}", log)
