"""Settings are Helm paths: a dot separates steps, and a backslash takes the character after it as it is.

So the dots of a label's key have to be escaped: `nodeSelector.nvidia\\.com/gpu\\.present` (AML-Kubernetes#271).
"""

import re
from collections.abc import Mapping

NODE_SELECTOR = "nodeSelector."


def unescaped(step: str) -> str:
    """A step of a path as it is meant: `nvidia\\.com/gpu` is the label `nvidia.com/gpu`."""
    return re.sub(r"\\(.)", r"\1", step)


def escaped(step: str) -> str:
    """A text as one step of a path."""
    return re.sub(r"[.\\]", r"\\\g<0>", step)


def node_selector(label: str) -> str:
    """The setting that selects nodes by a label."""
    return NODE_SELECTOR + escaped(label)


def as_sent(key: str) -> str:
    """The one spelling of a key: the label of a node selector may be given with its dots escaped or not."""
    if not key.startswith(NODE_SELECTOR):
        return key
    return node_selector(unescaped(key.removeprefix(NODE_SELECTOR)))


def node_labels(settings: Mapping[str, str]) -> dict[str, str]:
    """The labels that the settings `nodeSelector.<label>` ask of a node, as nodes have them."""
    return {
        unescaped(key.removeprefix(NODE_SELECTOR)): value
        for key, value in settings.items()
        if key.startswith(NODE_SELECTOR)
    }
