"""az's own `az deployment` against the local Azure, with the template of what this product deploys."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator.deploying import FILE, SECRET
from tests.support.az import AZ_VERSION, Az
from tests.support.azure import Azure, running
from tests.support.fleets import end

PARAMETERS = ("--parameters", "cluster=amlarc-cluster", "workspace=amlarc-ws", f"serviceBus={SECRET}")
TEMPLATE = ("-g", "amlarc-rg", "-n", "d", "-f", str(FILE), *PARAMETERS)
NAMED = ("-g", "amlarc-rg", "-n", "d")


@pytest.fixture(scope="module")
def template_az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Az, Azure]]:
    """az with a local Azure of its own: api-versions of deployments that armcheck has no Swagger for are asked for."""
    with (
        running(tmp_path_factory.mktemp("azure"), "--polls", "0", "--retry-after", "1") as azure,
        Az(azure).forking() as az,
    ):
        az.sign_in(azure)
        yield az, azure


def test_az_compares_creates_shows_and_deletes_a_deployment(template_az: tuple[Az, Azure]) -> None:
    az, azure = template_az
    compared = az.must("deployment", "group", "what-if", *TEMPLATE).stdout
    assert "Resource changes: 6 to create, 4 to ignore." in compared
    created = az.must("deployment", "group", "create", *TEMPLATE).object["properties"]
    assert (created["provisioningState"], created["outputs"]["extension"]["value"]) == ("Succeeded", "1.1.64")
    shown = az.must("deployment", "group", "show", *NAMED)
    assert shown.object["properties"]["parameters"]["serviceBus"] == {"type": "SecureString"}
    assert SECRET not in shown.stdout + compared
    assert [item["name"] for item in az.must("deployment", "group", "list", "-g", "amlarc-rg").object] == ["d"]
    again = az.must("deployment", "group", "what-if", *TEMPLATE).stdout
    assert "Resource changes: 6 no change, 4 to ignore." in again
    az.must("deployment", "group", "delete", *NAMED)
    assert az("deployment", "group", "show", *NAMED).code == 3
    sent = [item["requestBody"] for item in azure.traffic() if item["method"] == "PUT"]
    assert all(isinstance(body, str) and ", template:{" in body and "// What this product" in body for body in sent)


def test_az_deploys_what_export_makes_of_a_manifest_and_then_there_is_nothing_left_to_do(
    template_az: tuple[Az, Azure], tmp_path: Path
) -> None:
    az, azure = template_az
    azure.reset()
    manifest = (
        "apiVersion: amlarc/v1alpha1\nkind: Fleet\nmetadata: {name: plants}\nspec:\n"
        "  clusters: [{name: amlarc-cluster, resourceGroup: amlarc-rg}]\n"
        '  extension: {settings: {enableTraining: "True", servicebus.enabled: "True"}}\n'
        "  computes: [{workspace: amlarc-ws, name: k8s-ml, namespace: ml}]\n"
    )
    (tmp_path / "fleet.yaml").write_text(manifest, encoding="utf-8")
    az.must("amlarc", "export", "-f", "fleet.yaml", "--format", "arm", "--output-file", "plants.json", folder=tmp_path)
    az.must("deployment", "group", "create", "-g", "amlarc-rg", "-n", "plants", "-f", "plants.json", folder=tmp_path)
    begun = len(azure.traffic())
    cluster = ("-c", "amlarc-cluster", "-g", "amlarc-rg")
    az.must("amlarc", "extension", "create", *cluster, "--config", "enableTraining=True", "servicebus.enabled=True")
    az.must("amlarc", "attach", "-n", "k8s-ml", "-w", "amlarc-ws", *cluster, "--namespace", "ml")
    assert [item["url"] for item in azure.traffic()[begun:] if item["method"] == "PUT"] == []


def test_az_tells_why_a_deployment_is_refused_or_fails(template_az: tuple[Az, Azure]) -> None:
    az, _ = template_az
    group = ("deployment", "group", "create", "-g", "amlarc-rg", "-n", "bad", "-f", str(FILE), "--parameters")
    validated = az.must(*group[:2], "validate", *group[3:], "cluster=c", "workspace=w").object["properties"]
    assert len(validated["validatedResources"]) == 6
    refused = az(*group, "cluster=", "workspace=amlarc-ws")
    assert refused.code == 1
    # Earlier ones lose what Azure says: https://github.com/Azure/azure-cli/issues/31902
    if AZ_VERSION.release >= (2, 78):
        assert "InvalidTemplate" in refused.stderr
    failed = az(*group, "cluster=nowhere", "workspace=amlarc-ws")
    assert (failed.code, "DeploymentFailed" in failed.stderr, "ParentResourceNotFound" in failed.stderr) == (
        1,
        True,
        True,
    )


def test_az_deploys_to_a_subscription(template_az: tuple[Az, Azure]) -> None:
    az, _ = template_az
    document = FILE.with_name("subscription.json")
    created = az.must("deployment", "sub", "create", "-l", "eastus", "-n", "s", "-f", str(document)).object[
        "properties"
    ]
    assert [item["id"].rpartition("/")[2] for item in created["outputResources"]] == ["fleet", "of-fleet"]
    assert created["outputs"]["identity"]["value"].endswith(
        "/resourceGroups/fleet/providers/Microsoft.ManagedIdentity/userAssignedIdentities/of-fleet"
    )
    listed = az.must("deployment", "operation", "sub", "list", "-n", "s").object
    assert {item["properties"]["provisioningState"] for item in listed} == {"Succeeded"}


def test_az_writes_shows_and_deletes_a_stack(template_az: tuple[Az, Azure]) -> None:
    az, azure = template_az
    stack = ("-g", "amlarc-rg", "-n", "s")
    template = ("-f", str(FILE.with_name("identity.json")), "--deny-settings-mode", "none", "--yes")
    first = ("stack", "group", "create", *stack, *template, "--action-on-unmanage", "detachAll")
    made = az.must(*first, "--parameters", f"secret={SECRET}").object
    assert (made["provisioningState"], len(made["resources"]), made["outputs"]["count"]["value"]) == ("succeeded", 2, 2)
    assert SECRET not in az.must("stack", "group", "show", *stack).stdout
    fewer = ("--action-on-unmanage", "deleteResources", "--parameters", 'names=["one"]')
    if AZ_VERSION.release >= (2, 89):  # the first with this command
        named = ("-g", "amlarc-rg", "-n", "w", "--stack-id", made["id"], "--retention-interval", "P1D", "--no-color")
        compared = az.must("stack-whatif", "group", "create", *named, *template[:-1], *fewer).stdout
        assert "Deleting - Resources Marked for Deletion 1 total:" in compared
    changed = az.must("stack", "group", "create", *stack, *template, *fewer).object
    assert [item["id"].rpartition("/")[2] for item in changed["deletedResources"]] == ["two"]
    assert [item["name"] for item in az.must("stack", "group", "list", "-g", "amlarc-rg").object] == ["s"]
    az.must("stack", "group", "delete", *stack, "--action-on-unmanage", "deleteAll", "--yes")
    assert not [id_ for id_ in azure.state()["resources"] if id_.endswith(("/one", "/two", "/deploymentstacks/s"))]
    assert az("stack", "group", "show", *stack).code == 3


def test_az_tells_why_a_stack_fails(template_az: tuple[Az, Azure], tmp_path: Path) -> None:
    az, _ = template_az
    document = json.loads(FILE.with_name("identity.json").read_text())
    document["resources"][0]["scope"] = "Microsoft.Kubernetes/connectedClusters/nowhere"
    file = tmp_path / "t.json"
    file.write_text(json.dumps(document))
    stack = ("-g", "amlarc-rg", "-n", "bad", "-f", str(file), "--deny-settings-mode", "none", "--action-on-unmanage")
    failed = az("stack", "group", "create", *stack, "detachAll")
    assert (failed.code, "DeploymentStackDeploymentFailed" in failed.stderr) == (1, True)


def test_what_is_exported_deploys_to_the_same_end_by_az_as_a_deployment_and_as_a_stack(
    template_az: tuple[Az, Azure], tmp_path: Path
) -> None:
    az, azure = template_az
    azure.reset()
    seeded = [*azure.state()["resources"]]
    cluster, compute = ("-c", "amlarc-cluster", "-g", "amlarc-rg"), ("-w", "amlarc-ws", "-n", "k8s")
    az.must("amlarc", "extension", "create", *cluster, "--config", "enableTraining=True")
    az.must("amlarc", "attach", *cluster, *compute)
    file = tmp_path / "fleet.json"
    file.write_text(az.must("amlarc", "export", *cluster, "--format", "arm").stdout)
    made = end(azure, seeded)
    assert len(made) == 6
    azure.reset()
    az.must("deployment", "group", "create", "-g", "amlarc-rg", "-n", "d", "-f", str(file))
    assert end(azure, seeded) == made
    azure.reset()
    owner = ("--deny-settings-mode", "none", "--action-on-unmanage", "detachAll")
    az.must("stack", "group", "create", "-g", "amlarc-rg", "-n", "s", "-f", str(file), *owner)
    assert end(azure, seeded) == made
