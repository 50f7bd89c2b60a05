"""`python -m codehub_singleuser` is `codehub-singleuser`."""

import sys

from codehub_singleuser.cli import main

sys.exit(main())
