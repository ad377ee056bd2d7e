"""The commands whose faults are tested, each with what has to be there before it."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import trustme
import yaml

from azext_amlarc.product.api_versions import API_VERSIONS
from tests.kubernetes import test_volcano as volcano
from tests.support.az import ROOT
from tests.support.azure import Azure
from tests.support.cluster import OBJECTS
from tests.support.emulated import CLUSTER as CLUSTER_ID
from tests.support.emulated import EXTENSION, INSTALL, finish

# What a worker's runs leave behind; CI holds the traffic in it against Azure's Swagger.
FOLDER = ROOT / ".run" / "faults" / os.environ.get("PYTEST_XDIST_WORKER", "main")
CERTIFICATE, KEY = FOLDER / "cert.pem", FOLDER / "key.pem"
KUBECONFIG = FOLDER / "cluster.kubeconfig"

CLUSTER = {"cluster_name": "amlarc-cluster", "resource_group_name": "amlarc-rg"}
COMPUTE = {"name": "k8s-compute", "workspace_name": "amlarc-ws", "resource_group_name": "amlarc-rg"}
SPELLED = {"resource_group_name": "resource-group"}  # options that az spells otherwise than the parameter


@dataclass(frozen=True)
class Command:
    """A command by its words after `az amlarc`, its parameters, and what is there before it.

    That is what other commands make, after which `breaks` has been at it, and `objects` on the cluster itself.
    """

    title: str
    words: str
    parameters: Mapping[str, Any]
    before: "tuple[Command, ...]" = ()
    breaks: Callable[[Azure], None] = lambda _azure: None
    objects: Sequence[Mapping[str, Any]] = ()

    @property
    def joins(self) -> bool:
        """Whether it joins what Azure is at: a check only says what there is."""
        return self.words != "check"

    @property
    def needs_cluster(self) -> bool:
        """Whether it asks the cluster itself."""
        return "kubeconfig" in self.parameters

    def __str__(self) -> str:
        return self.title

    def argv(self) -> list[str]:
        """The command for the real az."""
        options = [part for name, value in self.parameters.items() for part in _option(name, value)]
        return ["amlarc", *self.words.split(), *options]


def _option(name: str, value: Any) -> Iterator[str]:
    yield "--" + SPELLED.get(name, name).replace("_", "-")
    if value is not True:
        yield from value if isinstance(value, list) else [str(value)]


def write_pem_pair() -> None:
    """The files that the command which installs inference names."""
    issued = trustme.CA().issue_cert("ml.example.com", common_name="ml.example.com")
    CERTIFICATE.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    KEY.touch(mode=0o600)
    KEY.write_bytes(issued.private_key_pem.bytes())


TRAINING = Command("create", "extension create", {**CLUSTER, "config": ["enableTraining=True"]})
INFERENCE = Command(
    "create, inference with TLS",
    "extension create",
    {
        **CLUSTER,
        "config": ["enableInference=True", "inferenceRouterServiceType=LoadBalancer", "sslCname=ml.example.com"],
        "config_protected": [f"sslCertPemFile={CERTIFICATE}", f"sslKeyPemFile={KEY}"],
    },
)
EVERYTHING = Command(
    "create, Service Bus and Log Analytics",
    "extension create",
    {**CLUSTER, "config": ["enableTraining=True", "servicebus.enabled=true", "logAnalyticsWS=True"]},
)
UPDATE = Command(
    "update",
    "extension update",
    {**CLUSTER, "config": ["servicebus.enabled=true", "installPromOp=False"], "yes": True},
    (TRAINING,),
)
DELETE = Command("delete", "extension delete", {**CLUSTER, "yes": True}, (TRAINING,))
PURGE = Command("delete --purge", "extension delete", {**CLUSTER, "yes": True, "purge": True}, (EVERYTHING,))
ATTACH = Command(
    "attach",
    "attach",
    {**COMPUTE, "cluster_name": "amlarc-cluster", "config": str(ROOT / "examples" / "attach-advanced.json")},
    (TRAINING,),
)
DETACH = Command("detach", "detach", {**COMPUTE, "yes": True}, (TRAINING, ATTACH))

GRANT = Command("attach --grant", "attach", {**ATTACH.parameters, "grant": True, "yes": True}, (TRAINING,))


def lose_connection(azure: Azure) -> None:
    """Delete the cluster's hybrid connection."""
    for id_ in azure.state()["resources"]:
        if id_.endswith("/hybridconnections/amlarc-cluster"):
            azure.call("DELETE", id_, API_VERSIONS["Microsoft.Relay"])


def unregister(azure: Azure) -> None:
    """Unregister Relay's provider."""
    path, version = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Relay", "2021-04-01"
    azure.call("POST", f"{path}/unregister", version)
    azure.get(path, version)


def fail_installation(azure: Azure) -> None:
    """Have the installation that there is tried again by somebody, and fail."""
    path, version = f"{azure.group}{CLUSTER_ID}{EXTENSION}", API_VERSIONS["Microsoft.KubernetesConfiguration"]
    found = azure.get(path, version).body["properties"]
    body = {**INSTALL["properties"], "configurationSettings": found["configurationSettings"]}
    error = {"code": "ExtensionOperationFailed", "message": "Helm has failed."}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=error)
    finish(azure, azure.put(path, version, {**INSTALL, "properties": body}))


def fix(what: str, *checks: str, **more: Any) -> Command:
    """`check --fix` of these checks or groups, where the extension is installed."""
    details = {key: more.pop(key) for key in ("breaks", "objects", "before") if key in more}
    parameters = {"only": [*checks], "fix": True, "yes": True, "as_object": True, **more}
    command = Command(f"check --fix, {what}", "check", {**CLUSTER, "workspace_name": "amlarc-ws", **parameters})
    return replace(command, **{"before": (TRAINING,), **details})


COMMANDS = (
    *(TRAINING, INFERENCE, EVERYTHING, UPDATE, DELETE, PURGE, ATTACH, DETACH, GRANT),
    fix("roles and Relay", "rights", "relay", breaks=lose_connection),
)

# What follows asks the cluster itself, or mends something else in Azure: only `make test-faults` runs it.
ON_CLUSTER = {"kubeconfig": str(KUBECONFIG)}
CRD = yaml.safe_load((OBJECTS / "instancetype-crd.yaml").read_text(encoding="utf-8"))
STATUS = {"name": "cluster-autoscaler-status", "namespace": "kube-system"}
AUTOSCALER = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": STATUS}
OPERATOR = {"name": "operator", "image": "quay.io/prometheus-operator/prometheus-operator:v0.70"}
PROMETHEUS = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "prometheus", "namespace": "default"},
    "spec": {"containers": [OPERATOR]},
}
SCHEDULER = (volcano.NAMESPACE, volcano.DEPLOYMENT)
SCALED = Command(
    "create --scale-from-zero",
    "extension create",
    {**TRAINING.parameters, **ON_CLUSTER, "scale_from_zero": True, "yes": True},
)
RESCALED = Command(
    "update --scale-from-zero",
    "extension update",
    {**CLUSTER, **ON_CLUSTER, "scale_from_zero": True, "yes": True},
    (TRAINING,),
    objects=SCHEDULER,
)
UNSCALED = replace(
    RESCALED,
    title="update --scale-from-zero false",
    parameters={**RESCALED.parameters, "scale_from_zero": False},
    before=(TRAINING, RESCALED),
)
PROMETHEUS_ON = replace(
    TRAINING, parameters={**TRAINING.parameters, "config": ["enableTraining=True", "installPromOp=True"]}
)
MENDING = (
    fix("a provider", "subscription", breaks=unregister),
    fix("a failed installation", "extension", breaks=fail_installation),
    fix("a setting", *("K040", "extension"), before=(PROMETHEUS_ON,), objects=(PROMETHEUS,), **ON_CLUSTER),
    fix(
        "a namespace and instance types",
        *("K002", "K024"),
        objects=(CRD,),
        config=str(ROOT / "examples" / "attach-advanced.json"),
        **ON_CLUSTER,
    ),
    fix("Volcano's configuration", *("K053", "extension"), objects=(AUTOSCALER, *SCHEDULER), **ON_CLUSTER),
)
SCALING = (SCALED, RESCALED, UNSCALED)
