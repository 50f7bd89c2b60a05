"""`python -m wizard` is the same as `codehub`."""

import sys

from wizard.cli import main

if __name__ == "__main__":
    sys.exit(main())
