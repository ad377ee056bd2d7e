"""Every figure in the prose of the documents is held: made here from the code, or measured by what is named here.

A new figure is red until a part of its sentence is in `COMPUTED`, where the code gives it, or in `SAID`, with who
measures it or where it stands. Some figures in words are held as well. Listings and generated pages have other tests.
"""

import inspect
import re

import pytest
from hypothesis import settings

from amlarc_emulator import options
from azext_amlarc.azure import converge, graph
from azext_amlarc.azure.connection import client, governor, retries, waiting
from azext_amlarc.azure.facts import workspaces
from azext_amlarc.checks.kubernetes import nodes
from azext_amlarc.checks.table import CHECKS
from azext_amlarc.kubernetes import transport
from azext_amlarc.product.api_versions import API_VERSIONS
from azext_amlarc.product.extension import OLDEST_KUBERNETES
from azext_amlarc.resources.templates import arm
from azext_amlarc.sdk import watching
from azext_amlarc.validation import documents, names, quantity
from azext_amlarc.validation import settings as settings_of
from azext_amlarc.validation.guardrails import apart, judging
from azext_amlarc.workflows.bundle import logs
from azext_amlarc.workflows.fleet.running import apply, lanes
from release.proof import oldest
from tests.commands.parsing import load
from tests.docs.test_words import HELD
from tests.support.az import ROOT
from tests.support.documents import DOCUMENTS, prose

WORDS = dict(enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]))
WORDS |= {16: "sixteen", 64: "sixty-four", 15: "fifteenth"}
AZ = oldest()
[PYTHON] = re.findall(r"^PYTHON \?= python(\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
KUBERNETES = ".".join(map(str, OLDEST_KUBERNETES))
CPU, MEMORY = int(nodes._RECOMMENDED["cpu"]), int(nodes._RECOMMENDED["memory"] / 10**9)
SHORTEST, LONGEST, MOST = map(int, re.findall(r"\d+", names.COMPUTE_LENGTH.title + names.COMPUTE_LONG.title))
LOOPBACK = options.parse(["--data", "."]).host
SIXTY_FOUR_GI = int(quantity.parse("64Gi") or 0)
[DIALECT] = re.findall(r"draft/([\d-]+)/schema", inspect.getsource(judging))

COMPUTED = {
    "CONTRIBUTING.md": [
        f"You need Python {PYTHON}",
        f"tries {settings.get_profile('long').max_examples:,} examples",
    ],
    "README.md": [f"Python {PYTHON}, make", f"needs az {AZ} or newer on Python {PYTHON} or newer"],
    "docs/architecture.md": [
        f"after {waiting.FIRST_PAUSE:.0f} s; a pause is a {WORDS[round(1 / waiting._PART)]} of what has been waited",
        f"{waiting._LONGEST_PAUSE:.0f} s at most, so that nobody waits more than {100 * waiting._PART:.0f} % longer",
        f"after {WORDS[converge._LAGS_ALLOWED]} such looks",
        f"after {WORDS[converge._ENDS_NEEDED]}, or after {WORDS[converge._ENDS_NEEDED_UNSEEN]} if it was never seen",
        f"stops it after {WORDS[int(apart.PATIENCE)]} seconds",
        f"workspaces {WORDS[workspaces._READERS]} are read at a time, and no more than {WORDS[workspaces._MOST]}",
        f"Without Retry-After {WORDS[retries._TRIES]} tries",
        f"{WORDS[lanes._THREADS]} threads a subscription",
        f"{WORDS[int(governor._KEPT)]} tokens are left alone".capitalize(),
        f"given up after {WORDS[client._SHORT['read_timeout']]} seconds",
        f"no answer longer than {transport.LARGEST >> 20} MiB or {WORDS[int(transport.LONGEST / 60)]} minutes",
        f"Python {PYTHON} and, for YAML",
        f"have passed with: {AZ} (",
        "(AMLARC-F017)",
    ],
    "docs/emulator.md": [f"listens on {LOOPBACK}."],
    "docs/fleet.md": [
        f"up to {apply.CONCURRENCY} at a time (`--concurrency`)",
        f"limits of {arm.MOST_RESOURCES} resources, {arm.MOST_PARAMETERS} parameters and {arm.MOST_BYTES >> 20} MB",
        {1000: "a thousand per request"}[graph._ROWS],
    ],
    "docs/guardrails.md": [
        f"from draft 3 to {DIALECT}; without `$schema` it is read as {DIALECT}",
        f"as to 4, 4 and {SIXTY_FOUR_GI}",
        f"stopped after {WORDS[int(apart.PATIENCE)]} seconds",
    ],
    "docs/guide.md": [
        f"at least {CPU} free vCPUs and {MEMORY} GB of free memory",
        f"az {AZ} or newer with this extension ([Install](install.md)), or Python {PYTHON} with its wheel",
        f"(in 2021: {KUBERNETES} and 1.19)",
        f"{KUBERNETES} and 1.19 | all regions",
        f"has {SHORTEST} to {LONGEST} letters, digits and hyphens, preferably at most {MOST}",
    ],
    "docs/install.md": [f"needs az {AZ} or newer on Python {PYTHON} or newer"],
    "docs/output.md": [f"(REST {API_VERSIONS['Microsoft.MachineLearningServices']})", "SARIF 2.1.0"],
    "docs/python.md": [
        f"a dot every {WORDS[watching._DOT_SECONDS]} seconds",
        f"more than {WORDS[int(retries._LONGEST_SILENT_PAUSE)]} seconds",
    ],
    "docs/troubleshooting.md": [
        f"(`--tail`, {logs.DEFAULT_LINES})",
        f"at most {logs.MOST_OF_ONE >> 10} KiB each and {logs.MOST >> 20} MiB together",
    ],
}
E = "tests/e2e/test_errors.py"
# Where a figure stands that the code does not have.
SAID = {
    "CONTRIBUTING.md": {"120 in both": "tests/docs/test_tables.py"},
    "docs/architecture.md": {
        "(404)": "tests/azure/test_converge.py",
        "the SDKs wait 30 s then": "azure-core",
        "nine requests as before": "tests/e2e/test_bodies.py",
        "six requests where there were five": "tests/e2e/test_bodies.py",
        "takes Azure 43 s": "a recording of a Relay namespace",
        "takes 70 ms": "make bench",
        "10,000 instance types in a second": "make bench",
        "is a 501": "tests/emulator",
        "takes 0.5 ms; a named tuple takes 0.06": "measured once",
        "imports 100,000 objects": "measured once",
        "counted 1,110 million instructions before for `extension list`, 1,028 after": "measured once",
        "300 new clusters in four subscriptions take 42 s and 498 requests by stacks": "measured once",
        "58 s and 7,056 directly": "measured once",
        "one changed cluster of them 28 s and 127 requests by a stack": "measured once",
        "the other 74 of its subscription again, 14 s and 22 directly": "measured once",
        "Where Azure takes no stack (403": "tests/workflows",
        "cannot be deleted through ARM (400)": "tests/emulator",
        "36 kB": "the wheel of socksio",
        "until May 2027": "Material for MkDocs",
    },
    "docs/commands.md": {
        "0 for success, or nothing to do; 1 for invalid input, or a failure; 2 for a usage error": E,
        "differences; 3 for": E,
    },
    "docs/output.md": {
        "0 success, or nothing to do; 1 invalid input, or failure; 2 usage error; 3 something you named": E,
        "from 1; 0 for one that Azure does not have": "tests/workflows/fleet/test_decisions.py",
    },
    "docs/fleet.md": {
        "if there is nothing to do, 2 if there is, and 1 on an error": "tests/e2e/test_fleet.py",
        "1,000 clusters in four subscriptions take 163 s, where those limits and operations of 10 s allow no less than "
        "140 s": "make bench-fleet",
        "peaks at 114 MiB": "make bench-fleet",
        "azapi 2.3 or newer": "resources/templates/terraform.py",
    },
    "docs/guide.md": {
        "retired on 2026-09-14": "tests/docs/test_tables.py",
        "steps 2 and 3": "the list above it",
        "exit code 137": "checks/kubernetes/agents.py",
        "gets 0.1 CPU and 2 GiB of memory, and at most 2 CPUs; in 2021 it was 1 CPU and 4 GiB": "Microsoft's documents",
        "by default 1 CPU and 4 GiB | 0.1 CPU and 2 GiB, at most 2 CPUs": "Microsoft's documents",
    },
    "azext_amlarc/workflows/job_files/README.md": {"exit code 137": "checks/kubernetes/agents.py"},
    "README.md": {"30 June 2026": "Microsoft, of the SDK v1"},
    "docs/migrate.md": {
        "30 June 2026": "Microsoft, of the SDK v1",
        "azureml-core had from 1.30 to 1.36": "its releases",
        "(ISO 8601)": "tests/sdk/test_azureml_core.py",
    },
}
# What is no figure: code, links, codes of findings and checks, years of other products, codes of exit by themselves.
NONE = (
    r"`[^`]*`|\]\([^)]*\)",
    r"AMLARC-[A-Z]\d{3}",
    r"\b20(?:20|21|23|26)\b",
    r"[Ee]xit[s ]*(?:code (?:is )?|with )?\d",
    r"\*\*\d\.",
)
FIGURE = re.compile(r"(?<![\w-])\d[\d.,]*(?![\w-])")


def text(document: str) -> str:
    """The prose in one line, without what is indented as code and comments."""
    return " ".join(re.sub(r"^ {4}.*$|^ *\d\. |<!--.*-->", "", prose(document), flags=re.MULTILINE).split())


@pytest.mark.parametrize("document", sorted(set(DOCUMENTS) - {*HELD, "docs/support.md"}))
def test_a_figure_is_held(document: str) -> None:
    left = text(document)
    for part in (*COMPUTED.get(document, ()), *SAID.get(document, ())):
        assert part in left
        left = left.replace(part, " ")
    for pattern in NONE:
        left = re.sub(pattern, " ", left)
    found = [left[max(0, at.start() - 40) : at.end() + 40] for at in FIGURE.finditer(left)]
    assert found == [], "make a part of the sentence in COMPUTED, or say in SAID who measures it"


def test_only_documents_that_exist_have_figures() -> None:
    assert {*COMPUTED, *SAID} <= set(DOCUMENTS)
    named = {where for said in SAID.values() for where in said.values() if where.startswith("tests/")}
    assert [where for where in sorted(named) if not (ROOT / where).exists()] == []


@pytest.mark.parametrize("document", sorted(set(DOCUMENTS) - set(HELD)))
def test_a_code_is_one_of_a_check_or_of_a_finding(document: str) -> None:
    rules = {row.code for row in (*documents.RULES, *settings_of.RULES)}
    known = {check.id for check in CHECKS} | set(re.findall(r"AMLARC-\w\d{3}", prose("docs/findings.md")))
    assert set(re.findall(r"AMLARC-[A-Z]\d+", prose(document))) - known - rules == set()


@pytest.mark.parametrize(
    ("command", "option", "said"),
    [
        (
            "extension wait",
            "interval",
            f"{waiting.FIRST_PAUSE:.0f}, increasing to {waiting._LONGEST_PAUSE:.0f}.",
        ),
        ("apply", "concurrency", f"Default: {apply.CONCURRENCY}."),
        ("support bundle", "tail", f"Default: {logs.DEFAULT_LINES}."),
    ],
)
def test_a_default_that_the_help_says_is_the_one_that_applies(command: str, option: str, said: str) -> None:
    assert load(f"amlarc {command}").arguments[option].type.settings["help"].endswith(said)


def test_status_and_reports_exit_as_documents_say() -> None:
    """As tests/e2e/test_fleet.py and tests/e2e/test_documents.py run them."""
    whole = " ".join(text(document) for document in sorted(set(DOCUMENTS) - set(HELD)))
    assert set(re.findall(r"`(?:az ml arc )?status\b[^.]{0,120}?exits with (\d)", whole)) == {"2"}
    assert re.findall(r"`valid` \| whether the command exits with (\d)", whole) == ["0"]
