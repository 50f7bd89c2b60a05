"""`python -m wizard` is the same as `codehub`."""

import sys

from wizard.cli import main

if __name__ == "__main__":
    code = main()
    # After a Ctrl+C that fell into an exec of text (a dataclass being made), CPython ends `python -m` by SIGINT,
    # whatever the code; an exec that goes well makes it forget.
    exec("")  # noqa: S102
    sys.exit(code)
