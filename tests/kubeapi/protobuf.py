"""Reads the protobuf bodies that Helm's typed client sends for its release Secrets and ConfigMaps.

Field numbers: k8s.io/apimachinery/pkg/runtime/generated.proto, .../meta/v1/generated.proto and
k8s.io/api/core/v1/generated.proto. Only what those two kinds and DeleteOptions use is read.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from tests.kubeapi.resources import Obj

MAGIC = b"k8s\0"

_META_TEXT = {1: "name", 2: "generateName", 3: "namespace", 5: "uid", 6: "resourceVersion"}
_META_MAPS = {11: "labels", 12: "annotations"}


def decode(body: bytes) -> Obj:
    """The object in a `k8s\\0` envelope; ValueError when it is not one."""
    if not body.startswith(MAGIC):
        raise ValueError("not a Kubernetes protobuf envelope")
    envelope = dict(_fields(body[4:]))
    type_meta = dict(_fields(_bytes(envelope[1])))
    kind, raw = _bytes(type_meta[2]).decode(), _bytes(envelope[2])
    if kind == "DeleteOptions":
        policy = dict(_fields(raw)).get(4, b"Background")
        return {"kind": kind, "propagationPolicy": _bytes(policy).decode()}
    found: Obj = {"apiVersion": _bytes(type_meta[1]).decode(), "kind": kind, "metadata": {}}
    for number, value in _fields(raw):
        if number == 1:
            _read_metadata(_bytes(value), found["metadata"])
        elif number == 2:
            key, content = _map_entry(_bytes(value))
            text = base64.b64encode(content).decode() if kind == "Secret" else content.decode()
            found.setdefault("data", {})[key] = text
        elif number == 3 and kind == "Secret":
            found["type"] = _bytes(value).decode()
    return found


def _read_metadata(raw: bytes, metadata: Obj) -> None:
    for number, value in _fields(raw):
        if number in _META_TEXT and value:
            metadata[_META_TEXT[number]] = _bytes(value).decode()
        elif number in _META_MAPS:
            key, content = _map_entry(_bytes(value))
            metadata.setdefault(_META_MAPS[number], {})[key] = content.decode()


def _map_entry(raw: bytes) -> tuple[str, bytes]:
    entry = dict(_fields(raw))
    return _bytes(entry.get(1, b"")).decode(), _bytes(entry.get(2, b""))


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where bytes were expected")
    return value


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(raw):
        tag, position = _varint(raw, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, position = _varint(raw, position)
            yield number, value
        elif wire_type == 2:
            length, position = _varint(raw, position)
            yield number, raw[position : position + length]
            position += length
        else:
            raise ValueError(f"wire type {wire_type} is not used by these kinds")


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position
