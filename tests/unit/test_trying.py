"""The answers of a try."""

import socket
from pathlib import Path

from wizard.run.folder import SetupFolder
from wizard.setup.model import Setup
from wizard.setup.store import save
from wizard.targets.trying import USERS, try_answers


def test_a_usual_port_that_is_taken_is_passed_over_but_one_asked_for_is_kept(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        own = tmp_path / "hub"
        own.mkdir()
        save(own / "codehub.yaml", Setup.model_validate({"target": {"expose": {"port": taken}}}))
        place = SetupFolder(own / ".codehub" / "try")
        chosen = try_answers(place, own, passing=False)
        asked = try_answers(place, own, [f"target.expose.port={taken}"], passing=False)
    assert chosen.target.kind == "local"
    assert chosen.hub.auth.users == USERS
    assert chosen.target.expose.port != taken
    assert asked.target.expose.port == taken
