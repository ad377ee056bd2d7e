"""A resource that Azure Policy denies: which policy, which tag, and the same command with it."""

from tests.e2e.conftest import CLUSTER
from tests.support.az import Az
from tests.support.azure import Azure

CREATE = ("amlarc", "extension", "create", *CLUSTER, "--config", "enableTraining=True")
NAMESPACE = "/Microsoft.Relay/namespaces/[^/]+$"
VIOLATION = {
    "policyDefinitionDisplayName": "Require a tag on resources",
    "policyAssignmentDisplayName": "Costs",
    "evaluationDetails": {"evaluatedExpressions": [{"path": "tags[costCenter]", "operator": "Exists"}]},
}
DENIED = {
    "code": "RequestDisallowedByPolicy",
    "message": "Resource 'relay' was disallowed by policy.",
    "additionalInfo": [{"type": "PolicyViolation", "info": VIOLATION}],
}


def test_a_denied_namespace_names_policy_and_tag_and_was_not_written(az: Az, azure: Azure) -> None:
    azure.fault(method="PUT", path=NAMESPACE, status=403, body={"error": DENIED})
    result = az(*CREATE)
    assert result.code == 1
    assert "(RequestDisallowedByPolicy) Resource 'relay' was disallowed by policy." in result.stderr
    said = "Denied by the policy 'Require a tag on resources' (assignment 'Costs'): it requires the tag costCenter."
    assert said in result.stderr
    assert "Correlation id: " in result.stderr
    assert "az ml arc extension create --tags" in result.stderr
    assert "Sent so far" not in result.stderr


def test_tags_are_on_what_is_created(az: Az, azure: Azure) -> None:
    az.must(*CREATE, "--tags", "costCenter=42", "--tags", "owner=me and you", "empty=")
    [namespace] = [item["body"] for id_, item in azure.state()["resources"].items() if is_namespace(id_)]
    tags = {"costCenter": "42", "owner": "me and you", "empty": "", "created_by": "Azure Arc-enabled ML"}
    assert namespace["tags"] == tags


def is_namespace(resource_id: str) -> bool:
    return resource_id.rpartition("/")[0].endswith("/microsoft.relay/namespaces")
