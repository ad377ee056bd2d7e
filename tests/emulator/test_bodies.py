"""No body, however ill-typed, gets a traceback out of the emulator, and what it refuses it doesn't keep."""

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlarc_emulator import options
from amlarc_emulator.arm import core, shapes
from amlarc_emulator.arm.model import Call
from amlarc_emulator.arm.model import Reply as Answer
from amlarc_emulator.providers import TABLE
from amlarc_emulator.server import assembled
from amlarc_emulator.wire import faults
from tests.emulator.deploying import IN_GROUP, STACKS, STACKS_VERSION, VERSION, stack, template
from tests.emulator.deploying import body as deployment
from tests.support.azure import Azure, Reply
from tests.support.emulated import (
    ASSIGNMENTS,
    BUS,
    CLUSTER,
    COMPUTE,
    DEFINITIONS,
    EXTENSION,
    IDENTITIES,
    INSTALL,
    LOCKS,
    LOGS,
    MANAGED,
    NAMESPACE,
    RIGHTS,
    STANDARD,
    STRANGER,
    TOPIC,
    WORKSPACE,
    attachment,
    finish,
    role,
)
from tests.support.inside import Inside

VALUES: tuple[Any, ...] = (
    *(None, True, 7, -1.5, "", "text"),
    *([], ["a"], [None], [["a"]]),
    *({}, {"a": 1}, {"a": None}, {"a": "b"}, {"a": {"b": []}}),
)
ENDS = ["", "/n", "/n/listKeys", "/n/cancel", "/n/sharedKeys", "/n/x/y", "/%ff", "/%C3%A9%00"]
QUERY = ["$filter", "$skiptoken", "$skip", "forceDelete", "underlyingResourceAction"]
RULES = "/authorizationRules"
HYBRID = f"{NAMESPACE}/hybridConnections"
BY_ARMS_ENGINE = ("accepted", "running", "initializing", "deploying", "deletingresources")  # moves by itself
numbers = itertools.count(1)


@dataclass(frozen=True)
class Kind:
    """A type that can be written: where, at which api-version, and with which body."""

    path: str
    version: str
    body: dict[str, Any] = field(default_factory=dict)

    def fresh(self, azure: Azure) -> str:
        """A path that has never been used; names of role assignments are GUIDs."""
        name = str(uuid.uuid4()) if "/Microsoft.Authorization/role" in self.path else f"k{next(numbers)}name"
        return f"{azure.group}{self.path}/{name}"


def kinds(azure: Azure) -> dict[str, Kind]:
    """Every type that can be written, by the key of the emulator's table."""
    extension = {**INSTALL, "properties": {**INSTALL["properties"], "extensionType": "contoso.other"}}
    job = {
        "jobType": "Command",
        "command": "true",
        "environmentId": "azureml://registries/azureml/environments/e/versions/1",
        "computeId": azure.group + COMPUTE,
    }
    assignment = {"roleDefinitionId": role(azure), "principalId": STRANGER, "principalType": "ServicePrincipal"}
    definition = {"roleName": "r", "permissions": [{"actions": ["*/read"]}], "assignableScopes": [azure.group]}
    logs = {"location": "eastus", "properties": {"sku": {"name": "PerGB2018"}}}
    lock, image = {"properties": {"level": "CanNotDelete"}}, {"properties": {"image": "docker.io/library/python:3.11"}}
    east = {"location": "eastus"}
    messaging = "2022-10-01-preview"
    result = stack(template(), deploymentStackResourceId=f"{azure.group}{STACKS}/s", retentionInterval="P1D")
    return {
        "microsoft.kubernetes/connectedclusters": Kind(CLUSTER.rpartition("/")[0], "2024-01-01", east),
        "microsoft.kubernetesconfiguration/extensions": Kind(
            CLUSTER + EXTENSION.rpartition("/")[0], "2023-05-01", extension
        ),
        "microsoft.machinelearningservices/workspaces/computes": Kind(
            COMPUTE.rpartition("/")[0], "2023-04-01", attachment(azure)
        ),
        "microsoft.machinelearningservices/workspaces/jobs": Kind(
            f"{WORKSPACE}/jobs", "2023-04-01", {"properties": job}
        ),
        "microsoft.machinelearningservices/workspaces/environments": Kind(f"{WORKSPACE}/environments", "2023-04-01"),
        "microsoft.machinelearningservices/workspaces/environments/versions": Kind(
            f"{WORKSPACE}/environments/mine/versions", "2023-04-01", image
        ),
        "microsoft.relay/namespaces": Kind(NAMESPACE.rpartition("/")[0], "2021-11-01", east),
        "microsoft.relay/namespaces/authorizationrules": Kind(NAMESPACE + RULES, "2021-11-01", RIGHTS),
        "microsoft.relay/namespaces/hybridconnections": Kind(HYBRID, "2021-11-01"),
        "microsoft.relay/namespaces/hybridconnections/authorizationrules": Kind(
            f"{HYBRID}/h{RULES}", "2021-11-01", RIGHTS
        ),
        "microsoft.servicebus/namespaces": Kind(BUS.rpartition("/")[0], messaging, STANDARD),
        "microsoft.servicebus/namespaces/authorizationrules": Kind(BUS + RULES, messaging, RIGHTS),
        "microsoft.servicebus/namespaces/topics": Kind(TOPIC.rpartition("/")[0], messaging),
        "microsoft.servicebus/namespaces/topics/authorizationrules": Kind(TOPIC + RULES, messaging, RIGHTS),
        "microsoft.servicebus/namespaces/topics/subscriptions": Kind(f"{TOPIC}/subscriptions", messaging),
        "microsoft.operationalinsights/workspaces": Kind(LOGS.rpartition("/")[0], "2023-09-01", logs),
        "microsoft.authorization/roleassignments": Kind(ASSIGNMENTS, "2022-04-01", {"properties": assignment}),
        "microsoft.authorization/roledefinitions": Kind(DEFINITIONS, "2022-04-01", {"properties": definition}),
        "microsoft.authorization/locks": Kind(CLUSTER + LOCKS, "2020-05-01", lock),
        "microsoft.managedidentity/userassignedidentities": Kind(IDENTITIES, "2023-01-31", east),
        "microsoft.resources/deploymentstacks": Kind(STACKS, STACKS_VERSION, stack(template())),
        "microsoft.resources/deploymentstackswhatifresults": Kind(f"{STACKS}WhatIfResults", STACKS_VERSION, result),
        "microsoft.resources/deployments": Kind(IN_GROUP, VERSION, deployment({**template(), "parameters": {}})),
    }


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    """In this process: these are tens of thousands of requests."""
    azure = Inside.begin(tmp_path_factory.mktemp("inside"))
    yield azure
    azure.stop()


@pytest.fixture
def ready(azure: Azure) -> Azure:
    """An Azure that has what all of `kinds` hang under or refer to."""
    finish(azure, azure.put(azure.group + CLUSTER + EXTENSION, "2023-05-01", INSTALL))
    finish(azure, azure.put(azure.group + COMPUTE, "2023-04-01", attachment(azure)))
    for path, version, body in (
        (NAMESPACE, "2021-11-01", {"location": "eastus"}),
        (f"{HYBRID}/h", "2021-11-01", {}),
        (BUS, "2021-11-01", STANDARD),
        (TOPIC, "2021-11-01", {}),
    ):
        assert azure.put(azure.group + path, version, body).status == 200
    return azure


def places(shape: Any, value: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place in a body: those of the type's shape, and those that the body itself has."""
    yield where
    known = shape if isinstance(shape, dict) else {}
    inner = shape.shape if isinstance(shape, shapes.Each) else {}
    has = value if isinstance(value, dict) else {}
    for key in dict.fromkeys([*known, *has, *(["any"] if isinstance(shape, shapes.Each) else [])]):
        yield from places(known.get(key, inner), has.get(key), (*where, key))
    if isinstance(shape, list):
        yield from places(shape[0], None, (*where, "0"))


def put_in(body: Any, where: tuple[str, ...], value: Any) -> Any:
    """The body with a value at a place; what is on the way there is made."""
    if not where:
        return value
    if where[0] == "0":
        return [put_in({}, where[1:], value)]
    outer = body if isinstance(body, dict) else {}
    return {**outer, where[0]: put_in(outer.get(where[0]), where[1:], value)}


def steady(reply: Reply) -> Any:
    """A resource without the time at which its agent was last heard, which moves by itself."""
    body = dict(reply.body)
    properties = {key: item for key, item in body.get("properties", {}).items() if key != "lastConnectivityTime"}
    return {**body, "properties": properties}


def settled(azure: Azure, path: str, version: str) -> Reply:
    """A resource after it has stopped moving."""
    for looks in itertools.count():
        reply = azure.get(path, version)
        state = str((reply.body.get("properties") or {}).get("provisioningState")).lower()
        if looks > 5 and state not in BY_ARMS_ENGINE:
            return reply
        time.sleep(0.01 if state in BY_ARMS_ENGINE else 0)
    raise AssertionError


def deleted(azure: Azure, path: str, version: str) -> Reply:
    """The answer to a deletion, once what the write started lets it through."""
    for _ in range(100):
        reply = azure.call("DELETE", path, version, underlyingResourceAction="Detach")
        if reply.status != 409:
            break
        time.sleep(0.01)
    return reply


def bodies(kind: str, asked: Kind) -> Iterator[Any]:
    for where in places(TABLE[kind].shape, asked.body):
        for value in VALUES:
            yield put_in(asked.body, where, value)


def test_every_type_that_can_be_written_is_tried(azure: Azure) -> None:
    writable = {kind for kind, type_ in TABLE.items() if type_.put or type_.patch}
    assert writable == set(kinds(azure))


@pytest.mark.parametrize("kind", [kind for kind, type_ in TABLE.items() if type_.put])
def test_a_new_resource_is_made_whole_or_refused_and_not_kept(ready: Azure, kind: str) -> None:
    asked = kinds(ready)[kind]
    assert ready.put(asked.fresh(ready), asked.version, asked.body).status < 300
    for body in bodies(kind, asked):
        path = asked.fresh(ready)
        made = ready.put(path, asked.version, body)
        shown = ready.get(path, asked.version)
        assert made.status < 500, (body, made)
        assert shown.status == (404 if made.status >= 400 else 200), (body, made, shown)
        if made.status >= 400:
            assert {"code", "message"} <= set(made.body["error"]), (body, made)
        elif TABLE[kind].delete:
            assert deleted(ready, path, asked.version).status < 300


@pytest.mark.parametrize(
    ("kind", "method"),
    [(kind, method) for kind, t in TABLE.items() for method in ("PUT", "PATCH") if getattr(t, method.lower())],
)
def test_a_refused_change_changes_nothing(ready: Azure, kind: str, method: str) -> None:
    asked = kinds(ready)[kind]
    path = asked.fresh(ready)
    assert ready.put(path, asked.version, asked.body).status < 300
    before = settled(ready, path, asked.version)
    for body in bodies(kind, asked):
        changed = ready.call(method, path, asked.version, body)
        assert changed.status < 500, (body, changed)
        if changed.status >= 400:
            assert steady(ready.get(path, asked.version)) == steady(before), (body, changed)
        else:
            before = settled(ready, path, asked.version)


def test_no_body_of_an_action_or_a_group_is_answered_with_a_traceback(ready: Azure) -> None:
    rule = f"{ready.group}{NAMESPACE}/authorizationRules/RootManageSharedAccessKey/regenerateKeys"
    for value in VALUES:
        for key in ("keyType", "key"):
            assert ready.call("POST", rule, "2021-11-01", {"keyType": "PrimaryKey", key: value}).status < 500
        for key in ("location", "tags", "managedBy", "properties"):
            name = f"/subscriptions/{ready.subscription_id}/resourceGroups/group{next(numbers)}"
            reply = ready.put(name, "2021-04-01", {"location": "eastus", key: value})
            assert reply.status < 500, (key, value, reply)
            assert ready.get(name, "2021-04-01").status == (404 if reply.status >= 400 else 200)


@pytest.mark.parametrize("route", [f"{route.method} {route.path}" for route in core.ROUTES])
def test_no_body_for_arm_itself_is_answered_with_a_traceback(azure: Azure, route: str) -> None:
    method, _, path = route.partition(" ")
    named = {"subscription": azure.subscription_id, "namespace": "Microsoft.Relay"}
    for value in VALUES:
        full = path.format(**named, group=f"amlarc-{next(numbers)}")
        assert azure.call(method, full, "2021-04-01", value).status < 500


def test_a_body_nested_without_end_is_400(azure: Azure) -> None:
    for depth in (100, 100_000):
        nested = b'{"tags":' + b"[" * depth + b"]" * depth + b"}"
        reply = azure.send("PUT", f"{azure.group}{CLUSTER}-new?api-version=2024-01-01", nested)
        assert (reply.status, reply.code) == (400, "InvalidRequestContent")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_request_at_all_is_answered_with_a_traceback(emulator: Azure, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*kinds(emulator).values(), Kind(MANAGED, "2024-05-01")]))
    path = f"{emulator.group}{kind.path}{data.draw(st.sampled_from(ENDS))}"
    method = data.draw(st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS"]))
    query = {data.draw(st.sampled_from(QUERY)): data.draw(st.text(max_size=8).filter(lambda text: text.isprintable()))}
    reply = emulator.call(method, path, kind.version, data.draw(json_values), **query)
    assert reply.status < 500, (method, path, reply)


@pytest.mark.parametrize("door", ["faults", "principal"])
def test_the_tests_own_doors_say_what_is_wrong(azure: Azure, door: str) -> None:
    keys = [*faults.SHAPE, "actions", "notActions"]
    valid: dict[str, Any] = {"path": "/nowhere", "status": 500} if door == "faults" else {"actions": ["*"]}
    for key, value in itertools.product(keys, VALUES):
        reply = azure.send("POST", f"/emulator/{door}", {**valid, key: value})
        assert reply.status in (200, 400), (key, value, reply)
        azure.send("DELETE", "/emulator/faults")
        assert azure.get(azure.group, "2021-04-01").status in (200, 403)
    azure.reset()


def test_a_fault_of_the_emulators_own_is_told_as_azure_tells_its_own_and_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_call: Call) -> Answer:
        raise KeyError("what nobody thought of")

    kind = "microsoft.relay/namespaces"
    front = assembled("https://localhost:1", options.parse(["--data", str(tmp_path)]))
    cloud = replace(front.cloud, types={**TABLE, kind: replace(TABLE[kind], put=broken)})
    azure = Inside(replace(front, cloud=cloud))
    answered = azure.put(azure.group + NAMESPACE, "2021-11-01", {"location": "eastus"})
    assert (answered.status, answered.code) == (500, "InternalServerError")
    assert "what nobody thought of" not in str(answered)
    assert "KeyError: 'what nobody thought of'" in capsys.readouterr().err
    assert azure.get(azure.group + NAMESPACE, "2021-11-01").status == 404
    assert azure.get(azure.group, "2021-04-01").status == 200
    azure.stop()
    recorded = [json.loads(line)["status"] for line in (tmp_path / "traffic.jsonl").read_text().splitlines()]
    assert recorded == [200, 500, 404, 200]  # the first is the token
