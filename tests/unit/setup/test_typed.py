"""Lists and maps typed on one line read back as what they were shown for."""

from hypothesis import given
from hypothesis import strategies as st

from wizard.setup.draft import Draft
from wizard.setup.model import Setup
from wizard.setup.questions import show
from wizard.setup.store import with_settings

LINES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("C", "Z")) | st.just(" "))
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(st.dictionaries(NAMES, LINES, max_size=4))
def test_a_shown_map_reads_back(args: dict[str, str]) -> None:
    assert with_settings(Setup(), [f"build.args={show(args)}"]).build.args == args


@given(st.lists(LINES.filter(bool), max_size=4))
def test_a_shown_list_reads_back(items: list[str]) -> None:
    read = with_settings(Setup(), ["hub.auth.kind=github", f"hub.auth.organizations={show(items)}"])
    assert read.hub.auth.organizations == items


def test_a_comma_inside_a_value_stays_in_it() -> None:
    draft = Draft(Setup())
    assert draft.enter("build.args", "NO_PROXY=localhost,127.0.0.1, APT_MIRROR=http://mirror") is None
    assert draft.setup.build.args == {"NO_PROXY": "localhost,127.0.0.1", "APT_MIRROR": "http://mirror"}


def test_an_entry_named_twice_is_refused() -> None:
    assert Draft(Setup()).enter("build.args", "A=1, A=2") is not None
