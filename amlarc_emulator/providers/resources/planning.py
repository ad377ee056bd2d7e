"""From the body of a deployment to what is to be done, or to ARM's 400 for a template that can't be deployed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from amlarc_emulator.arm import shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Cloud, Job, Json, Step
from amlarc_emulator.providers.resources.facts import STATIC, Facts
from amlarc_emulator.templates import copies, declared, dependencies, evaluation, functions, grammar, parameters
from amlarc_emulator.templates.declared import Declared, Target, is_live
from amlarc_emulator.templates.evaluation import Scope, calls
from amlarc_emulator.templates.functions import hashes
from amlarc_emulator.templates.parameters import TemplateError
from amlarc_emulator.templates.resource_ids import LEADING
from amlarc_emulator.templates.syntax import ExpressionError, is_expression
from amlarc_emulator.templates.values import compact

LIMITS = {"parameters": 256, "variables": 512, "outputs": 64}
MOST_BYTES = 4 * 1024 * 1024
VALIDATION_FAILED = "Deployment template validation failed: '{}'."


@dataclass(frozen=True)
class Plan:
    """A template that can be deployed: the values of its parameters, its resources and what each waits for."""

    id: str
    target: Target
    template: Json
    mode: str
    scope: Scope
    resources: list[Declared]
    before: list[list[int]]

    @property
    def values(self) -> Json:
        """The parameters' values by name in lower case, secure ones too."""
        return dict(self.scope.parameters)

    @property
    def hash(self) -> str:
        """The template's hash: the same for the same template."""
        return str(hashes.murmur(compact(self.template).upper().encode()))

    @property
    def wanted(self) -> list[Declared]:
        """The resources that are written."""
        return [one for one in self.resources if one.is_written]

    def job(self) -> Job:
        """The work to be done, nothing of it begun."""
        return Job(self.id, self.template, self.values, [self._step(at) for at in range(len(self.resources))])

    def _step(self, at: int) -> Step:
        one = self.resources[at]
        return Step(
            id=one.id,
            type=one.type,
            version=one.version,
            body=one.body,
            name=one.name,
            symbolic=one.symbolic,
            after=list(self.before[at]),
            loops=dict(one.loops or {}),
            state="Waiting" if one.is_written else "Skipped",
        )


def read(cloud: Cloud, id_: str, asked: Json) -> Plan:
    """Read a deployment's body; raises ARM's 400 that says what is wrong with it."""
    template = _template(asked.get("properties") or {})
    try:
        return _planned(cloud, id_, template, asked)
    except (TemplateError, ExpressionError) as error:
        raise invalid(VALIDATION_FAILED.format(error)) from None


def invalid(message: str) -> ArmError:
    """The 400 for a template that is wrong."""
    info = {"lineNumber": 0, "linePosition": 0, "path": ""}
    return ArmError(400, "InvalidTemplate", message, additionalInfo=[{"type": "TemplateViolation", "info": info}])


def target_of(id_: str) -> Target:
    """Where a deployment with this id deploys to."""
    return Target(*place(id_))


def facts_of(cloud: Cloud, id_: str, template: Json, body: Json) -> Facts:
    """What the templates of a deployment can ask; `body` is the deployment as it was asked for, or as it is."""
    head = {key: template[key] for key in ("$schema", "contentVersion", "languageVersion") if key in template}
    mode = (body.get("properties") or {}).get("mode")
    about = {"template": head, "parameters": {}, "mode": mode, "provisioningState": "Accepted"}
    location = {"location": body["location"]} if body.get("location") else {}
    return Facts(cloud, target_of(id_), {"name": name_of(id_), **location, "properties": about})


def scope_of(facts: Facts, template: Json, values: Mapping[str, Any]) -> Scope:
    """Where the expressions of a template stand, once the values of its parameters are known."""
    scope = Scope(values, functions=parameters.functions(template), surroundings=facts)
    return parameters.variables(template, scope)


def _template(properties: Json) -> Json:
    template = properties.get("template")
    for link in (properties.get("templateLink"), properties.get("parametersLink")):
        if link:
            uri = link.get("uri") or link.get("id") or link.get("relativePath") if isinstance(link, dict) else link
            message = f"Unable to download deployment content from '{uri}'."
            raise ArmError(400, "InvalidContentLink", message)
    if properties.get("onErrorDeployment"):
        message = "The local Azure deploys nothing else where a deployment fails: leave out onErrorDeployment."
        raise ArmError(400, "InvalidDeployment", message)
    if not isinstance(template, dict):
        message = "The request content was invalid: a deployment needs a template."
        raise ArmError(400, "InvalidRequestContent", message)
    for key in ("$schema", "contentVersion"):
        if not isinstance(template.get(key), str):
            raise invalid(VALIDATION_FAILED.format(f"Required property '{key}' not found in JSON. Path ''"))
    return template


def _planned(cloud: Cloud, id_: str, template: Json, asked: Json) -> Plan:
    template = grammar.read(template)
    _check_limits(template)
    facts, properties = facts_of(cloud, id_, template, asked), asked["properties"]
    given = properties.get("parameters") or {}
    _check_given(given)
    outer = Scope(functions=parameters.functions(template), surroundings=replace(facts, is_default=True))
    scope = scope_of(facts, template, parameters.read(template, given, outer))
    resources = declared.read(template, scope, facts.target)
    before = dependencies.read(resources, scope)
    for one in resources:
        if one.is_written:
            _check_expressions(one, scope)
    _check_outputs(template, scope)
    if sum(len(compact(one.body)) for one in resources) > MOST_BYTES:
        raise TemplateError("The size of the expanded template exceeds the limit of 4 MB.")
    mode = str(properties.get("mode") or "Incremental").capitalize()
    return Plan(id_, facts.target, template, mode, scope, resources, before)


def _check_limits(template: Json) -> None:
    for part, most in LIMITS.items():
        found = len(template.get(part) or {})
        if found > most:
            raise TemplateError(
                f"The number of template {part} limit exceeded. Limit: '{most}' and actual: '{found}'. Please see "
                f"https://aka.ms/arm-syntax-{part} for usage details."
            )


def _check_given(given: Json) -> None:
    for name, item in given.items():
        if not isinstance(item, dict) or not ({"value", "reference", "expression"} & item.keys()):
            message = (
                f"The request content was invalid and could not be deserialized: 'The value of parameter '{name}' must "
                "be an object with a value'."
            )
            raise ArmError(400, "InvalidRequestContent", message)
        if "reference" in item:
            vault = ((item["reference"] or {}).get("keyVault") or {}).get("id")
            message = f"The specified KeyVault '{vault}' could not be found."
            raise ArmError(400, "KeyVaultParameterReferenceNotFound", message)


def _check_expressions(one: Declared, scope: Scope) -> None:
    """All that can be evaluated before anything is deployed, is."""
    try:
        _check_value(one.scope(scope), {key: item for key, item in declared.evaluated(one).items() if key != "copy"})
    except ExpressionError as error:
        raise TemplateError(f"The template resource '{one.name}' is not valid: {error}.") from None


def _check_outputs(template: Json, scope: Scope) -> None:
    for name, item in (template.get("outputs") or {}).items():
        try:
            if "copy" not in item:
                _check_value(scope, item.get("value"))
        except ExpressionError as error:
            raise TemplateError(f"The template output '{name}' is not valid: {error}.") from None


def _check_value(scope: Scope, value: Any) -> None:
    """Evaluate what needs nothing that is deployed; of the rest, see that there are such functions."""
    asked = calls(value)
    if not any(is_live(call.name.lower()) for call in asked):
        copies.evaluate(scope, value)
    elif isinstance(value, str) and is_expression(value):
        for call in asked:
            _check_call(call.name.lower())
    else:
        inner = [*value.values()] if isinstance(value, dict) else value
        for item in inner:
            _check_turns(scope, item)


def _check_turns(scope: Scope, value: Any) -> None:
    """The inside of a loop is evaluated in its first turn."""
    is_loop = isinstance(value, dict) and {"name", "count", "input"} <= value.keys()
    if not is_loop:
        _check_value(scope, value)
    elif copies.count(scope, value):
        _check_value(scope.within(str(value["name"]), 0), value["input"])


def _check_call(name: str) -> None:
    known = (functions.TABLE, evaluation.LAZY, evaluation.SCOPED, LEADING, STATIC)
    if not (any(name in table for table in known) or is_live(name) or "." in name):
        raise ExpressionError(f"The template function '{name}' is not valid.")


SHAPE: shapes.Shape = {
    "location": str,
    "tags": shapes.Each(str),
    "properties": {
        "parameters": dict,
        "mode": shapes.Words("Incremental", "Complete"),
        "debugSetting": {"detailLevel": str},
        "onErrorDeployment": {"type": shapes.Words("LastSuccessful", "SpecificDeployment"), "deploymentName": str},
        "expressionEvaluationOptions": {"scope": shapes.Words("NotSpecified", "Outer", "Inner")},
        "validationLevel": shapes.Words("Template", "Provider", "ProviderNoRbac"),
    },
}
