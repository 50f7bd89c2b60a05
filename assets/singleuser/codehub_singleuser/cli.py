"""The command `codehub-singleuser`."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

from codehub_singleuser.errors import BadSetting, Refused
from codehub_singleuser.settings import read_settings

FAILED, USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to end. Exit code 0: ended as asked, 1: could not serve, 2: a setting is wrong."""
    try:
        settings = read_settings(sys.argv[1:] if arguments is None else arguments)
        logging.basicConfig(
            level=logging.INFO if settings.debug else logging.WARNING,
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
            stream=sys.stderr,
        )
        logging.getLogger("codehub").setLevel(logging.DEBUG if settings.debug else logging.INFO)
        from codehub_singleuser.server import serve  # takes 0.6 s, which --help need not wait for

        asyncio.run(serve(settings))
    except Refused as problem:
        for line in problem.lines():
            sys.stderr.write(f"codehub-singleuser: {line}\n")
        return USAGE if isinstance(problem, BadSetting) else FAILED
    except KeyboardInterrupt:
        return 130
    return 0
