"""The cache can only help: what is wrong with it is as if there were none."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.catalog.bundled import chart_releases, code_server_tags
from wizard.catalog.cache import TTL, Cache, Cached
from wizard.catalog.models import chart_from_json, chart_to_json, tag_from_json, tag_to_json

TAGS = code_server_tags()


def _save(cache: Cache, note: str = "") -> Path:
    cache.save("code-server", "somewhere", [tag_to_json(tag) for tag in TAGS], note=note)
    return cache.path("code-server", "somewhere")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "not" / "there" / "yet")
    _save(cache, "a note")
    loaded = cache.load("code-server", "somewhere", tag_from_json)
    assert loaded is not None
    assert (loaded.items, loaded.note) == (TAGS, "a note")
    assert loaded.fresh(datetime.now(UTC))
    assert cache.load("code-server", "elsewhere", tag_from_json) is None
    assert cache.load("npm", "somewhere", tag_from_json) is None
    assert tuple(chart_from_json(chart_to_json(chart)) for chart in chart_releases()) == chart_releases()


def test_the_users_cache_folder_is_the_default(clean_home: Path) -> None:
    path = _save(Cache())
    assert path.parent == clean_home / ".cache" / "codehub" / "catalog"
    assert path.is_file()


def test_an_address_with_a_login_does_not_show_in_the_name(tmp_path: Path) -> None:
    assert "secret" not in str(Cache(tmp_path).path("chart", "https://me:secret@host/"))


def test_six_hours_and_a_clock_set_back() -> None:
    now = datetime.now(UTC)
    for age, fresh in ((timedelta(0), True), (TTL - timedelta(seconds=1), True), (TTL, False), (-TTL, False)):
        assert Cached((), now - age).fresh(now) is fresh


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_in_the_file_count_as_no_cache(tmp_path: Path, data: bytes) -> None:
    cache = Cache(tmp_path)
    path = _save(cache)
    path.write_bytes(data)
    assert cache.load("code-server", "somewhere", tag_from_json) is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99}, {"fetched_at": "yesterday"}, {"fetched_at": 5}, {"fetched_at": "2026-01-01T00:00:00"},
        {"items": []}, {"items": 5}, {"items": [{}]}, {"items": [{"tag": "x", "node_major": 1}]}, {"items": None},
    ],
)  # fmt: skip
def test_a_file_of_another_shape_counts_as_no_cache(tmp_path: Path, change: dict[str, object]) -> None:
    cache = Cache(tmp_path)
    path = _save(cache)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    assert cache.load("code-server", "somewhere", tag_from_json) is None
    _save(cache)
    assert cache.load("code-server", "somewhere", tag_from_json) is not None


def test_a_folder_that_cannot_be_written_to_is_passed_over(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    cache = Cache(in_the_way)
    _save(cache)
    assert cache.load("code-server", "somewhere", tag_from_json) is None
    directory = Cache(tmp_path).path("code-server", "somewhere")
    directory.mkdir()
    _save(Cache(tmp_path))
    assert Cache(tmp_path).load("code-server", "somewhere", tag_from_json) is None


def test_a_reader_never_meets_half_a_file(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    _save(cache)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            _save(cache)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(100):
            loaded = cache.load("code-server", "somewhere", tag_from_json)
            assert loaded is not None
            assert loaded.items == TAGS
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert os.listdir(tmp_path) == [cache.path("code-server", "somewhere").name]  # noqa: PTH208
