"""What is exported for Terraform, as the real OpenTofu takes it, and as far as it can be had the provider azapi.

Without the provider nothing can be planned: then OpenTofu reads the file, with all rules of its language, and bindings
that others have generated from the provider say which arguments it has, and of which form.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.templates import terraform
from tests.resources.templates.samples import AKS, ARC, FLEETS, drawn
from tests.resources.templates.test_terraform import Configuration
from tests.terraform import azapi
from tests.terraform.conftest import OpenTofu

CASES = [(name, cluster) for name in FLEETS for cluster in (ARC, AKS) if (name, cluster) != ("own-relay", AKS)]
every_case = pytest.mark.parametrize(
    ("name", "cluster"), CASES, ids=lambda one: one if isinstance(one, str) else one.id.name
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('$%{}\\"bfu\b\f\0\U0001f600'))
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**60), 2**60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@every_case
def test_opentofu_reads_the_file_and_would_format_it_the_same(name: str, cluster: Cluster, tofu: OpenTofu) -> None:
    (tofu.folder / "main.tf").write_text(terraform.configuration([drawn(name, cluster)]), encoding="utf-8")
    assert tofu.must("fmt", "-check", "-diff") == ""
    assert "azure/azapi] ~> 2.3" in tofu.must("providers")  # which loads the configuration, with all that is said of it


def test_a_file_that_is_wrong_is_not_read(tofu: OpenTofu) -> None:
    written = terraform.configuration([drawn("training")])
    (tofu.folder / "main.tf").write_text(written.replace("depends_on", "depends"), encoding="utf-8")
    assert tofu("providers").returncode == 0  # only the provider knows its arguments
    (tofu.folder / "main.tf").write_text(written + written[written.index("resource ") :], encoding="utf-8")
    assert "Duplicate resource" in tofu("providers").stderr


@every_case
def test_the_provider_has_all_arguments_in_the_form_that_they_have(name: str, cluster: Cluster) -> None:
    types = azapi.assembly()
    if types is None:
        pytest.skip("no bindings of azapi yet: make test-terraform installs them")
    made = Configuration(terraform.configuration([drawn(name, cluster)]))
    found = [rest for one in made.resources.values() for rest in azapi.wrong(types, "resource.ResourceConfig", one)]
    action = "ephemeralAzapiResourceAction.EphemeralAzapiResourceActionConfig"
    assert found + [rest for one in made.actions.values() for rest in azapi.wrong(types, action, one)] == []


def test_arguments_that_the_provider_has_not_are_told() -> None:
    types = azapi.assembly()
    if types is None:
        pytest.skip("no bindings of azapi yet: make test-terraform installs them")
    block: Mapping[str, Any] = {
        "parent": "/subscriptions/1",
        "tags": ["a"],
        "delete_query_parameters": {"a": "b"},
        "identity": [{"identity_ids": "x"}],
    }
    assert list(azapi.wrong(types, "resource.ResourceConfig", block)) == [
        "type is missing",
        "parent is unknown",
        "tags is not a map",
        "delete_query_parameters is not a array",
        "identity.type is missing",
        "identity.identity_ids is not a array",
    ]


@every_case
def test_the_provider_validates_the_file(
    name: str, cluster: Cluster, tofu: OpenTofu, validate: Callable[[], Any]
) -> None:
    (tofu.folder / "main.tf").write_text(terraform.configuration([drawn(name, cluster)]), encoding="utf-8")
    assert validate() == []


def test_values_are_written_as_opentofu_reads_them(tofu: OpenTofu) -> None:
    values: list[Any] = []

    @settings(max_examples=300, database=None)
    @given(VALUES)
    def gathered(value: Any) -> None:
        values.append(value)

    gathered()
    assert tofu.value(terraform.spelled(values)) == normal(values)


def normal(value: Any) -> Any:
    """Texts as Terraform keeps them: composed. https://developer.hashicorp.com/terraform/language/expressions/types"""
    if isinstance(value, dict):
        return {normal(key): normal(member) for key, member in value.items()}
    if isinstance(value, list):
        return [normal(member) for member in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value
