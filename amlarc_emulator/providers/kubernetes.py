"""Microsoft.Kubernetes: clusters connected through Azure Arc."""

import base64
import hashlib
import uuid
from typing import Any

from amlarc_emulator.arm import clock, operations, shapes
from amlarc_emulator.arm.core import location_in
from amlarc_emulator.arm.model import Call, Cloud, Json, Operation, Reply, Resource, ResourceType

KIND = "microsoft.kubernetes/connectedclusters"
WRITABLE: shapes.Shape = {
    "agentPublicKeyCertificate": str,
    "distribution": str,
    "distributionVersion": str,
    "infrastructure": str,
    "privateLinkState": shapes.Words("Enabled", "Disabled"),
    "privateLinkScopeResourceId": str,
    "azureHybridBenefit": shapes.Words("True", "False", "NotApplicable"),
    "aadProfile": {"enableAzureRBAC": bool, "adminGroupObjectIDs": [str], "tenantID": str},
    "arcAgentProfile": {"desiredAgentVersion": str, "agentAutoUpgrade": shapes.Words("Enabled", "Disabled")},
}
# What only api-version 2024-01-01 shows.
LATER = ("distributionVersion", "privateLinkState", "privateLinkScopeResourceId", "azureHybridBenefit", "aadProfile",
         "arcAgentProfile", "miscellaneousProperties")  # fmt: skip
HEARD = "Connected"
# Azure answers its own spelling once the operation has ended.
DISTRIBUTIONS = {"aks": "AKS", "aks_management": "AKS_Management"}


def put(call: Call) -> Reply:
    """PUT: always 201 and an operation; the agent in the cluster connects some polls later."""
    location_in(call.body)
    known = call.existing
    system = {**system_data(call.cloud), **({} if known is None else _created(known))}
    given = {"provisioningState": "Accepted", "connectivityStatus": "Connecting"}
    body = {
        "location": call.body["location"],
        "tags": call.body.get("tags") or {},
        "systemData": system,
        "identity": known.body["identity"] if known else _identity(call.cloud),
        "properties": {**given, **_written(call)},
    }
    cluster = call.cloud.state.add(Resource(known.id if known else call.id, KIND, body, etag=_etag()))
    operation = _begin(call, cluster, "create", "Accepted")
    return Reply(201, call.shown(cluster), _started(call, operation))


def patch(call: Call) -> Reply:
    """PATCH: synchronous; tags are replaced, properties merged."""
    cluster = call.resource
    if "tags" in call.body:
        cluster.body["tags"] = call.body["tags"]
    cluster.properties.update(_written(call))
    cluster.body["systemData"]["lastModifiedAt"] = clock.stamp()
    cluster.etag = _etag()
    return Reply(200, call.shown(cluster))


def delete(call: Call) -> Reply:
    """DELETE: 202 with the body `null`, polled at one URL that both headers hold."""
    cluster = call.resource
    cluster.properties["provisioningState"] = "Deleting"
    operation = _begin(call, cluster, "delete", "Deleting")
    started = _started(call, operation)
    return Reply(202, None, {**started, "location": started["azure-asyncoperation"]})


def ended(cloud: Cloud, cluster: Resource, operation: Operation) -> None:
    """A created cluster waits for its agent; a deleted one is gone."""
    if operation.verb == "connect":
        cluster.properties.update(_facts())
    elif operation.verb == "delete" and operation.status == "Succeeded":
        cloud.state.remove(cluster.id)
    else:
        cluster.properties["provisioningState"] = operation.status
    if operation.verb == "create" and operation.status == "Succeeded":
        distribution = cluster.properties.get("distribution", "")
        cluster.properties["distribution"] = DISTRIBUTIONS.get(distribution, distribution)
        operations.begin(cloud, cluster, "connect", "Connecting")
    cluster.etag = _etag()


def report(_cloud: Cloud, operation: Operation) -> Reply:
    """The operation's URL: 202 while a deletion runs, otherwise 200."""
    body: Json = {
        "id": operation.target.partition("?")[0],
        "name": operation.name,
        "resourceId": operation.resource,
        "status": operation.status or operation.running,
        "startTime": operation.started,
    }
    if operation.status:
        body |= {"endTime": operation.ended, "properties": None}
    if operation.error:
        body["error"] = operation.error
    etag = {"etag": f'"{operation.name.partition("*")[0]}"'}
    return Reply(202 if operation.verb == "delete" and not operation.status else 200, body, etag)


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """A connected cluster whose agent reports three healthy nodes, unless `given` says otherwise."""
    certificate = base64.b64encode(hashlib.sha512(id_.encode()).digest()).decode()
    properties = {
        "provisioningState": "Succeeded",
        "agentPublicKeyCertificate": certificate,
        "distribution": "generic",
        "infrastructure": "generic",
        **_facts(),
        **given.get("properties", {}),
    }
    body = {
        "location": given["location"],
        "tags": given.get("tags", {}),
        "systemData": system_data(cloud),
        "identity": _identity(cloud),
        "properties": properties,
    }
    return Resource(id_, KIND, body, etag=_etag())


def show(cluster: Resource, version: str) -> Json:
    """The cluster without what its api-version doesn't have; connected agents have just been heard."""
    heard = {"lastConnectivityTime": clock.stamp(3)} if cluster.properties.get("connectivityStatus") == HEARD else {}
    properties = {**heard, **cluster.properties}
    if version >= "2024-01-01":
        extra = {"privateLinkState": "Disabled", "azureHybridBenefit": "NotApplicable"}
        return {**cluster.body, "properties": {**extra, **properties}}
    return {**cluster.body, "properties": {key: item for key, item in properties.items() if key not in LATER}}


def _written(call: Call) -> Json:
    """The properties in a body that are a caller's to write; the others are ignored."""
    return {key: item for key, item in call.body.get("properties", {}).items() if key in WRITABLE}


def _facts() -> Json:
    """What a connected agent reports."""
    return {
        "connectivityStatus": HEARD,
        "kubernetesVersion": "1.29.4",
        "totalNodeCount": 3,
        "totalCoreCount": 12,
        "agentVersion": "1.20.1",
        "offering": "",
        "managedIdentityCertificateExpirationTime": clock.stamp(0, days=90),
    }


def _begin(call: Call, cluster: Resource, verb: str, running: str) -> Operation:
    """An operation in the region of the cluster; its name ends in a hash of the subscription and the region."""
    region = str(cluster.body["location"]).upper()
    digest = hashlib.sha256(f"{cluster.id.split('/')[2]}{region}".encode()).hexdigest().upper()
    name = f"{uuid.uuid4()}*{digest}"
    target = f"/providers/Microsoft.Kubernetes/locations/{region}/operationStatuses/{name}?api-version={call.version}"
    return operations.begin(call.cloud, cluster, verb, running, name=name, target=target, ending=call.ending)


def _started(call: Call, operation: Operation) -> dict[str, str]:
    return {"azure-asyncoperation": call.cloud.endpoint + operation.target, "x-ms-async-operation-timeout": "P6D"}


def _headers(call: Call) -> dict[str, str]:
    cluster = None if call.address.is_collection else call.existing
    traffic = {"x-ms-providerhub-traffic": "True"}
    return {**traffic, "etag": cluster.etag} if cluster else traffic


def _identity(cloud: Cloud) -> Json:
    return {"principalId": str(uuid.uuid4()), "tenantId": cloud.state.tenant, "type": "SystemAssigned"}


def system_data(cloud: Cloud) -> Json:
    """Who created a resource, and when: the emulator's service principal, now."""
    now, who = clock.stamp(), cloud.state.principal["clientId"]
    return {
        "createdBy": who,
        "createdByType": "Application",
        "createdAt": now,
        "lastModifiedBy": who,
        "lastModifiedByType": "Application",
        "lastModifiedAt": now,
    }


def _created(known: Resource) -> dict[str, Any]:
    return {key: item for key, item in known.body["systemData"].items() if key.startswith("created")}


def _etag() -> str:
    return f'"{uuid.uuid4()}"'


TYPES = (
    ResourceType(
        provider="Microsoft.Kubernetes",
        path="connectedClusters",
        type_shown="microsoft.kubernetes/connectedclusters",
        put=put,
        patch=patch,
        delete=delete,
        show=show,
        ended=ended,
        report=report,
        seeded=seeded,
        headers=_headers,
        shape=shapes.resource(WRITABLE, identity={"type": shapes.SYSTEM}),
    ),
)
