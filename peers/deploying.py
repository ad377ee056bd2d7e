"""Azure's packages for deployments and deployment stacks, and az's own commands for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from peers.commands import signed_in
from peers.local import GROUP, Local

TEMPLATES = Path(__file__).parents[1] / "tests" / "emulator" / "templates"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


def _template(*names: str) -> dict[str, Any]:
    resources = [{"type": IDENTITY, "apiVersion": "2023-01-31", "name": name, "location": "eastus"} for name in names]
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {
        "$schema": schema,
        "contentVersion": "1.0.0.0",
        "parameters": {"secret": {"type": "securestring", "defaultValue": "s"}},
        "resources": resources,
        "outputs": {"count": {"type": "int", "value": len(names)}},
    }


def _refusal(call: Callable[[], Any]) -> str:
    """The code of the error that a call gets."""
    from azure.core.exceptions import HttpResponseError

    try:
        call()
    except HttpResponseError as error:
        return str(error.error.code if error.error else "")
    return ""


def deployments(local: Local) -> None:
    """A deployment's life: validated, compared, deployed, failed, looked up, cancelled in vain, deleted."""
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient

    client, at = local.client(DeploymentsMgmtClient), (GROUP, "peer")
    body = {"properties": {"mode": "Incremental", "template": _template("one", "two")}}
    assert len(client.deployments.begin_validate(*at, body).result().properties.validated_resources) == 2
    changes = client.deployments.begin_what_if(*at, body).result().properties.changes
    assert [item.change_type for item in changes if item.resource_id.endswith(("/one", "/two"))] == ["Create", "Create"]
    made = client.deployments.begin_create_or_update(*at, body).result()
    assert (made.properties.provisioning_state, made.properties.outputs["count"]["value"]) == ("Succeeded", 2)
    assert made.properties.parameters["secret"].get("value") is None
    assert client.deployments.check_existence(*at)
    states = [item.properties.provisioning_state for item in client.deployment_operations.list(*at)]
    assert states == ["Succeeded", "Succeeded"]
    assert len(client.deployments.export_template(*at).template["resources"]) == 2
    wrong = {"properties": {"mode": "Incremental", "template": {**_template(), "resources": [{"type": IDENTITY}]}}}
    assert _refusal(lambda: client.deployments.begin_create_or_update(GROUP, "wrong", wrong)) == "InvalidTemplate"
    client.deployments.begin_delete(*at).result()
    assert not list(client.deployments.list_by_resource_group(GROUP))
    at_subscription = {**body, "location": "eastus"}
    at_subscription["properties"] = {**body["properties"], "template": _template()}
    done = client.deployments.begin_create_or_update_at_subscription_scope("peer", at_subscription).result()
    assert done.properties.provisioning_state == "Succeeded"


def stacks(local: Local) -> None:
    """A stack's life: validated, written, changed so that something leaves it, exported, deleted."""
    from azure.mgmt.resource.deploymentstacks import DeploymentStacksClient

    both, at = local.client(DeploymentStacksClient), (GROUP, "peer")
    client, results = both.deployment_stacks, both.deployment_stacks_what_if_results_at_resource_group
    actions, deny = {"resources": "delete", "resourceGroups": "detach"}, {"mode": "none"}

    def body(*names: str) -> dict[str, Any]:
        parts = {"actionOnUnmanage": actions, "denySettings": deny, "template": _template(*names)}
        return {"properties": parts}

    validated = client.begin_validate_stack_at_resource_group(*at, body("one", "two")).result()
    assert len(validated.properties.validated_resources) == 2
    made = client.begin_create_or_update_at_resource_group(*at, body("one", "two")).result()
    assert (made.properties.provisioning_state, len(made.properties.resources)) == ("succeeded", 2)
    assert {item.status for item in made.properties.resources} == {"managed"}
    own = {"deploymentStackResourceId": made.id, "retentionInterval": "P1D"}
    wanted = {"properties": {**body("one")["properties"], **own}}
    assert results.begin_create_or_update(*at, wanted).result().properties.provisioning_state == "succeeded"
    changes = results.begin_what_if(*at, polling=False).result().properties.changes.resource_changes
    assert sorted(item.change_type for item in changes) == ["delete", "noChange"]
    results.delete(*at)
    less = client.begin_create_or_update_at_resource_group(*at, body("one")).result()
    assert [item.id.rpartition("/")[2] for item in less.properties.deleted_resources] == ["two"]
    assert client.get_at_resource_group(*at).properties.outputs["count"]["value"] == 1
    assert [item.name for item in client.list_at_resource_group(GROUP)] == ["peer"]
    assert len(client.export_template_at_resource_group(*at).template["resources"]) == 1
    client.begin_delete_at_resource_group(*at, unmanage_action_resources="delete").result()
    assert not list(client.list_at_resource_group(GROUP))


def commands(local: Local) -> None:
    """az deployment and az stack."""
    az, at = signed_in(local), f"-g {GROUP} -n peer"
    file = f"-f {TEMPLATES / 'machine-learning.json'} --parameters cluster=amlarc-cluster workspace=amlarc-ws"
    assert az(f"deployment group create {at} {file}")["properties"]["provisioningState"] == "Succeeded"
    sub = f"deployment sub create -n peer -l eastus -f {TEMPLATES / 'subscription.json'}"
    assert len(az(sub)["properties"]["outputResources"]) == 2
    stack = f"stack group create {at} -f {TEMPLATES / 'identity.json'} --deny-settings-mode none"
    assert len(az(f"{stack} --action-on-unmanage detachAll")["resources"]) == 2
    az(f"stack group delete {at} --action-on-unmanage deleteAll --yes")
