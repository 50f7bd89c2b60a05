"""Archives from other people: nothing leaves the folder, and nothing but plain files comes out."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.importing import archive as archives
from wizard.importing.archive import read_archive
from wizard.render.export import ExportFile, tar_bytes

GOOD = ("hub/codehub.yaml", tarfile.REGTYPE, b"schema: 1\n", "")
Member = tuple[str, bytes, bytes, str]


def packed(path: Path, *members: Member) -> Path:
    with tarfile.open(path, "w") as made:
        for name, kind, content, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), link
            made.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (("hub/../../evil", tarfile.REGTYPE, b"x", ""), "leads elsewhere"),
        (("/etc/evil", tarfile.REGTYPE, b"x", ""), "leads elsewhere"),
        (("hub/a\x1b[2J", tarfile.REGTYPE, b"x", ""), "leads elsewhere"),
        (("hub/link", tarfile.SYMTYPE, b"", "/etc/passwd"), "link or a device"),
        (("hub/link", tarfile.LNKTYPE, b"", "hub/codehub.yaml"), "link or a device"),
        (("hub/pipe", tarfile.FIFOTYPE, b"", ""), "link or a device"),
        (("hub/disk", tarfile.BLKTYPE, b"", ""), "link or a device"),
        (("hub/.git/hooks/pre-commit", tarfile.REGTYPE, b"x", ""), "does not belong"),
        (("hub/.codehub/state.json", tarfile.REGTYPE, b"{}", ""), "does not belong"),
        (("other/config.yaml", tarfile.REGTYPE, b"x", ""), "in one folder"),
        (("hub/codehub.yaml", tarfile.REGTYPE, b"other", ""), "twice"),
        (("hub/codehub.yaml/x", tarfile.REGTYPE, b"other", ""), "both a file and a folder"),
    ],
)
def test_what_does_not_belong_is_refused(tmp_path: Path, member: Member, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_archive(packed(tmp_path / "x.tar", GOOD, member))


def test_too_much_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    bomb = packed(tmp_path / "x.tar", GOOD, ("hub/zero", tarfile.REGTYPE, bytes(5000), ""))
    bomb.write_bytes(gzip.compress(bomb.read_bytes()))
    with pytest.raises(UsageError, match="more than"):
        read_archive(bomb)
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(UsageError, match="more than 3 files"):
        read_archive(packed(tmp_path / "y.tar", GOOD, *((f"hub/{n}", tarfile.REGTYPE, b"", "") for n in range(5))))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_header_without_end_is_not_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    """Of a member's name and attributes tarfile reads as much as there is, before anybody can look at it."""
    long = tarfile.TarInfo("hub/config.yaml")
    long.pax_headers = {"comment": "x" * 3_000_000}
    with tarfile.open(tmp_path / "x.tar", "w", format=tarfile.PAX_FORMAT) as made:
        made.addfile(long)
    (tmp_path / "x.tar").write_bytes(pack((tmp_path / "x.tar").read_bytes()))
    monkeypatch.setattr(archives, "_MOST_UNPACKED", 2_000_000)
    with pytest.raises(UsageError, match="larger than"):
        read_archive(tmp_path / "x.tar")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_each_compression_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = packed(tmp_path / "x.tar", GOOD)
    path.write_bytes(pack(path.read_bytes()))
    assert read_archive(path) == {"codehub.yaml": (GOOD[2], 0o644)}


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00cut"])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        read_archive(path)


name = st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.txt", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(name, st.tuples(st.binary(max_size=200), st.sampled_from([0o644, 0o755])), max_size=6))
def test_what_export_packs_comes_out_again(tmp_path: Path, files: dict[str, tuple[bytes, int]]) -> None:
    files = {**files, "codehub.yaml": (b"schema: 1\n", 0o644)}
    path = tmp_path / "x.tgz"
    path.write_bytes(tar_bytes({key: ExportFile(*file) for key, file in files.items()}, "hub", compress=True))
    assert read_archive(path) == files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=3000), st.integers(0, 1600))
def test_no_bytes_break_it(tmp_path: Path, noise: bytes, place: int) -> None:
    path = packed(tmp_path / "x.tar", GOOD)
    data = path.read_bytes()
    path.write_bytes(data[:place] + noise + data[place + len(noise) :])
    try:
        found = read_archive(path)
    except UsageError:
        return
    assert all(not part.startswith("/") and ".." not in part.split("/") for part in found)
