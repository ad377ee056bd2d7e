"""reference() and list…(): what is deployed, read by a deployment with requests of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from amlarc_emulator.arm.ids import parse
from amlarc_emulator.arm.model import Cloud, Job, Json, Step
from amlarc_emulator.providers.resources import planning
from amlarc_emulator.providers.resources.steps import Engine, error_in
from amlarc_emulator.templates.evaluation import Scope
from amlarc_emulator.templates.resource_ids import joined
from amlarc_emulator.templates.syntax import ExpressionError


class LiveError(ExpressionError):
    """A resource that can't be read, with the error that Azure gave."""

    def __init__(self, error: Json) -> None:
        super().__init__(str(error.get("message")))
        self.error = error


@dataclass(frozen=True)
class Reader:
    """The two functions, for one deployment."""

    engine: Engine
    job: Job

    def __call__(self, name: str, arguments: Sequence[Any]) -> Any:
        """The value of one of them; raises LiveError."""
        if name == "references":
            return [self._reference(step, arguments[1:]) for step in self._all(str(arguments[0]))]
        step = self._step(str(arguments[0]))
        if name == "reference":
            return self._reference(step or self._outside(str(arguments[0]), arguments), arguments[1:])
        return self._listed(name, step.id if step else str(arguments[0]), arguments[1:])

    def _reference(self, step: Step, more: Sequence[Any]) -> Any:
        version = str(more[0]) if more and str(more[0]).lower() != "full" else step.version
        reply = self.engine.ask("GET", f"{step.id}?api-version={version}")
        if reply.status >= 400:
            raise LiveError(error_in(reply))
        if more and str(more[-1]).lower() == "full":
            return {**reply.body, "apiVersion": version, "resourceId": step.id.partition("/providers/")[2], "scope": ""}
        return reply.body.get("properties") or {}

    def _listed(self, name: str, id_: str, more: Sequence[Any]) -> Any:
        if not more:
            raise ExpressionError(f"The template function '{name}' needs an api-version.")
        body = more[1] if len(more) > 1 else None
        reply = self.engine.ask("POST", f"{id_}/{name}?api-version={more[0]}", body)
        if reply.status >= 400:
            raise LiveError(error_in(reply))
        return reply.body

    def _outside(self, name: str, arguments: Sequence[Any]) -> Step:
        """What isn't in the template must be named by its id, and with a version."""
        if len(arguments) == 1 or parse(name, "GET") is None:
            raise ExpressionError(
                f"The template reference '{name}' is not valid: could not find template resource or resource copy with "
                "this name. Please see https://aka.ms/arm-function-reference for usage details."
            )
        return Step(name, "", str(arguments[1]), {})

    def _step(self, name: str) -> Step | None:
        return next(iter(self._all(name)), None)

    def _all(self, name: str) -> list[Step]:
        word = name.lower()
        return [step for step in self.job.steps if word in _names(step)]


def _names(step: Step) -> set[str]:
    label = joined("", step.type, step.name.split("/")).removeprefix("/providers/")
    symbolic = {step.symbolic, step.symbolic.partition("[")[0]} - {""}
    return {word.lower() for word in {step.id, step.name, label, f"{step.type}/{step.name}", *symbolic}}


def scope_of(cloud: Cloud, engine: Engine, job: Job) -> Scope:
    """Where the expressions of a deployment stand while it runs."""
    deployment = cloud.state.get(job.owner)
    facts = planning.facts_of(cloud, job.owner, job.template, deployment.body if deployment else {})
    return planning.scope_of(replace(facts, reader=Reader(engine, job)), job.template, job.parameters)
