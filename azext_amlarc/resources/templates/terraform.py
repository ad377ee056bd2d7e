"""Terraform (or OpenTofu) with the azapi provider: each resource with the body that the tool itself sends.

Keys are listed by ephemeral resources and sent in sensitive bodies, so neither the files nor the state have them.
https://registry.terraform.io/providers/Azure/azapi/latest/docs
"""

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, groupby
from typing import Any

from azext_amlarc.resources.compute import KIND
from azext_amlarc.resources.ids import folded, name_of
from azext_amlarc.resources.templates.parts import (
    Deployment,
    Keys,
    Parameter,
    Part,
    Property,
    Value,
    all_parts,
    api_version_of,
    parent_in,
    type_of,
)
from azext_amlarc.wording import inert_quoted

# Ephemeral resource actions came with azapi 2.3 (and with Terraform 1.10), write-only arguments with Terraform 1.11.
_HEAD = """\
terraform {
  required_version = ">= 1.11"
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.3"
    }
  }
}
"""
# What azapi takes beside the body, where Terraform shows it better.
_BESIDE = ("location", "tags")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SHORT = {
    "Microsoft.Relay/namespaces": "relay",
    "Microsoft.Relay/namespaces/hybridConnections": "connection",
    "Microsoft.Relay/namespaces/hybridConnections/authorizationRules": "rule",
    "Microsoft.Authorization/roleAssignments": "role",
    "Microsoft.ServiceBus/namespaces": "bus",
    "Microsoft.ServiceBus/namespaces/topics": "topic",
    "Microsoft.ServiceBus/namespaces/topics/subscriptions": "subscription",
    "Microsoft.OperationalInsights/workspaces": "logs",
    "Microsoft.KubernetesConfiguration/extensions": "extension",
    "Microsoft.MachineLearningServices/workspaces/computes": "compute",
}


@dataclass(frozen=True)
class Expression:
    """An expression of Terraform, as it stands in the file."""

    text: str


@dataclass(frozen=True)
class _Names:
    """What the resources and the actions of a configuration are called, and which properties others need of them."""

    of: Mapping[str, str]
    actions: Mapping[Keys, str]
    exported: Mapping[str, list[str]]

    @classmethod
    def given(cls, deployments: Sequence[Deployment]) -> "_Names":
        of = dict(_labels(deployments))
        actions: dict[Keys, str] = {}
        exported: dict[str, list[str]] = {}
        for part in all_parts(deployments):
            for value in part.values.values():
                if isinstance(value, Keys) and value not in actions:
                    actions[value] = f"keys_{len(actions) + 1}_of_{of[folded(part.id)]}"
                if isinstance(value, Property):
                    exported.setdefault(folded(value.id), []).append(value.path)
        return cls(of, actions, exported)

    def id(self, resource_id: str) -> Any:
        """What stands for an id: a reference to the resource where it is one of the configuration's."""
        return Expression(f"{self.resource(resource_id)}.id") if folded(resource_id) in self.of else resource_id

    def resource(self, resource_id: str) -> str:
        return f"azapi_resource.{self.of[folded(resource_id)]}"

    def value(self, value: Value) -> Expression:
        if isinstance(value, Parameter):
            return Expression(f"var.{_snake(value.name)}")
        if isinstance(value, Property):
            return Expression(f"{self.resource(value.id)}.output.{value.path}")
        return Expression(f"ephemeral.azapi_resource_action.{self.actions[value]}.output.{value.field}")


def configuration(deployments: Sequence[Deployment]) -> str:
    """One file with the resources of all clusters."""
    names = _Names.given(deployments)
    parameters = {name: value for one in deployments for name, value in one.parameters.items()}
    blocks = [_variable(value) for _, value in sorted(parameters.items())]
    blocks += [_action(keys, label, names) for keys, label in names.actions.items()]
    blocks += [_resource(part, names) for part in all_parts(deployments)]
    return "\n".join([_HEAD, *blocks])


def _labels(deployments: Sequence[Deployment]) -> Iterator[tuple[str, str]]:
    taken, done = set[str](), set[str]()
    for one in deployments:
        for part in one.parts:
            if folded(part.id) in done:
                continue
            done.add(folded(part.id))
            label = _label(part, one.state.cluster.id.name)
            unique = _unique(label, taken)
            taken.add(unique)
            yield folded(part.id), unique


def _unique(label: str, taken: Container[str]) -> str:
    numbered = (f"{label}_{number}" for number in count(2))
    return next(one for one in chain([label], numbered) if one not in taken)


def _label(part: Part, cluster: str) -> str:
    own = name_of(part.id) if part.type.endswith(("computes", "topics", "subscriptions", "roleAssignments")) else ""
    words = (re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_") for word in (_SHORT[part.type], cluster, own))
    return "_".join(word for word in words if word)


def _variable(value: Parameter) -> str:
    body = {"description": value.description, "type": Expression("string"), "sensitive": True, "ephemeral": True}
    return _block(f'variable "{_snake(value.name)}"', body)


def _action(keys: Keys, label: str, names: _Names) -> str:
    body = {
        "type": _typed(keys.id),
        "resource_id": names.id(keys.id),
        "action": keys.action,
        "response_export_values": [keys.field],
    }
    # A rule that a namespace is born with is no resource of its own.
    owner = keys.id.rpartition("/authorizationRules/")[0]
    if folded(keys.id) not in names.of and folded(owner) in names.of:
        body["depends_on"] = [Expression(names.resource(owner))]
    return _block(f'ephemeral "azapi_resource_action" "{label}"', body)


def _resource(part: Part, names: _Names) -> str:
    plain, secret = _bodies(part, names)
    made: dict[str, Any] = {
        "type": _typed(part.id),
        "parent_id": names.id(parent_in(part.id)),
        "name": name_of(part.id),
        **{key: part.body[key] for key in _BESIDE if part.body.get(key)},
        "body": plain,
        **({"sensitive_body": secret} if secret else {}),
        "response_export_values": names.exported.get(folded(part.id), []),
    }
    if part.body.get("properties", {}).get("computeType") == KIND:
        made["delete_query_parameters"] = {"underlyingResourceAction": ["Detach"]}  # Azure refuses to delete a cluster
    needed = [one for one in part.after if one != parent_in(part.id)]  # which the reference to it says
    if needed:
        made["depends_on"] = [Expression(names.resource(one)) for one in needed]
    blocks = [_block("identity", _identity(part.body["identity"]))] if part.body.get("identity") else []
    return _block(f'resource "azapi_resource" "{names.of[folded(part.id)]}"', made, blocks)


def _bodies(part: Part, names: _Names) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body without what stands beside it, and the part of it that is sensitive."""
    body = {key: value for key, value in part.body.items() if key not in (*_BESIDE, "identity")}
    secret: dict[str, Any] = {}
    if "configurationProtectedSettings" in body.get("properties", {}):
        body["properties"] = {
            key: dict(value) if isinstance(value, Mapping) else value for key, value in body["properties"].items()
        }
        secret = body["properties"].pop("configurationProtectedSettings")
    for place, value in part.values.items():
        target = secret if place[1] == "configurationProtectedSettings" else body["properties"][place[1]]
        target[place[2]] = names.value(value)
    return body, {"properties": {"configurationProtectedSettings": secret}} if secret else {}


def _identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    ids = list(identity.get("userAssignedIdentities") or {})
    return {"type": identity["type"], **({"identity_ids": ids} if ids else {})}


def _typed(resource_id: str) -> str:
    return f"{type_of(resource_id)}@{api_version_of(resource_id)}"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _block(head: str, body: Mapping[str, Any], blocks: Sequence[str] = ()) -> str:
    inner = "\n".join([*_lines(body), *(block.rstrip("\n") for block in blocks)])
    return f"{head} {{\n{_indented(inner)}\n}}\n"


def _lines(members: Mapping[str, Any]) -> Iterator[str]:
    """The members as `terraform fmt` writes them: lines that follow each other have their equals signs in a column."""
    written = [(key, spelled(value)) for key, value in members.items()]
    for is_long, group in groupby(written, key=lambda one: "\n" in one[1]):
        own = list(group)
        width = 0 if is_long else max(len(key) for key, _ in own)
        yield from (f"{key.ljust(width)} = {value}" for key, value in own)


def spelled(value: Any) -> str:
    """A value as it stands in a file; texts mean themselves, where Terraform would fill something in."""
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, Mapping):
        members = "\n".join(_lines({_text(str(key)): member for key, member in value.items()}))
        return f"{{\n{_indented(members)}\n}}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spelled, value))}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    shown = re.sub(r"[^ !#-\[\]-~]", lambda one: _escaped(one[0]), value)
    return inert_quoted(f'"{shown.replace("${", "$${").replace("%{", "%%{")}"')


def _escaped(character: str) -> str:
    """As Terraform reads it, which lacks some of JSON's escapes, and surrogate pairs."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
