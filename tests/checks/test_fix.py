"""A fix as data: what the tool could do itself, drawn as commands with the real names, quoted for a shell."""

import re
import shlex
from collections.abc import Mapping
from typing import Any, get_args

import pytest

from azext_amlarc.checks import given, mending, table
from azext_amlarc.checks.azure import facts as azure
from azext_amlarc.checks.azure.facts import RelayPart
from azext_amlarc.checks.check import Fact, Result, Status, Verdict
from azext_amlarc.checks.fix import (
    AllowRelay,
    ApplyInstanceTypes,
    Change,
    ChangeSettings,
    CreateNamespace,
    Fix,
    GrantRole,
    InstallAgain,
    RegisterProvider,
    RestoreRelay,
    ScaleFromZero,
    changes_in,
)
from azext_amlarc.checks.kubernetes import facts as kubernetes
from azext_amlarc.checks.kubernetes.facts import Owned
from azext_amlarc.product.steps import Command, Note, is_command, lines
from azext_amlarc.resources.ids import ClusterId, Target, WorkspaceId
from azext_amlarc.workflows.mend.ways import WAYS
from tests.checks import test_azure, test_kubernetes
from tests.checks.azure_facts import CONNECTION_ID, EXTENSION, NAMESPACE_ID, RULE_ID, SUBSCRIPTION_ID
from tests.checks.kubernetes_cases import CASES as KUBERNETES_CASES
from tests.support.az import ROOT

LAB = ClusterId(SUBSCRIPTION_ID, "lab-rg", "connectedClusters", "lab")
ODD = ClusterId("s", "my (group)", "managedClusters", "it's")
PLACEHOLDER = re.compile(r"\b(?:CLUSTER|GROUP|WORKSPACE|NAMESPACE|NAME|TYPE|PROVIDER|WHO|FILE|VERSION)\b(?!-)")
# Another subscription, a group in one, a name that nobody has chosen yet: nothing that anybody knows.
NOBODY_KNOWS = {
    ("AMLARC-A002", "NAME"),
    ("AMLARC-A062", "GROUP"),
    ("AMLARC-A070", "NAME"),
    # An AKS cluster that is connected through Azure Arc: its name in AKS.
    ("AMLARC-K020", "GROUP"),
    ("AMLARC-K081", "NAMESPACE"),
}


def of_azure(id_: str, changes: Mapping[Fact[Any], object]) -> Verdict:
    return test_azure.judged(test_azure.CHECKS[id_], changes).verdict


CHANGES = [
    (RegisterProvider("Microsoft.Relay", "1111"), "az provider register -n Microsoft.Relay --wait --subscription 1111"),
    (
        GrantRole("1111", "2222", "Azure Relay Owner", "/subscriptions/s/resourceGroups/my (group)"),
        "az role assignment create --assignee-object-id 1111 --assignee-principal-type ServicePrincipal "
        "--role 'Azure Relay Owner' --scope '/subscriptions/s/resourceGroups/my (group)'",
    ),
    (
        ScaleFromZero(ODD, "mine"),
        "az ml arc extension update -n mine -c 'it'\"'\"'s' -g 'my (group)' -t managedClusters --scale-from-zero",
    ),
    (
        AllowRelay(RULE_ID, ("Listen", "Send")),
        "az relay hyco authorization-rule update -g lab-rg --namespace-name labrelay --hybrid-connection-name lab "
        "-n azureml_rw --rights Listen Send",
    ),
    (
        RestoreRelay(ODD._replace(name="c"), "x"),
        "az ml arc check -c c -g 'my (group)' -t managedClusters --only relay --fix",
    ),
    (
        InstallAgain(ODD, "ml-ext"),
        "az ml arc extension create -n ml-ext -c 'it'\"'\"'s' -g 'my (group)' -t managedClusters",
    ),
    (CreateNamespace("team-a"), "kubectl create namespace team-a"),
    (
        ChangeSettings(ODD, "amlarc-compute", ("nodeSelector.a\\.b=c d", "x=1")),
        "az ml arc extension update -c 'it'\"'\"'s' -g 'my (group)' -t managedClusters "
        "--config 'nodeSelector.a\\.b=c d' x=1",
    ),
    (
        ChangeSettings(ODD._replace(name="aks", resource_group="rg"), "ml-ext", ("x=1",)),
        "az ml arc extension update -n ml-ext -c aks -g rg -t managedClusters --config x=1",
    ),
    (
        ApplyInstanceTypes(({"kind": "InstanceType"},), "my attach.json"),
        "az ml arc config convert -f 'my attach.json' --to instancetype | kubectl apply -f -",
    ),
]


@pytest.mark.parametrize(("change", "text"), CHANGES, ids=lambda value: type(value).__name__)
def test_a_change_is_shown_as_the_command_that_makes_it(change: Any, text: str) -> None:
    assert (change.text, is_command(change)) == (text, True)
    assert re.fullmatch(r"(Register|Give|Create|Install|Change|Write) .*[^.]", change.what)


def test_the_object_has_the_fix_line_by_line() -> None:
    fix: Fix = (Note("Create it:"), CreateNamespace("a"), Command(("kubectl", "get", "ns", "a b")))
    found = Result(test_azure.CHECKS["AMLARC-A001"], Verdict(Status.FAIL, "no", fix)).as_object()
    assert found["fix"] == "# Create it:\nkubectl create namespace a\nkubectl get ns 'a b'"
    assert list(found) == ["id", "group", "title", "status", "message", "fix", "url", "evidence"]


def all_fixes() -> list[tuple[str, Fix]]:
    ours = [(case.id, of_azure(case.id, case.facts).fix) for case in test_azure.CASES]
    theirs = [
        (id_, test_kubernetes.verdict(id_, case.changes).fix)
        for case in KUBERNETES_CASES
        for id_ in [f"AMLARC-{case.id}"]
    ]
    return [(id_, fix) for id_, fix in (*ours, *theirs) if fix]


def test_a_fix_has_no_placeholder_for_what_is_known() -> None:
    found = {(id_, word) for id_, fix in all_fixes() for word in PLACEHOLDER.findall("\n".join(lines(fix)))}
    assert found <= NOBODY_KNOWS


def test_the_page_says_of_each_check_whether_it_can_be_mended_and_how() -> None:
    """What verdicts really bring is what is documented, kind by kind."""
    found: dict[str, set[type]] = {}
    for id_, fix in all_fixes():
        found.setdefault(id_, set()).update(map(type, changes_in(fix)))
    said = {check.id: {type(change) for change in mending.documented(check)} for check in table.CHECKS}
    assert {id_: kinds for id_, kinds in found.items() if kinds != said[id_]} == {}
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8").split("\n### ")[1:]
    assert {entry[:11] for entry in page if "\n`check --fix`: " in entry} == {id_ for id_ in said if said[id_]}
    assert {entry[:11] for entry in page if "\n`check --fix` leaves it to " in entry} == {
        id_ for id_ in said if not said[id_]
    }


def test_every_kind_of_change_has_its_place_in_the_order_and_its_way() -> None:
    assert set(mending.ORDER) == set(WAYS) == set(get_args(Change))


def test_every_name_in_a_command_is_one_word_of_it() -> None:
    target = Target.of_cluster(ODD._replace(subscription_id="s"), WorkspaceId("s", "ws & co", "w's"), "k8s;ls")
    for case in test_azure.CASES:
        if given.TARGET not in case.facts:
            fix = of_azure(case.id, {**case.facts, given.TARGET: target}).fix
            words = {word for step in fix if is_command(step) for word in shlex.split(step.text)}
            assert not words & {"(group)", "my", "&", "co", "ls"}


def test_a_fix_of_a_check_holds_data_and_no_text_alone() -> None:
    changes = [step for _, fix in all_fixes() for step in fix if not isinstance(step, Command | Note)]
    assert {type(change) for change in changes} == {
        RegisterProvider,
        GrantRole,
        AllowRelay,
        RestoreRelay,
        InstallAgain,
        ChangeSettings,
        ScaleFromZero,
        CreateNamespace,
        ApplyInstanceTypes,
    }


@pytest.mark.parametrize("state", ["Activating", "Created", "Creating", "Enabling", "Updating", "Accepted"])
def test_a_relay_namespace_that_azure_still_sets_up_is_a_warning(state: str) -> None:
    verdict = of_azure("AMLARC-A050", {azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, state)})
    assert verdict == Verdict(
        Status.WARN,
        f"The Relay namespace labrelay is {state}: Azure is still setting it up.",
        (
            Note("Wait a minute, then check again:"),
            Command(("az", "ml", "arc", "check", "-c", "lab", "-g", "lab-rg", "--only", "relay")),
        ),
        may_come_right=True,
    )


@pytest.mark.parametrize("state", ["Removing", "Failed", "Unknown"])
def test_a_relay_namespace_that_will_not_come_right_is_created_again(state: str) -> None:
    verdict = of_azure("AMLARC-A050", {azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, state)})
    assert (verdict.status, verdict.message) == (Status.FAIL, f"The Relay namespace labrelay is {state}.")
    assert verdict.fix == (RestoreRelay(LAB, "amlarc-compute"),)


def test_a_relay_namespace_that_somebody_disabled_needs_a_new_extension() -> None:
    verdict = of_azure("AMLARC-A050", {azure.RELAY_NAMESPACE: RelayPart(NAMESPACE_ID, "Disabled")})
    assert changes_in(verdict.fix) == ()
    assert lines(verdict.fix)[0] == "az ml arc extension delete -c lab -g lab-rg --yes"


@pytest.mark.parametrize(
    ("fact", "part"),
    [(azure.RELAY_NAMESPACE, NAMESPACE_ID), (azure.RELAY_CONNECTION, CONNECTION_ID), (azure.RELAY_RULE, RULE_ID)],
)
def test_an_extension_of_another_name_is_installed_again_under_it(fact: Fact[Any], part: str) -> None:
    code = {azure.RELAY_NAMESPACE: "0", azure.RELAY_CONNECTION: "1", azure.RELAY_RULE: "2"}[fact]
    renamed = EXTENSION._replace(name="ml-ext", protected=frozenset({"scoringFe.sslKey"}))
    verdict = of_azure(f"AMLARC-A05{code}", {fact: RelayPart(part, None), azure.EXTENSION: renamed})
    assert lines(verdict.fix)[0] == "az ml arc extension delete -n ml-ext -c lab -g lab-rg --yes"


def test_a_fix_with_a_command_among_its_steps_is_not_all_ours() -> None:
    assert changes_in((Note("First:"), CreateNamespace("a"))) == (CreateNamespace("a"),)
    assert changes_in((Command(("kubectl", "get", "ns")), CreateNamespace("a"))) == ()
    assert changes_in((Note("Nothing to run."),)) == ()


def test_leftover_crds_are_handed_over_to_the_release_that_there_is() -> None:
    foreign = (Owned("CustomResourceDefinition", "", "jobs.batch.volcano.sh"),)
    changes: dict[Fact[Any], object] = {kubernetes.CUSTOM_RESOURCES: foreign, given.EXTENSION_NAME: "ml-ext"}
    assert lines(test_kubernetes.verdict("AMLARC-K052", changes).fix)[3:] == [
        "# If only the CRDs are left, hand them over to the extension ml-ext:",
        "kubectl label crd jobs.batch.volcano.sh app.kubernetes.io/managed-by=Helm",
        "kubectl annotate crd jobs.batch.volcano.sh meta.helm.sh/release-namespace=azureml "
        "meta.helm.sh/release-name=ml-ext",
    ]


def test_instance_types_are_applied_from_the_file_that_was_given() -> None:
    changes: dict[Fact[Any], object] = {kubernetes.INSTANCE_TYPES: (), given.DOCUMENT_SOURCE: "edge/cluster 1.yaml"}
    [step] = test_kubernetes.verdict("AMLARC-K024", changes).fix
    assert isinstance(step, ApplyInstanceTypes)
    assert [manifest["metadata"]["name"] for manifest in step.manifests] == ["cpu", "gpu", "defaultinstancetype"]
    assert step.text == "az ml arc config convert -f 'edge/cluster 1.yaml' --to instancetype | kubectl apply -f -"
