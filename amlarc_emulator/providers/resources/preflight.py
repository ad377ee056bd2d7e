"""What ARM asks before it deploys anything: that types and versions exist, and that the caller may write them.

Nested deployments are looked into as far as their parameters are known; the rest is told as a diagnostic.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amlarc_emulator.arm import front, rights
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, parse
from amlarc_emulator.arm.model import GROUP, Cloud, Json
from amlarc_emulator.providers.resources import planning
from amlarc_emulator.providers.resources.planning import Plan
from amlarc_emulator.templates import copies, declared
from amlarc_emulator.templates.declared import DEPLOYMENT, Declared
from amlarc_emulator.templates.evaluation import Scope, calls
from amlarc_emulator.templates.syntax import ExpressionError, is_expression

SHORT_CIRCUITED = (
    "A nested deployment got short-circuited and all its resources got skipped from validation. This is due to a "
    "nested template having a parameter that was not fully evaluated (e.g. contains a reference() function)."
)


@dataclass(frozen=True)
class Findings:
    """What a validation found: ids of all resources, nested ones too, and what it couldn't look into."""

    ids: list[str] = field(default_factory=list)
    diagnostics: list[Json] = field(default_factory=list)


def check(cloud: Cloud, plan: Plan, level: str) -> Findings:
    """Check a deployment before it starts; raises ARM's 400 or 403 naming all that is in its way."""
    findings = Findings()
    plans = [plan, *_nested(cloud, plan, findings)]
    wanted = [one for each in plans for one in each.wanted]
    findings.ids.extend(one.id for one in wanted if one.type.lower() != DEPLOYMENT)
    if level != "Template":
        _check_types(cloud, plan, wanted)
    if level not in ("Template", "ProviderNoRbac"):
        _check_rights(cloud, wanted)
    return findings


def namespaces(wanted: list[Declared]) -> list[str]:
    """The providers that a deployment needs, by subscription: the ids under which they are registered."""
    pairs = {(declared_place(one), one.type.partition("/")[0]) for one in wanted if parse(one.id, "PUT")}
    return [f"/subscriptions/{subscription}/providers/{provider}" for subscription, provider in sorted(pairs)]


def declared_place(one: Declared) -> str:
    """The subscription of a resource."""
    return planning.target_of(one.id).subscription


def nested_body(one: Declared, scope: Scope) -> Json:
    """The body of a nested deployment: evaluated, but for a template with a scope of its own.

    In a template that was evaluated already, a string that still looks like an expression is escaped.
    """
    kept = declared.evaluated(one)
    body: Json = copies.evaluate(scope, {key: item for key, item in kept.items() if key != "copy"})
    properties = body.get("properties") or {}
    if kept is one.body and "template" in properties:
        properties["template"] = _escaped(properties["template"])
    elif "template" in one.body["properties"]:
        properties["template"] = one.body["properties"]["template"]
    return body


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return f"[{value}" if value.startswith("[") else value
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {_escaped(key): _escaped(item) for key, item in value.items()}
    return value


def _nested(cloud: Cloud, plan: Plan, findings: Findings) -> Iterator[Plan]:
    for one in plan.wanted:
        if one.type.lower() != DEPLOYMENT:
            continue
        inner = _inner(cloud, one, one.scope(plan.scope))
        if inner is None:
            code = "NestedDeploymentShortCircuited"
            told = {"level": "Warning", "code": code, "message": SHORT_CIRCUITED, "target": one.id}
            findings.diagnostics.append(told)
        else:
            yield inner
            yield from _nested(cloud, inner, findings)


def _inner(cloud: Cloud, one: Declared, scope: Scope) -> Plan | None:
    """The plan of a nested deployment; None while something must be deployed first to know it, its group even."""
    is_live = any(declared.is_live(call.name.lower()) for call in calls(declared.evaluated(one)))
    if is_live or cloud.state.get(planning.target_of(one.id).id) is None:
        return None
    try:
        body = nested_body(one, scope)
    except ExpressionError as error:
        raise planning.invalid(planning.VALIDATION_FAILED.format(error)) from None
    return planning.read(cloud, one.id, body)


def _check_types(cloud: Cloud, plan: Plan, wanted: list[Declared]) -> None:
    details = []
    for one in wanted:
        address = parse(one.id, "PUT")
        if address is None or one.type.lower() == GROUP:
            continue
        location = one.body.get("location") or ""
        try:
            told = "" if is_expression(str(location)) else str(location)
            front.type_at(cloud, address, one.version.lower(), told)
        except ArmError as error:
            inner = error.body["error"]
            if inner["code"] != "MissingSubscriptionRegistration":
                details.append({"code": inner["code"], "message": inner["message"], "target": one.id})
    if details:
        raise not_valid(plan.id, details)


def not_valid(id_: str, details: list[Json]) -> ArmError:
    """The 400 for a deployment that a provider, or ARM in its place, would refuse."""
    message = (
        f"The template deployment '{name_of(id_)}' is not valid according to the validation procedure. The tracking id "
        f"is '{uuid.uuid4()}'. See inner errors for details."
    )
    return ArmError(400, "InvalidTemplateDeployment", message, details=details)


def _check_rights(cloud: Cloud, wanted: list[Declared]) -> None:
    principal = cloud.state.principal
    missing = [(one, rights.denied(principal, "PUT", one.id)) for one in wanted]
    texts = [
        f"Authorization failed for template resource '{one.name}' of type '{one.type}'. The client "
        f"'{principal['clientId']}' with object id '{principal['objectId']}' does not have permission to perform "
        f"action '{right.action}' at scope '{one.id}'."
        for one, right in missing
        if right
    ]
    if texts:
        several = "with multiple errors" if len(texts) > 1 else "because of an error"
        message = f"Deployment failed {several}: '{''.join(texts)}'"
        raise ArmError(403, "InvalidTemplateDeployment", message)
