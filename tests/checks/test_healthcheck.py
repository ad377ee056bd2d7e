"""The report of the extension's own health check."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.commands.inputs.health_report import read_health_report
from azext_amlarc.errors import InvalidInput
from azext_amlarc.product import healthcheck
from azext_amlarc.product.healthcheck import CODES, Checked
from azext_amlarc.product.known_errors import Names, Subject, advice
from azext_amlarc.product.steps import filled, lines, sentence

PRODUCT = Path(__file__).parents[2].parent / "shared" / "facts" / "product.md"

# Names are one word, messages one line: what the health check itself writes.
NAMES = st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True)
MESSAGES = st.from_regex(r"[A-Za-z0-9:,.'() -]*", fullmatch=True).map(str.strip)
PASSED = st.builds(Checked, st.just("test"), NAMES, st.just(True))
FAILED = st.builds(
    Checked, st.just("test"), NAMES, st.just(False), st.from_regex("E[0-9]{5}", fullmatch=True), MESSAGES
)


def written(checked: Checked) -> str:
    if checked.passed:
        return f"Status: Passed Name: {checked.name}"
    return f"Status: Failed Name: {checked.name} ErrorCode: {checked.code} ErrorMessage: {checked.message}"


@given(st.lists(PASSED | FAILED))
def test_what_is_written_is_read(report: list[Checked]) -> None:
    assert list(healthcheck.parse("\n".join(written(one) for one in report), "test")) == report


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    assert all(one.step == "test" and one.name for one in healthcheck.parse(text, "test"))


@given(
    st.lists(PASSED | FAILED), st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Zl", "Zp", "Cc")))
)
def test_any_other_line_adds_no_checker(report: list[Checked], line: str) -> None:
    text = "\n".join([line.replace("Status:", ""), *(written(one) for one in report)])
    assert list(healthcheck.parse(text, "test")) == report


def test_a_message_goes_on_over_lines() -> None:
    text = "Status: Failed Name: ssl ErrorCode: E40007 ErrorMessage: no\n  PEM data\n\nStatus: Passed Name: node\nbye\n"
    assert list(healthcheck.parse(text, "pre-install")) == [
        Checked("pre-install", "ssl", False, "E40007", "no PEM data"),
        Checked("pre-install", "node", True),
    ]


def test_a_failure_without_a_code_is_kept() -> None:
    assert list(healthcheck.parse("Status: Failed Name: node", "test")) == [Checked("test", "node", False)]


DATA = {
    "reports-pre-install": "Status: Failed Name: node ErrorCode: E40002 ErrorMessage: a\nStatus: Passed Name: ssl",
    "reports-pre-delete": "Status: Failed Name: agent ErrorCode: E45001 ErrorMessage: b",
    "reports-pre-upgrade": "Status: Failed Name: network ErrorCode: E45003 ErrorMessage: c",
    "reports-pre-rollback": "Status: Failed Name: ssl ErrorCode: E40007 ErrorMessage: d",
    "reports-test": "Status: Failed Name: prometheus ErrorCode: E45002 ErrorMessage: e",
    "status-test": "Failed",
}


@pytest.mark.parametrize(
    ("operation", "codes"),
    [("install", ["E40002", "E45001"]), ("update", ["E45003", "E40007"]), ("delete", ["E45001"])],
)
def test_a_failure_is_explained_by_the_reports_of_its_steps(operation: str, codes: list[str]) -> None:
    assert [one.code for one in healthcheck.explaining(DATA, operation)] == codes


def test_everything_is_read_step_by_step() -> None:
    assert [(one.step, one.name) for one in healthcheck.read(DATA)] == [
        ("test", "prometheus"),
        ("pre-install", "node"),
        ("pre-install", "ssl"),
        ("pre-upgrade", "network"),
        ("pre-rollback", "ssl"),
        ("pre-delete", "agent"),
    ]


def test_every_documented_code_has_a_cause_and_a_fix() -> None:
    assert list(CODES) == [
        "E40000", "E40001", "E40002", "E40003", "E40004", "E40005", "E40006", "E40007",
        "E45001", "E45002", "E45003", "E45004", "E45005", "E45006", "E49999",
    ]  # fmt: skip
    assert all(code.cause and code.advice for code in CODES.values())


@pytest.mark.skipif(not PRODUCT.exists(), reason="the reference data is not beside this checkout")
def test_no_code_of_the_reference_is_missing() -> None:
    section = PRODUCT.read_text(encoding="utf-8").split("## 3. ")[1].split("| Install symptom")[0]
    documented = set(re.findall(r"\bE4\d{4}\b", section)) - {"E45000"}
    assert documented == set(CODES)


def test_one_code_means_two_things() -> None:
    here = CODES["E45004"]
    assert here.name == "AZUREML_FE_ROLE_CONFLICT"
    assert lines(here.advice) == [
        "kubectl delete clusterrole azureml-fe-role",
        "kubectl delete clusterrolebinding azureml-fe-binding",
    ]
    assert "Training feature is not enabled" in here.cause
    of_jobs = advice(Subject.JOB, "", "E45004: Training feature is not enabled", Names())
    assert sentence(of_jobs).startswith("Turn training on: ")


def test_a_fix_names_the_cluster() -> None:
    steps = filled(CODES["E40003"].advice, {"cluster": ("-c", "edge", "-g", "edge-rg")})
    assert lines(steps)[1] == "az ml arc extension delete -c edge -g edge-rg"
    assert CODES["E40002"].settings == ("inferenceRouterHA=False",)


def test_a_fix_by_settings_says_what_else_there_is_where_they_are_so_already() -> None:
    assert all(bool(code.otherwise) == bool(code.settings) for code in CODES.values())


def test_codes_below_45000_block_and_so_does_a_legacy_router() -> None:
    assert [code.code for code in CODES.values() if not code.blocks] == [
        "E45001", "E45002", "E45003", "E45006", "E49999",
    ]  # fmt: skip


MESSAGE = "Failed to validate or update instancetype"
FAILED_TYPE = f"Status: Failed Name: instancetype ErrorCode: E45006 ErrorMessage: {MESSAGE}"
REPORT = f"\nReport:\nDuration: 149ms\n\nStatus: Passed Name: service\n{FAILED_TYPE}\nStatus: Passed Name: info\n"
FOUND = [("service", True, ""), ("instancetype", False, "E45006"), ("info", True, "")]
LOG = """\
I1212 13:57:17.631907       8 main.go:89] Healthcheck starting ...
I1212 13:57:17.746774       8 client.go:70] Configuration: &{HookName:pre-install ExtensionName:mlext}
E1212 13:57:17.896838       8 instancetype.go:31] no matches for kind "InstanceType"
"""
CONFIG_MAP = {"kind": "ConfigMap", "metadata": {"name": "arcml-healthcheck"}, "data": {"reports-pre-install": REPORT}}
LOGGED = "".join(f"I1212 13:57:17.9       8 report.go:12] {line}\n" for line in REPORT.splitlines())
DESCRIBED = f"""\
Name:  arcml-healthcheck

Data
====
reports-pre-install:
----
{REPORT}

BinaryData
====

Events:  <none>
"""
SAVED = {
    "yaml": (yaml.safe_dump(CONFIG_MAP), "pre-install"),
    "json": (json.dumps(CONFIG_MAP), "pre-install"),
    "list": (json.dumps({"kind": "List", "items": [{"data": {"a": "b"}}, CONFIG_MAP]}), "pre-install"),
    "data": (json.dumps(CONFIG_MAP["data"]), "pre-install"),
    "old": (json.dumps({"data": {"reports-test-success": REPORT, "status-test-success": "Failed"}}), "test"),
    "described": (DESCRIBED, "pre-install"),
    "log": (LOG + LOGGED + "I1212 13:57:18.1       8 main.go:99] Healthcheck finished\n", "pre-install"),
    "log and report": (LOG + REPORT, "pre-install"),
    "log with timestamps": (
        "".join(f"[pod/healthcheck/a] 2023-12-12T13:57:17.123456789Z {line}\n" for line in (LOG + LOGGED).splitlines()),
        "pre-install",
    ),
    "report": (REPORT, "test"),
    "helm test": (f"NAME: mlext\nPhase: Failed\nPOD LOGS: healthcheck\n{LOGGED}", "test"),
    "windows": (LOGGED.replace("\n", "\r\n"), "test"),
}


@pytest.mark.parametrize("form", SAVED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_saved_report_is_read_in_every_form(tmp_path: Path, form: str, encoding: str) -> None:
    text, step = SAVED[form]
    (tmp_path / "saved").write_bytes(text.encode(encoding))
    reports = read_health_report(str(tmp_path / "saved"))
    assert list(reports) == [f"reports-{step}"]
    found = healthcheck.read(reports)
    assert [(one.name, one.passed, one.code) for one in found] == FOUND
    assert found[1].message == MESSAGE


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"[" * 100_000, b"{}", b"null", b"data: [reports-test]", b"reports-test: 1", b"\xff\xfe",
     b"reports-\t: {", b'{"data": {"reports-test": "none"}}', b'{"items": {"a": 1}}', b"a: !!timestamp reports-"],
)  # fmt: skip
def test_a_file_without_a_report_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved").write_bytes(content)
    with pytest.raises(InvalidInput, match="contains no report of the extension's health check") as caught:
        read_health_report(str(tmp_path / "saved"))
    assert "kubectl get configmap -n azureml arcml-healthcheck" in caught.value.fix
