"""The small setup of the command-line tests: what breaks here breaks around the real `codehub apply`."""

from tests.integration.cli.conftest import cluster, small  # noqa: F401 - fixtures
