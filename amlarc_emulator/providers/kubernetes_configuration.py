"""Microsoft.KubernetesConfiguration: extensions of connected and of managed clusters."""

import uuid

from amlarc_emulator.arm import clock, operations, shapes
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import Call, Cloud, Ending, Json, Operation, Reply, Resource, ResourceType
from amlarc_emulator.providers import container_service, extension_types, kubernetes
from amlarc_emulator.providers.extension_types import MACHINE_LEARNING

KIND = "microsoft.kubernetesconfiguration/extensions"
CONNECTION_SETTING = "relayserver.hybridConnectionResourceID"
OPERATION_VERSIONS = (
    "2019-11-01-Preview, 2021-05-01-preview, 2021-06-01-preview, 2021-09-01, 2021-11-01-preview, 2022-01-01-preview, "
    "2022-03-01, 2022-04-02-preview, 2022-07-01, 2022-11-01, 2023-05-01"
)
WRITABLE: shapes.Shape = {
    "extensionType": str,
    "autoUpgradeMinorVersion": bool,
    "releaseTrain": str,
    "version": str,
    "scope": {"cluster": {"releaseNamespace": str}, "namespace": {"targetNamespace": str}},
    "configurationSettings": shapes.Each(str),
    "configurationProtectedSettings": shapes.Each(str),
}
CONFLICT = {
    "code": "UpdateFailed",
    "message": "Update failed for this resource, as there is a conflicting operation in progress. Please try after "
    "sometime.",
}
OWNED = (
    "The extension operation failed with the following error:  Error: [ InnerError: [Helm installation failed : Unable "
    "to create/update Kubernetes resources for the extension : Recommendation Please check that there are no policies "
    "blocking the resource creation/update for the extension : InnerError [rendered manifests contain a resource that "
    'already exists. Unable to continue with install: ClusterRole "blob-external-provisioner-role" in namespace "" '
    "exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: "
    'key "meta.helm.sh/release-name" must equal "{wanted}": current value is "{owner}"]]] occurred while doing the '
    "operation : [Create] on the config, For general troubleshooting visit: https://aka.ms/k8s-extensions-TSG, For "
    "more application specific troubleshooting visit: Troubleshooting: https://aka.ms/arcmltsg."
)
NO_CHART = (
    "The extension operation failed with the following error:  Error: [ InnerError: [Chart path not found for the "
    "version and the release train]]"
)
PATCH_CONFLICT = (
    "The PATCH method cannot be completed due to a conflict. (ProvisioningState of extension: {}). Please wait for a "
    "few minutes for the ProvisioningState to change to Succeeded, Failed or Canceled and retry again. If the problem "
    "persists, please contact Microsoft support."
)


def put(call: Call) -> Reply:
    """PUT: 201 and an operation. While another one runs it changes nothing, and its operation fails."""
    known = call.existing
    busy = known and operations.running(call.cloud, known)
    if known and busy:
        return _started(call, 201, known, _refused(call, known, "Updating"))
    extension = _made(call.cloud, known.id if known else call.id, call.parent, call.body)
    if known:
        _keep(extension, known)
    call.cloud.state.add(extension)
    ending = call.ending or _no_chart(extension) or _clash(call.cloud, call.parent, extension)
    return _started(call, 201, extension, _begin(call, extension, "create", "Creating", ending))


def patch(call: Call) -> Reply:
    """PATCH: public settings merge, protected ones are replaced as a set if there are any; 409 while it is busy."""
    extension, given = call.resource, call.body.get("properties", {})
    if operations.running(call.cloud, extension):
        state = extension.properties["provisioningState"]
        raise ArmError(409, "ExtensionPatchFailed", PATCH_CONFLICT.format(state), cause=None)
    extension.properties["configurationSettings"] |= given.get("configurationSettings") or {}
    if given.get("configurationProtectedSettings"):
        extension.hidden["configurationProtectedSettings"] = given["configurationProtectedSettings"]
    for key in ("autoUpgradeMinorVersion", "releaseTrain", "version"):
        if key in given:
            extension.properties[key] = given[key]
    extension.properties["provisioningState"] = "Updating"
    extension.body["systemData"]["lastModifiedAt"] = _now()
    ending = call.ending or _no_chart(extension)
    return _started(call, 202, extension, _begin(call, extension, "update", "Updating", ending))


def delete(call: Call) -> Reply:
    """DELETE: 202 and an operation, the same one when it is asked again; with forceDelete=true 200 at once."""
    extension = call.resource
    if call.query.get("forcedelete", "").lower() == "true":
        call.cloud.state.remove(extension.id)
        return Reply(200)
    busy = operations.running(call.cloud, extension)
    if busy is None:
        extension.properties["provisioningState"] = "Deleting"
        operation = _begin(call, extension, "delete", "Deleting", call.ending)
    elif busy.verb == "delete":
        operation = busy
    else:
        operation = _refused(call, extension, "Deleting")
    return Reply(202, headers={"azure-asyncoperation": call.cloud.endpoint + operation.target})


def ended(cloud: Cloud, extension: Resource, operation: Operation) -> None:
    """The result of an operation: resolved versions, a failure in `statuses`, or no resource at all."""
    if operation.verb == "delete" and operation.status == "Succeeded":
        cloud.state.remove(extension.id)
        return
    extension.properties["provisioningState"] = operation.status
    if operation.status == "Succeeded":
        _resolve_version(extension)
        extension.properties["statuses"] = []
        _listen(cloud, extension)
    elif operation.status == "Failed" and operation.error:
        extension.properties["statuses"] = [_status(operation.error["message"])]


def report(_cloud: Cloud, operation: Operation) -> Reply:
    """The operation's URL: id, name and status, and the error of a failed one."""
    body: Json = {
        "id": operation.target.partition("?")[0],
        "name": operation.name,
        "status": operation.status or operation.running,
    }
    if operation.status == "Failed" and operation.error:
        body["error"] = operation.error
    return Reply(200, body, {"api-supported-versions": OPERATION_VERSIONS})


def show(extension: Resource, version: str) -> Json:
    """The extension at an api-version: protected settings are blank, and the oldest has no current version."""
    protected = dict.fromkeys(extension.hidden["configurationProtectedSettings"], "")
    properties = {**extension.properties, "configurationProtectedSettings": protected}
    if version < "2022-11-01":
        current = properties.pop("currentVersion")
        properties.pop("isSystemExtension")
        properties["version"] = properties["version"] or current
        properties["installState"] = _install_state(properties["provisioningState"])
    return {**extension.body, "properties": properties}


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """An installed extension; `given` can hold any property of it, such as provisioningState and statuses."""
    cluster = cloud.state.get(id_.rpartition("/providers/")[0])
    if cluster is None:
        raise ValueError(f"the seed has no cluster for {id_}")
    extension = _made(cloud, id_, cluster, given)
    _resolve_version(extension)
    told = {key: item for key, item in given["properties"].items() if key != "configurationProtectedSettings"}
    extension.properties.update({"provisioningState": "Succeeded", **told})
    return extension


def _invalid(message: str) -> ArmError:
    return ArmError(400, "ValidationError", message, cause=None)


def _missing(call: Call) -> ArmError:
    message = f"Extension instance with name '{call.name}' not found."
    return ArmError(404, "ResourceNotFound", message, cause=None, additionalInfo=[])


def _made(cloud: Cloud, id_: str, cluster: Resource, given: Json) -> Resource:
    """A new extension with Azure's defaults filled in."""
    asked = given.get("properties") or {}
    type_ = str(asked.get("extensionType") or "")
    if not type_:
        raise _invalid("The extensionType of the extension is required.")
    managed = cluster.kind == container_service.KIND
    now = _now()
    body = {
        "properties": {
            "extensionType": type_,
            "autoUpgradeMinorVersion": asked.get("autoUpgradeMinorVersion", not asked.get("version")),
            "releaseTrain": asked.get("releaseTrain") or "Stable",
            "version": asked.get("version"),
            "currentVersion": None,
            "scope": _scope(type_, asked.get("scope") or {}),
            "provisioningState": "Creating",
            "configurationSettings": asked.get("configurationSettings") or {},
            "statuses": [],
            "aksAssignedIdentity": _aks_identity(cloud) if managed else None,
            "isSystemExtension": False,
        },
        "systemData": {
            "createdBy": None,
            "createdByType": None,
            "createdAt": now,
            "lastModifiedBy": None,
            "lastModifiedByType": None,
            "lastModifiedAt": now,
        },
    }
    if (given.get("identity") or {}).get("type") == "SystemAssigned":
        body["identity"] = {"type": "SystemAssigned", "principalId": str(uuid.uuid4())}
    hidden = {"configurationProtectedSettings": asked.get("configurationProtectedSettings") or {}}
    return Resource(id_, KIND, body, hidden)


def _keep(extension: Resource, known: Resource) -> None:
    """What a second PUT doesn't change: the age of an extension and its identity."""
    extension.body["systemData"]["createdAt"] = known.body["systemData"]["createdAt"]
    extension.properties["aksAssignedIdentity"] = known.properties["aksAssignedIdentity"]
    if "identity" in extension.body and "identity" in known.body:
        extension.body["identity"] = known.body["identity"]


def _no_chart(extension: Resource) -> Ending | None:
    """How it ends where the release train has no such version, or the type no such train."""
    properties = extension.properties
    known = extension_types.versions(properties["extensionType"], properties["releaseTrain"])
    if properties["extensionType"].lower() not in extension_types.CATALOGUE:
        return None
    if known and properties["version"] in (None, *known):
        return None
    return Ending("Failed", {"code": "ExtensionOperationFailed", "message": NO_CHART})


def _clash(cloud: Cloud, cluster: Resource, extension: Resource) -> Ending | None:
    """How Helm fails where another release of the same chart owns what is there once a cluster."""
    others = [item for item in machine_learning_on(cloud, cluster.id) if item.id != extension.id and _is_there(item)]
    if not others or extension.properties["extensionType"].lower() != MACHINE_LEARNING:
        return None
    message = OWNED.format(wanted=name_of(extension.id), owner=name_of(others[0].id))
    return Ending("Failed", {"code": "ExtensionOperationFailed", "message": message})


def machine_learning_on(cloud: Cloud, cluster_id: str) -> list[Resource]:
    """The extensions for machine learning on a cluster, those that work before those that don't."""
    found = [
        item
        for item in cloud.state.of_kind(KIND, cluster_id)
        if item.properties["extensionType"].lower() == MACHINE_LEARNING
    ]
    return sorted(found, key=lambda item: item.properties["provisioningState"] != "Succeeded")


def _is_there(extension: Resource) -> bool:
    """Whether Helm has a release: a first installation that fails is taken back."""
    properties = extension.properties
    return properties["currentVersion"] is not None or properties["provisioningState"] == "Creating"


def _scope(type_: str, asked: Json) -> Json:
    if asked.get("namespace"):
        return {"namespace": asked["namespace"]}
    default = extension_types.namespace_of(type_)
    return {"cluster": {"releaseNamespace": (asked.get("cluster") or {}).get("releaseNamespace") or default}}


def _aks_identity(cloud: Cloud) -> Json:
    return {"type": "SystemAssigned", "principalId": str(uuid.uuid4()), "tenantId": cloud.state.tenant}


def _resolve_version(extension: Resource) -> None:
    """The version that runs; it is pinned as well unless minor versions upgrade themselves."""
    properties = extension.properties
    current = properties["version"] or extension_types.newest(properties["extensionType"], properties["releaseTrain"])
    properties["currentVersion"] = current
    if not properties["autoUpgradeMinorVersion"]:
        properties["version"] = current


def _listen(cloud: Cloud, extension: Resource) -> None:
    """An extension that runs listens on its hybrid connection."""
    connection = cloud.state.get(extension.properties["configurationSettings"].get(CONNECTION_SETTING) or "")
    if connection:
        connection.properties["listenerCount"] = 1


def _status(message: str) -> Json:
    return {"code": "InstallationFailed", "displayStatus": None, "level": None, "message": message, "time": None}


def _install_state(state: str) -> str:
    return {"Succeeded": "Installed", "Failed": "Failed"}.get(state, "Unknown")


def _started(call: Call, status: int, extension: Resource, operation: Operation) -> Reply:
    """The response to a write. Location has the provider's own host, which clients cannot reach."""
    resource = operation.target.partition("/operations/")[0]
    region = call.parent.body["location"]
    headers = {
        "azure-asyncoperation": call.cloud.endpoint + operation.target,
        "location": f"https://{region}.rp.kubernetesconfiguration.invalid{resource}",
    }
    return Reply(status, call.shown(extension), headers)


def _begin(call: Call, extension: Resource, verb: str, running: str, ending: Ending | None) -> Operation:
    name, target = _polled_at(call, extension)
    return operations.begin(call.cloud, extension, verb, running, name=name, target=target, signed=True, ending=ending)


def _refused(call: Call, extension: Resource, running: str) -> Operation:
    """The operation of a write that came while another one runs: it fails, and leaves the extension alone."""
    name, target = _polled_at(call, extension)
    ending = Ending("Failed", CONFLICT)
    return operations.begin(
        call.cloud, extension, "none", running, name=name, target=target, signed=True, holds=False, ending=ending
    )


def _polled_at(call: Call, extension: Resource) -> tuple[str, str]:
    """Name and URL of a new operation: signed, and the cluster's type spelled otherwise than in the resource's id."""
    name = str(uuid.uuid4())
    path = extension.id
    for word in ("connectedClusters", "managedClusters"):
        path = path.replace(f"/{word}/", f"/{word[0].upper()}{word[1:]}/")
    return name, f"{path}/operations/{name}?api-version={call.version}&{operations.signature(name)}"


def _now() -> str:
    return clock.stamp(7, "+00:00")


TYPES = (
    ResourceType(
        provider="Microsoft.KubernetesConfiguration",
        path="extensions",
        last_page={"nextLink": None},
        put=put,
        patch=patch,
        delete=delete,
        show=show,
        missing=_missing,
        ended=ended,
        report=report,
        seeded=seeded,
        headers=lambda call: {"api-supported-versions": call.version},
        scopes=(kubernetes.KIND, container_service.KIND),
        shape=shapes.resource(WRITABLE, identity={"type": shapes.SYSTEM}),
        malformed=lambda _call, message: _invalid(message),
    ),
)
