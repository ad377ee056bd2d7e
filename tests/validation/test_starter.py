"""Documents to start from."""

import json
from typing import Any

import pytest
import yaml

from azext_amlarc.validation import document
from azext_amlarc.validation.document import starter
from tests.support.golden import assert_golden
from tests.validation.documents import EXAMPLES


def test_the_default_is_the_guides() -> None:
    assert starter.default() == json.loads((EXAMPLES / "attach-default.json").read_bytes())


def test_the_example_is_valid_without_warnings_in_both_formats() -> None:
    for text, source in (
        (starter.as_json(starter.example()), "a.json"),
        (starter.as_yaml(starter.example()), "a.yaml"),
    ):
        outcome = document.read(text.encode(), source)
        assert outcome.findings == ()
        assert outcome.document == starter.example()


@pytest.mark.parametrize(
    "made",
    [
        starter.default(),
        starter.example(),
        starter.one_type("a100"),
        starter.one_type("a100", gpus=8, cpu="16", memory="64Gi", selector={"pool": "a100"}, namespace="ml"),
    ],
)
def test_whatever_init_writes_has_no_warning(made: dict[str, Any]) -> None:
    findings = document.read(starter.as_yaml(made).encode(), "a.yaml").findings
    assert {finding.severity for finding in findings} <= {"info"}


def test_the_commented_example_is_as_it_was() -> None:
    assert_golden("validation-starter.yaml", starter.as_yaml(starter.example()))


def test_one_instance_type_has_what_was_asked_for() -> None:
    made = starter.one_type("a100", gpus=4, cpu="8", memory="64Gi", selector={"pool": "a100"}, namespace="ml")
    amounts = {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "4"}
    assert made == {
        "namespace": "ml",
        "defaultInstanceType": "a100",
        "instanceTypes": {
            "a100": {"nodeSelector": {"pool": "a100"}, "resources": {"requests": amounts, "limits": amounts}}
        },
    }


def test_the_yaml_quotes_any_text_safely() -> None:
    made = starter.one_type("no", selector={"on": "yes", "a.b/c": '"\\ # : é', "1": "0x10"})
    assert yaml.safe_load(starter.as_yaml(made)) == made
