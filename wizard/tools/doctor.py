"""What is installed, reachable and new enough, as data: the checks behind `codehub doctor` and the Checks screen.

Each check is asked at the same time as the others, has a time limit of its own and never raises: what it cannot
find out is `unknown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from wizard.errors import CodehubError, MissingError
from wizard.tools import doctor_cluster, doctor_docker, doctor_machine
from wizard.tools.doctor_model import Check, Finding, Scope, State

LIMIT = 15.0
"""Seconds after which a check counts as `unknown`: a kube credential plug-in may need several."""


OnFinding = Callable[[Finding], None]

CHECKS: tuple[Check, ...] = (*doctor_docker.CHECKS, *doctor_cluster.CHECKS, *doctor_machine.CHECKS)
"""Every check, in the order in which they are shown."""


async def examine(
    scope: Scope, *, checks: Sequence[Check] = CHECKS, on_finding: OnFinding | None = None, limit: float = LIMIT
) -> list[Finding]:
    """Ask all checks that matter for the scope's target at the same time; the findings in the checks' order.

    on_finding is told of each as soon as it is known; limit is in seconds, for each check.
    """
    chosen = [check for check in checks if scope.target in check.asked_by]

    async def one(check: Check) -> Finding:
        finding = replace(await _ask(check, scope, limit), required=scope.target in check.needed_by)
        if on_finding:
            on_finding(finding)
        return finding

    return list(await asyncio.gather(*(one(check) for check in chosen)))


async def _ask(check: Check, scope: Scope, limit: float) -> Finding:
    try:
        async with asyncio.timeout(limit):
            return await check.ask(scope)
    except TimeoutError:
        return Finding(
            name=check.name, title=check.title, state=State.UNKNOWN, why=f"No answer within {limit:g} seconds."
        )
    except CodehubError as error:
        state = State.MISSING if isinstance(error, MissingError) else State.UNKNOWN
        return Finding(
            name=check.name, title=check.title, state=state, why=f"{error.what} {error.why}".strip(), fix=error.fix
        )
    except Exception as error:  # noqa: BLE001 - one odd answer must not take the other checks away
        return Finding(name=check.name, title=check.title, state=State.UNKNOWN, why=f"{type(error).__name__}: {error}")
