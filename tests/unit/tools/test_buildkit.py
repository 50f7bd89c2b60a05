"""The decoder of BuildKit's stream: both layouts, cut anywhere, mixed with text, and garbage."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.build_samples import CAPTURES, SAMPLES, decode, one_object_a_line
from wizard.tools.buildkit import Message, short_name, step_name

RAW = ("success.txt", "cached.txt", "failure.txt")


@pytest.mark.parametrize("name", RAW)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_way_a_stream_is_cut_changes_nothing(name: str, data: st.DataObject) -> None:
    stream = (SAMPLES / name).read_bytes()
    if data.draw(st.booleans(), label="one object a line"):
        stream = one_object_a_line(stream)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=60))
    assert decode(stream, cuts) == decode(stream)


@pytest.mark.parametrize("name", RAW)
def test_both_layouts_say_the_same(name: str) -> None:
    stream = (SAMPLES / name).read_bytes()
    assert stream.startswith(b"{\n  ")
    items = decode(stream)
    assert items == decode(one_object_a_line(stream))
    assert sum(isinstance(item, Message) for item in items) == stream.count(b"\n}\n")


def test_one_byte_at_a_time() -> None:
    stream = (SAMPLES / "failure.txt").read_bytes()
    assert decode(stream, list(range(len(stream)))) == decode(stream)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=10))
def test_garbage_never_raises_and_is_cut_invariant(garbage: bytes, cuts: list[int]) -> None:
    cuts = [cut for cut in cuts if cut <= len(garbage)]
    assert decode(garbage, cuts) == decode(garbage)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_KEYS = ("digest", "name", "started", "completed", "cached", "error", "id", "vertex", "current", "total", "data")
_ITEM = st.dictionaries(st.sampled_from([*_KEYS, "short", "stream", "url"]), _JSON) | _JSON
_LISTS = st.lists(_ITEM, max_size=3) | _JSON
_OBJECT = st.dictionaries(st.sampled_from(["vertexes", "statuses", "logs", "warnings"]), _LISTS)


@given(_OBJECT)
def test_an_object_with_wrong_types_never_raises(data: object) -> None:
    for stream in (json.dumps(data), json.dumps(data, indent=2)):
        (item,) = decode(stream.encode() + b"\n")
        assert isinstance(item, Message)


@given(st.lists(st.sampled_from(["WARNING: No output specified", "ERROR: failed to solve: x: y", "  indented", "}"])))
def test_text_between_objects_is_kept_and_harms_none(texts: list[str]) -> None:
    message = '{\n  "vertexes": [\n    {\n      "digest": "sha256:1",\n      "name": "x"\n    }\n  ]\n}\n'
    stream = message + "".join(f"{text}\n{message}" for text in texts)
    items = decode(stream.encode())
    assert [item for item in items if isinstance(item, str)] == texts
    assert sum(isinstance(item, Message) for item in items) == len(texts) + 1


def test_an_object_cut_off_by_text_comes_out_as_text() -> None:
    items = decode(b'{\n  "vertexes": [\nERROR: the connection broke\n{"logs":[]}\n')
    assert items == ["{", '  "vertexes": [', "ERROR: the connection broke", Message()]


def test_a_message_far_larger_than_a_pipe_buffer() -> None:
    raw = b"x" * 3_000_000
    line = json.dumps({"logs": [{"vertex": "v", "stream": 2, "data": base64.b64encode(raw).decode()}]}).encode() + b"\n"
    (item,) = decode(line, list(range(0, len(line), 65_536)))
    assert isinstance(item, Message)
    assert item.logs[0].data == raw
    assert item.logs[0].stream == "err"


@pytest.mark.parametrize(
    "name, where, number, total, command",
    [
        ("[2/3] RUN make", "", 2, 3, "RUN make"),
        ("[stage-1 2/12] COPY [a, b/c] /x", "stage-1", 2, 12, "COPY [a, b/c] /x"),
        ("[linux/amd64 notebook  3/12] RUN true", "linux/amd64 notebook", 3, 12, "RUN true"),
    ],
)
def test_step_names(name: str, where: str, number: int, total: int, command: str) -> None:
    step = step_name(name)
    assert step is not None
    assert (step.where, step.number, step.total, step.command) == (where, number, total, command)


@pytest.mark.parametrize("name", ["[internal] load .dockerignore", "exporting to image", "importing cache [1/2]", ""])
def test_names_that_are_no_steps(name: str) -> None:
    assert step_name(name) is None


@pytest.mark.tier("shared")
@pytest.mark.parametrize("name", ["buildx0.13-docker20.10", "buildx0.29-docker20.10", "buildx0.29-docker28.5"])
@pytest.mark.parametrize("end", ["success", "fail"])
def test_captures_of_other_versions_are_decoded_whole(name: str, end: str) -> None:
    stream = Path(CAPTURES, f"{name}-{end}.jsonl").read_bytes()
    items = decode(stream)
    texts = [item for item in items if isinstance(item, str)]
    assert not [text for text in texts if text.startswith(("{", "}", '  "'))]
    assert any(text.startswith("ERROR: ") for text in texts) == (end == "fail")
    assert items == decode(one_object_a_line(stream)) if "0.13" in name else len(items) > 20
    assert decode(stream, list(range(0, len(stream), 997))) == items


@pytest.mark.parametrize(
    "name,short",
    [
        (
            "[runtime 1/4] RUN --mount=type=bind,target=/a --mount=type=secret,id=ca /build/common/x.sh bash git",
            "[runtime 1/4] RUN /build/common/x.sh bash git",
        ),
        ('[2/2] RUN --mount=type=bind,source="a b" --network=none make', "[2/2] RUN make"),
        ("[2/2] RUN make --mount=x", "[2/2] RUN make --mount=x"),
        ("[2/2] RUN --verbose", "[2/2] RUN --verbose"),
        ("[2/2] COPY --from=left /a /b", "[2/2] COPY --from=left /a /b"),
        ("[internal] load build context", "[internal] load build context"),
        ("RUN --mount=type=cache x", "RUN --mount=type=cache x"),
        ('[2/2] RUN --mount=id="unclosed make', '[2/2] RUN --mount=id="unclosed make'),
    ],
)
def test_names_lose_the_options_of_run_and_nothing_else(name: str, short: str) -> None:
    assert short_name(name) == short


@given(st.text(max_size=30), st.lists(st.sampled_from(["--mount=type=cache,target=/x", "--network=host"]), max_size=5))
def test_a_short_name_keeps_the_command(command: str, options: list[str]) -> None:
    words = " ".join(command.split())
    name = " ".join(["[stage 3/9] RUN", *options, words])
    assert short_name(name).endswith(words)
    assert short_name(short_name(name)) == short_name(name)
