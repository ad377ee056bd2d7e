"""Settings are Helm paths: a dot separates steps, and a backslash takes the character after it as it is.

So the dots of a label's key have to be escaped: `nodeSelector.nvidia\\.com/gpu\\.present` (AML-Kubernetes#271).
"""

import re
from collections.abc import Mapping

NODE_SELECTOR = "nodeSelector."
# What jobs and endpoints tolerate, and what the extension's own pods do.
JOBS_TOLERATE, EXTENSION_TOLERATES = "workLoadToleration", "toleration"


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


def tolerations(value: object, head: str = JOBS_TOLERATE) -> str:
    """The settings for a list of Kubernetes tolerations, or their form if it is no such list."""
    members = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    pairs = [
        f"{head}[{number}].{part}={one[part]}"
        for number, one in enumerate(members)
        for part in ("key", "operator", "value", "effect")
        if isinstance(one.get(part), str) and one[part]
    ]
    return " ".join(pairs) or f"{head}[0].key=… {head}[0].operator=…"


_TOLERATION = re.compile(r"(\w+)\[(\d+)\]\.(\w+)")


def tolerations_in(settings: Mapping[str, str], head: str) -> dict[int, dict[str, str]]:
    """The tolerations that settings give, by number: key, operator, value and effect as far as they are given."""
    found: dict[int, dict[str, str]] = {}
    for setting, value in settings.items():
        match = _TOLERATION.fullmatch(setting)
        if match and match[1] == head:
            found.setdefault(int(match[2]), {})[match[3]] = value
    return found
