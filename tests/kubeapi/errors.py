"""The API's way of saying no."""

from __future__ import annotations

from typing import Any

from tests.kubeapi.resources import Obj, Resource


class ApiError(Exception):
    """Becomes an HTTP answer with a Status object."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.body: Obj = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "code": code,
            "reason": reason,
            "message": message,
            "details": details,
        }


def not_found(resource: Resource, name: str) -> ApiError:
    """404 for a named object."""
    return ApiError(
        404,
        "NotFound",
        f'{resource.qualified} "{name}" not found',
        name=name,
        group=resource.group,
        kind=resource.plural,
    )
