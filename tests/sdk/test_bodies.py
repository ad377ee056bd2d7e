"""What an attach sends, beside what the two SDKs send for the same input (tests/golden/attach-bodies.json).

The management SDK's bodies are what its models come to, run here; azureml-core's are literals, since that package pins
more than the tools of development can hold.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.mgmt.machinelearningservices import models

from azext_amlarc.sdk import ComputeTarget, KubernetesCompute, Workspace
from tests.sdk.conftest import CLUSTER
from tests.support.azure import ROOT, Azure

CASES: dict[str, dict[str, Any]] = json.loads((ROOT / "tests" / "golden" / "attach-bodies.json").read_text())
MANAGEMENT = "azure-mgmt 2.0.0b2"
CORE = [(case, name) for case, bodies in CASES.items() for name in bodies if name.startswith("azureml-core")]

# Where we send something else than azureml-core did to api 2020-02-02: the path, and why.
REASONS = {
    "$.properties.description": "an empty text says nothing, and would overwrite one",
    "$.properties.namespace": "api 2023-04-01 has it inside the properties of Kubernetes alone",
    "$.properties.defaultInstanceType": "api 2023-04-01 has it inside the properties of Kubernetes alone",
    "$.properties.instanceTypes": "api 2023-04-01 has them inside the properties of Kubernetes alone",
    "$.properties.identityType": "api 2023-04-01 has the identity beside the properties alone",
    "$.properties.identityIds": "api 2023-04-01 has the identity beside the properties alone",
    "$.properties.properties.namespace": "api 2023-04-01 has the default namespace by its name, and takes no null",
    "$.properties.properties.instanceTypes.any.nodeSelector": "api 2023-04-01 takes no null",
    "$.properties.properties.instanceTypes.any.resources.requests.cpu": "api 2023-04-01 takes quantities as text",
    "$.properties.properties.instanceTypes.any.resources.limits.cpu": "api 2023-04-01 takes quantities as text",
}


def sent(ws: Workspace, azure: Azure, case: str) -> Any:
    configuration = KubernetesCompute.attach_configuration(CLUSTER, **CASES[case]["input"])
    ComputeTarget.attach(ws, "amlarc-compute", configuration)
    [body] = [item["requestBody"] for item in azure.traffic() if item["method"] == "PUT"]
    return body


def as_management_sdk(
    namespace: str | None = None,
    default_instance_type: str | None = None,
    instance_types: dict[str, Any] | None = None,
    identity_type: str | None = None,
    identity_ids: list[str] | None = None,
) -> Any:
    """The body that the SDK's own models make of the same input; a namespace that is not given is its default."""
    kinds = {
        name: models.InstanceTypeSchema(
            node_selector=kind.get("nodeSelector"),
            resources=models.InstanceTypeSchemaResources(**kind["resources"]) if "resources" in kind else None,
        )
        for name, kind in (instance_types or {}).items()
    }
    own = models.KubernetesProperties(
        **({"namespace": namespace} if namespace else {}),
        default_instance_type=default_instance_type,
        instance_types=kinds or None,
    )
    ids = {id_: models.UserAssignedIdentity() for id_ in identity_ids or []}
    identity = models.ManagedServiceIdentity(type=identity_type, user_assigned_identities=ids or None)
    compute = models.ComputeResource(
        location="eastus",
        identity=identity if identity_type else None,
        properties=models.Kubernetes(resource_id=CLUSTER, properties=own),
    )
    return compute.serialize()


def differences(ours: Any, theirs: Any, path: str = "$") -> Iterator[str]:
    """The paths at which two bodies differ; what only one of them has is one difference, however much is below."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            if key in ours and key in theirs:
                yield from differences(ours[key], theirs[key], f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif ours != theirs:
        yield path


@pytest.mark.parametrize("case", CASES)
def test_the_body_is_that_of_the_management_sdk(ws: Workspace, azure: Azure, case: str) -> None:
    expected = CASES[case][MANAGEMENT]
    assert as_management_sdk(**CASES[case]["input"]) == expected
    assert sent(ws, azure, case) == expected


@pytest.mark.parametrize(("case", "core"), CORE)
def test_the_body_is_azureml_cores_but_for_what_has_a_reason(ws: Workspace, azure: Azure, case: str, core: str) -> None:
    assert set(differences(sent(ws, azure, case), CASES[case][core])) <= set(REASONS)


def test_every_reason_is_needed() -> None:
    found = {path for case, core in CORE for path in differences(CASES[case][MANAGEMENT], CASES[case][core])}
    assert found == set(REASONS)


def test_identities_without_a_type_are_user_assigned(ws: Workspace, azure: Azure) -> None:
    [identity] = CASES["a user-assigned identity"]["input"]["identity_ids"]
    ComputeTarget.attach(ws, "amlarc-compute", KubernetesCompute.attach_configuration(CLUSTER, identity_ids=[identity]))
    [body] = [item["requestBody"] for item in azure.traffic() if item["method"] == "PUT"]
    assert body["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
