from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.setup import rules

GOOD = [
    (rules.image_reference, "debian:bookworm-slim"),
    (rules.image_reference, "127.0.0.1:5000/team/base:1.0@sha256:" + "a" * 64),
    (rules.image_reference, "registry.example.org:65535/" + "a" * 255),
    (rules.image_name, "team/code-server"),
    (rules.image_tag, "1.0.0"),
    (rules.image_tag, "_" + "a" * 127),
    (rules.registry, "ghcr.io/acme"),
    (rules.registry, "localhost"),
    (rules.registry, "127.0.0.1:5000"),
    (rules.namespace, "a" * 63),
    (rules.release, "j" * 53),
    (rules.host, "hub.example.org"),
    (rules.host, "minikube"),
    (rules.storage, "1.5Gi"),
    (rules.memory, "512M"),
    (rules.memory, "0.5G"),
    (rules.code_server_tag, "v4.0.0-rc.1"),
    (rules.code_server_tag, "3.4.1"),
    (rules.extension, "ms-python.python@2024.1.0"),
    (rules.extension, "./mine.vsix"),
    (rules.package, "libstdc++6=12.2.0-14+deb12u1"),
    (rules.url, "http://127.0.0.1:8000/x"),
    (rules.chart_source, "oci://ghcr.io/acme/charts/jupyterhub"),
    (rules.chart_source, "../charts/jupyterhub"),
    (rules.user, "alice@example.org"),
]

BAD = [
    (rules.image_reference, "127.0.0.1:65536/x", "65536"),
    (rules.image_reference, "127.0.0.1:0/x", "port"),
    (rules.image_reference, "a" * 256, "255"),
    (rules.image_reference, "a:" + "b" * 129, "reference"),
    (rules.image_reference, "x@sha256:12", "reference"),
    (rules.image_reference, "x@md5:" + "a" * 64, "reference"),
    (rules.image_reference, "", "reference"),
    (rules.image_name, "Team/x", "registry"),
    (rules.image_name, "x:1", "tag"),
    (rules.image_tag, "-x", "tag"),
    (rules.image_tag, "a" * 129, "128"),
    (rules.registry, "https://ghcr.io/acme", "https"),
    (rules.registry, "acme", "host"),
    (rules.registry, "ghcr.io/acme/", "end"),
    (rules.namespace, "a" * 64, "63"),
    (rules.namespace, "A", "lower-case"),
    (rules.namespace, "a\n", "lower-case"),
    (rules.release, "j" * 54, "53"),
    (rules.release, "-j", "begins"),
    (rules.host, "https://hub", "https"),
    (rules.host, "hub:8000", "port"),
    (rules.host, ("a" * 64) + ".org", "63"),
    (rules.storage, "0Gi", "above zero"),
    (rules.storage, "2", "unit"),
    (rules.memory, "2Gi", "powers of 1024"),
    (rules.code_server_tag, "4", "three numbers"),
    (rules.extension, "python", "publisher"),
    (rules.package, "git; rm -rf /", "Debian"),
    (rules.package, "-y", "Debian"),
    (rules.url, "ftp://x", "http"),
    (rules.url, "http://user:secret@x/", "password"),
    (rules.url, "http://x:99999/", "http"),
    (rules.user, "Alice", "lower case"),
    (rules.user, "a b", "blanks"),
    (rules.plain_text, "a\x1b[2J", "control"),
    (rules.checksum, "ABC", "64"),
]


@pytest.mark.parametrize("rule,value", GOOD)
def test_valid_answers_come_back_as_they_are(rule: rules.Rule, value: str) -> None:
    assert rule(value) == value


@pytest.mark.parametrize("rule,value,word", BAD)
def test_invalid_answers_say_which_rule_and_what_to_do(rule: rules.Rule, value: str, word: str) -> None:
    with pytest.raises(rules.RuleError) as caught:
        rule(value)
    assert word in caught.value.rule
    assert caught.value.fix


ALL_RULES: list[Callable[[str], str]] = sorted({rule for rule, _ in GOOD}, key=lambda rule: rule.__name__)


@pytest.mark.parametrize("rule", ALL_RULES)
@given(st.text(max_size=300))
def test_a_rule_returns_the_value_or_raises_a_rule_error(rule: rules.Rule, value: str) -> None:
    try:
        assert rule(value) == value
    except rules.RuleError:
        return
    # Whatever passes goes into files and arguments: it must be one printable line that is no option.
    assert value.isprintable()
    assert not value.startswith("-")


def test_empty_is_valid_only_where_it_is_optional() -> None:
    assert rules.optional(rules.host)("") == ""
    with pytest.raises(rules.RuleError):
        rules.host("")
