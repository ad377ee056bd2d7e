"""What is asked of a cluster, and what becomes of the answers: against a real API server, as three users."""

import socket
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from time import sleep
from typing import Any

import httpx2
import pytest
import yaml

from azext_amlarc.checks import check, given
from azext_amlarc.checks.check import Fact, Facts, Status, Unknown
from azext_amlarc.checks.given import TARGET
from azext_amlarc.checks.kubernetes import CHECKS, facts
from azext_amlarc.checks.kubernetes.facts import (
    AgentProxy,
    Container,
    DaemonSet,
    IngressClass,
    Node,
    Owned,
    Pod,
    Taint,
)
from azext_amlarc.kubernetes.client import connect
from azext_amlarc.kubernetes.facts import gather
from azext_amlarc.resources.ids import ClusterId
from tests.checks.clusters import DOCUMENT, SETTINGS, TARGETED
from tests.support.cluster import ADMIN, READ_NODES, READ_NOTHING, Cluster

GIVEN: Mapping[str, object] = {
    given.SETTINGS.name: SETTINGS,
    given.KNOWN_SETTINGS.name: SETTINGS,
    given.POOLS.name: (),
    given.DOCUMENT.name: DOCUMENT,
    given.DOCUMENT_SOURCE.name: "attach.json",
    given.EXTENSION_NAME.name: "amlarc-compute",
    given.INSTALL_STATE.name: "Installed",
    given.NAMESPACE.name: "ml-team",
    given.CLUSTER_TYPE.name: "connectedClusters",
    TARGET.name: TARGETED,
}
KIBIBYTE, MEBIBYTE, GIBIBYTE = 2**10, 2**20, 2**30


def gathered(cluster: Cluster, user: str = ADMIN, needs: Collection[Fact[Any]] = facts.ALL) -> dict[str, object]:
    with closing(connect(str(cluster.kubeconfig(user)), None)) as kube:
        return gather(kube, needs)


LOADED: dict[Fact[Any], object] = {
    facts.KUBERNETES_VERSION: "v1.34.4",
    facts.CONNECTED_AS: ClusterId("00000000-0000-0000-0000-000000000000", "edge-rg", "connectedClusters", "edge"),
    facts.NODES: (
        Node(
            "cpu-1",
            {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"},
            {"cpu": Fraction(4), "memory": Fraction(16393244 * KIBIBYTE), "pods": Fraction(110)},
            {"cpu": Fraction(386, 100), "memory": Fraction(12880412 * KIBIBYTE), "pods": Fraction(110)},
            # The API server's own doing: nodes start with it, and nobody here takes it off.
            (Taint("node.kubernetes.io/not-ready", "", "NoSchedule"),),
            troubles=("DiskPressure",),
        ),
        Node(
            "gpu-1",
            {"accelerator": "nvidia-t4"},
            {"cpu": Fraction(8), "memory": Fraction(56 * GIBIBYTE), "nvidia.com/gpu": Fraction(1)},
            {"cpu": Fraction(8), "memory": Fraction(56 * GIBIBYTE), "nvidia.com/gpu": Fraction(1)},
            (Taint("sku", "gpu", "NoSchedule"), Taint("node.kubernetes.io/not-ready", "", "NoSchedule")),
            ready=False,
            cordoned=True,
        ),
    ),
    facts.PODS: (
        Pod(
            "azureml",
            "gateway-1",
            "",
            "Pending",
            {},
            (Container("gateway", "gateway", ready=False),),
            unscheduled="0/2 nodes are available",
        ),
        Pod(
            "ml-team",
            "job-1",
            "cpu-1",
            "Running",
            # cpu: while it prepares 0.1 + 1, later 0.5 + 0.1; the runtime's 0.25 comes on top.
            {"cpu": Fraction(135, 100), "memory": Fraction(GIBIBYTE)},
            (
                Container("sidecar", "sidecar"),
                Container("main", "example.com/main:1", False, 7, "CrashLoopBackOff", "OOMKilled"),
            ),
            chart="jobs-1.0",
        ),
    ),
    facts.EXTENSION_PODS: (
        Pod(
            "azureml",
            "gateway-1",
            "",
            "Pending",
            {},
            (Container("gateway", "gateway", ready=False),),
            unscheduled="0/2 nodes are available",
        ),
        Pod("azureml", "healthcheck", "cpu-1", "Failed", {}, (Container("healthcheck", "healthcheck", ready=False),)),
    ),
    facts.DAEMON_SETS: (
        DaemonSet(
            Owned("DaemonSet", "kube-system", "nvidia-device-plugin-daemonset", "gpu-operator", "kube-system"),
            ("nvcr.io/nvidia/k8s-device-plugin:v0.17.0", "busybox:1"),
            2,
            1,
        ),
    ),
    facts.CUSTOM_RESOURCES: (
        Owned("CustomResourceDefinition", "", "instancetypes.amlarc.azureml.com"),
        Owned("CustomResourceDefinition", "", "jobs.batch.volcano.sh", "volcano", "volcano-system"),
    ),
    facts.INGRESS_CLASSES: (IngressClass(Owned("IngressClass", "", "nginx"), "k8s.io/ingress-nginx"),),
    facts.WEBHOOKS: {"volcano-admission-service-jobs-validate": ("/jobs/validate",)},
    facts.LEGACY_ROUTER: (Owned("Service", "default", "azureml-fe"), Owned("ClusterRole", "", "azureml-fe-role")),
    facts.AUTOSCALER: True,
    facts.VOLCANO_CONFIGURED: None,
    facts.SCHEDULER_MARK: None,
    facts.AGENT_PROXY: AgentProxy(True, ("10.0.0.0/16", "localhost")),
    facts.PENDING_RELEASES: (Owned("Secret", "azureml", "sh.helm.release.v1.amlarc-compute.v2"),),
    facts.HEALTH_REPORTS: {
        "reports-pre-install": "Status: Failed Name: node ErrorCode: E40002 ErrorMessage: Insufficient node"
    },
    facts.INSTANCE_TYPES: (
        {
            "metadata": {"name": "gpu", "isOurs": False},
            "spec": {
                "nodeSelector": {"accelerator": "nvidia-t4"},
                "resources": {
                    "requests": {"cpu": "1", "memory": "4Gi"},
                    "limits": {"cpu": "2", "memory": "8Gi", "nvidia.com/gpu": 1},
                },
            },
        },
    ),
}


def load(cluster: Cluster) -> None:
    cluster.load("checked.yaml", "agents.yaml", "instancetype-crd.yaml", "instance-type.yaml")


def test_what_is_on_a_cluster_is_known(cluster: Cluster) -> None:
    load(cluster)
    found = gathered(cluster)
    assert {fact.name: found[fact.name] for fact in LOADED} == {fact.name: value for fact, value in LOADED.items()}
    namespaces = found["namespaces"]
    assert isinstance(namespaces, dict)
    assert namespaces.items() >= {"azureml": "Active", "ml-team": "Active", "default": "Active"}.items()


def test_what_is_not_on_a_cluster_is_known_too(cluster: Cluster) -> None:
    found = gathered(cluster)
    del found["namespaces"]
    assert found == {
        "kubernetesVersion": "v1.34.4",
        "connectedAs": None,
        "nodes": (),
        "pods": (),
        "extensionPods": (),
        "daemonSets": (),
        "customResourceDefinitions": (),
        "ingressClasses": (),
        "validatingWebhooks": {},
        "legacyRouter": (),
        "clusterAutoscaler": False,
        "volcanoConfiguration": None,
        "schedulerMark": None,
        "agentProxy": AgentProxy(False, ()),
        "pendingReleases": (),
        "healthReports": {},
        "instanceTypes": (),
    }


def test_a_proxy_with_a_password_stays_on_the_cluster(cluster: Cluster) -> None:
    load(cluster)
    assert "geheim" not in str(gathered(cluster))


def test_a_proxy_may_be_written_into_a_deployment(cluster: Cluster) -> None:
    load(cluster)
    container = {
        "name": "agent",
        "image": "agent",
        "env": [{"name": "HTTP_PROXY", "value": "http://proxy"}, {"name": "NO_PROXY", "value": "127.0.0.1"}],
    }
    path = "/apis/apps/v1/namespaces/azure-arc/deployments/extension-manager"
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.send("PATCH", path, patch, "application/merge-patch+json")
    assert gathered(cluster, needs=[facts.AGENT_PROXY]) == {"agentProxy": AgentProxy(True, ("127.0.0.1",))}


def test_only_what_is_needed_is_asked_and_each_once(cluster: Cluster) -> None:
    load(cluster)
    assert list(gathered(cluster, needs=[facts.NODES, given.SETTINGS, facts.PODS, facts.NODES])) == ["nodes", "pods"]
    assert sorted((request.verb, request.path) for request in cluster.requests()) == [
        ("list", "/api/v1/nodes?limit=1000"),
        (
            "list",
            "/api/v1/pods?limit=1000&fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed",
        ),
    ]


def test_nothing_is_asked_where_nothing_is_needed(cluster: Cluster) -> None:
    assert gathered(cluster, needs=[given.SETTINGS]) == {}
    assert cluster.requests() == []


def test_everything_is_read_and_nothing_is_written(cluster: Cluster) -> None:
    load(cluster)
    gathered(cluster)
    requests = cluster.requests()
    assert {request.verb for request in requests} == {"get", "list"}
    asked = Counter(request.path for request in requests)
    assert len(asked) == 25
    # Which cluster it is stands in what the agents take their environment from.
    assert {path for path, times in asked.items() if times > 1} == {
        "/api/v1/namespaces/azure-arc/configmaps/azure-clusterconfig"
    }


def test_a_list_goes_on_where_a_page_ends(cluster: Cluster) -> None:
    names = [f"class-{number:04}" for number in range(1001)]
    for_all = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "spec": {"controller": "example.com/x"}}
    cluster.create(*({**for_all, "metadata": {"name": name}} for name in names))
    [classes] = gathered(cluster, needs=[facts.INGRESS_CLASSES]).values()
    assert isinstance(classes, tuple)
    assert [one.owned.name for one in classes] == names
    first, second = (request.path for request in cluster.requests())
    assert first == "/apis/networking.k8s.io/v1/ingressclasses?limit=1000"
    assert second.startswith(f"{first}&continue=")


@pytest.mark.parametrize(
    ("user", "known"), [(READ_NODES, {"kubernetesVersion", "nodes"}), (READ_NOTHING, {"kubernetesVersion"})]
)
def test_what_a_user_may_not_read_is_told_fact_by_fact(cluster: Cluster, user: str, known: set[str]) -> None:
    load(cluster)
    found = gathered(cluster, user)
    assert {name for name, value in found.items() if not isinstance(value, Unknown)} == known
    unknown = [value for value in found.values() if isinstance(value, Unknown)]
    assert {one.status for one in unknown} == {Status.ERROR}
    assert all(one.reason.startswith("No permission to ") and " (403): " in one.reason for one in unknown)


# What each resource is needed for: where a user may read all the others, only these facts are not known.
READS = {
    "namespaces": {"namespaces"},
    "nodes": {"nodes"},
    "pods": {"pods", "extensionPods"},
    "daemonsets": {"daemonSets"},
    "customresourcedefinitions": {"customResourceDefinitions"},
    "ingressclasses": {"ingressClasses"},
    "validatingwebhookconfigurations": {"validatingWebhooks"},
    "deployments": {"legacyRouter", "agentProxy", "schedulerMark"},
    "services": {"legacyRouter"},
    "serviceaccounts": {"legacyRouter"},
    "configmaps": {
        "legacyRouter",
        "clusterAutoscaler",
        "agentProxy",
        "healthReports",
        "connectedAs",
        "volcanoConfiguration",
    },
    "clusterroles": {"legacyRouter"},
    "clusterrolebindings": {"legacyRouter"},
    "secrets": {"agentProxy", "pendingReleases"},
    "instancetypes": {"instanceTypes"},
}


@pytest.mark.parametrize("missing", READS)
def test_a_missing_right_takes_away_what_needs_it(cluster: Cluster, missing: str) -> None:
    cluster.load("agents.yaml")
    rule = {"apiGroups": ["*"], "resources": [name for name in READS if name != missing], "verbs": ["get", "list"]}
    rbac = "rbac.authorization.k8s.io"
    cluster.create(
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": "most"}, "rules": [rule]},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "most"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "most"},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": READ_NOTHING}],
        },
    )
    wait_for_right(cluster, missing)
    found = gathered(cluster, READ_NOTHING)
    assert {name for name, value in found.items() if isinstance(value, Unknown)} == READS[missing]


def wait_for_right(cluster: Cluster, missing: str) -> None:
    """The API server learns of a binding a moment after it is written."""
    probe = facts.NODES if missing != "nodes" else facts.NAMESPACES
    while isinstance(gathered(cluster, READ_NOTHING, [probe])[probe.name], Unknown):
        sleep(0.02)


@pytest.mark.parametrize("user", [ADMIN, READ_NODES, READ_NOTHING])
def test_every_check_ends_for_every_user(cluster: Cluster, user: str) -> None:
    load(cluster)
    known = gathered(cluster, user)
    results = check.run(CHECKS, Facts({**GIVEN, **known}))
    ends = {result.check.id.removeprefix("AMLARC-"): result.verdict.status.value for result in results}
    assert ends == ENDS[user]


ENDS = {
    ADMIN: {
        "K001": "pass", "K002": "pass", "K003": "pass", "K004": "pass", "K005": "pass",
        "K010": "warn", "K011": "pass", "K012": "fail", "K013": "fail",
        "K020": "pass", "K021": "pass", "K022": "fail", "K023": "fail", "K024": "fail", "K025": "fail",
        "K030": "pass", "K031": "pass",
        "K040": "pass", "K041": "pass", "K042": "pass", "K043": "pass", "K044": "fail",
        "K050": "pass", "K051": "pass", "K052": "fail", "K053": "warn",
        "K060": "fail", "K061": "fail", "K062": "warn",
        "K070": "fail", "K071": "fail",
        "K080": "fail", "K081": "skipped", "K082": "skipped",
    },
}  # fmt: skip
# What needs nothing of the cluster but its version, or nothing at all with these settings.
ENDS[READ_NOTHING] = dict.fromkeys(ENDS[ADMIN], "error") | {"K001": "pass", "K011": "pass", "K042": "pass"}
ENDS[READ_NODES] = ENDS[READ_NOTHING] | {
    name: ENDS[ADMIN][name] for name in ("K010", "K011", "K012", "K020", "K021", "K022", "K031")
}


def elsewhere(cluster: Cluster, port: int, folder: Path) -> str:
    """A kubeconfig that leads to another port."""
    config = yaml.safe_load(cluster.kubeconfig().read_text(encoding="utf-8"))
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    (folder / "kubeconfig").write_text(yaml.safe_dump(config), encoding="utf-8")
    return str(folder / "kubeconfig")


def reasons(found: Mapping[str, object]) -> list[str]:
    """Why each fact is not known."""
    assert set(found) == {fact.name for fact in facts.ALL}
    unknown = [value for value in found.values() if isinstance(value, Unknown) and value.status is Status.ERROR]
    assert len(unknown) == len(found)
    return [one.reason for one in unknown]


class Attempts(httpx2.BaseTransport):
    """A network on which every attempt ends in the same way; how many there were."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.count = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (httpx2.ConnectError("[Errno 111] Connection refused"), "Connection refused"),
        (httpx2.ConnectTimeout("timed out"), "timed out"),
        (httpx2.ReadTimeout("The read operation timed out"), "timed out"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_a_server_that_cannot_be_reached_is_asked_once(cluster: Cluster, error: Exception, reason: str) -> None:
    attempts = Attempts(error)
    with (
        closing(connect(str(cluster.kubeconfig()), None)) as kube,
        httpx2.Client(base_url="https://dead.example:6443", transport=attempts) as dead,
    ):
        found = gather(replace(kube, http=dead), facts.ALL)
    [said] = set(reasons(found))
    assert (attempts.count, reason in said) == (1, True)


def test_a_server_that_is_not_there_is_said_for_each_fact(tmp_path: Path, cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with closing(connect(elsewhere(cluster, port, tmp_path), None)) as kube:
        found = gather(kube, facts.ALL)
    assert all(one.startswith(f"https://127.0.0.1:{port} cannot be reached: ") for one in reasons(found))


def test_a_server_that_never_answers_is_connected_to_once(tmp_path: Path, cluster: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        port = silent.getsockname()[1]
        with (
            closing(connect(elsewhere(cluster, port, tmp_path), None)) as kube,
            httpx2.Client(base_url=kube.server, timeout=0.1) as impatient,
        ):
            found = gather(replace(kube, http=impatient), facts.ALL)
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert all("timed out" in one for one in reasons(found))


def test_a_sign_in_that_is_not_accepted_is_tried_once(tmp_path: Path, cluster: Cluster) -> None:
    config = yaml.safe_load(cluster.kubeconfig(READ_NODES).read_text(encoding="utf-8"))
    config["users"][0]["user"] = {"token": "expired"}
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config), encoding="utf-8")
    with closing(connect(str(tmp_path / "kubeconfig"), None)) as kube:
        answered: list[int] = []
        kube.http.event_hooks = {"response": [lambda response: answered.append(response.status_code)]}
        found = gather(kube, facts.ALL)
    [said] = set(reasons(found))
    assert (answered, "(401)" in said) == ([401], True)


def test_a_permission_that_is_missing_for_the_first_fact_takes_no_other_away(cluster: Cluster) -> None:
    load(cluster)
    found = gathered(cluster, READ_NODES, [facts.NAMESPACES, facts.NODES])
    assert isinstance(found["namespaces"], Unknown)
    assert not isinstance(found["nodes"], Unknown)


def test_the_reports_of_an_old_extension_are_found_under_their_old_names(cluster: Cluster) -> None:
    cluster.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "azureml"}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "amlarc-healthcheck", "namespace": "azureml"},
            "data": {"reports-test-success": "Status: Passed Name: node"},
        },
    )
    assert gathered(cluster, needs=[facts.HEALTH_REPORTS]) == {
        "healthReports": {"reports-test": "Status: Passed Name: node"}
    }
