"""Rules for single answers about networks of one host; each takes a text and returns it, or raises RuleError."""

from __future__ import annotations

import ipaddress
import re

from wizard.setup.rules import RuleError

SMALLEST = 28
"""Prefix length of the network that each running editor gets: 14 addresses, of which it needs 4."""

_EMAIL = re.compile(r"[^@\s\"'<>,;:]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def address(value: str) -> str:
    """An IP address of this machine, or 0.0.0.0 or :: for all of them."""
    try:
        ipaddress.ip_address(value)
    except ValueError as error:
        raise RuleError("this is not an IP address", "Write 127.0.0.1, 0.0.0.0, or one of this machine's.") from error
    return value


def subnets(value: str) -> str:
    """A range of private IPv4 addresses with room for at least 16 networks of prefix length SMALLEST."""
    example = "Write something like 10.231.0.0/16."
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        raise RuleError("this is not a range of IPv4 addresses", example) from error
    if not network.is_private or network.is_loopback or network.is_link_local:
        raise RuleError(
            "networks of containers take private addresses (10.…, 172.16.… to 172.31.…, 192.168.…)", example
        )
    if network.prefixlen > SMALLEST - 4:
        raise RuleError(f"there must be room for 16 networks: /{SMALLEST - 4} or larger", example)
    return value


def email(value: str) -> str:
    """An e-mail address, as certificate authorities take it."""
    if not _EMAIL.fullmatch(value) or not value.isprintable():
        raise RuleError("this is not an e-mail address", "Write something like admin@example.org.")
    return value
