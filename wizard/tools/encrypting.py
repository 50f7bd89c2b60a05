"""Encrypting a text for other people by age or sops, whichever the user has; the text never touches the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from wizard.errors import MissingError, StepFailed, UsageError
from wizard.text import clean
from wizard.tools import process

Tool = Literal["age", "sops"]

_INSTALL = {"age": "https://age-encryption.org", "sops": "https://getsops.io"}
ENDS = {"age": "secrets.yaml.age", "sops": "secrets.sops.yaml"}
"""What the encrypted secrets.yaml is called."""
DECRYPT = {
    "age": "age --decrypt --identity KEY-FILE --output secrets.yaml secrets.yaml.age",
    "sops": "sops decrypt --output secrets.yaml secrets.sops.yaml",
}
"""How its reader gets secrets.yaml from it."""


async def encrypt(tool: Tool, text: bytes, recipients: Sequence[str]) -> bytes:
    """The text so that only the recipients can read it.

    recipients: public keys as the tool takes them (`age1…`, `ssh-ed25519 …`); sops may have its own in .sops.yaml.
    Raises UsageError without recipients for age, MissingError without the tool, StepFailed with its words.
    """
    if tool == "age" and not recipients:
        raise UsageError(
            "age has to know who may read the secrets.",
            why="No --recipient is given.",
            fix="Add --recipient with a public key of the reader, such as age1….",
        )
    if process.find(tool) is None:
        raise MissingError(
            f"{tool} is not installed.", why="It is not on the PATH.", fix=f"Install it: {_INSTALL[tool]}"
        )
    done = await process.run(_command(tool, recipients), stdin=text)
    if not done.ok or not done.stdout:
        said = clean(done.stderr.strip().partition("\n")[0])
        raise StepFailed(
            f"{tool} did not encrypt the secrets.", why=said or "It said nothing.", fix="Check --recipient."
        )
    return done.stdout.encode()


def _command(tool: Tool, recipients: Sequence[str]) -> list[str]:
    if tool == "age":
        return ["age", "--encrypt", "--armor", *(f"--recipient={recipient}" for recipient in recipients)]
    keys = [f"--age={','.join(recipients)}"] if recipients else []
    kinds = ["--input-type=yaml", "--output-type=yaml", "--filename-override=secrets.yaml"]
    return ["sops", "--encrypt", *keys, *kinds, "/dev/stdin"]
