"""What is known of a cluster on which all is well, for tests that spoil one thing of it."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from azext_amlarc.checks import given
from azext_amlarc.checks.check import Fact, Facts
from azext_amlarc.checks.given import TARGET
from azext_amlarc.checks.kubernetes import facts
from azext_amlarc.checks.kubernetes.facts import Amounts, Container, DaemonSet, IngressClass, Node, Owned, Pod, Taint
from azext_amlarc.resources.ids import ClusterId, Target

GIBIBYTE = 2**30
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
TARGETED = Target(SUBSCRIPTION, ClusterId(SUBSCRIPTION, "edge-rg", "connectedClusters", "edge"))

DOCUMENT = {
    "namespace": "ml-team",
    "defaultInstanceType": "cpu",
    "instanceTypes": {
        "cpu": {"nodeSelector": None, "resources": {"requests": {"cpu": "2", "memory": "8Gi"}}},
        "gpu": {
            "nodeSelector": {"accelerator": "nvidia-t4"},
            "resources": {
                "requests": {"cpu": "1", "memory": "4Gi", "nvidia.com/gpu": "1"},
                "limits": {"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": "1"},
            },
        },
    },
}
SETTINGS = {
    "enableTraining": "True",
    "enableInference": "True",
    "inferenceRouterServiceType": "NodePort",
    "allowInsecureConnections": "True",
    "relayserver.enabled": "True",
    "nginxIngress.enabled": "False",
}
COMPONENTS = (
    "gateway-7f969684dc-2lxzh",
    "metrics-controller-manager-5f4c8f8b9d-x2x5k",
    "amlarc-compute-kube-state-metrics-68784fm9px4",
    "amlarc-compute-prometheus-operator-654c49ps4x",
    "prometheus-prom-prometheus-0",
    "fluent-bit-dfhwl",
    "relayserver-6b8d4b5c5b-8j4kq",
    "aml-operator-6f99cc458c-zpwsw",
    "volcano-admission-6b7d9f4c5c-4w2kx",
    "volcano-controllers-7b5c8d6f5d-9k2xj",
    "volcano-scheduler-5c6b7d8f4c-2j4kw",
    "azureml-fe-v2-b8c86749f-4gfbw",
    "inference-operator-controller-manager-5b6c7d8f9-6k2wj",
    "amlarc-identity-controller-cb86645b9-qhmhc",
    "amlarc-identity-proxy-597b94d56-j4mqx",
)


def amounts(cpu: str = "4", gibibytes: int = 16, gpus: int = 0) -> dict[str, Fraction]:
    """Amounts of a node or a pod."""
    found = {"cpu": Fraction(cpu), "memory": Fraction(gibibytes * GIBIBYTE)}
    return found | ({"nvidia.com/gpu": Fraction(gpus)} if gpus else {})


def node(name: str, labels: Mapping[str, str] | None = None, has: Amounts | None = None, **more: Any) -> Node:
    """A node that is well, with all of its machine for pods, 110 of them."""
    there = amounts() if has is None else has
    return Node(name, labels or {}, there, {**there, "pods": Fraction(110)}, **more)


def pod(namespace: str, name: str, image: str = "", **more: Any) -> Pod:
    """A pod that runs on cpu-1, of one container."""
    container = Container(name.partition("-")[0], image or f"example.com/{name}:1")
    given = {"node": "cpu-1", "phase": "Running", "requests": {}, "containers": (container,)}
    return Pod(namespace, name, **(given | more))


def daemon(namespace: str, name: str, release: str = "", image: str = "") -> DaemonSet:
    """A DaemonSet that is ready on its one node."""
    owned = Owned("DaemonSet", namespace, name, release, namespace if release else "")
    return DaemonSet(owned, (image or f"example.com/{name}:1",), 1, 1)


def ingress_class(name: str, controller: str, release: str = "", namespace: str = "") -> IngressClass:
    """An IngressClass, of a Helm release where one is named."""
    return IngressClass(Owned("IngressClass", "", name, release, namespace), controller)


NODES = (
    node("cpu-1"),
    node("cpu-2"),
    node("gpu-1", {"accelerator": "nvidia-t4"}, amounts("8", 56, 1)),
)
TAINTED = Taint("sku", "gpu", "NoSchedule")


def manifest(name: str, selector: Mapping[str, str] | None, requests: Any, limits: Any) -> dict[str, Any]:
    """An InstanceType as the cluster has it."""
    spec: dict[str, Any] = {"resources": {"requests": requests, "limits": limits}}
    return {"metadata": {"name": name}, "spec": spec | ({"nodeSelector": selector} if selector else {})}


_CPU = ({"cpu": "2", "memory": "8Gi"}, {"cpu": "2", "memory": "8Gi"})
OBJECTS = (
    manifest("cpu", None, *_CPU),
    manifest("defaultinstancetype", None, *_CPU),
    manifest(
        "gpu",
        {"accelerator": "nvidia-t4"},
        {"cpu": "1000m", "memory": "4096Mi"},
        {"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": 1},
    ),
)

WELL: Mapping[Fact[Any], object] = {
    given.SETTINGS: SETTINGS,
    given.KNOWN_SETTINGS: SETTINGS,
    given.POOLS: (),
    given.DOCUMENT: DOCUMENT,
    given.DOCUMENT_SOURCE: "attach.yaml",
    given.NAMESPACE: "ml-team",
    given.EXTENSION_NAME: "amlarc-compute",
    given.INSTALL_STATE: "Installed",
    given.CLUSTER_TYPE: "connectedClusters",
    TARGET: TARGETED,
    facts.KUBERNETES_VERSION: "v1.34.4",
    facts.CONNECTED_AS: ClusterId(SUBSCRIPTION, "Edge-RG", "connectedClusters", "EDGE"),
    facts.NAMESPACES: {"default": "Active", "ml-team": "Active", "azureml": "Active", "azure-arc": "Active"},
    facts.NODES: NODES,
    facts.PODS: (
        pod("azure-arc", "extension-manager-5b7d9f4c5c-4w2kx"),
        pod("kube-system", "coredns-1"),
        *(pod("azureml", name) for name in COMPONENTS),
    ),
    facts.EXTENSION_PODS: tuple(pod("azureml", name) for name in COMPONENTS),
    facts.DAEMON_SETS: (daemon("kube-system", "nvidia-device-plugin-daemonset"),),
    facts.CUSTOM_RESOURCES: (
        Owned("CustomResourceDefinition", "", "jobs.batch.volcano.sh", "amlarc-compute", "azureml"),
    ),
    facts.INGRESS_CLASSES: (),
    facts.WEBHOOKS: {"volcano-admission-service-jobs-validate": ("/jobs/validate",)},
    facts.LEGACY_ROUTER: (),
    facts.AUTOSCALER: False,
    facts.VOLCANO_CONFIGURED: None,
    facts.SCHEDULER_MARK: "",
    facts.AGENT_PROXY: facts.AgentProxy(True, ("127.0.0.1", "localhost", "10.0.0.0/16", ".svc")),
    facts.PENDING_RELEASES: (),
    facts.HEALTH_REPORTS: {
        "reports-test": "Status: Passed Name: agent",
        "reports-pre-install": "Status: Passed Name: node\nStatus: Passed Name: loadbalancer\n",
        "reports-pre-upgrade": "Status: Passed Name: node",
    },
    facts.INSTANCE_TYPES: OBJECTS,
}


def known(changes: Mapping[Fact[Any], object] | None = None) -> Facts:
    """The facts of a cluster on which all is well but for the changes."""
    return Facts({fact.name: value for fact, value in {**WELL, **(changes or {})}.items()})
