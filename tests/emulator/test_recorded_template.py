"""A template of Microsoft's own, azure-ai-ml's for a workspace, and what Azure made of its parameters, as recorded."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.azure import Azure

RECORDING = Path(__file__).parents[3] / "shared/specs/recordings/ml_workspace_lro.yaml"
# What is masked in one place only, and what Azure worked out of masked names, of where it deployed, by chance.
OF_THAT_DAY = {
    "cmk_keyvault",
    "offline_store_storage_account_name",
    "offline_store_container_name",
    *(
        f"{of}_{part}"
        for of in ("offline_store", "materialization_identity")
        for part in ("resource_group_name", "subscription_id")
    ),
}


def exchange() -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of a deployment and of Azure's answer."""
    if not RECORDING.exists():
        pytest.skip("the recordings are not in this checkout")
    recorded = yaml.safe_load(RECORDING.read_text(encoding="utf-8"))["interactions"]
    found = next(
        item for item in recorded if item["request"]["method"] == "PUT" and "/deployments/" in item["request"]["uri"]
    )
    return json.loads(found["request"]["body"]), json.loads(found["response"]["body"])


def test_parameters_are_read_as_azure_read_them(azure: Azure) -> None:
    sent, answered = exchange()
    properties = {**sent["properties"], "validationLevel": "Template"}
    reply = azure.call(
        "POST",
        f"{azure.group}/providers/Microsoft.Resources/deployments/d/validate",
        "2020-06-01",
        {"properties": properties},
    )
    assert reply.status == 200, reply.body
    ours, theirs = (body["properties"]["parameters"] for body in (reply.body, answered))
    assert ours.keys() == theirs.keys()
    assert {key: item for key, item in ours.items() if key not in OF_THAT_DAY} == {
        key: item for key, item in theirs.items() if key not in OF_THAT_DAY
    }
    assert ours["offline_store_resource_group_name"]["value"] == "amlarc-rg"
    assert [item["namespace"] for item in reply.body["properties"]["providers"]] == [
        item["namespace"] for item in answered["properties"]["providers"]
    ]
    assert reply.body["properties"]["dependencies"] == answered["properties"]["dependencies"] == []
