"""A release that goes without a password is not given one before a person wants it."""

from __future__ import annotations

from tests.unit.render.setups import setup
from wizard.render.secrets import LEFT_OUT, Secrets


def test_no_password_is_made_until_its_line_is_taken_out() -> None:
    dummy = setup(hub__auth__kind="dummy", hub__auth__insecure_dummy=True)
    without = Secrets().leaving_out(dummy)
    assert without.text == f"{LEFT_OUT}DummyAuthenticator.password\n"
    assert without.complete(dummy) == without
    assert Secrets.parse(without.text.replace(LEFT_OUT, "# ")).complete(dummy).logins(dummy)
    shared = setup()
    assert without.complete(shared).logins(shared), "another login gets its own"


def test_what_is_there_stays() -> None:
    dummy = setup(hub__auth__kind="dummy", hub__auth__insecure_dummy=True)
    made = Secrets().complete(dummy)
    assert made.leaving_out(dummy) == made
