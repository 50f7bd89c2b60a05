"""Why an image cannot be pulled, from the words of the kubelet, containerd, CRI-O and the registries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wizard.text import clean
from wizard.tools.rollout_model import Cause, Obj, Objects, Problem, name_of, uid_of

PULL_REASONS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
}
_PULL = (
    (
        r"pull policy of Never",
        "is not on the node, and may not be pulled (pullPolicy Never)",
        "Load it into the cluster (`codehub apply` does, with target.delivery), under exactly this name and tag.",
    ),
    (
        r"InvalidImageName|couldn't parse image|invalid reference format",
        "is not a valid image name",
        "Correct the name and the tag.",
    ),
    (
        r"authoriz|authenticat|unauthorized|denied|forbidden|40[13]",
        "may not be pulled: the registry wants a login",
        "Name a pull secret (imagePullSecrets) with a login that may read it; check that the name is right, too.",
    ),
    (r"toomanyrequests|rate limit", "was not pulled: the registry's rate limit is reached", "Wait, or log in to it."),
    (
        r"server gave HTTP response to HTTPS client",
        "was not pulled: the registry speaks plain HTTP, the node wants HTTPS",
        "Give the registry a certificate, or allow it as an insecure registry on every node.",
    ),
    (
        r"x509|certificate",
        "was not pulled: the node does not trust the registry's certificate",
        "Install the registry's CA on every node.",
    ),
    (
        r"no match for platform|no matching manifest",
        "is not there for the node's processor",
        "Build it for the nodes' platform: build.platforms.",
    ),
    (
        r"not found|manifest unknown|does not exist|name unknown",
        "is not in its registry",
        "Check the name and the tag, and that it was pushed there.",
    ),
    (
        r"no such host|timeout|timed out|connection refused|no route|unreachable|EOF",
        "was not pulled: the node cannot reach the registry",
        "Use a registry that the nodes can reach (localhost is the node itself), or load the image into the cluster.",
    ),
)


def pull_problem(pod: Obj, container: Mapping[str, Any], reason: str, message: str, objects: Objects) -> Problem:
    """Why an image did not come; `reason` and `message` are the waiting container's."""
    events = [str(event.get("message", "")) for event in objects.events_of(uid_of(pod))]
    image = str(container.get("image") or _image(pod, str(container.get("name"))))
    telling = [text for text in events if "Failed to pull image" in text and image in text]
    why = clean(telling[-1] if telling else message or reason)
    outcome, fix = "cannot be pulled", "`kubectl describe pod` shows what the node says."
    for pattern, words, advice in _PULL:
        # The name of the image is part of the text and must not be taken for the reason.
        if re.search(pattern, f"{reason} {why} {message}".replace(image, "IMAGE"), re.IGNORECASE):
            outcome, fix = words, advice
            break
    what = f"The image {clean(image)} {outcome}."
    name = name_of(pod)
    return Problem(cause=Cause.IMAGE, subject=f"pod {name}", uid=uid_of(pod), pod=name, what=what, why=why, fix=fix)


def _image(pod: Obj, container: str) -> str:
    spec = pod.get("spec", {})
    declared = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return next((str(entry.get("image", "")) for entry in declared if entry.get("name") == container), "")
