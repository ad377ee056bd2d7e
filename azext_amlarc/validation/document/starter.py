"""Attach documents to start from: the guide's default, one instance type, or a commented example of two."""

import json
import re
from collections.abc import Mapping
from typing import Any

from azext_amlarc.validation.document.resources import GPUS

_COMMENTS = {
    "namespace": "Jobs run in this namespace. One other than default has to exist already.",
    "defaultInstanceType": "The instance type of jobs that name none: one of those below.",
    "instanceTypes": "Names are lower-case letters, digits and hyphens.",
    "nodeSelector": "Labels that a node must have (kubectl get nodes --show-labels); null for any node.",
    "resources": "requests: what a node must have free; limits: what a job may use. Devices such as\n"
    "GPUs are whole numbers, the same in both. Memory: Gi counts in units of 1024, G in thousands.",
}
# Keys that are text to every YAML parser without quotes: letters and hyphens, but none of YAML 1.1's other words.
_PLAIN = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][A-Za-z-]*[A-Za-z]")
_HEAD = """\
Attach configuration for `az ml arc attach --config FILE`. Check it with `az ml arc config validate --file FILE`.
For completion in an editor: `az ml arc config schema > attach.schema.json`, and a first line that reads
`# yaml-language-server: $schema=attach.schema.json`."""


def default() -> dict[str, Any]:
    """The guide's default document: 1 CPU, 4 GB of memory, no GPU, any node."""
    return _of("defaultInstanceType", _instance_type("1", "4Gi", "0", None))


def one_type(
    name: str,
    gpus: int = 1,
    cpu: str = "2",
    memory: str = "16Gi",
    selector: Mapping[str, str] | None = None,
    namespace: str = "default",
) -> dict[str, Any]:
    """A document of one instance type with GPUs; what is not given is as in the guide's example. It is not judged."""
    return _of(name, _instance_type(cpu, memory, str(gpus), dict(selector) if selector else None), namespace)


def example() -> dict[str, Any]:
    """A document with an instance type for CPU jobs and one for GPU jobs, valid without warnings."""
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
    """The document as JSON, which has no comments; the studio's form takes it as well."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML with a comment at each key's first use; written without PyYAML, all values in quotes."""
    lines = [*_commented(_HEAD, ""), *_yaml(document, "", set())]
    return "\n".join(lines) + "\n"


def _yaml(given: Mapping[str, Any], indent: str, told: set[str]) -> list[str]:
    lines = []
    for key, value in given.items():
        if key in _COMMENTS and key not in told:
            told.add(key)
            lines += _commented(_COMMENTS[key], indent)
        name = key if _PLAIN.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_yaml(value, f"{indent}  ", told)]
        else:
            lines.append(f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}")
    return lines


def _commented(comment: str, indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in comment.splitlines()]
