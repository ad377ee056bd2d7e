"""Every table of every document is compared with what it is about, row by row.

Code in tables is compared in test_words.py too, wherever it stands. A new table is red here: compare it in a function
of this module with `@about(document, heading, number)`, or name the test that does in `ELSEWHERE`.
"""

import inspect
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from azure.mgmt.kubernetesconfiguration.v2023_05_01.models import ProvisioningState as ExtensionState
from azure.mgmt.machinelearningservices.models import JobStatus
from azure.mgmt.machinelearningservices.models import ProvisioningState as ComputeState

from amlarc_emulator import options
from amlarc_emulator.client import LocalAzure
from azext_amlarc import sdk
from azext_amlarc.checks.check import Result, Status, Verdict
from azext_amlarc.checks.report import tally
from azext_amlarc.checks.table import CHECKS
from azext_amlarc.commands.az import rows
from azext_amlarc.commands.az.table import COMMANDS
from azext_amlarc.product import catalogue, roles
from azext_amlarc.product.extension import DEFAULT_NAME, TYPE
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import resolve
from azext_amlarc.resources.ids import ClusterId
from azext_amlarc.validation import names
from azext_amlarc.validation.guardrails import policy, rulesfile, texts
from azext_amlarc.validation.manifest import schema
from azext_amlarc.workflows.bundle import logs
from azext_amlarc.workflows.check import is_good
from azext_amlarc.workflows.fleet import status
from azext_amlarc.workflows.fleet.plan import Verb
from azext_amlarc.workflows.fleet.running.board import State
from tests.ci import recipes
from tests.commands.parsing import load, options_of
from tests.support.az import ROOT
from tests.support.documents import DOCUMENTS, Table, code, section, tables
from tests.support.golden import GOLDEN

MIGRATE = "tests/commands/test_migrate.py"
ELSEWHERE = {
    ("azext_amlarc/workflows/job_files/README.md", "Training jobs for the compute target `<compute>`", 0): (
        "tests/workflows/test_job_files.py"
    ),
    ("docs/ci.md", "What you set up", 1): "tests/ci/test_recipes.py",
    ("docs/commands.md", "Commands", 0): "tests/e2e/test_documents.py",
    ("docs/emulator.md", "Control it", 0): "tests/emulator/test_wheel.py",
    ("docs/emulator.md", "What it answers", 0): "tests/emulator/test_wheel.py",
    ("docs/emulator.md", "How it is kept honest", 0): "tests/emulator/test_wheel.py",
    **{
        ("docs/findings.md", one.heading, 0): "tests/validation/test_findings_of_documents.py"
        for one in tables("docs/findings.md")
    },
    ("docs/fleet.md", "Plan", 0): "tests/workflows/fleet/test_decisions.py",
    ("docs/migrate.md", "az k8s-extension", 0): MIGRATE,
    ("docs/migrate.md", "az k8s-extension", 1): MIGRATE,
    ("docs/migrate.md", "az ml compute", 0): MIGRATE,
    ("docs/migrate.md", "az ml compute", 1): MIGRATE,
    ("docs/migrate.md", "azureml-core", 0): "tests/sdk/test_azureml_core.py",
    **{("docs/migrate.md", "Terraform and Bicep", number): MIGRATE for number in range(3)},
    **{
        ("docs/settings.md", one.heading, 0): "tests/validation/settings/test_settings_docs.py"
        for one in tables("docs/settings.md")
    },
    ("docs/support.md", "What is supported, and how it was tested", 0): "tests/docs/test_support.py",
    ("docs/troubleshooting.md", "Troubleshooting", 0): "tests/commands/test_troubleshooting.py",
}
# What `az k8s-extension show` prints.
K8S_EXTENSION = {
    *("aksAssignedIdentity", "autoUpgradeMinorVersion", "configurationProtectedSettings", "configurationSettings"),
    *("currentVersion", "customLocationSettings", "errorInfo", "extensionType", "id", "identity", "isSystemExtension"),
    *("name", "packageUri", "plan", "provisioningState", "releaseTrain", "resourceGroup", "scope", "statuses"),
    *("systemData", "type", "version"),
}
Place = tuple[str, str, int]
HERE: dict[Place, Callable[[Table], None]] = {}


def all_tables() -> Iterator[tuple[Place, Table]]:
    for document in DOCUMENTS:
        number: dict[str, int] = {}
        for one in tables(document):
            number[one.heading] = number.get(one.heading, -1) + 1
            yield (document, one.heading, number[one.heading]), one


TABLES = dict(all_tables())


def about(document: str, heading: str, number: int = 0) -> Callable[[Callable[[Table], None]], Callable[[Table], None]]:
    """The function that compares a table, counted from 0 under its heading."""

    def claim(compare: Callable[[Table], None]) -> Callable[[Table], None]:
        HERE[document, heading, number] = compare
        return compare

    return claim


def words(table: Table, column: int = 0) -> list[str]:
    """The words of code in a column, without the brackets of a list."""
    return [word.removesuffix("[]") for cell in table.column(column) for word in code(cell)]


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def first(name: str) -> Mapping[str, Any]:
    found = golden(name)
    return dict(found[0] if isinstance(found, list) else found)


def listed(cell: str) -> list[str]:
    """The values that a cell lists behind its colon, without what is said of them."""
    plain = re.sub(r"`| \([^)]*\)", "", cell.partition(": ")[2] or cell)
    return re.split(r", (?:or )?", plain.partition(";")[0])


def columns(table: Table, shown: Iterable[Mapping[str, Any]]) -> None:
    """The section says which columns `-o table` has."""
    text = " ".join(section(table.document, table.heading).split())
    said = [re.sub(r" \([^)]*\)", "", found).split(", ") for found in re.findall(r"`-o table`: (.+?)\.(?: |$)", text)]
    (row,) = shown
    assert [*row] in [[name.split(",")[0] for name in one] for one in said], said


@about("CONTRIBUTING.md", "Rules of style")
def rules_of_style(table: Table) -> None:
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "azext_amlarc").rglob("*.py")]
    off = {
        rule for text in files for found in re.findall(r"pylint: disable=([\w, -]+)", text) for rule in words_of(found)
    }
    for rules, ours in table.rows:
        if re.fullmatch(r"[a-z]+(-[a-z]+)+(, [a-z-]+)*", rules):
            assert ("except" in ours) == bool(off & set(words_of(rules))), rules
    length = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["line-length"]
    assert table.said("line length").startswith(f"{length} in both")


def words_of(rules: str) -> list[str]:
    return rules.replace(" ", "").split(",")


@about("docs/output.md", "The extension (`extension create`, `show`, `update`, an item of `list`)")
def the_extension(table: Table) -> None:
    shown = first("extension-show.json")
    assert sorted(words(table)) == sorted(shown)
    states = table.said("`provisioningState`")
    assert sorted(listed(states)) == sorted(one.value for one in ExtensionState)
    said = code(section(table.document, table.heading).partition(".")[0])
    assert said[1:] == sorted(set(shown) - K8S_EXTENSION)
    columns(table, [rows.extension_row(shown)])


@about("docs/output.md", "A release of the extension (an item of `extension versions`)")
def a_release(table: Table) -> None:
    shown = first("extension-versions.json")
    assert sorted(words(table)) == sorted(shown)
    columns(table, rows.version_rows([shown]))


@about("docs/output.md", "The compute target (`attach`, `show`, an item of `list`)")
def the_compute_target(table: Table) -> None:
    shown = first("show.json")
    assert sorted(words(table)) == sorted(shown)
    states = table.said("`provisioningState`, `provisioningErrors`")
    assert {*listed(states)} == {one.value for one in ComputeState} - {"Unknown"}
    columns(table, [rows.compute_row(shown)])


@about("docs/output.md", "A support bundle (`support bundle`)")
def a_bundle(table: Table) -> None:
    part = {"name": "azure", "files": ["azure/cluster.json"], "problem": None}
    assert words(table) == ["file", "parts"]
    assert code(table.rows[1][1]) == [*part]
    columns(table, rows.bundle_rows({"file": "bundle.zip", "parts": [part]}))


@about("docs/output.md", "A cluster (an item of `cluster list`)")
def a_cluster(table: Table) -> None:
    shown = first("cluster-list.json")
    assert sorted(words(table)) == sorted(shown)
    columns(table, rows.cluster_rows([shown]))


@about("docs/output.md", "Jobs (`verify`: a list)")
def a_job(table: Table) -> None:
    shown = first("verify.json")
    assert sorted(words(table)) == sorted(shown)
    assert listed(table.said("`status`")) == [one.value for one in JobStatus]
    columns(table, rows.verify_rows([shown]))


@about("docs/output.md", "Fleets (`plan`, `apply`, `status`)", 0)
def a_plan(table: Table) -> None:
    shown = first("fleet-plan.json")
    cluster = shown["clusters"][0]
    assert sorted(words(table)) == sorted(cluster)
    assert set(code(table.rows[-1][1])) == set(cluster["items"][0])
    assert set(code(section(table.document, table.heading).partition("\n|")[0])) >= {*shown} - {"clusters"}
    (verbs,) = re.findall(r"An `action` is (.+?)\. ", " ".join(section(table.document, table.heading).split()))
    assert listed(verbs) == [str(verb) for verb in Verb]
    columns(table, rows.plan_rows({"clusters": [{**cluster, "items": cluster["items"][:1]}]}))


@about("docs/output.md", "Fleets (`plan`, `apply`, `status`)", 1)
def an_apply(table: Table) -> None:
    shown = first("fleet-apply.json")
    assert sorted(words(table)) == sorted(shown)
    assert listed(table.said("`state`")) == [str(state) for state in State]
    columns(table, rows.apply_rows([shown]))


@about("docs/output.md", "Fleets (`plan`, `apply`, `status`)", 2)
def a_status(table: Table) -> None:
    shown = first("fleet-status.json")
    assert sorted(words(table)) == sorted(shown)
    assert listed(table.said("`state`")) == [*status._WORDS]
    columns(table, rows.status_rows([shown]))


@about("docs/output.md", "Reports (`config validate`, `settings validate`, `check`)")
def a_report(table: Table) -> None:
    shown = first("validation-report.json")
    assert words(table) == ["valid", "sources", "errors", "warnings", "turnedOff", "findings"]
    assert {*words(table)} - {"turnedOff"} == {*shown}
    assert set(code(table.rows[-1][1])) == set(shown["findings"][0])


@about("docs/output.md", "The report of checks (`check`)", 0)
def results_of_checks(table: Table) -> None:
    shown = Result(CHECKS[0], Verdict(Status.PASS)).as_object()
    assert sorted(words(table)) == sorted(shown)
    columns(table, rows.check_rows([shown]))


@about("docs/output.md", "The report of checks (`check`)", 1)
def the_junit_file(table: Table) -> None:
    written = ElementTree.parse(GOLDEN / "check.junit").getroot()
    assert set(words(table)) == {element.tag for element in written.iter()}
    assert set(code(table.rows[0][1])) <= set(written.attrib)
    case = next(written.iter("testcase"))
    assert case.attrib["classname"].startswith("amlarc.")
    assert set(code(table.rows[2][1])) - {"amlarc."} == set(case.attrib)


@about("docs/checks.md", "Checks")
def the_ends_of_a_check(table: Table) -> None:
    assert sorted(words(table)) == sorted(Status)
    for name, mark, _, code_of_exit in table.rows:
        ended = Status(code(name)[0])
        result = Result(CHECKS[0], Verdict(ended))
        codes = [int(not is_good([result], strict)) for strict in (False, True)]
        assert mark == tally.MARKS[ended]
        assert code_of_exit == {(0, 0): "0", (1, 1): "1", (0, 1): "0, with `--strict` 1"}[codes[0], codes[1]]


@about("docs/ci.md", "In CI")
def the_recipes(table: Table) -> None:
    stages = {"two": 2, "three": 3}
    for _, recipe, place, does in table.rows:
        (shown, target) = re.findall(r"\[(.+)\]\((.+)\)", recipe)[0]
        file, [copied] = ROOT / shown, code(place)
        assert file.exists()
        assert target == f"../{shown}"
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if file == recipes.ACTION:
            assert all(f"uses: ./{copied.rstrip('/')}" in one.read_text() for one in recipes.WORKFLOWS)
        elif copied.endswith("/"):
            assert (copied, "jobs" in content) == (".github/workflows/", True)
        else:
            assert copied.lstrip(".") == file.name
            assert [stages[word] for word in re.findall("two|three", does)] == [len(content["stages"])]


@about("docs/ci.md", "What you set up", 0)
def the_identities(table: Table) -> None:
    (_, _, plans), (_, needed, applies) = table.rows
    plan, apply = (recipes.load(recipes.FOLDER / "github" / name) for name in ("plan.yml", "apply.yml"))
    assert "pull_request" in plan[True]  # YAML's `on`
    assert code(plans) == ["repo:OWNER/REPOSITORY:pull_request"]
    environments = {job["environment"] for job in apply["jobs"].values()}
    assert code(applies) == [f"repo:OWNER/REPOSITORY:environment:{name}" for name in environments]
    assert code(needed) == ["az ml arc check", "access"]
    assert "access" in schema()["properties"]["spec"]["properties"]
    asked = (ROOT / "azext_amlarc" / "checks").rglob("*.py")
    names = re.findall(r"(Contributor|Role Based Access Control Administrator)\b", needed)
    texts_of_checks = "".join(path.read_text(encoding="utf-8") for path in asked) + repr(vars(roles))
    assert len(names) == 2
    assert all(name in texts_of_checks for name in names)


@about("docs/emulator.md", "Use it")
def options_of_the_local_azure(table: Table) -> None:
    taken = {f"--{name.replace('_', '-')}" for name in options.Options.__annotations__}
    shown = words(table)
    assert len(shown) == len(set(shown))
    assert [word for word in shown if word.startswith("--")] == shown
    assert set(shown) <= taken


@about("docs/fleet.md", "The manifest")
def keys_of_a_manifest(table: Table) -> None:
    whole = schema()
    spec = whole["properties"]["spec"]["properties"]
    known: set[str] = set()

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            known.update(part.get("properties", ()), map(str, part.get("enum", ())))
            for value in part.values():
                collect(value)
        elif isinstance(part, list):
            for value in part:
                collect(value)

    collect(whole)
    assert words(table) == [*spec]
    said = {word for cell in table.column(1) for span in code(cell) for word in re.findall(r"\w+", span)}
    placeholders = {"cluster", "resourceGroup", "location"}
    assert said - known - placeholders == {"az", "ml", "arc", "settings", "list"} - known


@about("docs/fleet.md", "Azure's own engine")
def the_engines(table: Table) -> None:
    choices = load("amlarc apply").arguments["engine"].type.settings["choices"]
    assert sorted(code(cell)[0] for cell in table.head[1:]) == sorted(choices)
    tests = (ROOT / "tests" / "workflows" / "fleet" / "test_stacks.py").read_text(encoding="utf-8")
    shown_by = {
        "sends": "test_only_a_stack_with_something_to_do_is_written_and_it_keeps_what_is_as_wanted",
        "needs": "test_where_azure_takes_no_stacks_requests_of_our_own_do_the_work_unless_stacks_are_asked_for",
        "too many failures, Ctrl-C": "test_ctrl_c_begins_no_later_wave_and_waits_for_what_runs",
        "interrupted": "test_both_engines_wait_for_a_stack_that_an_earlier_run_has_sent",
        "protected values": "test_protected_values_go_as_secure_parameters_and_are_nowhere_else",
    }
    assert table.column(0) == [*shown_by]
    assert [name for name in shown_by.values() if f"def {name}(" not in tests] == []


@about("docs/fleet.md", "Export")
def the_forms_of_an_export(table: Table) -> None:
    assert words(table) == [*load("amlarc export").arguments["form"].type.settings["choices"]]


@about("docs/guardrails.md", "Which commands keep them")
def commands_with_a_policy(table: Table) -> None:
    names = {command.name for command in COMMANDS}
    spans = [span.replace("export -f", "export") for span in words(table)]
    spans = ["extension create" if span == "create" else span for span in spans]
    assert {span for span in spans if span in names} == {name for name in names if "--policy" in options_of(name)}
    calls = [span.partition("(")[0] for span in spans if "(" in span]
    assert calls == ["attach_configuration", "ArcExtension.install", "Fleet"]
    for call in calls:
        owner: Any = sdk.KubernetesCompute if call == "attach_configuration" else sdk
        for name in call.split("."):
            owner = getattr(owner, name)
        assert "policy" in inspect.signature(owner).parameters


@about("docs/guardrails.md", "What a policy may say")
def keywords_of_a_policy(table: Table) -> None:
    assert words(table) == [texts.FOR, texts.CODE, texts.SEVERITY]
    (of_what, of_codes, of_severities) = table.column(1)
    assert code(of_what) == [policy.ATTACH, policy.SETTINGS, policy.FLEET]
    assert policy.RULES[0].code in of_codes
    assert code(of_severities) == texts.OWN[texts.SEVERITY].split("|")
    assert re.fullmatch(texts.OWN[texts.CODE], re.findall(r"such as ([\w-]+);", of_codes)[0])


@about("docs/guardrails.md", "Changing the severity of findings")
def keys_of_a_rules_file(table: Table) -> None:
    assert words(table) == [*rulesfile._KEYS]
    assert sorted(code(table.rows[1][1])) == sorted(rulesfile._SEVERITIES)


@about("docs/guide.md", "From a Kubernetes cluster to a training run")
def the_ways(table: Table) -> None:
    assert [code(cell) for cell in table.column(0)] == [["az ml arc …"], [], ["azext_amlarc.sdk"]]


@about("docs/guide.md", "Since 2021")
def what_has_changed_since_2021(table: Table) -> None:
    then, now = table.column(0), table.column(1)
    said = dict(zip(then, now, strict=True))
    records = catalogue.records()
    plugin = records["installNvidiaDevicePlugin"]
    assert (code(then[1])[1], code(now[1])) == (DEFAULT_NAME, [TYPE])
    kinds = ("connectedClusters", "managedClusters")
    clusters = [Cluster(ClusterId("s", "g", kind, "c"), "eastus", 3, None) for kind in kinds]
    found = [resolve(one, "cloudapp.azure.com", {"enableTraining": "True"}, None).plan for one in clusters]
    assert [one.relay is not None for one in found] == [True, False]
    assert [one.service_bus for one in found] == [None, None]
    assert said["a Relay and a Service Bus are created"] == "a Relay, for connected clusters"
    assert (plugin.default_2021, plugin.default_today) == ("True", "False")
    assert said["`installNvidiaDevicePlugin` is true by default"] == "false"
    removed = [key for key, one in records.items() if one.status == "removed" and one.default_2021]
    assert said[", ".join(f"`{key}`" for key in removed)] == "no longer exist"
    assert said["`logAnalyticsWS`"].endswith(records["logAnalyticsWS"].description.partition("; ")[2].rstrip("."))
    [renamed] = [row for row in then if row.startswith("names such as")]
    assert code(said[renamed]) == [names.as_dns_name(name) for name in code(renamed)]
    [nfs] = [row for row in then if row.startswith("NFS")]
    folder = ROOT / "azext_amlarc" / "workflows" / "job_files"
    assert f"name: {code(nfs)[0]}" in (folder / "nfs-mount-config-2021.yaml").read_text(encoding="utf-8")
    assert "kind: PersistentVolumeClaim" in (folder / "nfs-volume.yaml").read_text(encoding="utf-8")


@about("docs/python.md", "Errors")
def attributes_of_an_error(table: Table) -> None:
    error = sdk.ArcException("message", "code")
    assert sorted(words(table)) == sorted(vars(error))
    kinds = re.findall(r"InvalidInput|NotFound|Refused|StillRunning", table.rows[0][1])
    source = (ROOT / "azext_amlarc" / "sdk" / "exceptions.py").read_text(encoding="utf-8")
    assert all(kind in source for kind in kinds)


@about("docs/troubleshooting.md", "A support bundle")
def files_of_a_bundle(table: Table) -> None:
    written = "".join(path.read_text("utf-8") for path in (ROOT / "azext_amlarc" / "workflows" / "bundle").glob("*.py"))
    written += f'"{logs.NAME}/'
    assert [name for name in words(table) if f'"{name}' not in written] == []
    (limits,) = (said for files, said in table.rows if "logs" in files)
    assert re.findall(r"\d+", limits) == [
        str(logs.DEFAULT_LINES),
        str(logs.MOST_OF_ONE // 2**10),
        str(logs.MOST // 2**20),
    ]


@pytest.mark.parametrize("place", sorted(HERE), ids=lambda place: f"{place[0]}, {place[1]}, {place[2]}")
def test_a_table_says_what_is(place: Place) -> None:
    HERE[place](TABLES[place])


def test_every_table_is_claimed() -> None:
    claimed = {*HERE, *ELSEWHERE}
    assert set(TABLES) - claimed == set(), (
        "compare these tables in this module, or name the test that does in ELSEWHERE"
    )
    assert claimed - set(TABLES) == set(), "there are no such tables any more"
    assert set(HERE) & set(ELSEWHERE) == set()
    assert [test for test in sorted(set(ELSEWHERE.values())) if not (ROOT / test).is_file()] == []


def test_every_row_is_whole() -> None:
    ragged: list[tuple[Place, tuple[str, ...]]] = [
        (place, row) for place, one in TABLES.items() for row in one.rows if len(row) != len(one.head)
    ]
    assert ragged == []


def test_the_local_azure_has_the_methods_of_its_page() -> None:
    assert all(hasattr(LocalAzure, name) for name in words(TABLES["docs/emulator.md", "Control it", 0], 1))
