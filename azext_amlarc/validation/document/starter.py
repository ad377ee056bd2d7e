"""Attach configurations to start from: the default of Microsoft's guide, one instance type, or an example of two."""

import json
import re
from collections.abc import Mapping
from typing import Any

from azext_amlarc.validation.document.resources import GPUS

_COMMENTS = {
    "namespace": "Jobs run in this namespace. It must already exist, unless it is default.",
    "defaultInstanceType": "The instance type of jobs that do not name one: one of those below.",
    "instanceTypes": "Names use lower-case letters, digits and hyphens.",
    "nodeSelector": "Labels that a node must have (kubectl get nodes --show-labels); null for any node.",
    "resources": "requests: what a node must have free; limits: what a job may use. Devices such as\n"
    "GPUs are whole numbers, the same in both. Memory: 1Gi is 1024^3 bytes, 1G is 1000^3 bytes.",
}
# Keys that every YAML parser reads as strings without quotes: letters and hyphens, but no booleans or null of YAML 1.1.
_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][A-Za-z-]*[A-Za-z]")
_HEAD = """\
Attach configuration for `az ml arc attach --config FILE`. Validate it: `az ml arc config validate --file FILE`.
For completion in an editor, run `az ml arc config schema > attach.schema.json` and make this the first line:
`# yaml-language-server: $schema=attach.schema.json`."""


def default() -> dict[str, Any]:
    """The default of Microsoft's guide under the name that today's clusters give it: 1 CPU, 4Gi, no GPU, any node."""
    return _of("defaultinstancetype", _instance_type("1", "4Gi", "0", None))


def one_type(
    name: str,
    *,
    gpus: int = 1,
    cpu: str = "2",
    memory: str = "16Gi",
    selector: Mapping[str, str] | None = None,
    namespace: str = "default",
) -> dict[str, Any]:
    """A configuration with one GPU instance type, by default that of the guide's example. It is not validated."""
    return _of(name, _instance_type(cpu, memory, str(gpus), dict(selector) if selector else None), namespace)


def example() -> dict[str, Any]:
    """A configuration with one instance type for CPU jobs and one for GPU jobs, valid without warnings."""
    gpu = _instance_type("2", "16Gi", "1", {"accelerator": "nvidia-tesla-k80"})
    document = _of("cpu", _instance_type("1", "4Gi", "0", None))
    document["instanceTypes"]["gpu"] = gpu
    return document


def _of(name: str, instance_type: dict[str, Any], namespace: str = "default") -> dict[str, Any]:
    return {"namespace": namespace, "defaultInstanceType": name, "instanceTypes": {name: instance_type}}


def _instance_type(cpu: str, memory: str, gpus: str, selector: dict[str, str] | None) -> dict[str, Any]:
    amounts = {"cpu": cpu, "memory": memory, GPUS[0]: gpus}
    return {"nodeSelector": selector, "resources": {"requests": dict(amounts), "limits": dict(amounts)}}


def as_json(document: Mapping[str, Any]) -> str:
    """The configuration as JSON, without comments; the studio's attach form accepts it too."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: Mapping[str, Any]) -> str:
    """The configuration as YAML with a comment at each key's first use; PyYAML writes no comments, so not by it."""
    lines = [*_commented(_HEAD, ""), *_yaml(document, "", set())]
    return "\n".join(lines) + "\n"


def _yaml(given: Mapping[str, Any], indent: str, explained: set[str]) -> list[str]:
    lines = []
    for key, value in given.items():
        if key in _COMMENTS and key not in explained:
            explained.add(key)
            lines += _commented(_COMMENTS[key], indent)
        name = key if _PLAIN.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_yaml(value, f"{indent}  ", explained)]
        else:
            lines.append(f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}")
    return lines


def _commented(comment: str, indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in comment.splitlines()]
