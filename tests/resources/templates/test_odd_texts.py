"""Settings whose keys and values are anything: templates give them as they are, and no secret under another's name."""

import re

import pytest

from amlarc_emulator.templates.evaluation import Scope, evaluate
from azext_amlarc.resources.fleet import Entry, ExtensionSpec, Fleet, Member, Reference, wanted_for
from azext_amlarc.resources.templates import arm, terraform
from azext_amlarc.resources.templates.parts import Deployment, Parameter, deployment
from azext_amlarc.resources.templates.stack import draft
from tests.resources.templates.evaluating import Place, deployed
from tests.resources.templates.samples import ARC, DOMAIN, LOCATIONS, SUB, TRAINING

# Texts that are, or only look like, expressions of ARM and of Terraform.
TEXTS = (
    "[x]",
    "[",
    "[]",
    "[[x]",
    "[[x",
    "[[",
    "[x",
    "x]",
    "[concat('a')]",
    "it's",
    "${x}",
    "%{if}",
    "$${x",
    '"\n\\',
    "é🙂",
)
SECRET_KEYS = (
    "a.b",
    "a-b",
    "a_b",
    "aB",
    "ab",
    "AB",
    "A.b",
    "a.B",
    "...",
    ".",
    "1.x",
    "1x",
    "ünï.x",
    "nX",
    "scoringFe.sslKey",
    "[x]",
)


def drawn(settings: dict[str, str], protected: tuple[str, ...] = ()) -> Deployment:
    references = {key: Reference("env", "SECRET") for key in protected}
    fleet = Fleet(
        "f", (Entry("plant-7", "rg7"),), ExtensionSpec(settings={**TRAINING, **settings}, protected=references)
    )
    return deployment(wanted_for(fleet, Member(ARC)), DOMAIN, LOCATIONS)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_means_itself_in_an_arm_template_as_a_key_and_as_a_value(text: str) -> None:
    given = {"odd.value": text, text: "odd key"}
    *_, made = deployed(arm.template([drawn(given)]), Place(SUB, "rg7", {}, {}))
    found = made.body["properties"]["configurationSettings"]
    assert {key: found.get(key) for key in given} == given
    assert evaluate(Scope(), arm.escaped(given)) == given  # by the rules of the local Azure


def test_each_protected_setting_has_a_parameter_of_its_own_and_gets_its_own_value() -> None:
    one = drawn({}, SECRET_KEYS)
    secrets = {key: f"value of {key}" for key in SECRET_KEYS}
    sent = draft(one, secrets, {})
    assert len(sent.values) == len(SECRET_KEYS)
    *_, made = deployed(arm.template([sent.deployment]), Place(SUB, "rg7", {**sent.values}, {}))
    found = made.body["properties"]["configurationProtectedSettings"]
    assert {key: found[key] for key in SECRET_KEYS} == secrets


def test_parameters_of_protected_settings_have_names_that_arm_and_terraform_take() -> None:
    one = drawn({}, SECRET_KEYS)
    names = [value.name for part in one.parts for value in part.values.values() if isinstance(value, Parameter)]
    assert all(re.fullmatch("[a-z][A-Za-z0-9]*", name) for name in names)
    assert len({name.lower() for name in names}) == len(names)
    variables = re.findall('^variable "(.*)"', terraform.configuration([one]), re.MULTILINE)
    assert len(set(variables)) == len(variables) == len(SECRET_KEYS)
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in variables)
