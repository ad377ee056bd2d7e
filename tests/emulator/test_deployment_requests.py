"""The requests around a deployment: what is refused before it starts, what-if, cancelling, history, its end."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.deploying import (
    FILE,
    IN_GROUP,
    VERSION,
    as_az_sends_it,
    body,
    deploy,
    extension,
    identity,
    nested,
    operations,
    relay,
    state,
    template,
    wait,
)
from tests.support.azure import Azure, Reply, running

STRING = {"type": "string"}
PLACES = {"cluster": "amlarc-cluster", "workspace": "amlarc-ws"}


def validate(azure: Azure, sent: object, scope: str = "") -> Reply:
    return azure.send("POST", f"{scope or azure.group}{IN_GROUP}/d/validate?api-version={VERSION}", sent)


def changes(azure: Azure, sent: object) -> dict[str, Any]:
    """What a what-if says, by the last name of each resource."""
    started = azure.send("POST", f"{azure.group}{IN_GROUP}/d/whatIf?api-version={VERSION}", sent)
    assert (started.status, started.body) == (202, None)
    result = wait(azure, started)
    assert (result.status, result.body["status"]) == (200, "Succeeded")
    return {item["resourceId"].rpartition("/")[2]: item for item in result.body["properties"]["changes"]}


PARAMETER = template(identity("one"), parameters={"name": STRING})


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (body(PARAMETER), "The value for the template parameter 'name' is not provided."),
        (body(PARAMETER, name="a", other=1), "do not correspond to any parameters defined in the template: 'other'."),
        (body(PARAMETER, name=7), "Template parameter JToken type is not valid. Expected 'String'. Actual 'Integer'."),
        (
            body(template(parameters={"name": {**STRING, "allowedValues": ["a", "b"]}}), name="c"),
            "The value 'c' is not part of the allowed value(s): 'a,b'.",
        ),
        (body(template(parameters={"name": {**STRING, "minLength": 3}}), name="c"), "greater than or equal to '3'."),
        (body(template(parameters={"name": {"type": "text"}}), name="c"), "has an invalid type 'text'."),
        (
            body(
                template(identity("a", dependsOn=["b"]), identity("b", dependsOn=["c"]), identity("c", dependsOn=["a"]))
            ),
            "Circular dependency detected on resource: '/subscriptions/",
        ),
        (
            body(template(identity("a", tags={"t": "[reference('b').clientId]"}), identity("b", dependsOn=["a"]))),
            "Circular",
        ),
        (
            body(template(identity("a", dependsOn=["nowhere"]))),
            "The resource 'nowhere' is not defined in the template.",
        ),
        (
            body(template(identity("a", tags={"t": "[reference('nowhere')]"}))),
            "The template reference 'nowhere' is not valid",
        ),
        (body(template(identity("a/b"))), "has incorrect segment lengths."),
        (body(template(identity("[reference('b').x]"), identity("b"))), "'reference' is not expected at this location"),
        (body(template(identity("a", tags={"t": "[nothing('x')]"}))), "The template function 'nothing' is not valid."),
        (body(template(identity("a", tags={"t": "[nothing(reference('a').x)]"}))), "'nothing' is not valid."),
        (body(template(identity("a", tags={"t": "[parameters('x')]"}))), "The template parameter 'x' is not found."),
        (body(template(identity("a"), identity("a"))), "is defined multiple times in a template."),
        (body(template({"type": "Microsoft.Relay/namespaces", "name": "a"})), "is missing the property 'apiVersion'"),
        (
            body(template(identity("[concat('a', copyIndex())]", copy={"name": "all", "count": 801}))),
            "it must be an integer between 0 and 800",
        ),
        (
            body(template(identity("b"), identity("[concat('a', copyIndex())]", copy={"name": "all", "count": 800}))),
            "The number of template resources limit exceeded. Limit: '800' and actual: '801'.",
        ),
        (body(template(parameters={f"p{at}": STRING for at in range(257)})), "Limit: '256' and actual: '257'."),
        (
            body(
                template(
                    variables={"a": "[variables('b')]", "b": "[variables('a')]"},
                    outputs={"o": {"type": "string", "value": "[variables('a')]"}},
                )
            ),
            "circular",
        ),
        (body({"resources": []}), "Required property '$schema' not found in JSON."),
        (body(template(nested("inner", template(identity("a", dependsOn=["nowhere"]))))), "'nowhere' is not defined"),
    ],
)
def test_a_template_that_is_wrong_is_refused_by_validate_and_by_create(azure: Azure, sent: Any, message: str) -> None:
    for reply in (validate(azure, sent), azure.put(f"{azure.group}{IN_GROUP}/d", VERSION, sent)):
        assert (reply.status, reply.code) == (400, "InvalidTemplate"), reply.body
        assert reply.message.startswith("Deployment template validation failed: '")
        assert message in reply.message
    assert azure.get(f"{azure.group}{IN_GROUP}/d", VERSION).code == "DeploymentNotFound"


def test_types_and_versions_that_do_not_exist_are_all_named(azure: Azure) -> None:
    document = template(
        {**identity("a"), "apiVersion": "1999-01-01"},
        {**identity("b"), "type": "Microsoft.ManagedIdentity/nothing"},
        {**identity("c"), "type": "Microsoft.Nothing/things"},
    )
    reply = validate(azure, body(document))
    assert (reply.status, reply.code) == (400, "InvalidTemplateDeployment")
    assert (
        "The template deployment 'd' is not valid according to the validation procedure. The tracking id is"
        in reply.message
    )
    codes = [item["code"] for item in reply.body["error"]["details"]]
    assert codes == ["NoRegisteredProviderFound", "InvalidResourceType", "InvalidResourceNamespace"]
    sent = body(document)
    sent["properties"]["validationLevel"] = "Template"
    assert validate(azure, sent).status == 200


def test_missing_rights_are_named_for_each_resource_before_anything_is_written(azure: Azure) -> None:
    azure.allow("*/read", "Microsoft.Resources/deployments/*")
    reply = azure.put(f"{azure.group}{IN_GROUP}/d", VERSION, body(template(identity("a"), relay("b-relay"))))
    assert (reply.status, reply.code) == (403, "InvalidTemplateDeployment")
    for type_ in ("Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Relay/namespaces"):
        assert f"permission to perform action '{type_}/write'" in reply.message
    azure.allow("*/read")
    assert azure.put(f"{azure.group}{IN_GROUP}/d", VERSION, body(template())).code == "AuthorizationFailed"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b'{"properties": {template:', 400, "InvalidRequestContent"),
        (b'{"properties": {"mode": "Sideways", "template": {}}}', 400, "InvalidRequestContent"),
        (b'{"properties": {"mode": "Incremental"}}', 400, "InvalidRequestContent"),
        (b'{"properties": {"template": "a text"}}', 400, "InvalidRequestContent"),
        (b'{"properties": {"templateLink": {"uri": "https://a.b/c"}}}', 400, "InvalidContentLink"),
        (b'{"properties": {"template": {}, "parametersLink": {"uri": "https://a.b/c"}}}', 400, "InvalidContentLink"),
        (
            b'{"properties": {"template": {}, "onErrorDeployment": {"type": "LastSuccessful"}}}',
            400,
            "InvalidDeployment",
        ),
        (b'{"properties": {"template": {}, "parameters": {"a": 1}}}', 400, "InvalidTemplate"),
        (b'{"location": "eastus", "properties": {"template": {}}}', 400, "InvalidDeployment"),
        (b'{"properties": {"padding": "' + b"x" * 4 * 1024 * 1024 + b'"}}', 413, "RequestContentTooLarge"),
    ],
)
def test_a_body_that_is_wrong_is_refused(azure: Azure, sent: bytes, status: int, code: str) -> None:
    reply = azure.send("PUT", f"{azure.group}{IN_GROUP}/d?api-version={VERSION}", sent)
    assert (reply.status, reply.code) == (status, code)


def test_a_deployment_to_a_subscription_needs_a_location_that_stays(azure: Azure) -> None:
    root = f"/subscriptions/{azure.subscription_id}"
    assert azure.put(f"{root}{IN_GROUP}/d", VERSION, body(template())).code == "LocationRequired"
    assert state(deploy(azure, {**body(template()), "location": "eastus"}, scope=root)) == "Succeeded"
    moved = azure.put(f"{root}{IN_GROUP}/d", VERSION, {**body(template()), "location": "westeurope"})
    assert (moved.status, moved.code) == (409, "InvalidDeploymentLocation")


def test_validation_says_what_would_be_deployed_and_deploys_nothing(azure: Azure) -> None:
    before = azure.state()
    reply = validate(azure, as_az_sends_it(FILE.read_text(), **PLACES, namespaces=["a", "b"]))
    names = [item["id"].rpartition("/")[2] for item in reply.body["properties"]["validatedResources"]]
    assert names[2:6] == ["azureml_rw", "amlarc-compute", "k8s-a", "k8s-b"]
    assert reply.body["properties"]["parameters"]["namespaces"] == {"type": "Array", "value": ["a", "b"]}
    assert azure.state() == before


def test_what_if_says_what_the_providers_would_make_of_it(azure: Azure) -> None:
    before = azure.state()["resources"]
    found = changes(azure, as_az_sends_it(FILE.read_text(), **PLACES))
    assert azure.state()["resources"] == before
    assert {name: item["changeType"] for name, item in found.items() if name in ("amlarc-compute", "edge-cluster")} == {
        "amlarc-compute": "Create",
        "edge-cluster": "Ignore",
    }
    assert found["amlarc-compute"]["after"]["properties"]["configurationProtectedSettings"] == {
        "relayServerConnectionString": "",
        "serviceBusConnectionString": "",
    }


def test_what_if_after_the_deployment_has_no_noise_and_names_each_property_that_changes(azure: Azure) -> None:
    text = FILE.read_text()
    deploy(azure, as_az_sends_it(text, **PLACES))
    again = changes(azure, as_az_sends_it(text, **PLACES))
    assert {item["changeType"] for item in again.values()} == {"NoChange", "Ignore"}
    edited = text.replace('"enableTraining": "True"', '"enableTraining": "False", "more": "1"').replace(
        '"releaseTrain": "stable",', ""
    )
    changed = changes(azure, as_az_sends_it(edited, **PLACES))["amlarc-compute"]
    assert changed["changeType"] == "Modify"
    assert {item["path"]: (item["propertyChangeType"], item["before"], item["after"]) for item in changed["delta"]} == {
        "properties.releaseTrain": ("Modify", "stable", "Stable"),
        "properties.configurationSettings.enableTraining": ("Modify", "True", "False"),
        "properties.configurationSettings.more": ("Create", None, "1"),
    }


def test_what_if_can_be_short_and_tell_what_a_complete_deployment_deletes(azure: Azure) -> None:
    sent = body(template(identity("one")), mode="Complete")
    sent["properties"]["whatIfSettings"] = {"resultFormat": "ResourceIdOnly"}
    found = changes(azure, sent)
    assert found["one"].keys() == {"resourceId", "changeType"}
    assert (found["one"]["changeType"], found["edge-cluster"]["changeType"]) == ("Deploy", "Delete")


def test_what_if_says_what_a_provider_would_refuse(azure: Azure) -> None:
    refused = changes(azure, body(template(extension("nowhere"))))["amlarc-compute"]
    assert refused["changeType"] == "Unsupported"
    assert "parent resource" in refused["unsupportedReason"]


def test_history_keeps_and_forgets_deployments(azure: Azure) -> None:
    deploy(azure, body(template(identity("one"))), name="first")
    azure.fault(method="PUT", path="/userAssignedIdentities/", status=400)
    deploy(azure, body(template(identity("two"))), name="second")
    root = f"{azure.group}{IN_GROUP}"
    assert [item["name"] for item in azure.get(root, VERSION).body["value"]] == ["second", "first"]
    query = {"$filter": "provisioningState eq 'Failed'"}
    assert [item["name"] for item in azure.call("GET", root, VERSION, **query).body["value"]] == ["second"]
    assert len(azure.call("GET", root, VERSION, **{"$top": "1"}).body["value"]) == 1
    assert azure.call("HEAD", f"{root}/first", VERSION).status == 204
    assert azure.call("POST", f"{root}/first/exportTemplate", VERSION).body["template"]["resources"] == [
        identity("one")
    ]
    [one] = operations(azure, "first").values()
    assert (one["provisioningOperation"], one["provisioningState"], one["statusCode"]) == (
        "Create",
        "Succeeded",
        "Created",
    )
    gone = azure.call("DELETE", f"{root}/first", VERSION)
    assert gone.status == 202
    assert wait(azure, gone).status == 204
    assert azure.call("HEAD", f"{root}/first", VERSION).status == 404
    assert azure.call("DELETE", f"{root}/first", VERSION).status == 204
    assert (
        azure.get(f"{azure.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one", "2023-01-31").status
        == 200
    )


def test_a_deployment_in_hand_can_be_cancelled_but_not_replaced(tmp_path: Path) -> None:
    document = template(relay("first-relay"), identity("later", dependsOn=["first-relay"]))
    with running(tmp_path, "--operation-seconds", "1", "--polls", "0") as azure:
        path = f"{azure.group}{IN_GROUP}/d"
        started = azure.put(path, VERSION, body(document))
        time.sleep(0.1)
        again = azure.put(path, VERSION, body(document))
        assert (again.status, again.code) == (409, "DeploymentActive")
        assert azure.call("DELETE", path, VERSION).code == "DeploymentActive"
        assert azure.call("POST", f"{path}/cancel", VERSION).status == 204
        assert wait(azure, started).body["status"] == "Canceled"
        assert set(operations(azure)) == {"first-relay"}
        assert azure.call("POST", f"{path}/cancel", VERSION).status == 409


def test_faults_end_a_deployment_as_they_say(azure: Azure) -> None:
    reason = {"code": "DeploymentFailed", "message": "as scripted"}
    azure.fault(method="PUT", path="/deployments/", operation="Failed", error=reason)
    started = azure.put(f"{azure.group}{IN_GROUP}/d", VERSION, body(template()))
    assert wait(azure, started).body == {"status": "Failed", "error": reason}
    assert state(azure.get(f"{azure.group}{IN_GROUP}/d", VERSION)) == "Failed"


def test_eight_hundred_resources_are_deployed_quickly(azure: Azure) -> None:
    many = identity("[concat('one', copyIndex())]", copy={"name": "many", "count": 799})
    began = time.monotonic()
    done = deploy(azure, body(template(many, identity("last", dependsOn=["many"]))))
    assert len(done.body["properties"]["outputResources"]) == 800
    assert time.monotonic() - began < 15, json.dumps(done.body)[:200]
