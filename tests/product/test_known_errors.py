"""What is known about Azure's errors: by what failed, on which type of cluster, with the real names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.product.clusters import CONNECTED, MANAGED
from azext_amlarc.product.known_errors import Names, Subject, advice, advice_for_request, advice_for_state
from azext_amlarc.product.steps import Note, command, filled, lines, sentence
from azext_amlarc.resources.advice import names_of_extension, names_of_target
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId

EDGE = ClusterId("s", "edge-rg", CONNECTED, "edge")
AKS = ClusterId("s", "edge-rg", MANAGED, "aks")
EXTENSION, COMPUTE, JOB, CLUSTER = Subject.EXTENSION, Subject.COMPUTE, Subject.JOB, Subject.CLUSTER


def on(cluster: ClusterId) -> Names:
    return names_of_target(Target.of_cluster(cluster, WorkspaceId("s", "ws-rg", "ws"), "k8s"))._replace(
        namespace="team-a"
    )


def said(subject: Subject, message: str, code: str = "", cluster: ClusterId = EDGE) -> str:
    return sentence(advice(subject, code, message, on(cluster)))


# A message or a code, the subjects that it is known of (with "connected" or "managed" if only there), and the advice.
KNOWN = [
    ("Error: pod healthcheck failed", {EXTENSION}, "kubectl get configmap arcml-healthcheck -n azureml -o yaml"),
    ("see healthcheck", {EXTENSION}, "Read the health check's report: kubectl get configmap"),
    ("cannot re-use a name that is still in use", {EXTENSION}, "Wait up to an hour"),
    ("another operation in progress", {EXTENSION}, "az ml arc extension wait -n amlarc-compute -c edge -g edge-rg"),
    ("namespace azureml is being terminated", {EXTENSION}, "kubectl wait --for=delete namespace/azureml"),
    ("Chart path not found", {EXTENSION}, "there is no such combination"),
    ("invalid ownership metadata", {EXTENSION}, "meta.helm.sh/release-name=amlarc-compute"),
    ("no PEM data in certificate", {EXTENSION}, "enable_https=false"),
    ("AzureML extension not installed", {COMPUTE}, "az ml arc extension create -c edge -g edge-rg --config"),
    ("E45004: Training feature is not enabled", {JOB}, "Turn training on: az ml arc extension update -c edge"),
    ("no volume plugin matched", {JOB}, "Mount input data"),
    ("could not reach the token service", {JOB}, "private link"),
]  # fmt: skip
CODES = [
    ("NamespaceNotFound", {COMPUTE}, "kubectl create namespace team-a; az ml arc detach -n k8s -w ws -g ws-rg"),
    ("ConflictingArtifactsInCluster", {COMPUTE}, "left behind in the namespace azureml"),
    ("GenericComputeError", {COMPUTE}, "name (k8s) and namespace (team-a): az ml arc check -c edge -g edge-rg; az ml"),
    ("Timeout", {COMPUTE}, "az connectedk8s show -n edge -g edge-rg"),
    ("ClusterNotReachable", {CLUSTER, COMPUTE, JOB}, "az connectedk8s show -n edge -g edge-rg"),
    ("ClusterUnauthorized", {CLUSTER, COMPUTE, JOB}, "token has expired"),
    ("UpdateFailed", {EXTENSION}, "az ml arc extension wait -n amlarc-compute -c edge -g edge-rg"),
]


@pytest.mark.parametrize(("message", "subjects", "text"), KNOWN)
def test_words_are_known_of_their_subject_and_mean_nothing_elsewhere(
    message: str, subjects: set[Subject], text: str
) -> None:
    assert {subject for subject in Subject if text in said(subject, message)} == subjects
    assert {subject for subject in Subject if said(subject, message)} == subjects
    assert advice_for_request("", message) == ()


@pytest.mark.parametrize(("code", "subjects", "text"), CODES)
def test_codes_are_known_of_their_subject_and_mean_nothing_elsewhere(
    code: str, subjects: set[Subject], text: str
) -> None:
    assert {subject for subject in Subject if text in said(subject, "", code)} == subjects
    assert {subject for subject in Subject if said(subject, "", code)} == subjects
    assert advice_for_request(code, "") == ()


BY_TYPE = [
    ("", "ComputeNotAccessible", "", "Grant the workspace's managed identity access to the AKS cluster."),
    ("internal server error", "", "the role Azure Relay Owner", "the role Azure Kubernetes Service Cluster Admin"),
    ("", "RefreshExtensionIdentityNotSet", "", "Delete the extension, and install it again"),
    ("", "AttachmentOfPrivateAksClusterNotSupported", "", "az connectedk8s connect -n aks -g edge-rg"),
    ("", "ClusterNotReachable", "az connectedk8s show -n edge", "az aks start -n aks -g edge-rg"),
    ("", "Timeout", "az connectedk8s show -n edge", "az aks show -n aks"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "code", "connected", "managed"), BY_TYPE)
def test_advice_fits_the_type_of_the_cluster(message: str, code: str, connected: str, managed: str) -> None:
    here, there = said(COMPUTE, message, code, EDGE), said(COMPUTE, message, code, AKS)
    assert connected in here
    assert bool(connected) == bool(here)
    assert managed in there


def test_agents_are_upgraded_on_a_connected_cluster_only() -> None:
    stuck = "timed out waiting for the condition"
    assert "az connectedk8s upgrade -n edge -g edge-rg" in said(EXTENSION, stuck)
    assert said(EXTENSION, stuck, cluster=AKS) == (
        "Check that the cluster has free capacity and a load balancer: kubectl describe nodes"
    )


def test_of_a_cluster_of_an_unknown_type_only_what_holds_for_both_is_known() -> None:
    assert advice(COMPUTE, "ClusterNotReachable", "", Names()) == ()
    assert advice(COMPUTE, "ClusterUnauthorized", "", Names())


@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize("code", ["InternalServerError", "500", "Broken", ""])
def test_an_error_that_says_nothing_brings_no_advice(subject: Subject, code: str) -> None:
    assert said(subject, "Something broke.", code) == ""


@pytest.mark.parametrize("message", ["Encountered internal server error.", "The healthcheck failed", "still in use"])
def test_an_answer_to_any_request_brings_no_advice_by_its_words(message: str) -> None:
    assert advice_for_request("InternalServerError", message) == ()


@pytest.mark.parametrize("subject", Subject)
def test_what_means_the_same_everywhere_in_azure_is_known_of_every_subject(subject: Subject) -> None:
    assert said(subject, "", "AuthorizationFailed") == "Ask an Owner of the resource group for the role Contributor."
    message = "The subscription is not registered to use namespace 'Microsoft.Relay'."
    assert said(subject, message, "MissingSubscriptionRegistration") == (
        "Register the resource provider: az provider register -n Microsoft.Relay --wait"
    )


def test_a_code_says_more_than_words_of_the_message() -> None:
    assert "extension wait" in said(EXTENSION, "timed out waiting for the condition", "UpdateFailed")


def test_an_extension_of_another_name_is_called_by_it() -> None:
    names = names_of_extension(EDGE, "ml-ext")
    assert "az ml arc extension wait -n ml-ext" in sentence(advice(EXTENSION, "UpdateFailed", "", names))


@pytest.mark.parametrize(
    ("state", "cluster", "text"),
    [
        ("Queued", EDGE, "kubectl describe pods -n team-a"),
        ("Running", EDGE, "If the pod stays in Init, check its events: kubectl describe pods -n team-a"),
        ("NotStarted", EDGE, "az connectedk8s show -n edge -g edge-rg"),
        ("Starting", AKS, "az aks show -n aks -g edge-rg"),
        ("Preparing", EDGE, "takes minutes the first time"),
        ("Paused", EDGE, ""),
    ],
)
def test_a_job_that_stays_in_a_state_has_something_to_look_at(state: str, cluster: ClusterId, text: str) -> None:
    found = sentence(advice_for_state(state, on(cluster)))
    assert text in found
    assert bool(text) == bool(found)


@given(st.sampled_from(Subject), st.sampled_from([code for code, _, _ in CODES] + [""]), st.text())
def test_no_field_is_left_empty(subject: Subject, code: str, message: str) -> None:
    assert "{" not in said(subject, message.replace("{", ""), code)


def test_a_command_is_quoted_for_a_shell() -> None:
    odd = command("az aks start {cluster}", cluster=["-n", "it's", "-g", "my (group)"])
    assert odd.text == """az aks start -n 'it'"'"'s' -g 'my (group)'"""
    assert command("kubectl get namespace/{name}", name="a{b}").argv == ("kubectl", "get", "namespace/a{b}")


def test_a_field_is_a_word_a_part_of_one_or_several_words() -> None:
    steps = (Note("See {name} ({options}):"), command("az show {options} x/{name}"))
    assert filled(steps, {"name": "edge", "options": ("-n", "a b")}) == (
        Note("See edge (-n 'a b'):"),
        command("az show -n {name} x/edge", name="a b"),
    )


def test_notes_among_commands_are_comments_and_a_line_each() -> None:
    assert lines((Note("First\nthis:"), command("az login"))) == ["# First this:", "az login"]
    assert lines((Note("Ask `kubectl`."), Note("Then wait."))) == ["Ask `kubectl`.", "Then wait."]
    assert lines((Note("\x1b[31mred"),)) == ["\\x1b[31mred"]


def test_a_sentence_has_its_commands_behind_semicolons() -> None:
    assert sentence(()) == ""
    assert sentence((Note("See:"), command("az a"), command("az b"), Note("then c."))) == "See: az a; az b; then c."
