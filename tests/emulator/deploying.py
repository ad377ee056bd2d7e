"""Templates to deploy, and the steps that the tests of deployments take."""

import json
import time
from pathlib import Path
from typing import Any

from tests.support.azure import Azure, Reply

VERSION = "2025-04-01"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
FILE = Path(__file__).with_name("templates") / "machine-learning.json"
STACKS = "/providers/Microsoft.Resources/deploymentStacks"
STACKS_VERSION = "2025-07-01"
IN_GROUP = "/providers/Microsoft.Resources/deployments"
SECRET = "hidden-value"


def template(*resources: Any, **more: Any) -> dict[str, Any]:
    """A template of these resources."""
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **more}


def body(document: Any, /, mode: str = "Incremental", **parameters: Any) -> dict[str, Any]:
    """The body of a deployment."""
    values = {name: {"value": value} for name, value in parameters.items()}
    return {"properties": {"mode": mode, "template": document, "parameters": values}}


def stack(document: Any, action: Any = None, **more: Any) -> dict[str, Any]:
    """The body of a stack, which detaches unless told otherwise; `more` are further properties."""
    actions, deny = action or {"resources": "detach"}, {"mode": "none"}
    parts = {"template": document, "actionOnUnmanage": actions, "denySettings": deny, **more}
    return {"tags": {"of": "a test"}, "properties": parts}


def as_az_sends_it(text: str, **parameters: Any) -> bytes:
    """The same as az sends it: no JSON, with the file's text after a name without quotes."""
    values = {name: {"value": value} for name, value in parameters.items()}
    head = json.dumps({"properties": {"parameters": values, "mode": "incremental"}})
    return (head[:-2] + ", template:" + text + "}}").encode()


def relay(name: str, **more: Any) -> dict[str, Any]:
    """A Relay namespace in a template."""
    type_, sku = "Microsoft.Relay/namespaces", {"name": "Standard", "tier": "Standard"}
    return {"type": type_, "apiVersion": "2021-11-01", "name": name, "location": "eastus", "sku": sku, **more}


def identity(name: str, **more: Any) -> dict[str, Any]:
    """A managed identity, the quickest of all resources."""
    type_ = "Microsoft.ManagedIdentity/userAssignedIdentities"
    return {"type": type_, "apiVersion": "2023-01-31", "name": name, "location": "eastus", **more}


def extension(cluster: str = "amlarc-cluster", **more: Any) -> dict[str, Any]:
    """The extension on a connected cluster."""
    return {
        "type": "Microsoft.KubernetesConfiguration/extensions",
        "apiVersion": "2023-05-01",
        "name": "amlarc-compute",
        "scope": f"Microsoft.Kubernetes/connectedClusters/{cluster}",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "extensionType": "Microsoft.AzureML.Kubernetes",
            "configurationSettings": {"enableTraining": "True"},
        },
        **more,
    }


def nested(name: str, document: Any, *, scope: str = "Inner", parameters: Any = None, **more: Any) -> dict[str, Any]:
    """A deployment in a template."""
    properties = {
        "mode": "Incremental",
        "expressionEvaluationOptions": {"scope": scope},
        "template": document,
        **({"parameters": parameters} if parameters else {}),
    }
    type_ = "Microsoft.Resources/deployments"
    return {"type": type_, "apiVersion": VERSION, "name": name, "properties": properties, **more}


def deploy(azure: Azure, sent: object, name: str = "d", scope: str = "") -> Reply:
    """Deploy to the end; the deployment as it is then shown."""
    path = f"{scope or azure.group}{IN_GROUP}/{name}"
    started = azure.send("PUT", f"{path}?api-version={VERSION}", sent)
    assert started.status in (200, 201), started.body
    wait(azure, started)
    return azure.get(path, VERSION)


def wait(azure: Azure, started: Reply, seconds: float = 20) -> Reply:
    """Poll an operation until it ends; its last answer."""
    url = started.headers.get("azure-asyncoperation") or started.headers["location"]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reply = azure.poll(url)
        if reply.status != 202 and str((reply.body or {}).get("status", "done")).lower() not in ("accepted", "running"):
            return reply
        time.sleep(0.01)
    raise AssertionError(f"still running: {reply.body}")


def state(reply: Reply) -> str:
    """The provisioning state of a deployment."""
    found: str = reply.body["properties"]["provisioningState"]
    return found


def errors(reply: Reply) -> dict[str, Any]:
    """The inner errors of a failed deployment by the last name of what failed."""
    error = reply.body["properties"]["error"]
    assert error["code"] == "DeploymentFailed"
    return {str(item.get("target") or item["code"]).rpartition("/")[2]: item for item in error["details"]}


def operations(azure: Azure, name: str = "d") -> dict[str, Any]:
    """The operations of a deployment by the last name of their resources."""
    listed = azure.get(f"{azure.group}/deployments/{name}/operations", VERSION).body["value"]
    return {item["properties"]["targetResource"]["resourceName"]: item["properties"] for item in listed}
