"""Templates deployed for real: what this product deploys, loops, nested deployments, and everything in its order."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.deploying import (
    FILE,
    IN_GROUP,
    SECRET,
    VERSION,
    as_az_sends_it,
    body,
    deploy,
    errors,
    extension,
    identity,
    nested,
    operations,
    relay,
    state,
    template,
    wait,
)
from tests.support.azure import Azure, running
from tests.support.emulated import CLUSTER, EXTENSION, WORKSPACE, principal

IDENTITIES = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
PLACES = {"cluster": "amlarc-cluster", "workspace": "amlarc-ws"}


def resource(azure: Azure, path: str) -> dict[str, Any]:
    found: dict[str, Any] = azure.state()["resources"][(azure.group + path).lower()]
    return found


def test_the_products_template_is_deployed_as_az_sends_it(azure: Azure) -> None:
    done = deploy(azure, as_az_sends_it(FILE.read_text(), **PLACES, namespaces=["a", "b"]))
    assert state(done) == "Succeeded"
    installed = resource(azure, CLUSTER + EXTENSION)
    assert installed["body"]["properties"]["provisioningState"] == "Succeeded"
    [keys] = [item["hidden"] for id_, item in azure.state()["resources"].items() if id_.endswith("/azureml_rw")]
    protected = installed["hidden"]["configurationProtectedSettings"]
    assert f"SharedAccessKey={keys['primaryKey']};EntityPath=amlarc-cluster" in protected["relayServerConnectionString"]
    assert protected["serviceBusConnectionString"].endswith(SECRET)
    outputs = done.body["properties"]["outputs"]
    assert [id_.rpartition("/")[2] for id_ in outputs["computes"]["value"]] == ["k8s-a", "k8s-b"]
    assert outputs["extension"] == {"type": "String", "value": "1.1.64"}
    assigned = [item for id_, item in azure.state()["resources"].items() if "/roleassignments/" in id_]
    assert [item["body"]["properties"]["principalId"] for item in assigned] == [principal(azure, WORKSPACE)]


def test_an_older_api_version_shows_a_deployment_without_what_came_later(azure: Azure) -> None:
    done = deploy(azure, body(template(identity("kept"))))
    assert done.body["properties"]["diagnostics"] == []
    path = f"{azure.group}{IN_GROUP}"
    for shown in (azure.get(f"{path}/d", "2021-04-01").body, azure.get(path, "2021-04-01").body["value"][0]):
        assert {**shown["properties"], "diagnostics": []} == done.body["properties"]
        assert "diagnostics" not in shown["properties"]


def test_secrets_of_a_deployment_are_never_shown(azure: Azure) -> None:
    sent = as_az_sends_it(FILE.read_text().replace(SECRET, "other"), **PLACES, serviceBus=SECRET)
    path = f"{azure.group}{IN_GROUP}/d"
    done = deploy(azure, sent)
    asked = azure.send("POST", f"{path}/whatIf?api-version={VERSION}", sent)
    shown = [done, wait(azure, asked), azure.get(f"{azure.group}{IN_GROUP}", VERSION)]
    shown += [
        azure.call("POST", f"{path}/exportTemplate", VERSION),
        azure.get(f"{azure.group}/deployments/d/operations", VERSION),
    ]
    shown += [azure.send("POST", f"{path}/validate?api-version={VERSION}", sent)]
    text = json.dumps([reply.body for reply in shown])
    assert SECRET not in text
    assert "SharedAccessKey=" not in text.replace("SharedAccessKey=other", "")
    assert done.body["properties"]["parameters"]["serviceBus"] == {"type": "SecureString"}
    assert done.body["properties"]["outputs"]["keys"] == {"type": "SecureString"}


def test_what_depends_on_nothing_goes_side_by_side_and_the_rest_in_order(tmp_path: Path) -> None:
    first = identity("first")
    many = identity("[concat('many', copyIndex())]", copy={"name": "many", "count": 8}, dependsOn=["first"])
    slow = [relay(f"relay-number-{at}") for at in range(6)]
    last = identity("last", dependsOn=["many", "relay-number-5"])
    with running(tmp_path, "--polls", "0", "--operation-seconds", "1") as azure:
        done = deploy(azure, body(template(last, *slow, many, first)))
        times = operations(azure)
    assert state(done) == "Succeeded"
    assert 1 <= float(done.body["properties"]["duration"][2:-1]) < 3  # six operations of a second each
    assert times["many0"]["timestamp"] >= times["first"]["timestamp"]
    waited_for = ("relay-number-5", *(f"many{at}" for at in range(8)))
    assert times["last"]["timestamp"] >= max(times[name]["timestamp"] for name in waited_for)


def test_one_failure_fails_the_deployment_with_its_reason_and_stops_only_what_waits_for_it(azure: Azure) -> None:
    attach = {
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "apiVersion": "2023-04-01",
        "name": "amlarc-ws/k8s",
        "location": "eastus",
        "properties": {"computeType": "Kubernetes", "resourceId": azure.group + CLUSTER},
    }
    done = deploy(azure, body(template(attach, identity("waits", dependsOn=["amlarc-ws/k8s"]), identity("goes-on"))))
    assert state(done) == "Failed"
    error = errors(done)["k8s"]
    assert error["code"] == "ResourceDeploymentFailure"
    assert "reached terminal provisioning state 'Failed'" in error["message"]
    assert "AzureML extension not installed" in error["details"][0]["message"]
    assert set(operations(azure)) == {"k8s", "goes-on"}
    assert operations(azure)["k8s"]["statusMessage"]["error"] == error


def test_what_a_provider_refuses_at_once_is_told_with_its_code(azure: Azure) -> None:
    done = deploy(azure, body(template(extension("nowhere"))))
    [error] = errors(done).values()
    assert error["code"] == "ParentResourceNotFound"


def test_an_operation_that_fails_fails_the_deployment(azure: Azure) -> None:
    reason = {"code": "ExtensionOperationFailed", "message": "Helm said no"}
    azure.fault(method="PUT", path="/extensions/", operation="Failed", error=reason)
    done = deploy(azure, body(template(extension())))
    assert errors(done)["amlarc-compute"]["details"] == [reason]


def test_a_throttled_write_is_sent_again_when_the_provider_says(azure: Azure) -> None:
    azure.fault(method="PUT", path="/userAssignedIdentities/", status=429, retryAfter=1, times=2)
    done = deploy(azure, body(template(identity("one"))))
    assert state(done) == "Succeeded"
    assert float(done.body["properties"]["duration"][2:-1]) >= 2
    assert azure.faults() == []


def test_a_lock_stops_a_write_inside_of_a_deployment(azure: Azure) -> None:
    lock = {"properties": {"level": "ReadOnly"}}
    azure.put(f"{azure.group}{CLUSTER}/providers/Microsoft.Authorization/locks/l", "2020-05-01", lock)
    assert errors(deploy(azure, body(template(extension()))))["ScopeLocked"]["code"] == "ScopeLocked"


def test_a_deployment_registers_the_providers_that_it_needs(azure: Azure) -> None:
    namespace = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.ManagedIdentity"
    azure.call("POST", f"{namespace}/unregister", "2021-04-01")
    for _ in range(2):
        azure.get(namespace, "2021-04-01")
    assert state(deploy(azure, body(template(identity("one"))))) == "Succeeded"
    assert azure.get(namespace, "2021-04-01").body["registrationState"] in ("Registering", "Registered")


def test_a_reference_without_dependency_finds_nothing(azure: Azure) -> None:
    rule = {
        "type": "Microsoft.Relay/namespaces/authorizationRules",
        "apiVersion": "2021-11-01",
        "name": "amlarc-relay/rule",
        "dependsOn": ["amlarc-relay"],
        "properties": {"rights": ["Send"]},
    }
    id_ = "resourceId('Microsoft.Relay/namespaces/authorizationRules', 'amlarc-relay', 'rule')"
    careless = identity("careless", tags={"key": f"[listKeys({id_}, '2021-11-01').primaryKey]"})
    done = deploy(azure, body(template(relay("amlarc-relay"), rule, careless)))
    assert errors(done).keys() == {"ParentResourceNotFound"}
    careful = {**careless, "dependsOn": ["amlarc-relay/rule"]}
    assert state(deploy(azure, body(template(relay("amlarc-relay"), rule, careful)))) == "Succeeded"


def test_a_reference_to_what_does_not_exist_fails_the_deployment(azure: Azure) -> None:
    missing = "resourceId('Microsoft.Kubernetes/connectedClusters', 'nowhere')"
    tags = {"of": f"[reference({missing}, '2024-01-01').distribution]"}
    assert errors(deploy(azure, body(template(identity("one", tags=tags))))).keys() == {"ResourceNotFound"}
    outputs = {"of": {"type": "string", "value": tags["of"]}}
    done = deploy(azure, body(template(identity("one"), outputs=outputs)), name="outputs")
    error = done.body["properties"]["error"]
    assert (error["code"], error["details"][0]["target"]) == ("DeploymentOutputEvaluationFailed", "of")
    assert error["details"][0]["details"][0]["code"] == "ResourceNotFound"


def test_a_reference_by_name_is_a_dependency(azure: Azure) -> None:
    follows = identity("follows", tags={"of": "[reference('leads').principalId]"})
    done = deploy(azure, body(template(follows, identity("leads"))))
    assert state(done) == "Succeeded"
    [dependency] = done.body["properties"]["dependencies"]
    assert (dependency["resourceName"], dependency["dependsOn"][0]["resourceName"]) == ("follows", "leads")
    leads = resource(azure, f"{IDENTITIES}/leads")["body"]["properties"]["principalId"]
    assert resource(azure, f"{IDENTITIES}/follows")["body"]["tags"] == {"of": leads}


def test_conditions_leave_out_resources_and_what_waits_for_them_goes_on(azure: Azure) -> None:
    left_out = identity("left-out", condition="[equals(parameters('more'), 'yes')]")
    document = template(left_out, identity("kept", dependsOn=["left-out"]), parameters={"more": {"type": "string"}})
    done = deploy(azure, body(document, more="no"))
    assert [item["id"].rpartition("/")[2] for item in done.body["properties"]["outputResources"]] == ["kept"]


def test_a_serial_loop_takes_one_turn_after_another(azure: Azure) -> None:
    loop = {"name": "turns", "count": 5, "mode": "serial", "batchSize": 2}
    done = deploy(azure, body(template(identity("[format('turn{0}', copyIndex(1))]", copy=loop))))
    waits = {
        item["resourceName"]: [one["resourceName"] for one in item["dependsOn"]]
        for item in done.body["properties"]["dependencies"]
    }
    assert waits == {"turn3": ["turn1", "turn2"], "turn4": ["turn1", "turn2"], "turn5": ["turn3", "turn4"]}


def test_loops_in_properties_variables_and_outputs(azure: Azure) -> None:
    tags = {"copy": [{"name": "tags", "count": 2, "input": {"k": "[copyIndex('tags')]"}}]}
    document = template(
        identity("one", tags={"made": "[string(variables('made'))]", "loop": "[string(variables('inner'))]"}),
        variables={
            "copy": [{"name": "made", "count": 2, "input": "[concat('n', copyIndex('made'))]"}],
            "inner": tags,
        },
        outputs={"all": {"type": "array", "copy": {"count": 2, "input": "[variables('made')[copyIndex()]]"}}},
    )
    done = deploy(azure, body(document))
    assert done.body["properties"]["outputs"]["all"]["value"] == ["n0", "n1"]
    shown = resource(azure, f"{IDENTITIES}/one")["body"]["tags"]
    assert shown == {"made": '["n0","n1"]', "loop": '{"tags":[{"k":0},{"k":1}]}'}


def test_a_subscription_gets_a_group_and_a_nested_deployment_into_it(azure: Azure) -> None:
    inner = template(
        identity("[parameters('name')]", location="[resourceGroup().location]"),
        parameters={"name": {"type": "string"}},
        outputs={
            "id": {
                "type": "string",
                "value": "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('name'))]",
            }
        },
    )
    made = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-11-01",
        "name": "fleet",
        "location": "westeurope",
    }
    within = nested(
        "inner",
        inner,
        parameters={"name": {"value": "[concat('of-', 'fleet')]"}},
        resourceGroup="fleet",
        dependsOn=["fleet"],
    )
    document = template(
        made, within, outputs={"id": {"type": "string", "value": "[reference('inner').outputs.id.value]"}}
    )
    root = f"/subscriptions/{azure.subscription_id}"
    done = deploy(azure, {**body(document), "location": "eastus"}, scope=root)
    assert state(done) == "Succeeded", done.body
    id_ = f"{root}/resourceGroups/fleet{IDENTITIES}/of-fleet"
    assert done.body["properties"]["outputs"]["id"]["value"] == id_
    assert done.body["location"] == "eastus"
    assert [item["id"] for item in done.body["properties"]["outputResources"]] == [f"{root}/resourceGroups/fleet", id_]
    assert (
        azure.get(f"{root}/resourceGroups/fleet{IN_GROUP}/inner", VERSION).body["properties"]["outputs"]["id"]["value"]
        == id_
    )
    assert [item["name"] for item in azure.get(f"{root}{IN_GROUP}", VERSION).body["value"]] == ["d"]


def test_a_nested_template_without_a_scope_of_its_own_has_that_of_the_outer_one(azure: Azure) -> None:
    inner = template(identity("[variables('name')]", tags={"bracket": "[concat('[', parameters('word'))]"}))
    document = template(
        nested("inner", inner, scope="Outer"),
        parameters={"word": {"type": "string"}},
        variables={"name": "outer-name"},
    )
    assert state(deploy(azure, body(document, word="x]"))) == "Succeeded"
    assert resource(azure, f"{IDENTITIES}/outer-name")["body"]["tags"] == {"bracket": "[x]"}


def test_an_error_in_a_nested_deployment_comes_up(azure: Azure) -> None:
    done = deploy(azure, body(template(nested("inner", template(extension("nowhere"))))))
    [inner] = errors(done)["inner"]["details"]
    assert (inner["code"], inner["details"][0]["code"]) == ("DeploymentFailed", "ParentResourceNotFound")


def test_symbolic_names_and_what_exists_already(azure: Azure) -> None:
    document = {
        **template(),
        "languageVersion": "2.0",
        "resources": {
            "cluster": {
                "existing": True,
                "type": "Microsoft.Kubernetes/connectedClusters",
                "apiVersion": "2024-01-01",
                "name": "amlarc-cluster",
            },
            "two": identity("[format('of-{0}', copyIndex())]", copy={"name": "two", "count": 2}, dependsOn=["cluster"]),
            "last": identity("last", tags={"distribution": "[reference('cluster').distribution]"}, dependsOn=["two"]),
        },
        "outputs": {
            "names": {
                "type": "array",
                "value": "[map(references('two', 'Full'), lambda('one', lambdaVariables('one').name))]",
            }
        },
    }
    done = deploy(azure, body(document))
    assert state(done) == "Succeeded", done.body
    assert done.body["properties"]["outputs"]["names"]["value"] == ["of-0", "of-1"]
    assert resource(azure, f"{IDENTITIES}/last")["body"]["tags"]["distribution"]


def test_deploying_the_same_again_changes_nothing_and_keeps_identities(azure: Azure) -> None:
    sent = as_az_sends_it(FILE.read_text(), **PLACES)
    deploy(azure, sent)
    before = principal(azure, CLUSTER + EXTENSION)
    done = deploy(azure, sent, name="again")
    assert state(done) == "Succeeded", done.body
    assert principal(azure, CLUSTER + EXTENSION) == before


def test_a_complete_deployment_deletes_what_it_does_not_name(azure: Azure) -> None:
    keep = azure.get(azure.group + WORKSPACE, "2023-04-01").body["id"]
    deploy(azure, body(template(identity("old"))))
    names = ["amlarc-cluster", "edge-cluster"]
    clusters = [
        {
            "type": "Microsoft.Kubernetes/connectedClusters",
            "apiVersion": "2024-01-01",
            "name": name,
            "location": "eastus",
            "identity": {"type": "SystemAssigned"},
            "properties": {"agentPublicKeyCertificate": ""},
        }
        for name in names
    ]
    done = deploy(azure, body(template(*clusters, identity("new")), mode="Complete"), name="complete")
    assert azure.get(f"{azure.group}{IDENTITIES}/old", "2023-01-31").status == 404
    assert azure.get(f"{azure.group}{IDENTITIES}/new", "2023-01-31").status == 200
    # A workspace can't be deleted here, as it can't be written: the deployment says so.
    assert {"HttpMethodNotAllowed"} == {item["code"] for item in done.body["properties"]["error"]["details"]}
    assert azure.get(keep, "2023-04-01").status == 200


@pytest.mark.parametrize("moment", [0.1, 0.5, 1.2])
def test_a_deployment_goes_on_after_a_kill(tmp_path: Path, moment: float) -> None:
    arguments = ("--state", str(tmp_path / "state.json"), "--operation-seconds", "0.5", "--polls", "0")
    azure = Azure.start(tmp_path, *arguments)
    path = f"{azure.group}{IN_GROUP}/d"
    started = azure.send("PUT", f"{path}?api-version={VERSION}", as_az_sends_it(FILE.read_text(), **PLACES))
    time.sleep(moment)
    azure.kill()
    url = started.headers["azure-asyncoperation"].removeprefix(azure.endpoint)
    with running(tmp_path, *arguments) as again:
        deadline = time.monotonic() + 15
        while again.send("GET", url).body["status"] in ("Accepted", "Running") and time.monotonic() < deadline:
            time.sleep(0.05)
        assert state(again.get(path, VERSION)) == "Succeeded"
        assert resource(again, CLUSTER + EXTENSION)["body"]["properties"]["provisioningState"] == "Succeeded"
