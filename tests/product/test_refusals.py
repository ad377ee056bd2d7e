"""What to do about refusals of any request, and about failures that users have reported (shared cases 100 to 108)."""

import pytest

from azext_amlarc.product.clusters import CONNECTED, MANAGED
from azext_amlarc.product.known_errors import Names, Subject, advice, advice_for_request
from azext_amlarc.product.steps import sentence

REFUSALS = {
    "ScopeLocked": "az lock list -o table",
    "RequestDisallowedByPolicy": "`az ml arc extension create --tags NAME=VALUE …`",
    "ReadOnlyDisabledSubscription": "Ask its owner to enable it: az account show",
    "LocationNotAvailableForResourceType": "Azure does not offer this type of resource in that region.",
    "LinkedAuthorizationFailed": "permissions on another resource that this one refers to",
    "TooManyRequests": "Wait a few minutes",
    "SubscriptionRequestsThrottled": "Wait a few minutes",
    "429": "Wait a few minutes",
    "InvalidAuthenticationToken": "Sign in again: az login",
    "ExpiredAuthenticationToken": "Sign in again: az login",
    "ExtensionTypeRegistrationGetFailed": "in one of the regions that Azure names",
}
ADDONS = "Request failed to https://x/managedclusters/c/extensionaddons/azureml?api-version=2021-03-01. Error code: "
REPORTED = [
    (Subject.EXTENSION, MANAGED, f"{ADDONS}Forbidden.", "az provider register -n Microsoft.KubernetesConfiguration"),
    (Subject.EXTENSION, MANAGED, f"{ADDONS}InvalidAuthenticationToken.", "az provider register -n Microsoft.Kub"),
    (
        Subject.EXTENSION,
        CONNECTED,
        'no matches for kind "MutatingWebhookConfiguration" in version "admissionregistration.k8s.io/v1beta1"',
        "without a pinned version: az ml arc extension delete",
    ),
    (
        Subject.EXTENSION,
        MANAGED,
        'admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-k8sazurev2noprivilege-0]',
        "Exclude the namespace azureml from it.",
    ),
    (
        Subject.EXTENSION,
        CONNECTED,
        "Recommendation Please check that there are no policies blocking the resource creation/update",
        "kubectl get constraints",
    ),
    (
        Subject.COMPUTE,
        CONNECTED,
        "Relay resource id or connection string are not provided. Please visit https://aka.ms/amlk8s-troubleshoot",
        "The extension has no Azure Relay, or its Relay was deleted.",
    ),
    (Subject.COMPUTE, CONNECTED, "An internal server error occurred.", "Azure Relay Owner"),
    (Subject.COMPUTE, MANAGED, "An internal server error occurred.", "Azure Kubernetes Service Cluster Admin"),
]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_is_known_whatever_was_asked_for(code: str) -> None:
    assert REFUSALS[code] in sentence(advice_for_request(code, ""))
    for subject in Subject:
        assert REFUSALS[code] in sentence(advice(subject, code, "", Names()))


@pytest.mark.parametrize(("subject", "cluster_type", "message", "text"), REPORTED)
def test_a_reported_failure_is_known_on_its_type_of_cluster(
    subject: Subject, cluster_type: str, message: str, text: str
) -> None:
    assert text in sentence(advice(subject, "ExtensionOperationFailed", message, Names(cluster_type=cluster_type)))


def test_a_connected_cluster_is_not_asked_for_a_role_on_aks() -> None:
    found = advice(Subject.COMPUTE, "InternalServerError", "internal server error", Names(cluster_type=CONNECTED))
    assert "Azure Kubernetes Service" not in sentence(found)
