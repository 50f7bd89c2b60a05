"""Images: cold and warm build time and size of each way, beside the same Dockerfile built by hand with buildx.

Takes long (a cold build by npm compiles for minutes) and needs Docker, buildx and the tests' base image. The ways
`release` and `image` get the editor that npm made, packed as upstream does, from this machine: no download of the
internet's is timed. A full build from source is not measured.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench.cluster import require_builds
from bench.measure import Row, side_by_side
from tests.integration.images.building import answers, build_request, carry_out, docker, inspect
from tests.integration.images.packing import PATH, release_tarball, upstream_image
from tests.integration.images.serving import serve_files
from tests.support.parts import BASE_IMAGE
from wizard.tools import buildx
from wizard.tools.build_request import BuildRequest

_PREFIX = "codehub-bench"
_WARM_TIMES = 3


def rows() -> Iterator[Row]:
    """Measure npm first: the other ways are made from its result."""
    require_builds()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = _request(folder, "npm", {"method": "npm"})
        stack.callback(docker, "rmi", "--force", made.tags[0], check=False)
        yield from _measured("npm", made)

        (folder / "upstream").mkdir()
        upstream = stack.enter_context(upstream_image(made.tags[0], f"{_PREFIX}/upstream:1", folder / "upstream"))
        tarball = release_tarball(made.tags[0], folder / "release.tar.gz")
        site = stack.enter_context(serve_files({PATH: tarball}))
        ways = {"release": {"release_url": site.url}, "image": {"image": upstream}}
        for way, told in ways.items():
            request = _request(folder, way, {"method": way, **told})
            stack.callback(docker, "rmi", "--force", request.tags[0], check=False)
            yield from _measured(way, request)


def _request(folder: Path, way: str, code_server: dict[str, str]) -> BuildRequest:
    place = folder / way
    place.mkdir()
    return build_request(place, answers(place, BASE_IMAGE, code_server=code_server), reference=f"{_PREFIX}/{way}:1")


def _measured(way: str, request: BuildRequest) -> Iterator[Row]:
    cold = replace(request, no_cache=True)
    by_hand = _seconds(cold)
    ours = carry_out(cold).seconds
    size = inspect(request.tags[0])["Size"] / 1e6
    yield Row(f"cold build, {way}", "buildx by hand", ours, by_hand, goal="≤ 1.05", note=f"image of {size:.0f} MB")
    warm = side_by_side(lambda: carry_out(request), lambda: _seconds(request), _WARM_TIMES)
    yield Row(f"warm build, {way}", "buildx by hand", *warm, note="nothing changed")


def _seconds(request: BuildRequest) -> float:
    """The command that a person would type, run without codehub."""
    begun = time.perf_counter()
    subprocess.run(buildx.arguments(request, progress="plain"), check=True, capture_output=True)
    return time.perf_counter() - begun
