"""Each check of the cluster: where all is well, where something is not, and where nobody could see."""

from collections.abc import Mapping
from typing import Any

import pytest

from azext_amlarc.checks import check
from azext_amlarc.checks.check import Fact, Status, Unknown, Verdict
from azext_amlarc.checks.given import DOCUMENT_SOURCE, EXTENSION_NAME, KNOWN_SETTINGS, POOLS, TARGET
from azext_amlarc.checks.kubernetes import CHECKS
from azext_amlarc.product.steps import lines
from tests.checks.clusters import known
from tests.checks.kubernetes_cases import CASES, FAIL, PASS, SKIPPED, WARN, Case

BY_ID = {one.id: one for one in CHECKS}


def verdict(id: str, changes: Mapping[Fact[Any], object]) -> Verdict:
    [result] = check.run([BY_ID[id]], known(changes))
    return result.verdict


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.id)
def test_a_cluster_on_which_all_is_well_passes(one: check.Check) -> None:
    found = verdict(one.id, {})
    assert (found.status, found.fix) == (PASS, ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}, {case.title}")
def test_a_message_is_a_sentence(case: Case) -> None:
    assert case.message.endswith(".")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.id}, {case.title}")
def test_a_change_is_told(case: Case) -> None:
    found = verdict(f"AMLARC-{case.id}", case.changes)
    assert (found.status, found.message) == (case.status, case.message)
    assert case.evidence in "\n".join(found.evidence)
    assert case.fix in "\n".join(lines(found.fix))


def test_each_check_has_a_case_in_which_it_does_not_pass() -> None:
    assert {f"AMLARC-{case.id}" for case in CASES if case.status in (WARN, FAIL)} == set(BY_ID)


@pytest.mark.parametrize("case", [case for case in CASES if case.status in (WARN, FAIL)], ids=lambda case: case.title)
def test_what_fails_or_warns_says_what_to_do(case: Case) -> None:
    assert verdict(f"AMLARC-{case.id}", case.changes).fix


# What is always given, and what some checks read only if another fact makes them.
NEVER_UNKNOWN = (TARGET, EXTENSION_NAME, DOCUMENT_SOURCE, KNOWN_SETTINGS, POOLS)
NOT_ALWAYS_LOOKED_AT = {
    ("AMLARC-K011", "nodes"),
    *((f"AMLARC-K{number}", "clusterAutoscaler") for number in ("011", "020", "023", "025")),
    ("AMLARC-K031", "daemonSets"),
    ("AMLARC-K042", "ingressClasses"),
    ("AMLARC-K051", "validatingWebhooks"),
    *(("AMLARC-K053", fact) for fact in ("volcanoConfiguration", "schedulerMark")),
    ("AMLARC-K070", "installState"),
    ("AMLARC-K071", "installState"),
    *((f"AMLARC-K08{number}", "settings") for number in range(3)),
}


def test_what_could_not_be_seen_is_never_passed() -> None:
    unknown = Unknown(Status.ERROR, "no right to list this (403)")
    ends = {
        (one.id, need.name): verdict(one.id, {need: unknown})
        for one in CHECKS
        for need in one.needs
        if need not in NEVER_UNKNOWN
    }
    assert {key for key, end in ends.items() if end.status is PASS} == NOT_ALWAYS_LOOKED_AT
    told = {(end.status, end.message) for end in ends.values() if end.status is not PASS}
    assert told == {(Status.ERROR, "no right to list this (403)")}


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.id)
def test_what_nobody_could_ask_is_skipped(one: check.Check) -> None:
    unknown = Unknown(Status.SKIPPED, "no kubeconfig was given: --kubeconfig FILE")
    found = verdict(one.id, {need: unknown for need in one.needs})
    assert (found.status, found.message) == (SKIPPED, "no kubeconfig was given: --kubeconfig FILE")


def test_ids_are_in_order_and_used_once() -> None:
    ids = [one.id for one in CHECKS]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.id)
def test_a_check_reads_well_in_the_documents(one: check.Check) -> None:
    assert one.id.startswith("AMLARC-K")
    assert one.title[0].isupper()
    assert not one.title.endswith(".")
    assert one.fix
    assert one.url.startswith("https://learn.microsoft.com/azure/")
    assert one.judge.__doc__
