"""Workspaces: found by a config.json as Azure ML's SDKs find it, and looked into lazily."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.identity import ClientSecretCredential

from azext_amlarc.sdk import ComputeTarget, KubernetesCompute, Workspace, WorkspaceException
from tests.sdk.conftest import CLUSTER, CONFIG
from tests.support.azure import Azure
from tests.support.connecting import Login


def write_config(file: Path, name: str = "amlarc-ws") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**CONFIG, "workspace_name": name}))


def test_a_config_beside_the_program_names_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(tmp_path / "config.json")
    monkeypatch.chdir(tmp_path)
    ws = Workspace.from_config()
    assert (ws.subscription_id, ws.resource_group, ws.name) == ("123", "rg", "amlarc-ws")
    assert repr(ws) == "Workspace('123', 'rg', 'amlarc-ws')"


def test_the_search_goes_upwards_and_prefers_the_azureml_folder(tmp_path: Path) -> None:
    write_config(tmp_path / ".azureml" / "config.json", "above")
    below = tmp_path / "a" / "b"
    write_config(below / "config.json", "beside")
    assert Workspace.from_config(below).name == "above"
    assert Workspace.from_config(below / "config.json").name == "beside"


def test_a_config_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(CONFIG).encode())
    assert Workspace.from_config(str(tmp_path)).name == "amlarc-ws"


def test_a_config_may_name_the_workspace_by_its_id_as_older_ones_do(tmp_path: Path) -> None:
    scope = "/subscriptions/123/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/amlarc-ws"
    (tmp_path / "config.json").write_text(json.dumps({"Id": None, "Scope": scope}))
    ws = Workspace.from_config(tmp_path)
    assert (ws.subscription_id, ws.resource_group, ws.name) == ("123", "rg", "amlarc-ws")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"Scope": "/subscriptions/123"}', "lacks subscription_id, resource_group, workspace_name."),
        ('{"subscription_id": "123"}', "lacks resource_group, workspace_name."),
        ('{"subscription_id": "123", "resource_group": 7, "workspace_name": "w"}', "lacks resource_group."),
        ('{"subscription_id": "", "resource_group": " ", "workspace_name": "a/b"}', f"lacks {', '.join(CONFIG)}."),
        (
            '{"subscription_id": "\\ud800", "resource_group": ["g"], "workspace_name": {}}',
            f"lacks {', '.join(CONFIG)}.",
        ),
        ('{"Scope": ["x"], "subscription_id": null}', "lacks subscription_id, resource_group, workspace_name."),
        ("[]", "is not a JSON object."),
        ("1", "is not a JSON object."),
        ("null", "is not a JSON object."),
        ("{", "is not valid JSON: "),
        ("", "is not valid JSON: "),
        ("\\xff", "is not valid JSON: "),
        ('{"a": ' + "1" * 5000 + "}", "is not valid JSON: "),
        ("[" * 100_000, "is not valid JSON: it is nested too deeply"),
        ('{"a":' * 100_000, "is not valid JSON: it is nested too deeply"),
    ],
    ids=lambda content: content[:40],
)
def test_a_config_that_names_no_workspace_is_told(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(WorkspaceException) as caught:
        Workspace.from_config(tmp_path)
    assert caught.value.code == "InvalidInput"
    assert caught.value.message.startswith(f"{tmp_path / 'config.json'} {message}")


@pytest.mark.parametrize("content", [b"\xff", b"\x80{}", b"\xfe\xff\x00{"])
def test_a_config_that_is_no_text_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(WorkspaceException, match="is not valid JSON"):
        Workspace.from_config(tmp_path)


@pytest.mark.parametrize("path", ["a\0b", "loop", "x" * 5000])
def test_a_place_that_cannot_be_searched_is_told(tmp_path: Path, path: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(WorkspaceException, match=r"config\.json") as caught:
        Workspace.from_config(tmp_path / path)
    assert caught.value.code == "InvalidInput"


def test_a_config_that_is_a_pipe_is_not_searched_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(WorkspaceException):
        Workspace.from_config(tmp_path / "config.json")


def test_a_search_that_finds_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceException, match=r"No config\.json found in .* or above it"):
        Workspace.from_config(tmp_path)


def test_a_workspace_is_named_by_azureml_cores_own_word_too() -> None:
    ws = Workspace(subscription_id="123", resource_group="rg", workspace_name="amlarc-ws")
    assert ws.name == "amlarc-ws"
    both: Any
    for both in ({}, {"name": "amlarc-ws", "workspace_name": "amlarc-ws"}):
        with pytest.raises(WorkspaceException, match="either name or workspace_name"):
            Workspace("123", "rg", **both)


@pytest.mark.parametrize("bad", ["", ".", "..", "a/b"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_name_that_azure_never_accepts_makes_no_workspace(place: int, bad: str) -> None:
    names: Any = ["123", "rg", "amlarc-ws"]
    names[place] = bad
    with pytest.raises(WorkspaceException) as caught:
        Workspace(*names)
    assert caught.value.code == "InvalidInput"


def test_location_and_details_are_azures_in_one_dictionary(ws: Workspace, azure: Azure) -> None:
    assert ws.location == ws.location == "eastus"
    assert len(azure.traffic()) == 1
    details = ws.get_details()
    assert (details["name"], details["location"]) == ("amlarc-ws", "eastus")
    assert details["provisioningState"] == "Succeeded"
    assert "properties" not in details
    assert len(azure.traffic()) == 2


def test_a_workspace_asks_nothing_before_something_is_wanted(azure: Azure) -> None:
    ws = Workspace("123", "rg", "no-such-workspace", credential=Login(azure))
    targets = ws.compute_targets
    assert azure.traffic() == []
    with pytest.raises(WorkspaceException) as caught:
        len(targets)
    assert caught.value.code == "NotFound"
    assert caught.value.message == "There is no workspace 'no-such-workspace' in the resource group 'rg'."
    assert caught.value.correlation_id


def test_a_workspace_can_be_in_a_cloud_of_its_own(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARM_CLOUD_METADATA_URL")
    cloud = azure.python_env["ARM_CLOUD_METADATA_URL"]
    ws = Workspace("123", "rg", "amlarc-ws", credential=Login(azure), cloud=cloud)
    assert dict(ws.compute_targets) == {}


def test_get_finds_out_whether_the_workspace_exists(azure: Azure) -> None:
    assert Workspace.get("amlarc-ws", "123", "rg", credential=Login(azure)).name == "amlarc-ws"
    with pytest.raises(WorkspaceException, match="There is no workspace 'other'"):
        Workspace.get("other", "123", "rg", credential=Login(azure))


def test_compute_targets_are_a_mapping_of_one_request(ws: Workspace, azure: Azure) -> None:
    ComputeTarget.attach(ws, "first", KubernetesCompute.attach_configuration(CLUSTER)).wait_for_completion()
    before = len(azure.traffic())
    targets = ws.compute_targets
    assert "first" in targets
    assert "other" not in targets
    assert list(targets) == ["first"]
    assert len(targets) == 1
    assert type(targets["first"]) is KubernetesCompute
    shown = "name='first', cluster='amlarc-cluster', namespace='default', provisioning_state='Succeeded'"
    assert repr(targets["first"]) == f"KubernetesCompute({shown})"
    assert repr(targets) == f"{{'first': KubernetesCompute({shown})}}"
    assert targets["first"].details.resource_id == CLUSTER
    assert [item["method"] for item in azure.traffic()[before:]] == ["GET"]
    with pytest.raises(KeyError):
        targets["other"]


def test_computes_of_another_kind_are_not_among_the_targets(ws: Workspace, azure: Azure) -> None:
    compute = {"name": "cpus", "location": "eastus", "properties": {"computeType": "AmlCompute"}}
    azure.fault(method="GET", path="/computes$", status=200, body={"value": [compute]})
    assert "cpus" not in ws.compute_targets


def test_a_config_with_a_key_twice_is_refused(tmp_path: Path) -> None:
    twice = '{"subscription_id": "1", "subscription_id": "2", "resource_group": "g", "workspace_name": "wsp"}'
    (tmp_path / "config.json").write_text(twice)
    with pytest.raises(WorkspaceException, match="same key twice"):
        Workspace.from_config(tmp_path)


@pytest.mark.parametrize("given", [(None, "g", "wsp"), ("s", None, "wsp"), (1, "g", "wsp"), ("s", "g", 5)])
def test_names_that_are_no_text_are_refused(given: tuple[Any, Any, Any]) -> None:
    with pytest.raises(WorkspaceException, match=r"empty|not text"):
        Workspace(*given)


class OldCredential:
    """What azureml-core's authentication classes have: a method get_token."""

    def __init__(self, azure: Azure) -> None:
        self._login = Login(azure)

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        return self._login.get_token(*scopes, **options)


def test_auth_is_azureml_cores_word_for_the_credential(azure: Azure, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    auth = OldCredential(azure)
    for ws in (
        Workspace("123", "rg", "amlarc-ws", auth=auth),
        Workspace.from_config(tmp_path, auth=auth),
        Workspace.get("amlarc-ws", auth=auth, subscription_id="123", resource_group="rg"),
    ):
        assert ws.location == "eastus"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"auth": "token"}, "The credential has no method get_token."),
        ({"credential": "token"}, "The credential has no method get_token."),
        ({"auth": ClientSecretCredential("t", "c", "s"), "credential": ClientSecretCredential("t", "c", "s")}, "same"),
    ],
)
def test_what_is_no_credential_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(WorkspaceException, match=message) as caught:
        Workspace("123", "rg", "amlarc-ws", **options)
    assert caught.value.fix
