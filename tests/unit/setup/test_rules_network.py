import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.setup import rules_network
from wizard.setup.rules import RuleError


@pytest.mark.parametrize("value", ["10.231.0.0/16", "192.168.4.0/24", "172.20.0.0/14"])
def test_private_ranges_with_room(value: str) -> None:
    assert rules_network.subnets(value) == value


@pytest.mark.parametrize(
    "value",
    ["8.8.0.0/16", "10.231.0.1/16", "10.0.0.0/25", "127.0.0.0/8", "169.254.0.0/16", "fd00::/64", "10.0.0.0", "x"],
)
def test_ranges_that_will_not_do(value: str) -> None:
    with pytest.raises(RuleError):
        rules_network.subnets(value)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_what_is_taken_can_be_divided(start: int, length: int) -> None:
    value = str(ipaddress.ip_network((start, length), strict=False))
    try:
        rules_network.subnets(value)
    except RuleError:
        return
    first = next(ipaddress.IPv4Network(value).subnets(new_prefix=rules_network.SMALLEST))
    assert first.is_private
    assert first.num_addresses == 16


@pytest.mark.parametrize("value", ["127.0.0.1", "0.0.0.0", "::", "::1"])
def test_addresses(value: str) -> None:
    assert rules_network.address(value) == value


@pytest.mark.parametrize("value", ["localhost", "1.2.3", "127.0.0.1:80", "[::1]", ""])
def test_what_is_no_address(value: str) -> None:
    with pytest.raises(RuleError):
        rules_network.address(value)


@pytest.mark.parametrize("value", ["admin@example.org", "a.b+c@x-y.example"])
def test_emails(value: str) -> None:
    assert rules_network.email(value) == value


@pytest.mark.parametrize("value", ["admin", "a@b", "a b@c.de", "a@c.de, b@c.de", "a@c.de\n"])
def test_what_is_no_email(value: str) -> None:
    with pytest.raises(RuleError):
        rules_network.email(value)
