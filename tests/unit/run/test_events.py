"""What a step's end has to say beside its reason."""

import pytest

from wizard.run.events import Outcome, StepFinished

FULL = "head: error writing 'standard output': No space left on device"
SOLVE = "ERROR: failed to solve: executor failed running [/bin/sh -c head]: exit code: 1"


@pytest.mark.parametrize(
    ("why", "tail", "told"),
    [
        (f"The disk is full.\nIts last lines:\n  {FULL}", (FULL, SOLVE), True),
        (f"The disk is full.\n{SOLVE.removeprefix('ERROR: ')}", (SOLVE,), True),
        ("The server said: busy, try later.", ("asking", "busy, try later."), True),
        ("The disk is full: 1 byte is left.", ("1", SOLVE), False),
        ("It ended with exit code 1.", ("", "what happened"), False),
        ("It ended with exit code 1.", (), True),
    ],
)
def test_last_lines_are_said_once(why: str, tail: tuple[str, ...], told: bool) -> None:
    ended = StepFinished(step="build-notebook", outcome=Outcome.FAILED, why=why, tail=tail)
    assert ended.untold_tail == (() if told else tail)
