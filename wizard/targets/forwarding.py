"""A port-forward to a setup's hub, open for as long as somebody needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from wizard.errors import UsageError
from wizard.setup.model import Setup
from wizard.targets.standing import forwarded_url
from wizard.tools.front_door import SERVICE
from wizard.tools.kube import connect
from wizard.tools.kube_forward import PATIENCE, forward


@asynccontextmanager
async def forwarded(
    setup: Setup,
    *,
    port: int | None = None,
    patience: float = PATIENCE,
    on_pod: Callable[[str], None] = lambda _name: None,
    on_trouble: Callable[[str], None] = lambda _text: None,
) -> AsyncIterator[str]:
    """Keep a port of this machine open that leads to the hub; gives its address.

    port: None takes the one in the answers, or a free one where that is used by something else. Raises UsageError for
    a target without a cluster or a port that is taken, StepFailed where no hub runs, MissingError without the cluster.
    """
    target = setup.target
    if target.kind != "kubernetes":
        raise UsageError(
            f"The target {target.kind} needs no port-forward.",
            why="Its hub runs on this machine or on a Docker host, not in a cluster.",
            fix="Open the address that `codehub status` shows.",
        )
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(connect(target.context))

        async def open_at(number: int) -> int:
            opened = forward(
                cluster,
                target.namespace,
                SERVICE,
                port=number,
                patience=patience,
                on_pod=on_pod,
                on_trouble=on_trouble,
            )
            return await stack.enter_async_context(opened)

        try:
            number = await open_at(target.expose.port if port is None else port)
        except UsageError:
            if port is not None:
                raise
            number = await open_at(0)
        yield forwarded_url(number)
