"""Every api-version that a provider has is taken, every other one refused."""

from pathlib import Path

import pytest

from amlarc_emulator.arm import core, versions
from amlarc_emulator.providers import TABLE
from tests.support.azure import ROOT, Azure
from tests.support.emulated import CLUSTER, EXTENSION, INSTALL, LOGS, MANAGED, WORKSPACE, install

SPECS = ROOT.parent / "shared" / "specs"
# What the newest releases of Azure's own packages ask for.
NEWEST = {
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.ContainerService": "2026-08-01",
    "Microsoft.Kubernetes": "2026-05-01",
    "Microsoft.KubernetesConfiguration": "2025-03-01",
    "Microsoft.MachineLearningServices": "2026-05-01",
    "Microsoft.ManagedIdentity": "2024-11-30",
    "Microsoft.OperationalInsights": "2025-07-01",
    "Microsoft.Relay": "2026-01-01",
    "Microsoft.ResourceGraph": "2021-03-01",
    "Microsoft.Resources": "2025-04-01",
    "Microsoft.ServiceBus": "2026-01-01",
}


def referenced(provider: str) -> set[str]:
    """The api-versions of a provider in the reference data."""
    lines = [*_rows(SPECS / "api-versions.tsv"), *_rows(SPECS / "swagger" / "INDEX.tsv")]
    return {version for name, version, *_ in lines if name.lower() == provider.lower()}


def _rows(file: Path) -> list[list[str]]:
    return [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.skipif(not SPECS.exists(), reason="the reference data are not beside this checkout")
@pytest.mark.parametrize("provider", sorted(versions.TABLE))
def test_the_table_has_every_version_that_the_reference_lists(provider: str) -> None:
    assert sorted(referenced(provider) - set(versions.of(provider))) == []


def test_the_table_has_what_the_newest_packages_ask_for() -> None:
    assert {name: version for name, version in NEWEST.items() if version not in versions.of(name)} == {}
    assert (
        set(NEWEST) == set(versions.TABLE) == {"Microsoft.ResourceGraph", *(type_.provider for type_ in TABLE.values())}
    )


@pytest.mark.parametrize("kind", sorted(kind for kind, type_ in TABLE.items() if "/" not in type_.path))
def test_every_version_of_a_provider_is_taken(azure: Azure, kind: str) -> None:
    type_ = TABLE[kind]
    scope = azure.group + CLUSTER if kind.endswith("/extensions") else azure.group
    if type_ in core.TYPES:
        path = f"/subscriptions/{azure.subscription_id}/{type_.path}"
    else:
        path = f"{scope}/providers/{type_.provider}/{type_.path}"
    statuses = {version: azure.get(path, version).status for version in type_.versions}
    assert {version: status for version, status in statuses.items() if status != 200} == {}


def test_every_version_shows_what_is_there(azure: Azure) -> None:
    install(azure)
    azure.put(azure.group + LOGS, "2023-09-01", {"location": "eastus"})
    for path, provider in (
        (CLUSTER, "Microsoft.Kubernetes"),
        (CLUSTER + EXTENSION, "Microsoft.KubernetesConfiguration"),
        (MANAGED, "Microsoft.ContainerService"),
        (WORKSPACE, "Microsoft.MachineLearningServices"),
        (LOGS, "Microsoft.OperationalInsights"),
    ):
        for version in versions.of(provider):
            shown = azure.get(azure.group + path, version)
            assert (version, shown.status) == (version, 200)
            assert shown.body["name"] == path.rpartition("/")[2]


@pytest.mark.parametrize("version", ["2019-01-01", "2999-01-01", "latest"])
def test_a_version_that_a_provider_does_not_have_is_refused(azure: Azure, version: str) -> None:
    for path in (CLUSTER, CLUSTER + EXTENSION, MANAGED, LOGS):
        reply = azure.get(azure.group + path, version)
        assert (reply.status, reply.code) == (400, "NoRegisteredProviderFound")
    assert azure.put(azure.group + CLUSTER + EXTENSION, version, INSTALL).status == 400


def test_versions_are_read_in_any_casing(azure: Azure) -> None:
    listed = azure.get(
        f"{azure.group}{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions", "2019-11-01-Preview"
    )
    assert listed.status == 200


def test_machine_learning_takes_what_azureml_core_asks_for(azure: Azure) -> None:
    """No reference lists it, and yet Azure took it until that package's end, of ARM and of the workspaces' service."""
    for start in ("", "/rp/workspaces"):
        assert azure.get(f"{start}{azure.group}{WORKSPACE}/computes", "2020-02-02").status == 200


def test_keys_of_log_analytics_are_given_unless_swagger_has_none_at_that_version(azure: Azure) -> None:
    azure.put(azure.group + LOGS, "2023-09-01", {"location": "eastus"})
    answers = {
        version: azure.call("POST", f"{azure.group}{LOGS}/sharedKeys", version).status
        for version in ("2020-08-01", "2025-07-01", "2022-10-01")
    }
    assert answers == {"2020-08-01": 200, "2025-07-01": 200, "2022-10-01": 400}
