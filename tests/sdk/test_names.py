"""Names of azureml-core: those that notebooks use are here, the others say what to use instead."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

import azext_amlarc.sdk as sdk
from azext_amlarc.sdk import (
    ComputeTarget,
    ComputeTargetException,
    KubernetesCompute,
    UnsupportedName,
    Workspace,
    WorkspaceException,
)
from azext_amlarc.sdk.elsewhere import OF_COMPUTE_TARGET, OF_MODULE, OF_WORKSPACE
from tests.sdk.conftest import CLUSTER, CONFIG, GROUP
from tests.support.azure import Azure
from tests.support.connecting import Login

IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/trainer"


class NoAzure:
    """A credential that is never asked."""

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        raise AssertionError(scopes)


def unused() -> Workspace:
    return Workspace("123", "rg", "amlarc-ws", NoAzure())


@pytest.mark.parametrize("name", OF_WORKSPACE)
def test_what_a_workspace_leaves_to_others_says_so_by_its_name(name: str) -> None:
    for owner in (Workspace, unused()):
        with pytest.raises(UnsupportedName, match=f"Workspace has no {name}, unlike in azureml-core") as caught:
            getattr(owner, name)
        assert caught.value.code == "InvalidInput"
        assert caught.value.fix.endswith(".")
        assert not hasattr(owner, name)


@pytest.mark.parametrize("name", OF_COMPUTE_TARGET)
def test_what_a_compute_target_leaves_to_others_says_so_by_its_name(name: str) -> None:
    with pytest.raises(UnsupportedName, match=f"KubernetesCompute has no {name}, unlike in azureml-core"):
        getattr(ComputeTarget, name)


@pytest.mark.parametrize("name", OF_MODULE)
def test_what_the_package_leaves_to_others_says_so_when_it_is_imported(name: str) -> None:
    with pytest.raises(ImportError, match=f"azext_amlarc.sdk has no {name}, unlike azureml-core"):
        exec(f"from azext_amlarc.sdk import {name}")


def test_a_slip_is_an_ordinary_error() -> None:
    ws: Any = unused()
    for owner, name in ((ws, "locaton"), (Workspace, "form_config"), (sdk, "WorkSpace")):
        with pytest.raises(AttributeError, match=name) as caught:
            getattr(owner, name)
        assert type(caught.value) is AttributeError
    with pytest.raises(ImportError, match="cannot import name 'WorkSpace'"):
        exec("from azext_amlarc.sdk import WorkSpace")
    assert copy.copy(ws).name == "amlarc-ws"


def test_a_target_has_what_azureml_cores_has(ws: Workspace) -> None:
    configuration = KubernetesCompute.attach_configuration(
        resource_id=CLUSTER, namespace="default", identity_type="UserAssigned", identity_ids=[IDENTITY]
    )
    target = ComputeTarget.attach(ws, "k3s-cluster", configuration)
    assert target.workspace is ws
    assert target.status.provisioning_state == "Creating"
    target.wait_for_completion(show_output=True)
    found = ComputeTarget(workspace=ws, name="k3s-cluster")
    assert (found.identity_type, list(found.identity_ids or {})) == ("UserAssigned", [IDENTITY])
    assert (found.is_attached, found.cluster_location, found.status.serialize()["provisioningState"]) == (
        True,
        "eastus",
        "Succeeded",
    )
    assert [target.name for target in KubernetesCompute.list(ws)] == ["k3s-cluster"]
    found.detach()
    found.wait_for_completion(show_output=True, is_delete_operation=True)
    assert found.provisioning_state == "Deleting"
    assert dict(ws.compute_targets) == {}


def test_a_target_without_an_identity_has_none(ws: Workspace) -> None:
    target = ComputeTarget.attach(ws, "k8s", KubernetesCompute.attach_configuration(CLUSTER))
    assert (target.identity_type, target.identity_ids) == (None, None)


@pytest.mark.parametrize("given", [IDENTITY, [IDENTITY], [IDENTITY[1:]], (f"{IDENTITY}, {IDENTITY[1:]}",)])
def test_identities_are_taken_as_public_listings_write_them(given: Any) -> None:
    wanted = KubernetesCompute.attach_configuration(CLUSTER, identity_type="UserAssigned", identity_ids=given)
    assert set(wanted.user_assigned_identities) == {IDENTITY}


def test_arguments_of_the_first_preview_are_taken_if_they_agree() -> None:
    configure: Any = KubernetesCompute.attach_configuration
    wanted = configure(cluster_name="AMLARC-cluster", resource_group="rg", resource_id=CLUSTER)
    assert str(wanted.cluster) == CLUSTER
    with pytest.raises(ComputeTargetException) as caught:
        configure(cluster_name="other", resource_group="others", resource_id=CLUSTER)
    assert caught.value.message.splitlines() == [
        "cluster_name: 'other' is not 'amlarc-cluster', as in resource_id.",
        "resource_group: 'others' is not 'rg', as in resource_id.",
    ]


def test_identities_in_the_place_of_instance_types_are_told() -> None:
    configure: Any = KubernetesCompute.attach_configuration
    with pytest.raises(ComputeTargetException, match="default_instance_type: UserAssigned is a type of") as caught:
        configure(CLUSTER, "default", "UserAssigned", [IDENTITY])
    assert caught.value.fix.startswith("Pass identity_type and identity_ids by name")


@pytest.mark.parametrize("wrong", [{"identity_ids": [7]}, {"identity_ids": ["x"]}])
def test_identities_that_are_none_are_told(wrong: Any) -> None:
    with pytest.raises(ComputeTargetException, match="identity_ids: "):
        KubernetesCompute.attach_configuration(CLUSTER, **wrong)


def test_a_wait_takes_no_flag_for_its_time(ws: Workspace) -> None:
    target: Any = ComputeTarget.attach(ws, "k8s", KubernetesCompute.attach_configuration(CLUSTER))
    with pytest.raises(ComputeTargetException, match="timeout: expected a number"):
        target.wait_for_completion(True, True)


def test_workspaces_are_listed_by_name(azure: Azure) -> None:
    login = Login(azure)
    listed = Workspace.list("123", login)
    assert repr(listed["amlarc-ws"]) == "[Workspace('123', 'rg', 'amlarc-ws')]"
    assert listed["amlarc-ws"][0].location == "eastus"
    assert list(Workspace.list("123", auth=login, resource_group="rg")) == list(listed)
    with pytest.raises(WorkspaceException, match="resource_group"):
        Workspace.list("123", auth=login, resource_group="r g")


def test_a_workspace_is_found_by_its_name_alone(azure: Azure) -> None:
    found = Workspace.get(name="amlarc-ws", subscription_id="123", auth=Login(azure), location="westus")
    assert (found.resource_group, found.location) == ("rg", "eastus")
    with pytest.raises(WorkspaceException, match="There is no workspace 'nowhere'") as caught:
        Workspace.get(name="nowhere", subscription_id="123", auth=Login(azure))
    assert caught.value.code == "NotFound"
    with pytest.raises(WorkspaceException, match="subscription_id: the subscription is empty"):
        Workspace.get(name="amlarc-ws")


def test_a_workspace_has_its_tags_sku_and_discovery_url(ws: Workspace, azure: Azure) -> None:
    body = azure.state()["resources"]
    [stored] = [item for id_, item in body.items() if id_.lower().endswith("/workspaces/amlarc-ws")]
    properties = stored.get("body", stored).get("properties", {})
    assert ws.discovery_url == properties.get("discoveryUrl")
    assert (ws.tags, ws.sku) == (stored.get("body", stored).get("tags") or {}, "Basic")


def test_a_written_configuration_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    unused().write_config()
    assert json.loads((tmp_path / ".azureml" / "config.json").read_text()) == CONFIG
    assert Workspace.from_config(auth=NoAzure()).id == unused().id
    unused().write_config(tmp_path / "below", file_name="ws.json")
    assert Workspace.from_config(tmp_path / "below", _file_name="ws.json").id == unused().id
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceException):
        unused().write_config(tmp_path / "file")


def test_a_target_that_is_not_there_says_how_to_list_those_that_are(ws: Workspace) -> None:
    with pytest.raises(ComputeTargetException) as caught:
        ComputeTarget(ws, "other")
    assert caught.value.fix == "To list them: ComputeTarget.list(workspace)"
