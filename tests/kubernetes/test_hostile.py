"""A cluster that answers nonsense: it costs the checks that needed it, within time and memory, and no others."""

import itertools
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from azext_amlarc.checks.check import Facts, Status, Unknown, run
from azext_amlarc.checks.kubernetes import CHECKS, facts
from azext_amlarc.errors import ArcError, Unreachable
from azext_amlarc.kubernetes import instance_types, namespaces, transport
from azext_amlarc.kubernetes.client import Kube, connect
from azext_amlarc.kubernetes.facts import connected_as, gather
from azext_amlarc.kubernetes.kubeconfig import read_context
from tests.kubernetes.test_facts import GIVEN
from tests.kubernetes.test_instance_types import manifest
from tests.support.hostile import Answer, Reply, hostile

NODES, PODS = "/api/v1/nodes", "/api/v1/pods"
GOOD: dict[str, Any] = {"metadata": {}, "items": []}
VERSION = {"gitVersion": "v1.31.0"}
HTML = {"Content-Type": "text/html"}


def answers(path: str, reply: Reply) -> Answer:
    """This for the path, and for all others what an empty cluster answers."""

    def answer(asked: str, _query: str) -> Reply:
        if asked == path:
            return reply
        if asked == "/version":
            return Reply.of(VERSION)
        if "/configmaps/" in asked or "/deployments/" in asked:
            return Reply.of({"kind": "Status", "code": 404}, 404)
        return Reply.of(GOOD)

    return answer


@contextmanager
def connected(folder: Path, answer: Answer) -> Iterator[Kube]:
    with hostile(folder, answer) as kubeconfig, closing(connect(str(kubeconfig), None)) as kube:
        yield kube


def known(folder: Path, answer: Answer) -> dict[str, object]:
    """Every fact of such a cluster, and that every check of it ends."""
    with connected(folder, answer) as kube:
        found = gather(kube, facts.ALL)
    results = run(CHECKS, Facts({**GIVEN, **found}))
    assert len(results) == len(CHECKS)
    return found


def only_unknown(found: dict[str, object]) -> tuple[str, Unknown]:
    """The one fact that is not known."""
    [(name, unknown)] = [(name, value) for name, value in found.items() if isinstance(value, Unknown)]
    assert unknown.status is Status.ERROR
    return name, unknown


def listed(*items: object, **metadata: object) -> Reply:
    return Reply.of({"metadata": metadata, "items": list(items)})


def node(**parts: object) -> dict[str, object]:
    return {"metadata": {"name": "n1", "labels": {}}, **parts}


@pytest.mark.parametrize(
    "reply",
    [
        listed(node(status={"allocatable": {"cpu": "a lot"}})),
        listed(node(status={"capacity": {"memory": ""}})),
        listed(node(status={"capacity": {"memory": "9" * 1000}})),
        listed(node(status={"capacity": {"memory": "1e999999999"}})),
        listed(node(status={"capacity": {"memory": 16}})),
        listed(node(status={"capacity": ["memory"]})),
        listed(node(status=None)),
        listed(node(spec={"taints": None})),
        listed(node(spec={"taints": [{"key": 1}]})),
        listed({"metadata": {"name": None}}),
        listed({}),
        listed(None),
        listed(1, "x", []),
        Reply.of({"metadata": None, "items": None}),
        Reply.of({"metadata": {"continue": 1}, "items": []}),
        Reply.of({"items": []}),
        Reply.of([]),
        Reply.of(None),
        Reply(b""),
        Reply(b"{"),
        Reply(b"\xff\xfe"),
        Reply(b'{"metadata":{},"items":[{"metadata":{"name":"\xed\xa0\x80"}}]}'),
        Reply(b"[" * 1_000_000),
        Reply(b'{"metadata":{},"items":[],"x":' + b"[" * 1_000_000),
        Reply(b"<html>Sign in</html>", 200, HTML),
        Reply(b"<html>Sign in</html>", 403, HTML),
        Reply(b"<html>", 500),
        Reply(b"[]", 500),
        Reply(b'{"message": 1}', 403),
        Reply(b'{"message": null, "code": null}', 403),
        Reply(b'{"message": "no", "code": "x"}', 500),
        Reply(b"", 204),
        Reply(b"", 302, {"Location": "https://elsewhere.invalid/"}),
        Reply(b"x", 200, {"Content-Encoding": "gzip"}),
        Reply(b"x", 200, {"Content-Encoding": "br"}),
    ],
)
def test_nonsense_costs_the_fact_that_it_was_asked_for(tmp_path: Path, reply: Reply) -> None:
    name, unknown = only_unknown(known(tmp_path, answers(NODES, reply)))
    assert name == facts.NODES.name
    assert unknown.reason.isprintable()


@pytest.mark.parametrize(
    ("path", "fact", "content"),
    [
        ("/version", facts.KUBERNETES_VERSION, {"gitVersion": None}),
        ("/version", facts.KUBERNETES_VERSION, {}),
        (PODS, facts.PODS, {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "x"}}}]}}),
        (PODS, facts.PODS, {"spec": {"overhead": {"cpu": "--1"}}}),
        (PODS, facts.PODS, {"status": {"containerStatuses": [{"name": "c", "restartCount": 1e300}]}}),
        ("/apis/apps/v1/daemonsets", facts.DAEMON_SETS, {"status": {"numberReady": "all"}}),
        ("/apis/networking.k8s.io/v1/ingressclasses", facts.INGRESS_CLASSES, {"spec": {"controller": []}}),
    ],
)
def test_each_kind_of_object_may_be_nonsense(tmp_path: Path, path: str, fact: Any, content: dict[str, Any]) -> None:
    thing = {"metadata": {"name": "x"}, **content}
    found = known(tmp_path, answers(path, Reply.of(content) if path == "/version" else listed(thing)))
    assert only_unknown(found)[0] == fact.name


def test_an_amount_that_is_none_is_told_with_its_object(tmp_path: Path) -> None:
    reply = listed(node(status={"allocatable": {"cpu": "a\x1b[2J lot"}}))
    _, unknown = only_unknown(known(tmp_path, answers(NODES, reply)))
    assert unknown.reason == r"'n1' cannot be read: not a Kubernetes quantity: 'a\x1b[2J lot'."


@pytest.mark.parametrize("version", ["", "nonsense", "v", "v1", "v1.x", "v999999999999999999999.1", "1.31\n\x1b[2J"])
def test_a_version_that_is_none_stops_no_check(tmp_path: Path, version: str) -> None:
    known(tmp_path, answers("/version", Reply.of({"gitVersion": version})))


AMOUNTS = {"resources": {"requests": {"cpu": "x", "memory": [1]}, "limits": {"cpu": None, "nvidia.com/gpu": {}}}}


@pytest.mark.parametrize(
    "spec",
    [
        AMOUNTS,
        {"resources": []},
        {"resources": {"requests": 1, "limits": "x"}},
        {"resources": {"requests": {"cpu": True}}, "nodeSelector": [1]},
        {"nodeSelector": {"a": 1, "b": None, "c": {}}},
        {"nodeSelector": None, "resources": None},
        {"resources": {"limits": {"": "1", "a/b/c": "1" * 1000}}},
        {"resources": {"limits": {"cpu": 1e308, "memory": -(10**30), "x": [[[[]]]]}}},
    ],
)
def test_instance_types_may_be_nonsense(tmp_path: Path, spec: dict[str, Any]) -> None:
    path = "/apis/amlarc.azureml.com/v1alpha1/instancetypes"
    ready = {"type": "Ready", "status": "True"}
    good = node(status={"allocatable": {"cpu": "4", "memory": "16Gi"}, "conditions": [ready]})
    things = {path: listed({"metadata": {"name": "t\n\x1b[2J"}, "spec": spec}), NODES: listed(good)}

    def answer(asked: str, query: str) -> Reply:
        return things.get(asked) or answers("", Reply())(asked, query)

    found = known(tmp_path, answer)
    assert not [name for name, value in found.items() if isinstance(value, Unknown)]


@pytest.mark.parametrize("token", ["same", "new"])
def test_pages_without_end_are_left(tmp_path: Path, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azext_amlarc.kubernetes.reading.MOST_PAGES", 50)
    numbers = itertools.count()

    def answer(asked: str, query: str) -> Reply:
        if asked == NODES:
            return listed(**{"continue": token if token == "same" else f"new-{next(numbers)}"})
        return answers("", Reply())(asked, query)

    name, unknown = only_unknown(known(tmp_path, answer))
    assert name == facts.NODES.name
    assert "does not end" in unknown.reason
    assert next(numbers) < 60


def test_a_list_of_a_million_takes_little_time_and_memory(tmp_path: Path) -> None:
    body = b'{"metadata":{},"items":[' + b",".join([b'{"metadata":{"name":"x"}}'] * 1_000_000) + b"]}"
    began = time.monotonic()
    tracemalloc.start()
    try:
        name, unknown = only_unknown(known(tmp_path, answers(PODS, Reply(body))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (name, unknown.reason.endswith("more than 250000 objects.")) == (facts.PODS.name, True)
    assert time.monotonic() - began < 30
    assert peak < 250 * 2**20


def endless(part: bytes, pause: float = 0.0) -> Iterator[bytes]:
    while True:
        yield part
        time.sleep(pause)


def test_an_answer_without_end_is_left_when_it_is_too_large(tmp_path: Path) -> None:
    reply = Reply(itertools.chain([b'{"metadata":{},"items":['], endless(b'{"metadata":{"name":"x"}},' * 4000)))
    name, unknown = only_unknown(known(tmp_path, answers(NODES, reply)))
    assert (name, "larger than 64 MiB" in unknown.reason) == (facts.NODES.name, True)


def test_an_answer_that_unpacks_without_end_is_left(tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    body = b"".join(packer.compress(bytes(2**20)) for _ in range(300)) + packer.flush()
    assert len(body) < 2**20
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    name, unknown = only_unknown(known(tmp_path, answers(NODES, Reply(body, 200, headers))))
    assert (name, "larger than 64 MiB" in unknown.reason) == (facts.NODES.name, True)


def test_an_answer_that_drips_is_left_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LONGEST", 3.0)
    began = time.monotonic()
    name, unknown = only_unknown(known(tmp_path, answers(NODES, Reply(endless(b" ", 0.1)))))
    assert (name, "took longer than 3 s" in unknown.reason) == (facts.NODES.name, True)
    assert time.monotonic() - began < 20


TYPES = "/apis/amlarc.azureml.com/v1alpha1/instancetypes"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>", 200, HTML),
        Reply(b"<html>", 200),
        Reply(b"[" * 1_000_000),
        listed(None),
        listed({}),
        listed({"metadata": None}),
        listed({"metadata": {"name": 1}}),
        listed(**{"continue": "x"}),
        Reply.of({"metadata": {}, "items": {"a": 1}}),
    ],
)
def test_what_attach_reads_may_be_nonsense(tmp_path: Path, reply: Reply) -> None:
    with connected(tmp_path, answers(TYPES, reply)) as kube, pytest.raises(Unreachable):
        instance_types.plan(kube, [manifest()])


@pytest.mark.parametrize(
    "content", [None, [], {}, {"metadata": None}, {"metadata": {"name": "gpu"}, "spec": [1]}, {"spec": "x"}, 1]
)
def test_the_answer_to_what_attach_would_write_may_be_nonsense(tmp_path: Path, content: object) -> None:
    with connected(tmp_path, answers(f"{TYPES}/gpu", Reply.of(content))) as kube, pytest.raises(Unreachable):
        instance_types.plan(kube, [manifest()])


@pytest.mark.parametrize("reply", [Reply(b"<html>", 200, HTML), Reply.of(None), Reply.of([]), Reply(b"x", 404)])
def test_a_namespace_may_be_nonsense(tmp_path: Path, reply: Reply) -> None:
    with connected(tmp_path, answers("/api/v1/namespaces/ml", reply)) as kube, pytest.raises(ArcError):
        namespaces.is_to_be_created(kube, "ml")


@pytest.mark.parametrize("data", [None, [], {"AZURE_SUBSCRIPTION_ID": 1}, {"AZURE_RESOURCE_NAME": None}])
def test_which_cluster_it_is_may_be_nonsense(tmp_path: Path, data: object) -> None:
    path = "/api/v1/namespaces/azure-arc/configmaps/azure-clusterconfig"
    reply = Reply.of({"metadata": {"name": "azure-clusterconfig"}, "data": data})
    with connected(tmp_path, answers(path, reply)) as kube, pytest.raises(Unreachable):
        connected_as(kube)


def test_values_of_a_secret_that_are_no_base64_cost_the_proxys_check(tmp_path: Path) -> None:
    agents = "/apis/apps/v1/namespaces/azure-arc/deployments"
    secret = "/api/v1/namespaces/azure-arc/secrets/proxy"
    container = {"name": "a", "envFrom": [{"secretRef": {"name": "proxy"}}]}
    agent = {"metadata": {"name": "a"}, "spec": {"template": {"spec": {"containers": [container]}}}}
    things = {agents: listed(agent), secret: Reply.of({"metadata": {"name": "proxy"}, "data": {"HTTPS_PROXY": "x"}})}

    def answer(asked: str, query: str) -> Reply:
        return things.get(asked) or answers("", Reply())(asked, query)

    assert only_unknown(known(tmp_path, answer))[0] == facts.AGENT_PROXY.name


@pytest.mark.parametrize("reply", [Reply(b"<html>", 200, HTML), Reply(b"[" * 1_000_000), Reply.of(None)])
def test_nonsense_to_the_first_request_costs_no_more_than_to_another(tmp_path: Path, reply: Reply) -> None:
    with connected(tmp_path, answers(NODES, reply)) as kube:
        found = gather(kube, [facts.NODES, facts.KUBERNETES_VERSION])
    assert only_unknown(found)[0] == facts.NODES.name
    assert found[facts.KUBERNETES_VERSION.name] == "v1.31.0"


class Counting(ssl.SSLContext):
    """A TLS context that counts how often its protocols are set."""

    times = 0

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        self.times += 1
        super().set_alpn_protocols(alpn_protocols)


def test_connections_side_by_side_do_not_change_the_tls_context_that_they_share(tmp_path: Path) -> None:
    with hostile(tmp_path, answers(NODES, Reply.of(GOOD))) as kubeconfig:
        context = Counting(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(tmp_path / "hostile-ca.pem")
        server = read_context(str(kubeconfig), None).cluster.server
        made = transport.Transport(verify=context, proxy=None)
        for _ in range(3):
            answer = made.handle_request(httpx2.Request("GET", f"{server}/version", headers={"Connection": "close"}))
            assert answer.status_code == 200
        made.close()
    assert context.times == 1
