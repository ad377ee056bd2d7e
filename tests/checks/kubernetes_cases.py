"""What changes to a cluster on which all is well make of its checks."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from azext_amlarc.checks import given
from azext_amlarc.checks.check import Fact, Status
from azext_amlarc.checks.given import TARGET, Pool
from azext_amlarc.checks.kubernetes import facts
from azext_amlarc.checks.kubernetes.facts import AgentProxy, Container, Node, Owned
from azext_amlarc.resources.ids import ClusterId, Target
from tests.checks.clusters import (
    COMPONENTS,
    NODES,
    OBJECTS,
    SETTINGS,
    SUBSCRIPTION,
    TAINTED,
    WELL,
    amounts,
    daemon,
    ingress_class,
    manifest,
    node,
    pod,
)

UPDATE = "az ml arc extension update -c edge -g edge-rg --config"
MANAGED = Target(
    SUBSCRIPTION, ClusterId(SUBSCRIPTION, "edge-rg", "managedClusters", "aks"), cluster_type="managedClusters"
)
NODEPOOL = "az aks nodepool {} --cluster-name aks -g edge-rg -n"
SPOT = "kubernetes.azure.com/scalesetpriority"


class Case(NamedTuple):
    """What a change to the cluster makes of a check; `evidence` and `fix` are parts of what it says."""

    id: str
    title: str
    changes: Mapping[Fact[Any], object]
    status: Status
    message: str
    evidence: str = ""
    fix: str = ""


def settings(**more: str) -> dict[Fact[Any], object]:
    return {given.SETTINGS: {**SETTINGS, **{key.replace("__", "."): value for key, value in more.items()}}}


def nodes(*changed: Node) -> dict[Fact[Any], object]:
    return {facts.NODES: changed}


def pool(**more: Any) -> dict[Fact[Any], object]:
    """A managed cluster with a pool for GPUs that has no node, beside one that has some."""
    gpus = Pool("gpu", 0, machine="Standard_NC4as_T4_v3", labels={"accelerator": "nvidia-t4"})._replace(**more)
    return {given.POOLS: (Pool("system", 2), gpus), TARGET: MANAGED, **nodes(CPU_1, CPU_2)}


def in_pool(one: Node, name: str, *taints: facts.Taint) -> Node:
    return replace(one, labels={**one.labels, "kubernetes.azure.com/agentpool": name}, taints=taints)


def written(name: str) -> dict[str, Any]:
    """An InstanceType that we have written."""
    found = manifest(name, None, {}, {})
    return {**found, "metadata": {**found["metadata"], "isOurs": True}}


def pods(*more: facts.Pod) -> dict[Fact[Any], object]:
    there = WELL[facts.PODS]
    assert isinstance(there, tuple)
    return {facts.PODS: (*there, *more)}


def extension_pods(*changed: facts.Pod) -> dict[Fact[Any], object]:
    names = {one.name for one in changed}
    return {facts.EXTENSION_PODS: (*changed, *(pod("azureml", name) for name in COMPONENTS if name not in names))}


def reports(**more: str) -> dict[Fact[Any], object]:
    return {facts.HEALTH_REPORTS: {f"reports-{key.replace('_', '-')}": text for key, text in more.items()}}


PASS, WARN, FAIL, SKIPPED = Status.PASS, Status.WARN, Status.FAIL, Status.SKIPPED
CPU_1, CPU_2, GPU_1 = NODES
VOLCANO = pod("volcano-system", "volcano-scheduler-1", "docker.io/volcanosh/vc-scheduler:v1.5.1")
OWN_VOLCANO = settings(installVolcano="False")
SCALER = pod("kube-system", "cluster-autoscaler-1", "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.0")
OURS: dict[Fact[Any], object] = {
    facts.AUTOSCALER: True,
    facts.VOLCANO_CONFIGURED: True,
    facts.SCHEDULER_MARK: "0e51c97ea05d",
    **settings(volcanoScheduler__schedulerConfigMap="volcano-scheduler-no-gang"),
}
USES_OURS = "Volcano uses the configuration volcano-scheduler-no-gang."
SCALE = "az ml arc extension update -c edge -g edge-rg --scale-from-zero"
PROMETHEUS = pod(
    "monitoring",
    "prometheus-operator-1",
    "quay.io/prometheus-operator/prometheus-operator:v0.62.0",
    chart="kube-prometheus-stack-30.0.1",
)
LEGACY = (
    Owned("Deployment", "default", "azureml-fe"),
    Owned("ClusterRole", "", "azureml-fe-role"),
    Owned("Service", "azureml", "azureml-fe", "amlarc-compute", "azureml"),
)

CASES = [
    Case(
        "K001",
        "a version of 2021",
        {facts.KUBERNETES_VERSION: "v1.18.2"},
        PASS,
        "The API server runs Kubernetes v1.18.2.",
    ),
    Case("K001", "before", {facts.KUBERNETES_VERSION: "v1.17.9"}, FAIL, "Kubernetes v1.17.9 is older than 1.18."),
    Case(
        "K001",
        "a version that says nothing",
        {facts.KUBERNETES_VERSION: "unknown"},
        WARN,
        "The API server answers, but its version 'unknown' is not a Kubernetes version.",
    ),
    Case(
        "K002",
        "a namespace that nobody made",
        {given.NAMESPACE: "ml"},
        FAIL,
        "There is no namespace ml.",
        fix="kubectl create namespace ml",
    ),
    Case(
        "K002",
        "a namespace that goes",
        {facts.NAMESPACES: {"ml-team": "Terminating"}},
        FAIL,
        "The namespace ml-team is Terminating.",
        fix="kubectl wait --for=delete namespace/ml-team --timeout=10m\nkubectl create namespace ml-team",
    ),
    Case("K003", "no namespace yet", {facts.NAMESPACES: {}}, PASS, "The namespace azureml does not exist yet."),
    Case(
        "K003",
        "one that goes",
        {facts.NAMESPACES: {"azureml": "Terminating"}},
        FAIL,
        "The namespace azureml is being removed.",
        fix="kubectl wait --for=delete namespace/azureml --timeout=15m",
    ),
    Case(
        "K005",
        "a cluster that was made anew under the extension",
        {facts.NAMESPACES: {"default": "Active"}},
        FAIL,
        "Azure says that amlarc-compute is Installed, but there is no namespace azureml.",
        fix="az ml arc extension delete -n amlarc-compute -c edge -g edge-rg --force --yes\n"
        "az ml arc extension create -n amlarc-compute -c edge -g edge-rg --config enableTraining=True",
    ),
    Case(
        "K005",
        "a namespace that goes",
        {facts.NAMESPACES: {"azureml": "Terminating"}},
        FAIL,
        "Azure says that amlarc-compute is Installed, but the namespace azureml is Terminating.",
    ),
    Case(
        "K005",
        "an installation that is not over",
        {given.INSTALL_STATE: "Pending", facts.NAMESPACES: {}},
        SKIPPED,
        "Azure says that the extension is Pending.",
    ),
    Case(
        "K004",
        "another cluster",
        {facts.CONNECTED_AS: ClusterId(SUBSCRIPTION, "plant-rg", "connectedClusters", "plant")},
        FAIL,
        f"The kubeconfig's cluster is plant in the resource group plant-rg of the subscription {SUBSCRIPTION}, "
        f"not edge in the resource group edge-rg of the subscription {SUBSCRIPTION}.",
        fix="Choose the right one with --kubeconfig and --context (`kubectl config get-contexts` lists the contexts).",
    ),
    Case(
        "K004",
        "its namesake in another subscription",
        {facts.CONNECTED_AS: ClusterId("11111111-1111-1111-1111-111111111111", "edge-rg", "connectedClusters", "edge")},
        FAIL,
        "The kubeconfig's cluster is edge in the resource group edge-rg of the subscription "
        "11111111-1111-1111-1111-111111111111, not edge in the resource group edge-rg of the subscription "
        f"{SUBSCRIPTION}.",
    ),
    Case(
        "K004",
        "nobody is signed in, and it is another",
        {TARGET: Target("", ClusterId("", "edge-rg", "connectedClusters", "edge-2"))},
        FAIL,
        f"The kubeconfig's cluster is EDGE in the resource group Edge-RG of the subscription {SUBSCRIPTION}, "
        "not edge-2 in the resource group edge-rg.",
    ),
    Case(
        "K004",
        "nobody is signed in",
        {TARGET: Target("", ClusterId("", "edge-rg", "connectedClusters", "edge"))},
        PASS,
        f"The kubeconfig's cluster is EDGE in the resource group Edge-RG of the subscription {SUBSCRIPTION}.",
    ),
    Case(
        "K004",
        "no agents of Azure Arc",
        {facts.CONNECTED_AS: None},
        SKIPPED,
        "The cluster has no Azure Arc agents to say which one it is.",
    ),
    Case(
        "K004",
        "AKS",
        {TARGET: Target(SUBSCRIPTION, ClusterId(SUBSCRIPTION, "edge-rg", "managedClusters", "aks"), "managedClusters")},
        SKIPPED,
        "An AKS cluster does not say which one it is.",
    ),
    Case("K004", "no cluster", {TARGET: Target(SUBSCRIPTION)}, SKIPPED, "No cluster was named: -c CLUSTER -g GROUP."),
    Case(
        "K010",
        "no node of linux/amd64",
        nodes(replace(CPU_1, architecture="arm64"), replace(CPU_2, cordoned=True)),
        FAIL,
        "No node can run the extension (0 of 2).",
        "cpu-1 runs linux/arm64, not linux/amd64",
    ),
    Case("K010", "no node at all", nodes(), FAIL, "The cluster has no nodes."),
    Case(
        "K010",
        "one that is not ready",
        nodes(CPU_1, replace(CPU_2, ready=False, troubles=("DiskPressure",))),
        WARN,
        "1 of 2 nodes can run the extension.",
        "cpu-2 is not Ready\ncpu-2 has DiskPressure",
    ),
    Case(
        "K010",
        "a taint of its own",
        nodes(CPU_1, replace(GPU_1, taints=(TAINTED,))),
        PASS,
        "1 of 2 nodes can run the extension.",
        "gpu-1 has the taint sku=gpu:NoSchedule",
    ),
    Case(
        "K010",
        "nodes for the extension alone",
        nodes(replace(CPU_1, taints=(facts.Taint("ml.azure.com/amlarc-system", "true", "NoSchedule"),))),
        PASS,
        "1 of 1 node can run the extension.",
    ),
    Case(
        "K010",
        "a taint that the extension is made to tolerate",
        nodes(replace(CPU_1, taints=(TAINTED,)))
        | {given.KNOWN_SETTINGS: {"toleration[0].key": "sku", "toleration[0].operator": "Exists"}},
        PASS,
        "1 of 1 node can run the extension.",
    ),
    Case(
        "K010",
        "one taint on every node",
        nodes(replace(CPU_1, taints=(TAINTED,)), replace(CPU_2, taints=(TAINTED,)))
        | {given.KNOWN_SETTINGS: {"toleration[0].operator": "Exists", "toleration[0].effect": "NoExecute"}},
        FAIL,
        "No node can run the extension (0 of 2).",
        "cpu-2 has the taint sku=gpu:NoSchedule",
        f"{UPDATE} 'toleration[1].key=sku' 'toleration[1].operator=Equal' 'toleration[1].value=gpu' "
        "'toleration[1].effect=NoSchedule'",
    ),
    Case(
        "K010",
        "a control plane alone",
        nodes(replace(CPU_1, taints=(facts.Taint("node-role.kubernetes.io/control-plane", "", "NoSchedule"),))),
        FAIL,
        "No node can run the extension (0 of 1).",
        fix="keeps nodes for itself with node-role.kubernetes.io/control-plane: select or add other nodes.",
    ),
    Case(
        "K011",
        "labels of a pool at zero",
        {**settings(nodeSelector__accelerator="nvidia-t4"), **pool(most=4)},
        WARN,
        "No node has accelerator=nvidia-t4 now: the pool gpu is at zero and grows to 4.",
    ),
    Case(
        "K011",
        "labels that a node has",
        settings(nodeSelector__accelerator="nvidia-t4"),
        PASS,
        "Found 1 node with accelerator=nvidia-t4.",
        "gpu-1",
    ),
    Case(
        "K011",
        "labels that none has",
        settings(nodeSelector__pool="ml"),
        FAIL,
        "No schedulable node has pool=ml.",
        fix="kubectl label node NODE pool=ml",
    ),
    Case(
        "K011",
        "labels of a cordoned node",
        {**settings(nodeSelector__accelerator="nvidia-t4"), **nodes(CPU_1, replace(GPU_1, cordoned=True))},
        FAIL,
        "No schedulable node has accelerator=nvidia-t4.",
        "gpu-1 is cordoned",
    ),
    Case(
        "K012",
        "two nodes",
        nodes(CPU_1, CPU_2),
        FAIL,
        "inferenceRouterHA needs 3 schedulable nodes, but the cluster has 2.",
        "cpu-1\ncpu-2",
        f"{UPDATE} inferenceRouterHA=False",
    ),
    Case(
        "K012",
        "two nodes under its former name",
        {**nodes(CPU_1, CPU_2), **settings(inferenceLoadBalancerHA="false")},
        PASS,
        "The inference router needs no replicas.",
    ),
    Case(
        "K013",
        "too little free",
        {
            **nodes(*(node(f"cpu-{n}", has=amounts("2", 2)) for n in (1, 2, 3))),
            **pods(pod("a", "b", requests=amounts("2", 2))),
        },
        FAIL,
        "The extension requests cpu 3.73, memory 4.5Gi; free: cpu 4, memory 4Gi.",
        "cpu-1: free cpu 0, memory 0Mi",
    ),
    Case(
        "K013",
        "a small cluster for jobs",
        {**nodes(node("small", has=amounts("2", 7))), **settings(enableInference="False")},
        WARN,
        "The cluster has cpu 2, memory 7Gi; 4 vCPU and 14 GB are recommended for production.",
        "small: free cpu 2, memory 7Gi",
    ),
    Case(
        "K013",
        "nothing is enabled",
        settings(enableTraining="False", enableInference="False"),
        SKIPPED,
        "Neither enableTraining nor enableInference is on: nothing will be installed.",
    ),
    Case(
        "K013",
        "the extension itself fills the nodes",
        pods(*(pod("azureml", f"x-{n}", node=f"cpu-{n}", requests=amounts("4", 16)) for n in (1, 2))),
        PASS,
        "The extension requests cpu 3.73, memory 4.5Gi; free: cpu 16, memory 88Gi.",
    ),
    Case(
        "K020",
        "another GPU than was asked for",
        nodes(CPU_1, replace(GPU_1, labels={"accelerator": "nvidia-k80"})),
        FAIL,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4 (nodes have nvidia-k80)",
        "kubectl label node NODE accelerator=nvidia-t4",
    ),
    Case(
        "K020",
        "a pool at zero that grows",
        pool(most=3),
        WARN,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4 now; the pool gpu is at zero and grows to 3",
        NODEPOOL.format("update") + " gpu --update-cluster-autoscaler --min-count 1 --max-count 3",
    ),
    Case(
        "K020",
        "a pool at zero that does not grow",
        pool(),
        WARN,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4 now; the pool gpu is at zero and does not grow by itself",
        NODEPOOL.format("scale") + " gpu --node-count 1",
    ),
    Case(
        "K020",
        "a pool that is stopped",
        pool(is_stopped=True, nodes=2),
        WARN,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4 now; the pool gpu is stopped",
        NODEPOOL.format("start") + " gpu",
    ),
    Case(
        "K020",
        "a label that AKS gives machines with GPUs",
        pool(labels={}, most=1)
        | {given.DOCUMENT: {"instanceTypes": {"t4": {"nodeSelector": {"kubernetes.azure.com/accelerator": "nvidia"}}}}},
        WARN,
        "No instance type matches a node (0 of 1).",
        "t4: no node has kubernetes.azure.com/accelerator=nvidia now; the pool gpu is at zero and grows to 1",
    ),
    Case(
        "K020",
        "no pool of a managed cluster has the labels",
        pool(labels={}),
        FAIL,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4",
        NODEPOOL.format("update") + " POOL --labels accelerator=nvidia-t4",
    ),
    Case(
        "K020",
        "nodes of AKS pools, connected through Azure Arc",
        nodes(in_pool(CPU_1, "system")),
        FAIL,
        "1 of 2 instance types matches a node.",
        fix="az aks nodepool update --cluster-name AKS -g GROUP -n POOL --labels accelerator=nvidia-t4",
    ),
    Case(
        "K020",
        "an autoscaler whose node groups nobody can see",
        nodes(CPU_1) | {facts.AUTOSCALER: True},
        WARN,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4 now; the autoscaler may add one",
        "see check AMLARC-K053",
    ),
    Case(
        "K020",
        "an autoscaler beside pools of which none grows",
        pool(labels={}) | {facts.AUTOSCALER: True},
        WARN,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4 now; the autoscaler may add one",
        "Check that a node group of the autoscaler has these labels",
    ),
    Case(
        "K020",
        "an autoscaler whose pools have other labels",
        pool(labels={}, most=3) | {facts.AUTOSCALER: True},
        FAIL,
        "1 of 2 instance types matches a node.",
        "gpu: no node has accelerator=nvidia-t4",
        NODEPOOL.format("update") + " POOL --labels accelerator=nvidia-t4",
    ),
    Case(
        "K020",
        "labels that only machines have",
        nodes(CPU_1) | {given.DOCUMENT: {"instanceTypes": {"arm": {"nodeSelector": {"kubernetes.io/arch": "arm64"}}}}},
        FAIL,
        "No instance type matches a node (0 of 1).",
        "arm: no node has kubernetes.io/arch=arm64",
        "These labels come with the machines: change the nodeSelector, or add such nodes.",
    ),
    Case(
        "K020",
        "the settings select as well",
        settings(nodeSelector__pool="ml"),
        FAIL,
        "No instance type matches a node (0 of 2).",
        "cpu: no node has pool=ml",
        "kubectl label node NODE pool=ml\nkubectl label node NODE pool=ml accelerator=nvidia-t4",
    ),
    Case(
        "K020",
        "no instance types",
        {given.DOCUMENT: {"namespace": "ml"}},
        SKIPPED,
        "The configuration has no instance types.",
    ),
    Case(
        "K021",
        "a GPU node of ARM",
        nodes(CPU_1, replace(GPU_1, architecture="arm64")),
        FAIL,
        "No instance type matches linux/amd64 nodes only (0 of 2).",
        "gpu: matches gpu-1 (linux/arm64)",
        "Add kubernetes.io/arch: amd64 and kubernetes.io/os: linux to the nodeSelector of gpu",
    ),
    Case(
        "K021",
        "nodes for none of them",
        settings(nodeSelector__pool="ml"),
        SKIPPED,
        "No instance type matches a node.",
    ),
    Case(
        "K021",
        "Windows beside",
        nodes(CPU_1, GPU_1, node("win-1", system="windows")),
        WARN,
        "1 of 2 instance types matches linux/amd64 nodes only.",
        "cpu: matches win-1 (windows/amd64)",
    ),
    Case(
        "K022",
        "a taint that jobs do not tolerate",
        nodes(CPU_1, CPU_2, replace(GPU_1, taints=(TAINTED,))),
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
        "gpu: gpu-1 has the taint sku=gpu:NoSchedule",
        "kubectl taint node gpu-1 sku=gpu:NoSchedule-",
    ),
    Case(
        "K022",
        "a taint that jobs are made to tolerate",
        nodes(CPU_1, replace(GPU_1, taints=(TAINTED,)))
        | settings(**{"workLoadToleration[0].key": "sku", "workLoadToleration[0].value": "gpu"}),
        PASS,
        "2 of 2 instance types match only nodes that accept jobs.",
    ),
    Case(
        "K022",
        "another value of the taint is tolerated",
        nodes(CPU_1, replace(GPU_1, taints=(TAINTED,)))
        | settings(**{"workLoadToleration[3].key": "sku", "workLoadToleration[3].value": "fpga"}),
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
        "gpu: gpu-1 has the taint sku=gpu:NoSchedule",
        f"{UPDATE} 'workLoadToleration[4].key=sku' 'workLoadToleration[4].operator=Equal' "
        "'workLoadToleration[4].value=gpu' 'workLoadToleration[4].effect=NoSchedule'",
    ),
    Case(
        "K022",
        "the extension's own tolerations are not those of jobs",
        nodes(CPU_1, replace(GPU_1, taints=(TAINTED,))) | settings(**{"toleration[0].operator": "Exists"}),
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
    ),
    Case(
        "K022",
        "a taint of an AKS pool beside the platform's",
        nodes(
            CPU_1,
            in_pool(
                GPU_1, "gpu", TAINTED, facts.Taint("a", "b", "NoSchedule"), facts.Taint(SPOT, "spot", "NoSchedule")
            ),
        )
        | {TARGET: MANAGED},
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
        f"gpu-1 has the taint {SPOT}=spot:NoSchedule",
        NODEPOOL.format("update") + " gpu --node-taints a=b:NoSchedule",
    ),
    Case(
        "K022",
        "spot nodes are to be tolerated",
        nodes(CPU_1, in_pool(GPU_1, "gpu", facts.Taint(SPOT, "spot", "NoSchedule"))),
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
        fix=f"'workLoadToleration[0].key={SPOT}' 'workLoadToleration[0].operator=Equal' "
        "'workLoadToleration[0].value=spot'",
    ),
    Case(
        "K022",
        "a taint of a pool at zero",
        pool(taints=("sku=gpu:NoSchedule",)),
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
        "gpu: the pool gpu has the taint sku=gpu:NoSchedule",
        NODEPOOL.format("update") + " gpu --node-taints ''",
    ),
    Case(
        "K022",
        "nodes that platforms keep",
        nodes(
            CPU_1, replace(CPU_2, taints=(facts.Taint("virtual-kubelet.io/provider", "azure", "NoSchedule"),)), GPU_1
        ),
        WARN,
        "1 of 2 instance types matches only nodes that accept jobs.",
        "cpu: cpu-2 has the taint virtual-kubelet.io/provider=azure:NoSchedule",
        "The platform keeps nodes for itself with virtual-kubelet.io/provider: select or add other nodes.",
    ),
    *(
        Case(
            "K022",
            f"nodes that {platform} keeps",
            nodes(CPU_1, replace(CPU_2, taints=(facts.Taint(key, value, "NoSchedule"),)), GPU_1),
            WARN,
            "1 of 2 instance types matches only nodes that accept jobs.",
            f"cpu: cpu-2 has the taint {key}={value}:NoSchedule",
            f"The platform keeps nodes for itself with {key}: select or add other nodes.",
        )
        for platform, key, value in (
            ("EKS", "eks.amazonaws.com/compute-type", "fargate"),
            ("GKE", "cloud.google.com/gke-quick-remove", "true"),
            ("OpenShift", "node-role.kubernetes.io/infra", "reserved"),
        )
    ),
    Case(
        "K022",
        "spot nodes of GKE",
        nodes(CPU_1, replace(CPU_2, taints=(facts.Taint("cloud.google.com/gke-spot", "true", "NoSchedule"),)), GPU_1),
        WARN,
        "1 of 2 instance types matches only nodes that accept jobs.",
        "cpu: cpu-2 has the taint cloud.google.com/gke-spot=true:NoSchedule",
        "'workLoadToleration[0].key=cloud.google.com/gke-spot'",
    ),
    Case(
        "K022",
        "nodes for one of two",
        nodes(CPU_1),
        PASS,
        "1 of 2 instance types matches only nodes that accept jobs.",
        "gpu: no matching node",
    ),
    Case(
        "K022",
        "a taint that jobs tolerate",
        nodes(CPU_1, replace(GPU_1, taints=(facts.Taint("ml.azure.com/amlarc", "true", "NoSchedule"),))),
        PASS,
        "2 of 2 instance types match only nodes that accept jobs.",
    ),
    Case(
        "K022",
        "a taint that the extension alone tolerates",
        nodes(CPU_1, replace(GPU_1, taints=(facts.Taint("ml.azure.com/amlarc-system", "true", "NoExecute"),))),
        FAIL,
        "No instance type matches only nodes that accept jobs (0 of 2).",
        "gpu: gpu-1 has the taint ml.azure.com/amlarc-system=true:NoExecute",
    ),
    Case(
        "K022",
        "a cordoned node of several",
        nodes(CPU_1, replace(CPU_2, cordoned=True), GPU_1),
        WARN,
        "1 of 2 instance types matches only nodes that accept jobs.",
        "cpu: cpu-2 is cordoned",
        "kubectl uncordon cpu-2",
    ),
    Case(
        "K023",
        "larger than any node",
        nodes(node("small", has=amounts("1", 4)), GPU_1, node("other", has=amounts("1", 4)))
        | {
            given.DOCUMENT: {
                "defaultInstanceType": "huge",
                "instanceTypes": {"huge": {"resources": {"requests": {"cpu": "9", "memory": "1Gi"}}}},
            }
        },
        FAIL,
        "No instance type fits on a node (0 of 1).",
        "huge: requests cpu 9, memory 1Gi; the largest node, gpu-1, has cpu 8, memory 56Gi",
        "Lower the requests and limits of huge, or add larger nodes.",
    ),
    Case(
        "K023",
        "parts of a GPU where a whole one is asked for",
        nodes(
            CPU_1,
            node("gpu-1", {"accelerator": "nvidia-t4"}, {**amounts("8", 56), "nvidia.com/mig-1g.5gb": Fraction(7)}),
        ),
        FAIL,
        "1 of 2 instance types fits on a node.",
        "gpu: requests cpu 1, memory 4Gi, nvidia.com/gpu 1; its nodes offer nvidia.com/mig-1g.5gb instead",
        "Ask for nvidia.com/mig-1g.5gb in the limits of gpu, or select other nodes.",
    ),
    Case(
        "K023",
        "a GPU of another maker",
        nodes(CPU_1, node("gpu-1", {"accelerator": "nvidia-t4"}, {**amounts("8", 56), "amd.com/gpu": Fraction(1)})),
        FAIL,
        "1 of 2 instance types fits on a node.",
        "its nodes offer amd.com/gpu instead",
    ),
    Case(
        "K023",
        "only a pool at zero could hold it",
        pool(most=2),
        WARN,
        "1 of 2 instance types fits on a node.",
        "memory 4Gi, nvidia.com/gpu 1; no matching node now; the pool gpu is at zero and grows to 2",
    ),
    Case(
        "K023",
        "another job has the GPU",
        pods(pod("ml-team", "job", node="gpu-1", requests=amounts("6", 8, 1))),
        WARN,
        "1 of 2 instance types fits on a node.",
        "gpu: requests cpu 1, memory 4Gi, nvidia.com/gpu 1; "
        "free now: at most cpu 2, memory 48Gi, nvidia.com/gpu 0 on gpu-1",
        "kubectl describe node gpu-1",
    ),
    Case(
        "K023",
        "a node that is full of pods",
        nodes(replace(GPU_1, allocatable={**GPU_1.allocatable, "pods": Fraction(1)}))
        | pods(pod("ml-team", "tiny", node="gpu-1")),
        WARN,
        "No instance type fits on a node (0 of 2).",
        "gpu: requests cpu 1, memory 4Gi, nvidia.com/gpu 1; free now: at most cpu 8",
    ),
    Case(
        "K023",
        "no node that it may go to",
        nodes(CPU_1, replace(GPU_1, ready=False)),
        FAIL,
        "1 of 2 instance types fits on a node.",
        "gpu: requests cpu 1, memory 4Gi, nvidia.com/gpu 1; no matching node",
    ),
    Case(
        "K024",
        "another amount",
        {
            facts.INSTANCE_TYPES: (
                *OBJECTS[:2],
                manifest("gpu", None, {"cpu": "1", "memory": "4Gi"}, {"cpu": "4", "memory": "8Gi"}),
            )
        },
        FAIL,
        "3 differences between the configuration and the cluster's InstanceType objects.",
        "gpu: nodeSelector is not set on the cluster, accelerator=nvidia-t4 in the configuration\n"
        "gpu: limits.cpu is 4 on the cluster, 2 in the configuration\n"
        "gpu: limits.nvidia.com/gpu is not set on the cluster, 1 in the configuration",
        "az ml arc config convert -f attach.yaml --to instancetype | kubectl apply -f -",
    ),
    Case(
        "K024",
        "no such kind",
        {facts.INSTANCE_TYPES: ()},
        FAIL,
        "3 differences between the configuration and the cluster's InstanceType objects.",
        "defaultinstancetype: not on the cluster (the one that jobs without an instance type use)",
    ),
    Case(
        "K024",
        "what an earlier configuration left",
        {facts.INSTANCE_TYPES: (*OBJECTS, written("huge"), manifest("theirs", None, {}, {}))},
        WARN,
        "1 InstanceType object is left over from another configuration.",
        "huge: on the cluster, written by this tool, and not in the configuration",
        "kubectl delete instancetype huge",
    ),
    Case(
        "K024",
        "leftovers beside what is missing",
        {facts.INSTANCE_TYPES: (*OBJECTS[:2], written("huge"))},
        FAIL,
        "1 difference between the configuration and the cluster's InstanceType objects.",
        "gpu: not on the cluster\nhuge: on the cluster, written by this tool",
        "az ml arc config convert -f attach.yaml --to instancetype | kubectl apply -f -",
    ),
    Case(
        "K024",
        "others beside",
        {facts.INSTANCE_TYPES: (*OBJECTS, manifest("huge", None, {}, {}))},
        PASS,
        "3 InstanceType objects match the configuration.",
    ),
    Case(
        "K025",
        "an object that no node can hold",
        {
            facts.INSTANCE_TYPES: (
                manifest("huge", None, {"cpu": "64", "memory": "8Gi"}, {"cpu": "64", "memory": "8Gi"}),
            )
        },
        FAIL,
        "No instance type fits on a node (0 of 1).",
        "huge: requests cpu 64, memory 8Gi; the largest node, gpu-1, has cpu 8, memory 56Gi",
    ),
    Case(
        "K025",
        "an object whose amounts are none",
        {facts.INSTANCE_TYPES: (manifest("odd", None, {"cpu": "two", "memory": "8Gi"}, {}),)},
        FAIL,
        "InstanceType odd has an invalid amount.",
        fix="kubectl edit instancetype odd",
    ),
    Case(
        "K025",
        "no such kind",
        {facts.INSTANCE_TYPES: ()},
        PASS,
        "The cluster has no InstanceType objects besides its built-in default.",
    ),
    Case(
        "K030",
        "the plugin is there, and installed again",
        settings(installNvidiaDevicePlugin="True")
        | {facts.DAEMON_SETS: (daemon("gpu-operator", "nvidia-device-plugin-daemonset", "gpu-operator"),)},
        FAIL,
        "installNvidiaDevicePlugin is on, but the cluster already has the plugin.",
        "DaemonSet gpu-operator/nvidia-device-plugin-daemonset, owned by Helm release gpu-operator/gpu-operator, "
        "ready on 1 of 1 node",
        f"{UPDATE} installNvidiaDevicePlugin=False",
    ),
    Case(
        "K030",
        "the extension's own plugin",
        settings(installNvidiaDevicePlugin="True")
        | {facts.DAEMON_SETS: (daemon("azureml", "nvidia-device-plugin-daemonset", "amlarc-compute"),)},
        PASS,
        "Found an NVIDIA device plugin: DaemonSet azureml/nvidia-device-plugin-daemonset.",
    ),
    Case(
        "K030",
        "GPUs that nothing offers",
        nodes(CPU_1, replace(GPU_1, allocatable=amounts())) | {facts.DAEMON_SETS: ()},
        WARN,
        "Pods cannot use the GPUs of 1 node: there is no NVIDIA device plugin, and installNvidiaDevicePlugin is off.",
        "gpu-1",
        f"{UPDATE} installNvidiaDevicePlugin=True",
    ),
    Case(
        "K030",
        "no GPU and no plugin",
        nodes(CPU_1) | {facts.DAEMON_SETS: ()},
        PASS,
        "There is no NVIDIA device plugin; installNvidiaDevicePlugin is off.",
    ),
    Case("K031", "no GPU", nodes(CPU_1), PASS, "No node has a GPU."),
    Case(
        "K031",
        "GPUs under other names",
        nodes(
            node("mig", {"nvidia.com/gpu.present": "true"}, {**amounts(), "nvidia.com/mig-1g.5gb": Fraction(7)}),
            node("shared", {"nvidia.com/gpu.present": "true"}, {**amounts(), "nvidia.com/gpu.shared": Fraction(4)}),
            node("amd", None, {**amounts(), "amd.com/gpu": Fraction(2)}),
        ),
        PASS,
        "3 nodes with GPUs, all advertised.",
        "mig: nvidia.com/mig-1g.5gb 7\nshared: nvidia.com/gpu.shared 4\namd: amd.com/gpu 2",
    ),
    Case(
        "K031",
        "a node whose driver fails",
        nodes(GPU_1, node("gpu-2", {"kubernetes.azure.com/accelerator": "nvidia"})),
        WARN,
        "1 of 2 nodes with GPUs advertises none.",
        "gpu-1: nvidia.com/gpu 1\ngpu-2: nvidia.com/gpu 0\n"
        "DaemonSet kube-system/nvidia-device-plugin-daemonset, owned by no Helm release, ready on 1 of 1 node",
        "kubectl describe node gpu-2",
    ),
    Case(
        "K040",
        "the cluster's own is there already",
        pods(PROMETHEUS),
        FAIL,
        "installPromOp is on, but the cluster already has a Prometheus operator.",
        "pod monitoring/prometheus-operator-1, of the Helm chart kube-prometheus-stack-30.0.1",
        f"{UPDATE} installPromOp=False",
    ),
    Case(
        "K040",
        "the cluster's own is used",
        pods(PROMETHEUS) | settings(reuseExistingPromOp="True"),
        PASS,
        "The cluster has a Prometheus operator.",
    ),
    Case(
        "K040",
        "there is none",
        settings(installPromOp="False"),
        FAIL,
        "installPromOp is off, but the cluster has no Prometheus operator of its own.",
        fix=f"{UPDATE} installPromOp=True",
    ),
    Case(
        "K041",
        "the GPU operator's is there",
        settings(installDcgmExporter="True")
        | {facts.DAEMON_SETS: (daemon("gpu-operator", "nvidia-dcgm-exporter", "gpu-operator"),)},
        FAIL,
        "installDcgmExporter is on, but the cluster already has a DCGM exporter.",
        "DaemonSet gpu-operator/nvidia-dcgm-exporter, owned by Helm release gpu-operator/gpu-operator",
        f"{UPDATE} installDcgmExporter=False",
    ),
    Case(
        "K041",
        "the extension's own",
        settings(installDcgmExporter="True")
        | {facts.DAEMON_SETS: (daemon("azureml", "dcgm-exporter", "amlarc-compute"),)},
        PASS,
        "The extension installs a DCGM exporter.",
    ),
    Case(
        "K042",
        "the cluster's ingress-nginx on AKS",
        {
            **{given.SETTINGS: {"enableInference": "True"}, given.CLUSTER_TYPE: "managedClusters"},
            facts.INGRESS_CLASSES: (ingress_class("nginx", "k8s.io/ingress-nginx", "ingress", "ingress-basic"),),
        },
        FAIL,
        "The cluster already has an ingress controller named k8s.io/ingress-nginx.",
        "IngressClass nginx, owned by Helm release ingress-basic/ingress, uses k8s.io/ingress-nginx",
        f"{UPDATE} nginxIngress.controller=k8s.io/amlarc-ingress-nginx",
    ),
    Case(
        "K042",
        "under a name of its own",
        settings(nginxIngress__enabled="True", nginxIngress__controller="k8s.io/amlarc-ingress-nginx")
        | {facts.INGRESS_CLASSES: (ingress_class("nginx", "k8s.io/ingress-nginx"),)},
        PASS,
        "No other ingress controller is named k8s.io/amlarc-ingress-nginx.",
    ),
    Case(
        "K042",
        "the extension's own",
        settings(nginxIngress__enabled="True")
        | {facts.INGRESS_CLASSES: (ingress_class("azureml", "k8s.io/ingress-nginx", "amlarc-compute", "azureml"),)},
        PASS,
        "No other ingress controller is named k8s.io/ingress-nginx.",
    ),
    Case(
        "K043",
        "left from 2021, and installed again",
        settings(installBlobfuseSysctl="True")
        | {facts.DAEMON_SETS: (daemon("kube-system", "blobfuse-flexvol-installer"),)},
        FAIL,
        "installBlobfuseSysctl is on, but the cluster already has Blobfuse.",
        "DaemonSet kube-system/blobfuse-flexvol-installer, owned by no Helm release",
        f"{UPDATE} installBlobfuseSysctl=False installBlobfuseFlexvol=False",
    ),
    Case(
        "K043",
        "left from 2021, and nothing said",
        {facts.DAEMON_SETS: (daemon("kube-system", "blobfuse-flexvol-installer"),)},
        WARN,
        "The cluster already has Blobfuse, which extensions of 2021 install as well unless told not to.",
    ),
    Case(
        "K043",
        "left from 2021, and turned off",
        settings(installBlobfuseSysctl="False", installBlobfuseFlexvol="False")
        | {facts.DAEMON_SETS: (daemon("kube-system", "blobfuse-flexvol-installer"),)},
        PASS,
        "Blobfuse is not installed twice.",
    ),
    Case(
        "K044",
        "what version 1 left",
        {facts.LEGACY_ROUTER: LEGACY},
        FAIL,
        "2 objects of Azure Machine Learning v1's inference router are left.",
        "Deployment default/azureml-fe\nClusterRole azureml-fe-role",
        "kubectl delete deployment azureml-fe -n default\nkubectl delete clusterrole azureml-fe-role\n"
        "kubectl delete service/azureml-fe-int-http secret/azuremlfessl -n default --ignore-not-found",
    ),
    Case(
        "K044",
        "today's router alone",
        {facts.LEGACY_ROUTER: LEGACY[2:]},
        PASS,
        "Nothing is left of Azure Machine Learning v1's inference router.",
    ),
    Case(
        "K050",
        "the cluster's own is there already",
        pods(VOLCANO),
        FAIL,
        "installVolcano is on, but the cluster already has a Volcano scheduler.",
        "pod volcano-system/volcano-scheduler-1",
        f"{UPDATE} installVolcano=False",
    ),
    Case(
        "K050", "the cluster's own is used", OWN_VOLCANO | pods(VOLCANO), PASS, "The cluster has a Volcano scheduler."
    ),
    Case(
        "K050",
        "there is none",
        settings(volcanoScheduler__enable="False"),
        FAIL,
        "installVolcano is off, but the cluster has no Volcano scheduler of its own.",
        fix=f"{UPDATE} installVolcano=True",
    ),
    Case(
        "K050",
        "no jobs",
        settings(enableTraining="False", installVolcano="False"),
        PASS,
        "Training is not enabled: Volcano is not needed.",
    ),
    Case(
        "K051",
        "an old one validates jobs",
        OWN_VOLCANO | pods(VOLCANO),
        FAIL,
        "The cluster's Volcano is 1.5 and validates jobs; below 1.6 it rejects Azure Machine Learning's.",
        "webhook configuration volcano-admission-service-jobs-validate calls /jobs/validate",
        "# Remove /jobs/validate from volcano-admission's --enabled-admission, then:\n"
        "kubectl delete validatingwebhookconfiguration volcano-admission-service-jobs-validate",
    ),
    Case(
        "K051",
        "an old one without the webhook",
        OWN_VOLCANO
        | pods(VOLCANO)
        | {facts.WEBHOOKS: {"volcano-admission-service-queues-validate": ("/queues/validate",)}},
        PASS,
        "The cluster's Volcano is 1.5, which does not validate jobs.",
    ),
    Case(
        "K051",
        "a new one",
        OWN_VOLCANO | pods(pod("volcano-system", "v", "volcanosh/vc-scheduler:v1.10.0")),
        PASS,
        "The cluster's Volcano is 1.10.",
    ),
    Case(
        "K051",
        "one that nobody tried",
        OWN_VOLCANO | pods(pod("volcano-system", "v", "volcanosh/vc-scheduler:v1.2.0")) | {facts.WEBHOOKS: {}},
        WARN,
        "The cluster's Volcano is 1.2; 1.4 and later are known to work.",
        fix="Upgrade Volcano to 1.6 or later",
    ),
    Case(
        "K051",
        "one by its digest",
        OWN_VOLCANO | pods(pod("volcano-system", "v", "volcanosh/vc-scheduler@sha256:1234")) | {facts.WEBHOOKS: {}},
        WARN,
        "The cluster's Volcano is of an unknown version; 1.4 and later are known to work.",
    ),
    Case(
        "K052",
        "kinds that nobody owns",
        {facts.CUSTOM_RESOURCES: (Owned("CustomResourceDefinition", "", "jobs.batch.volcano.sh"),)},
        FAIL,
        "1 Volcano CRD on the cluster does not belong to the extension.",
        "jobs.batch.volcano.sh belongs to no Helm release",
        "kubectl label crd jobs.batch.volcano.sh app.kubernetes.io/managed-by=Helm\nkubectl annotate crd "
        "jobs.batch.volcano.sh meta.helm.sh/release-namespace=azureml meta.helm.sh/release-name=amlarc-compute",
    ),
    Case("K052", "the cluster's own is used", OWN_VOLCANO, PASS, "The extension does not install Volcano."),
    Case(
        "K053",
        "an autoscaler beside gangs",
        {facts.AUTOSCALER: True},
        WARN,
        "The cluster has an autoscaler, which cannot see the pods that the extension's Volcano holds back in gangs.",
        "kind: ConfigMap\nmetadata:\n  name: volcano-scheduler-no-gang\n  namespace: azureml",
        "az ml arc extension update -c edge -g edge-rg --scale-from-zero",
    ),
    Case(
        "K053",
        "an autoscaler that says nothing of itself",
        pods(SCALER),
        WARN,
        "The cluster has an autoscaler, which cannot see the pods that the extension's Volcano holds back in gangs.",
        "pod kube-system/cluster-autoscaler-1",
    ),
    Case(
        "K053",
        "a pool that grows",
        pool(most=3),
        WARN,
        "The cluster has an autoscaler, which cannot see the pods that the extension's Volcano holds back in gangs.",
        fix="az ml arc extension update -c aks -g edge-rg -t managedClusters --scale-from-zero",
    ),
    Case(
        "K053",
        "an autoscaler beside a configuration of its own",
        {facts.AUTOSCALER: True} | settings(volcanoScheduler__schedulerConfigMap="no-gang"),
        PASS,
        "Volcano uses the configuration no-gang.",
    ),
    Case(
        "K053",
        "a configuration of ours that is gone",
        OURS | {facts.VOLCANO_CONFIGURED: None},
        FAIL,
        "Volcano is set to use the configuration volcano-scheduler-no-gang, which the cluster does not have.",
        fix=SCALE,
    ),
    Case(
        "K053",
        "a scheduler that a killed command did not come to restart",
        OURS | {facts.SCHEDULER_MARK: ""},
        WARN,
        "Volcano has not been restarted since it was given the configuration volcano-scheduler-no-gang.",
        fix=SCALE,
    ),
    Case(
        "K053",
        "a scheduler that was restarted for another configuration",
        OURS | {facts.SCHEDULER_MARK: "default"},
        WARN,
        "Volcano has not been restarted since it was given the configuration volcano-scheduler-no-gang.",
        fix=SCALE,
    ),
    Case("K053", "a scheduler that runs with ours", OURS, PASS, USES_OURS),
    Case("K053", "a scheduler that is yet to come", OURS | {facts.SCHEDULER_MARK: None}, PASS, USES_OURS),
    Case(
        "K053",
        "a configuration of our name that somebody else wrote",
        OURS | {facts.VOLCANO_CONFIGURED: False, facts.SCHEDULER_MARK: ""},
        PASS,
        USES_OURS,
    ),
    Case(
        "K060",
        "no agents",
        {facts.PODS: ()},
        FAIL,
        "No Azure Arc agents run in azure-arc.",
        fix="az connectedk8s connect -n edge -g edge-rg",
    ),
    Case(
        "K060",
        "AKS starts its own",
        {facts.PODS: (), given.CLUSTER_TYPE: "managedClusters"},
        PASS,
        "0 pods of the agents, all running.",
    ),
    Case(
        "K060",
        "an agent out of memory",
        {
            facts.PODS: (
                pod(
                    "azure-arc",
                    "extension-manager-1",
                    containers=(Container("manager", "x:1", False, 9, "CrashLoopBackOff", "OOMKilled"),),
                ),
            )
        },
        FAIL,
        "1 of 1 pod of the agents is not running.",
        "azure-arc/extension-manager-1: manager is waiting (CrashLoopBackOff), restarted 9 times, last ended OOMKilled",
        "kubectl describe pod -n azure-arc extension-manager-1",
    ),
    Case("K061", "no proxy", {facts.AGENT_PROXY: AgentProxy(False, ())}, PASS, "The agents use no proxy."),
    Case(
        "K061",
        "a skip range without the pod itself",
        {facts.AGENT_PROXY: AgentProxy(True, ("10.0.0.0/16", "localhost"))},
        FAIL,
        "The agents' proxy skip range lacks 127.0.0.1.",
        "proxy skip range: 10.0.0.0/16,localhost",
        "az connectedk8s update -n edge -g edge-rg --proxy-skip-range 10.0.0.0/16,localhost,127.0.0.1",
    ),
    Case(
        "K061",
        "no skip range",
        {facts.AGENT_PROXY: AgentProxy(True, ())},
        FAIL,
        "The agents' proxy skip range lacks 127.0.0.1 and localhost.",
        "proxy skip range: empty",
    ),
    Case(
        "K062",
        "an installation that was broken off",
        {facts.PENDING_RELEASES: (Owned("Secret", "azureml", "sh.helm.release.v1.amlarc-compute.v2"),)},
        WARN,
        "1 Helm operation did not finish: still in progress, or interrupted.",
        "Secret azureml/sh.helm.release.v1.amlarc-compute.v2",
        "kubectl delete secret -n azureml sh.helm.release.v1.amlarc-compute.v2",
    ),
    Case(
        "K070",
        "components that never came",
        {facts.EXTENSION_PODS: tuple(pod("azureml", name) for name in COMPONENTS[2:])},
        FAIL,
        "2 of 14 components have no pod.",
        "no pod gateway\nno pod metrics-controller-manager",
        "kubectl get events -n azureml --sort-by=.lastTimestamp",
    ),
    Case(
        "K070",
        "a component that was evicted",
        extension_pods(pod("azureml", COMPONENTS[0], phase="Failed")),
        FAIL,
        "1 of 14 components has no pod.",
        "no pod gateway",
    ),
    Case(
        "K070",
        "AKS has no relay, but an ingress controller",
        {given.CLUSTER_TYPE: "managedClusters", given.SETTINGS: {"enableInference": "True", "installPromOp": "False"}},
        FAIL,
        "1 of 9 components has no pod.",
        "no pod azureml-ingress-nginx-controller",
    ),
    Case(
        "K070",
        "not installed yet",
        {facts.NAMESPACES: {"default": "Active"}, given.INSTALL_STATE: "Pending"},
        SKIPPED,
        "The extension is not installed: there is no namespace azureml.",
    ),
    Case(
        "K070",
        "a namespace that somebody deleted",
        {facts.NAMESPACES: {"default": "Active"}},
        FAIL,
        "Azure says that amlarc-compute is Installed, but there is no namespace azureml.",
        fix="az ml arc extension create -n amlarc-compute -c edge -g edge-rg --config enableTraining=True",
    ),
    Case(
        "K071",
        "a pod without a node",
        extension_pods(pod("azureml", COMPONENTS[0], phase="Pending", node="", unscheduled="0/3 nodes are available")),
        FAIL,
        "1 of 15 pods of the extension is not running.",
        "azureml/gateway-7f969684dc-2lxzh: Pending; 0/3 nodes are available",
        "kubectl describe pod -n azureml gateway-7f969684dc-2lxzh",
    ),
    Case(
        "K071",
        "a pod that is not ready",
        extension_pods(pod("azureml", COMPONENTS[0], containers=(Container("gateway", "x:1", ready=False),))),
        FAIL,
        "1 of 15 pods of the extension is not running.",
        "azureml/gateway-7f969684dc-2lxzh: gateway is not ready",
    ),
    Case(
        "K071",
        "a pod that keeps coming back",
        extension_pods(pod("azureml", COMPONENTS[0], containers=(Container("gateway", "x:1", True, 8, "", "Error"),))),
        WARN,
        "1 of 15 pods of the extension failed, or restarted many times.",
        "azureml/gateway-7f969684dc-2lxzh: gateway restarted 8 times, last ended Error",
    ),
    Case(
        "K071",
        "an ingress controller that starves",
        extension_pods(
            pod(
                "azureml",
                "azureml-ingress-nginx-controller-1",
                containers=(Container("controller", "x:1", False, 3, "CrashLoopBackOff", "OOMKilled"),),
            )
        ),
        FAIL,
        "1 of 16 pods of the extension is not running.",
        fix=f"{UPDATE} nginxIngress.controllerConfig.worker-processes=8 "
        "nginxIngress.resources.controller.limits.memory=2048Mi",
    ),
    Case(
        "K071",
        "a hook that failed",
        extension_pods(pod("azureml", "healthcheck", phase="Failed")),
        WARN,
        "1 of 16 pods of the extension failed, or restarted many times.",
        "azureml/healthcheck: Failed",
        "kubectl describe pod -n azureml healthcheck",
    ),
    Case(
        "K071",
        "a hook that is done",
        extension_pods(pod("azureml", "healthcheck", phase="Succeeded")),
        PASS,
        "15 pods of the extension, all running.",
    ),
    Case(
        "K071",
        "not installed yet",
        {facts.NAMESPACES: {}, given.INSTALL_STATE: "Pending"},
        SKIPPED,
        "The extension is not installed: there is no namespace azureml.",
    ),
    Case(
        "K071",
        "a namespace that somebody deleted",
        {facts.NAMESPACES: {"default": "Active"}},
        FAIL,
        "Azure says that amlarc-compute is Installed, but there is no namespace azureml.",
        fix="az ml arc extension delete -n amlarc-compute -c edge -g edge-rg --force --yes",
    ),
    Case(
        "K080",
        "too few nodes",
        reports(
            pre_install="Status: Passed Name: network\n"
            "Status: Failed Name: node ErrorCode: E40002 ErrorMessage: Insufficient node"
        ),
        FAIL,
        "The health check failed: E40002.",
        "pre-install, node: E40002 INSUFFICIENT_NODE: Insufficient node (inferenceRouterHA needs three "
        "healthy nodes, or the nodeSelector settings match too few)",
        f"# Add nodes, or turn inferenceRouterHA off:\n{UPDATE} inferenceRouterHA=False",
    ),
    Case(
        "K080",
        "too few nodes although inferenceRouterHA is off, AML-Kubernetes issue 271",
        {
            **settings(inferenceRouterHA="False", **{"nodeSelector__pool": "gpu", "nodeSelector__a\\__b/c": "d"}),
            **reports(pre_install="Status: Failed Name: node ErrorCode: E40002 ErrorMessage: Insufficient node"),
        },
        FAIL,
        "The health check failed: E40002.",
        fix="# inferenceRouterHA is off already: the nodes that the extension may use are too few, or unhealthy. Add "
        "nodes, or give more of them the labels of the nodeSelector settings. Those that have them now:\n"
        "kubectl get nodes -l pool=gpu,a.b/c=d",
    ),
    Case(
        "K080",
        "too few nodes although inferenceRouterHA is off, without a nodeSelector",
        {
            **settings(inferenceRouterHA="false"),
            **reports(pre_install="Status: Failed Name: node ErrorCode: E40002 ErrorMessage: Insufficient node"),
        },
        FAIL,
        "The health check failed: E40002.",
        fix="Those that have them now:\nkubectl get nodes",
    ),
    Case(
        "K081",
        "a router that is a NodePort by now",
        {
            **settings(inferenceRouterServiceType="nodePort"),
            **reports(pre_upgrade="Status: Failed Name: service ErrorCode: E40001 ErrorMessage: no load balancer"),
        },
        FAIL,
        "The health check failed: E40001.",
        fix="# It is a NodePort now; the report may be older.\nkubectl get services -n azureml",
    ),
    Case(
        "K082",
        "two Prometheus operators although ours is off",
        {
            **settings(installPromOp="False"),
            **reports(test="Status: Failed Name: prometheus ErrorCode: E45002 ErrorMessage: conflict"),
        },
        WARN,
        "The health check failed: E45002.",
        fix="# installPromOp is off already: a ServiceMonitor for the kubelet is what the other one needs.",
    ),
    Case(
        "K080",
        "instance types of a cluster that may not know the kind, azure-sdk-for-python issue 33480",
        reports(
            pre_install="\nReport: \nDuration: 149.978981ms\nTroubleShootingGuide: https://aka.ms/arcmltsg\n\n"
            "Status: Passed Name: helmchart\n"
            "Status: Failed Name: instancetype ErrorCode: E45006 ErrorMessage: Failed to validate or update type"
        ),
        WARN,
        "The health check failed: E45006.",
        "E45006: Failed to validate or update type (an InstanceType object could not be validated or updated, "
        "or the cluster does not know the kind InstanceType yet, which the extension brings)",
        "# See whether the cluster knows the kind; before a first installation it does not:\n"
        "kubectl get crd instancetypes.amlarc.azureml.com\n",
    ),
    Case(
        "K080",
        "a diagnosis",
        reports(pre_delete="Status: Failed Name: agent ErrorCode: E45001 ErrorMessage: unhealthy"),
        WARN,
        "The health check failed: E45001.",
        fix="kubectl logs healthcheck -n azureml",
    ),
    Case(
        "K080",
        "a code that nobody documents",
        reports(pre_install="Status: Failed Name: new ErrorCode: E49000 ErrorMessage: new"),
        FAIL,
        "The health check failed: E49000.",
        "pre-install, new: E49000: new",
        "kubectl get configmap -n azureml arcml-healthcheck -o yaml",
    ),
    Case("K080", "no report", reports(), SKIPPED, "There is no health check report of an installation."),
    Case(
        "K081",
        "issue 293 of Azure/AML-Kubernetes",
        reports(
            pre_install="Status: Failed Name: node ErrorCode: E40002 ErrorMessage: an older story",
            pre_upgrade="Status: Failed Name: inferencev1 ErrorCode: E45005 "
            "ErrorMessage: Azureml Fe deployment confict",
        ),
        FAIL,
        "The health check failed: E45005.",
        "pre-upgrade, inferencev1: E45005 AZUREML_FE_DEPLOYMENT_CONFLICT: Azureml Fe deployment confict",
        "kubectl delete deployment,service,serviceaccount azureml-fe",
    ),
    Case("K081", "no update yet", reports(pre_install=""), SKIPPED, "There is no health check report of an update."),
    Case(
        "K082",
        "somebody looked",
        reports(test="Status: Failed Name: network ErrorCode: E45003 ErrorMessage: timeout"),
        WARN,
        "The health check failed: E45003.",
        fix="https://learn.microsoft.com/azure/machine-learning/how-to-access-azureml-behind-firewall",
    ),
    Case("K082", "nobody looked", reports(), SKIPPED, "The health check has not been run by hand."),
]
