"""Microsoft.ContainerService: AKS clusters, to be read; they come from the seed."""

import base64
import hashlib
import json
import uuid

from amlarc_emulator.arm.ids import name_of, place
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource, ResourceType, missing_at_gateway

KIND = "microsoft.containerservice/managedclusters"
# The applications that AKS has in every directory: its server, and kubelogin's own.
SERVER_ID, CLIENT_ID = "6dae42f8-4368-4678-94ff-3960e28e3630", "80faf920-1908-4b52-b5ef-a8e7bedfc67a"


def seeded(cloud: Cloud, id_: str, given: Json) -> Resource:
    """A running AKS cluster with a pool of three nodes, unless `given` says otherwise."""
    location, name = given["location"], name_of(id_)
    body = {
        "location": location,
        "tags": given.get("tags", {}),
        "properties": {**_properties(id_, location), **given.get("properties", {})},
        "identity": {"type": "SystemAssigned", "principalId": str(uuid.uuid4()), "tenantId": cloud.state.tenant},
        "sku": {"name": "Base", "tier": "Free"},
    }
    body["properties"].setdefault("nodeResourceGroup", f"MC_{place(id_).group}_{name}_{location}")
    return Resource(id_, KIND, body)


def list_pools(call: Call) -> Reply:
    """GET the node pools of a cluster, which are parts of it."""
    return Reply(200, {"value": _pools(call)})


def get_pool(call: Call) -> Reply:
    """GET one node pool."""
    found = [pool for pool in _pools(call) if pool["name"].lower() == call.name.lower()]
    if not found:
        raise missing_at_gateway(call)
    return Reply(200, found[0])


def list_user_credential(call: Call) -> Reply:
    """POST listClusterUserCredential: a kubeconfig whose user signs in through Microsoft Entra ID, with kubelogin."""
    cluster = call.resource
    name, host = name_of(cluster.id), cluster.properties["fqdn"]
    user = f"clusterUser_{place(cluster.id).group}_{name}"
    arguments = ["get-token", "--environment", "AzurePublicCloud", "--server-id", SERVER_ID, "--client-id", CLIENT_ID]
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": [*arguments, "--tenant-id", call.cloud.state.tenant, "--login", "devicecode"],
        "installHint": "kubelogin is not installed which is required to connect to AAD enabled cluster.",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{host}:443"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
        "preferences": {},
        "users": [{"name": user, "user": {"exec": plugin}}],
    }
    value = base64.b64encode(json.dumps(config).encode()).decode()
    return Reply(200, {"kubeconfigs": [{"name": "clusterUser", "value": value}]})


def _pools(call: Call) -> list[Json]:
    cluster, type_ = call.type.spell(call.parent.id), call.type.shown_type
    profiles = call.parent.properties["agentPoolProfiles"]
    return [
        {
            "id": f"{cluster}/agentPools/{profile['name']}",
            "name": profile["name"],
            "type": type_,
            "properties": {key: item for key, item in profile.items() if key != "name"},
        }
        for profile in profiles
    ]


def _spelled(id_: str) -> str:
    return id_.replace("/resourceGroups/", "/resourcegroups/")


def _properties(id_: str, location: str) -> Json:
    host = f"{name_of(id_)}-{hashlib.sha256(id_.lower().encode()).hexdigest()[:8]}.hcp.{location}.azmk8s.io"
    return {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": "1.29",
        "currentKubernetesVersion": "1.29.4",
        "dnsPrefix": name_of(id_),
        "fqdn": host,
        "azurePortalFQDN": host.replace(".hcp.", ".portal.hcp."),
        "agentPoolProfiles": [_pool()],
        "servicePrincipalProfile": {"clientId": "msi"},
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "networkProfile": _network(),
        "maxAgentPools": 100,
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"},
        "disableLocalAccounts": False,
        "securityProfile": {},
        "storageProfile": {
            "diskCSIDriver": {"enabled": True},
            "fileCSIDriver": {"enabled": True},
            "snapshotController": {"enabled": True},
        },
        "oidcIssuerProfile": {"enabled": False},
        "workloadAutoScalerProfile": {},
        "resourceUID": hashlib.sha256(id_.lower().encode()).hexdigest()[:24],
        "metricsProfile": {"costAnalysis": {"enabled": False}},
    }


def _pool() -> Json:
    return {
        "name": "nodepool1",
        "count": 3,
        "vmSize": "Standard_DS3_v2",
        "osDiskSizeGB": 128,
        "osDiskType": "Managed",
        "kubeletDiskType": "OS",
        "maxPods": 110,
        "type": "VirtualMachineScaleSets",
        "enableAutoScaling": False,
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "orchestratorVersion": "1.29",
        "currentOrchestratorVersion": "1.29.4",
        "enableNodePublicIP": False,
        "mode": "System",
        "osType": "Linux",
        "osSKU": "Ubuntu",
        "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202405.03.0",
    }


def _network() -> Json:
    return {
        "networkPlugin": "kubenet",
        "networkPolicy": "none",
        "loadBalancerSku": "standard",
        "podCidr": "10.244.0.0/16",
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10",
        "outboundType": "loadBalancer",
        "podCidrs": ["10.244.0.0/16"],
        "serviceCidrs": ["10.0.0.0/16"],
        "ipFamilies": ["IPv4"],
    }


TYPES = (
    ResourceType(
        provider="Microsoft.ContainerService",
        path="managedClusters",
        type_shown="Microsoft.ContainerService/ManagedClusters",
        seeded=seeded,
        spell=_spelled,
        actions={"listclusterusercredential": list_user_credential},
    ),
    ResourceType(
        provider="Microsoft.ContainerService",
        path="managedClusters/agentPools",
        get=get_pool,
        listed=list_pools,
        spell=_spelled,
    ),
)
