"""Results of checks as a person reads them in a terminal and as CI systems read them."""

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.checks.check import Result, Status, Verdict
from azext_amlarc.checks.report import ci
from azext_amlarc.checks.report import terminal as report
from azext_amlarc.product.steps import Command, Note, command
from tests.checks.results import RESULTS, passed, result, skipped
from tests.support.golden import assert_golden

ANY_TEXT = st.text(st.characters())
FIXES = st.lists(st.builds(Note, ANY_TEXT) | st.builds(Command, st.lists(ANY_TEXT).map(tuple))).map(tuple)
VERDICTS = st.builds(Verdict, st.sampled_from(Status), ANY_TEXT, FIXES, st.lists(ANY_TEXT).map(tuple))
OUR_CHECKS = st.lists(st.builds(result, st.just("A1"), st.sampled_from("XY"), st.just("a"), VERDICTS), max_size=5)
ANY_RESULTS = st.lists(st.builds(result, ANY_TEXT, ANY_TEXT, ANY_TEXT, VERDICTS, ANY_TEXT), max_size=5)

WARNING = result(
    "AMLARC-A021",
    "Cluster",
    "the agents are current",
    Verdict(Status.WARN, "they are old", (command("az connectedk8s upgrade"),)),
)


def lines(*results: Result, verbose: bool = False) -> list[str]:
    return report.text(results, verbose, color=False).splitlines()


def cases(xml: str) -> dict[str | None, ElementTree.Element]:
    return {case.get("name"): case for case in ElementTree.fromstring(xml).iter("testcase")}


def test_the_text_is_as_it_was() -> None:
    assert_golden("check.txt", report.text(RESULTS, verbose=False, color=False) + "\n")


def test_the_verbose_text_is_as_it_was() -> None:
    assert_golden("check-verbose.txt", report.text(RESULTS, verbose=True, color=False) + "\n")


def test_the_sarif_log_is_as_it_was() -> None:
    log = ci.sarif(RESULTS, "attach.json", "amlarc-cluster")
    assert_golden("check.sarif", json.dumps(log, indent=2) + "\n")


def test_a_sarif_log_has_each_rule_once_and_a_place_for_each_result() -> None:
    (run,) = ci.sarif([*RESULTS, *RESULTS], "clusters/amlarc-cluster", "amlarc-cluster")["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    for found in run["results"]:
        (location,) = found["locations"]
        assert rules[found["ruleIndex"]] == found["ruleId"]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": "clusters/amlarc-cluster"}
        assert location["physicalLocation"]["region"]["endLine"] == 1


def test_annotations_are_as_they_were() -> None:
    assert_golden("check.github", ci.annotations(RESULTS) + "\n")


@given(ANY_RESULTS)
def test_an_annotation_is_one_line_and_starts_nothing_else(results: list[Result]) -> None:
    *annotations, numbers = ci.annotations(results).split("\n")
    assert all(re.fullmatch(r"::(error|warning) title=[^:,]+::.*", line) for line in annotations)
    assert all(line.replace("\t", " ").isprintable() for line in annotations)
    assert "::" not in numbers


def test_the_junit_file_is_as_it_was() -> None:
    assert_golden("check.junit", ci.junit(RESULTS, 2.5) + "\n")


def test_a_group_where_all_passed_is_one_line() -> None:
    assert lines(passed("A1", "Sign-in", "one"), passed("A2", "Sign-in", "two")) == [
        "✔ Sign-in: 2 passed",
        "",
        "✔ 2 checks: 2 passed",
    ]


def test_a_failure_has_its_reason_evidence_fix_and_link() -> None:
    verdict = Verdict(Status.FAIL, "it is Failed", (command("az one"), command("az two")), ("seen\nbelow", "also"))
    assert lines(result("A1", "Extension", "it is installed", verdict, "https://learn")) == [
        "✘ Extension: 1 failed",
        "  ✘ it is installed (A1)",
        "    it is Failed",
        "      seen",
        "      below",
        "      also",
        "    fix:",
        "      az one",
        "      az two",
        "    see: https://learn",
        "",
        "✘ 1 check: 1 failed",
    ]


def test_an_error_that_checks_share_is_one_line() -> None:
    dead = Verdict(Status.ERROR, "https://10.0.0.1:6443 can't be reached: timed out.")
    alone = Verdict(Status.ERROR, "No permission for extensions/read (403).")
    results = (
        result("A1", "Extension", "it is installed", alone, "https://learn"),
        *(result(f"K{number}", "Nodes", f"statement {number}", dead) for number in range(4)),
        passed("K5", "Pods", "they run"),
        result("K6", "Pods", "they stay up", dead),
        skipped("K7", "GPUs", "they are free"),
    )
    assert lines(*results) == [
        "! Extension: 1 error",
        "  ! it is installed (A1)",
        "    No permission for extensions/read (403).",
        "    see: https://learn",
        "",
        "! Pods: 1 error, 1 passed",
        "",
        "! Nodes, Pods: 5 errors: https://10.0.0.1:6443 can't be reached: timed out.",
        "– GPUs: 1 skipped: no kubeconfig was given: --kubeconfig FILE",
        "",
        "! 8 checks: 6 errors, 1 passed, 1 skipped",
    ]
    assert sum("can't be reached" in line for line in lines(*results, verbose=True)) == 5
    assert ci.junit(results, 1).count("<error") == 6
    assert [item.as_object()["message"] for item in results].count(dead.message) == 5


def test_what_was_skipped_is_one_line_a_reason() -> None:
    results = (skipped("A1", "Nodes", "a"), skipped("A2", "GPUs", "b"), skipped("A3", "Nodes", "c", "no\nworkspace"))
    assert lines(*results) == [
        "– Nodes, GPUs: 2 skipped: no kubeconfig was given: --kubeconfig FILE",
        "– Nodes: 1 skipped: no workspace",
        "",
        "– 3 checks: 3 skipped",
    ]


def test_verbose_shows_what_passed_and_what_was_skipped() -> None:
    assert lines(passed("A1", "Nodes", "a", "node-1"), skipped("A2", "Nodes", "b", "why"), verbose=True) == [
        "✔ Nodes: 1 passed, 1 skipped",
        "  ✔ a (A1)",
        "      node-1",
        "  – b (A2)",
        "    why",
        "",
        "✔ 2 checks: 1 passed, 1 skipped",
    ]


def test_without_a_result_nothing_is_said_to_have_passed() -> None:
    assert lines() == ["– 0 checks"]


def test_color_marks_the_status_only_where_told() -> None:
    assert report.text([WARNING], verbose=False, color=True).startswith(
        "\x1b[33m⚠\x1b[0m \x1b[1mCluster\x1b[0m: 1 warning\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_a_terminal_without_the_marks_gets_words_and_only_what_it_can_show(encoding: str) -> None:
    umlaut = result("A1", "Nodes", "a", Verdict(Status.FAIL, "node-日 is full"))
    text = report.text([umlaut, WARNING], verbose=False, color=False, encoding=encoding)
    assert text.startswith("[fail] Nodes: 1 failed\n  [fail] a (A1)\n    node-\\u65e5 is full\n")
    assert text.encode(encoding).decode(encoding) == text


def test_a_long_command_stays_in_one_line() -> None:
    long = command("az ml arc extension update --config {s}", s=[f"key{number}=value" for number in range(100)])
    assert f"    fix: {long.text}" in lines(result("A1", "Extension", "a", Verdict(Status.FAIL, "no", (long,))))


@given(OUR_CHECKS, st.booleans(), st.sampled_from(["utf-8", "ascii", "cp1252"]))
def test_a_terminal_gets_nothing_that_it_would_act_on(results: list[Result], verbose: bool, encoding: str) -> None:
    text = report.text(results, verbose, color=False, encoding=encoding)
    assert all(character.isprintable() or character in "\n\t" for character in text)
    assert text.encode(encoding)


def test_junit_tells_failures_errors_and_skipped_apart() -> None:
    suites = ElementTree.fromstring(ci.junit(RESULTS, 2.5))
    assert suites.attrib == {
        "name": "amlarc",
        "tests": "14",
        "failures": "2",
        "errors": "1",
        "skipped": "5",
        "time": "2.500",
    }
    assert [suite.get("name") for suite in suites][:3] == ["Sign-in", "Providers", "Cluster"]


def test_a_warning_is_output_in_junit_and_a_failure_under_strict() -> None:
    (case,) = cases(ci.junit([WARNING], 0)).values()
    assert case.findtext("system-out") == (
        "they are old\nfix: az connectedk8s upgrade\nsee: https://learn.microsoft.com/azure/machine-learning/troubleshooting"
    )
    (strict,) = cases(ci.junit([WARNING], 0, strict=True)).values()
    assert [child.tag for child in strict] == ["failure"]
    assert strict[0].get("message") == "they are old"


@given(ANY_RESULTS, st.booleans())
def test_junit_is_well_formed_whatever_the_results_say(results: list[Result], strict: bool) -> None:
    suites = ElementTree.fromstring(ci.junit(results, 1, strict).encode("utf-8"))
    assert suites.get("tests") == str(len(results))
    assert len(list(suites.iter("testcase"))) == len(results)
