"""Packages and licences from the files of an image, however odd or damaged these are."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.render.sbom import UNKNOWN, bill, licences, package_url
from wizard.tools.image_packages import Contents, Package, read

STATUS = """\
Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b7

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2:2.36-9
"""
FILES: dict[str, str | bytes] = {
    "var/lib/dpkg/status": STATUS,
    "etc/os-release": 'NAME="Debian GNU/Linux"\nID=debian\n',
    "usr/share/doc/bash/copyright": "Format: x\n\nFiles: *\nLicense: GPL-3+\n\nLicense: GPL-2+\n text\n",
    "usr/share/doc/libc6/copyright": "See /usr/share/common-licenses/LGPL-2.1 for it.",
    "opt/venv/lib/python3.11/site-packages/a_b-1.dist-info/METADATA": "Name: A_b\nVersion: 1.0\nLicense: MIT\n\nText",
    "opt/venv/lib/python3.11/site-packages/c-2.dist-info/METADATA": (
        "Name: c\nVersion: 2\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: BSD License\n\n"
    ),
    "opt/app/node_modules/@scope/x/package.json": json.dumps(
        {"name": "@scope/x", "version": "3.0.0", "license": "ISC"}
    ),
    "opt/app/node_modules/y/package.json": json.dumps({"name": "y", "version": "1", "license": {"type": "0BSD"}}),
    "opt/app/node_modules/z/package.json": "{broken",
    "opt/app/package.json": json.dumps({"name": "not-a-dependency", "version": "1"}),
}


def _tar(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            data = text.encode(errors="replace") if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_each_package_manager_is_read() -> None:
    found = read(io.BytesIO(_tar(FILES)))
    assert found.distribution == "debian"
    assert found.packages == (
        Package("deb", "bash", "5.2.15-2+b7", ("GPL-2+", "GPL-3+"), "amd64"),
        Package("deb", "libc6", "2:2.36-9", ("LGPL-2.1",), "amd64"),
        Package("npm", "@scope/x", "3.0.0", ("ISC",)),
        Package("npm", "y", "1", ("0BSD",)),
        Package("pypi", "A_b", "1.0", ("MIT",)),
        Package("pypi", "c", "2", ("BSD License",)),
    )


def test_a_bill_names_each_once_and_is_the_same_each_time() -> None:
    contents = read(io.BytesIO(_tar(FILES)))
    document = bill("team/notebook:1", "sha256:0", contents, {"node": "24.9.0"})
    assert document == bill("team/notebook:1", "sha256:0", contents, {"node": "24.9.0"})
    references = [one["bom-ref"] for one in document["components"]]
    assert len(references) == len(set(references)) == 7
    assert "pkg:deb/debian/libc6@2:2.36-9?arch=amd64" in references
    assert "pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64" in references  # as scanners write it
    assert "pkg:npm/%40scope/x@3.0.0" in references
    assert "pkg:pypi/a-b@1.0" in references


def test_licences_are_counted() -> None:
    contents = Contents(
        (Package("npm", "a", "1", ("MIT",)), Package("npm", "b", "1", ("MIT", "ISC")), Package("npm", "c", "1")), ""
    )
    assert licences(contents.packages) == [("MIT", 2), ("ISC", 1), (UNKNOWN, 1)]


@settings(max_examples=40)
@given(st.binary(max_size=4000), st.integers(0, 4000))
def test_a_damaged_stream_is_read_as_far_as_it_goes(noise: bytes, cut: int) -> None:
    whole = _tar(FILES)
    for data in (noise, whole[:cut], whole[:cut] + noise + whole[cut:]):
        assert all(package.name and package.version for package in read(io.BytesIO(data)).packages)


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_no_record_can_send_control_characters(text: str, name: str, version: str) -> None:
    files: dict[str, str | bytes] = {
        "var/lib/dpkg/status": f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n{text}",
        "usr/share/doc/x/copyright": text,
        "a/node_modules/x/package.json": json.dumps({"name": name, "version": version, "license": text}),
        "a/x.dist-info/METADATA": f"Name: {name}\nVersion: {version}\nLicense: {text}\n",
    }
    for package in read(io.BytesIO(_tar(files))).packages:
        for word in (package.name, package.version, *package.licences, package_url(package, "debian")):
            assert word.isprintable() or not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in word)


def test_a_file_that_pretends_to_be_huge_is_left_out() -> None:
    huge: dict[str, str | bytes] = {"a/node_modules/x/package.json": b" " * (4 * 1024 * 1024 + 1), **FILES}
    assert len(read(io.BytesIO(_tar(huge))).packages) == 6
