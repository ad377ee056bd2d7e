"""Microsoft.MachineLearningServices: workspaces, to be read, and the Kubernetes clusters attached to them."""

import re
import uuid
from datetime import UTC, datetime

from amlarc_emulator.arm import clock, operations, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Call, Cloud, Ending, Json, Operation, Reply, Resource, ResourceType
from amlarc_emulator.providers import container_service, kubernetes, kubernetes_configuration, managed_identity

WORKSPACE = "microsoft.machinelearningservices/workspaces"
COMPUTE = "microsoft.machinelearningservices/workspaces/computes"
COMPUTE_NAME = re.compile(r"[A-Za-z0-9-]{2,16}")
# The last api-version whose Swagger doesn't have a property of workspaces yet.
BEFORE = {"v1LegacyMode": "2021-07-01", "enableDataIsolation": "2023-04-01"}
UNATTACHED = ("Delete", "Detach")
INSTANCE_TYPE: shapes.Shape = {
    "nodeSelector": shapes.Each(str),
    "resources": {"requests": shapes.Each(str), "limits": shapes.Each(str)},
}
KUBERNETES: shapes.Shape = {
    "relayConnectionString": str,
    "serviceBusConnectionString": str,
    "extensionPrincipalId": str,
    "extensionInstanceReleaseTrain": str,
    "vcName": str,
    "namespace": str,
    "defaultInstanceType": str,
    "instanceTypes": shapes.Each(INSTANCE_TYPE),
}
WRITABLE: shapes.Shape = {
    "computeType": str,
    "computeLocation": str,
    "description": str,
    "resourceId": str,
    "disableLocalAuth": bool,
    "properties": KUBERNETES,
}


def put(call: Call) -> Reply:
    """PUT a compute: always 201 and an operation, which fails when the cluster can't be attached."""
    asked = call.body.get("properties") or {}
    _validate(call, asked)
    known = call.existing
    body = {
        "location": call.body.get("location") or call.parent.body["location"],
        "tags": call.body.get("tags"),
        "properties": _properties(asked, call.parent, known),
    }
    if identity := call.body.get("identity"):
        body["identity"] = _identity(call.cloud, identity, known.body.get("identity") if known else None)
    compute = call.cloud.state.add(Resource(known.id if known else call.id, COMPUTE, body))
    ending = call.ending or _obstacle(call.cloud, str(asked.get("resourceId") or ""))
    operation = _begin(call, compute, "create", ending)
    return Reply(201, call.shown(compute), {"azure-asyncoperation": call.cloud.endpoint + operation.target})


def delete(call: Call) -> Reply:
    """DELETE a compute: 202 and an operation; the query must say what happens to the cluster."""
    action = call.query.get("underlyingresourceaction", "")
    if action.lower() not in [word.lower() for word in UNATTACHED]:
        raise user_error(call, 400, "The query parameter underlyingResourceAction must be one of Delete, Detach.")
    compute = call.resource
    compute.properties["provisioningState"] = "Deleting"
    operation = _begin(call, compute, "delete", call.ending)
    return Reply(202, headers={"azure-asyncoperation": call.cloud.endpoint + operation.target})


def ended(cloud: Cloud, compute: Resource, operation: Operation) -> None:
    """An attached compute has the extension's identity; a failed one has the reason."""
    if operation.verb == "delete" and operation.status == "Succeeded":
        cloud.state.remove(compute.id)
        return
    properties = compute.properties
    properties |= {"provisioningState": operation.status, "modifiedOn": _now()}
    properties["provisioningErrors"] = [{"error": operation.error}] if operation.error else None
    compute.body["tags"] = compute.body["tags"] or {}
    extension = extension_on(cloud, properties["resourceId"])
    if operation.status == "Succeeded" and extension:
        identity = extension.body.get("identity") or extension.properties["aksAssignedIdentity"] or {}
        properties["properties"] |= {
            "extensionPrincipalId": identity.get("principalId"),
            "extensionInstanceReleaseTrain": extension.properties["releaseTrain"],
        }


def report(_cloud: Cloud, operation: Operation) -> Reply:
    """The operation's URL: a status, neither id nor name."""
    body: Json = {"status": operation.status or operation.running}
    if operation.status == "Succeeded":
        body["percentComplete"] = 100.0
    if operation.status == "Failed" and operation.error:
        body["error"] = operation.error
    return Reply(200, body, {"x-ms-response-type": "standard"})


def seeded_workspace(cloud: Cloud, id_: str, given: Json) -> Resource:
    """A workspace with the resources that belong to it, by id only."""
    location, name, unique = given["location"], name_of(id_), str(uuid.uuid4())
    around = id_.partition("/providers/")[0] + "/providers"
    properties = {
        "friendlyName": name,
        "description": "",
        "storageAccount": f"{around}/Microsoft.Storage/storageAccounts/{name.replace('-', '')}",
        "keyVault": f"{around}/Microsoft.Keyvault/vaults/{name}",
        "applicationInsights": f"{around}/Microsoft.insights/components/{name}",
        "hbiWorkspace": False,
        "tenantId": cloud.state.tenant,
        "imageBuildCompute": None,
        "provisioningState": "Succeeded",
        "v1LegacyMode": False,
        "containerRegistry": None,
        "notebookInfo": {
            "resourceId": unique.replace("-", ""),
            "fqdn": f"ml-{name}-{location}-{unique}.{location}.notebooks.azure.net",
            "notebookPreparationError": None,
        },
        "storageHnsEnabled": False,
        "workspaceId": unique,
        "privateLinkCount": 0,
        "publicNetworkAccess": "Enabled",
        "discoveryUrl": f"{cloud.endpoint}/discovery",
        "mlFlowTrackingUri": f"azureml://{location}.api.azureml.ms/mlflow/v1.0{id_}",
        "enableDataIsolation": False,
        **given.get("properties", {}),
    }
    body = {
        "location": location,
        "tags": given.get("tags", {}),
        "properties": properties,
        "identity": _identity(cloud, given.get("identity", {"type": "SystemAssigned"})),
        "kind": "Default",
        "sku": {"name": "Basic", "tier": "Basic"},
        "systemData": kubernetes.system_data(cloud),
    }
    return Resource(id_, WORKSPACE, body)


def seeded_compute(cloud: Cloud, id_: str, given: Json) -> Resource:
    """An attached compute; `given` has the body of a PUT and may have any provisioningState."""
    workspace = cloud.state.get(id_.rpartition("/computes/")[0])
    if workspace is None:
        raise ValueError(f"the seed has no workspace for {id_}")
    asked = given["properties"]
    told = {key: asked[key] for key in ("provisioningState", "provisioningErrors") if key in asked}
    properties = {**_properties(asked, workspace, None), "provisioningState": "Succeeded", **told}
    body = {"location": workspace.body["location"], "tags": given.get("tags", {}), "properties": properties}
    if identity := given.get("identity"):
        body["identity"] = _identity(cloud, identity)
    return Resource(id_, COMPUTE, body)


def show_workspace(workspace: Resource, version: str) -> Json:
    """The workspace without what its api-version doesn't have."""
    shown = {key: item for key, item in workspace.properties.items() if version > BEFORE.get(key, "")}
    body = {**workspace.body, "properties": shown}
    if version < "2024-04-01":
        del body["kind"]
    return body


def _validate(call: Call, asked: Json) -> None:
    """What the service refuses at once, before any operation."""
    if not COMPUTE_NAME.fullmatch(call.name):
        reason = "It can include letters, digits and dashes, and must be between 2 and 16 characters long."
        raise user_error(call, 400, f"The compute name '{call.name}' is invalid. {reason}")
    if asked.get("computeType") != "Kubernetes":
        raise user_error(call, 400, f"The compute type '{asked.get('computeType')}' is not supported here.")
    if not asked.get("resourceId"):
        raise user_error(call, 400, "A compute of type Kubernetes needs the resourceId of its cluster.")


def _obstacle(cloud: Cloud, cluster_id: str) -> Ending | None:
    """Why this cluster can't be attached, as the operation's failure."""
    cluster = cloud.state.get(cluster_id)
    if cluster is None or cluster.kind not in (kubernetes.KIND, container_service.KIND):
        return _failure("ClusterNotFound", f"Cannot find the Kubernetes cluster '{cluster_id}'.")
    if cluster.properties.get("connectivityStatus", "Connected") != "Connected":
        return _failure("ClusterNotReachable", f"The Kubernetes cluster '{cluster_id}' is not reachable.")
    extension = extension_on(cloud, cluster_id)
    if extension is None or extension.properties["provisioningState"] != "Succeeded":
        state = extension.properties["provisioningState"] if extension else "absent"
        message = f"AzureML extension not installed on the cluster '{cluster_id}' (provisioning state: {state})."
        return _failure("UserError", message)
    return None


def _failure(code: str, message: str) -> Ending:
    return Ending("Failed", {"code": code, "message": message, "details": []})


def extension_on(cloud: Cloud, cluster_id: str) -> Resource | None:
    """The extension for machine learning on a cluster, in whatever state; one that works if there is one."""
    return next(iter(kubernetes_configuration.machine_learning_on(cloud, cluster_id)), None)


def _properties(asked: Json, workspace: Resource, known: Resource | None) -> Json:
    inner = asked.get("properties") or {}
    now = _now()
    return {
        "createdOn": known.properties["createdOn"] if known else now,
        "modifiedOn": now,
        "disableLocalAuth": bool(asked.get("disableLocalAuth", False)),
        "description": asked.get("description"),
        "resourceId": asked.get("resourceId"),
        "computeType": "Kubernetes",
        "computeLocation": asked.get("computeLocation") or workspace.body["location"],
        "provisioningState": "Creating",
        "provisioningErrors": None,
        "isAttachedCompute": True,
        "properties": {**{key: inner.get(key) for key in KUBERNETES}, "namespace": inner.get("namespace") or "default"},
    }


def _identity(cloud: Cloud, asked: Json, known: Json | None = None) -> Json:
    """A managed identity as Azure completes it; one that is `known` keeps its principal."""
    kind = asked.get("type") or "None"
    identity: Json = {"type": kind}
    if "SystemAssigned" in kind:
        principal = (known or {}).get("principalId") or str(uuid.uuid4())
        identity |= {"principalId": principal, "tenantId": cloud.state.tenant}
    users = asked.get("userAssignedIdentities") or {}
    if users:
        identity["userAssignedIdentities"] = {id_: managed_identity.assigned(cloud, id_) for id_ in users}
    return identity


def _begin(call: Call, compute: Resource, verb: str, ending: Ending | None) -> Operation:
    name, region = str(uuid.uuid4()), compute.body["location"]
    target = (
        f"/subscriptions/{place(compute.id).subscription}/providers/Microsoft.MachineLearningServices/locations/"
        f"{region}/computeOperationsStatus/{name}?api-version={call.version}&service=new"
    )
    return operations.begin(call.cloud, compute, verb, "InProgress", name=name, target=target, ending=ending)


def _missing_compute(call: Call) -> ArmError:
    return user_error(
        call, 404, f"Compute with name '{call.name}' was not found in workspace '{name_of(call.parent.id)}'."
    )


def user_error(call: Call, status: int, message: str) -> ArmError:
    """An error in the provider's own, longer envelope."""
    nothing = dict.fromkeys(("messageFormat", "messageParameters", "referenceCode", "detailsUri", "target"))
    region = _region(call)
    error = ArmError(status, "UserError", message, cause=None, headers={"x-ms-response-type": "error"})
    error.body = {
        "error": {
            "code": "UserError",
            "severity": None,
            "message": message,
            **nothing,
            "details": [],
            "innerError": None,
            "debugInfo": None,
            "additionalInfo": None,
        },
        "correlation": {"operation": uuid.uuid4().hex, "request": uuid.uuid4().hex[:16]},
        "environment": region,
        "location": region,
        "time": datetime.now(UTC).isoformat(),
        "componentName": "machinelearningcompute",
    }
    return error


def malformed(call: Call, message: str) -> ArmError:
    """The 400 for properties that don't fit their type."""
    return user_error(call, 400, message)


def _region(call: Call) -> str:
    """The workspace's, however deep below it the call is about."""
    head, _, tail = call.parent.id.partition("/workspaces/")
    workspace = call.cloud.state.resources[f"{head}/workspaces/{tail.partition('/')[0]}".lower()]
    return str(workspace.body["location"])


def _now() -> str:
    return clock.stamp(7, "+00:00")


TYPES = (
    ResourceType(
        provider="Microsoft.MachineLearningServices",
        path="workspaces",
        page_token="$skip",
        show=show_workspace,
        seeded=seeded_workspace,
        headers=lambda call: {"x-ms-response-type": "standard"},
    ),
    ResourceType(
        provider="Microsoft.MachineLearningServices",
        path="workspaces/computes",
        page_token="$skip",
        put=put,
        delete=delete,
        missing=_missing_compute,
        ended=ended,
        report=report,
        seeded=seeded_compute,
        headers=lambda call: {"x-ms-response-type": "standard"},
        shape=shapes.resource(WRITABLE, identity=shapes.IDENTITY, sku=dict),
        malformed=malformed,
    ),
)
