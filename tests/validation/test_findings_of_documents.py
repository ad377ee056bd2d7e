"""docs/findings.md lists every code but those of settings, once, as the code has it, and its examples are run.

An example of a few words stands somewhere in a file: `PLACES` are files with a gap for it. What it breaks is found
where it is put, and gone with what the fix writes instead. A code whose example is in words has a test elsewhere.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation import document, manifest, names
from azext_amlarc.validation.document import manifests
from azext_amlarc.validation.documents import validate_documents
from azext_amlarc.validation.guardrails import policy, rulesfile
from azext_amlarc.validation.text import reading
from tests.support.az import ROOT
from tests.support.documents import code, tables
from tests.validation.guardrails.conftest import in_this_process as in_this_process

RULES = sorted(
    {*reading.RULES, *document.RULES, *names.RULES, *manifests.RULES, *manifest.RULES, *policy.RULES, *rulesfile.RULES},
    key=lambda rule: rule.code,
)
SECTIONS = [one for one in tables("docs/findings.md") if not one.heading.startswith("Settings")]
ROWS = {row[0]: row[1:] for one in SECTIONS for row in one.rows}
AMOUNTS = '{"cpu": "1", "memory": "4Gi"}'
RESOURCES = f'"resources": {{"requests": {AMOUNTS}, "limits": {AMOUNTS}}}'
TYPE = f'{{"nodeSelector": {{"zone": "a"}}, {RESOURCES}}}'
ONE_TYPE = '{"defaultInstanceType": "cpu", "instanceTypes": {"cpu": {…}}}'
FLEET = "apiVersion: amlarc/v1alpha1\nkind: Fleet\nmetadata: {name: plants}\nspec:\n"
CLUSTER, SELECTOR = "  clusters: [{name: a, resourceGroup: rg}]\n", "  clusters: [{selector: {tags: {ml: a}}}]\n"
TWO = "  clusters: [{name: a, resourceGroup: rg}, {name: b, resourceGroup: rg}]\n"
ENABLED = '  extension: {settings: {enableTraining: "True"}}\n'
# Files with a gap, by the letter of a code: with the ending of their names.
PLACES = {
    "F": [(".json", "…"), (".yaml", "…")],
    "D": [
        (".json", "…"),
        (".json", "{…}"),
        (".json", ONE_TYPE),
        (".json", ONE_TYPE.replace("…", f"…, {RESOURCES}")),
        (".json", ONE_TYPE.replace("…", '"nodeSelector": {"zone": "a"}, "resources": {…}')),
        (".json", ONE_TYPE.replace("…", '"resources": {"requests": {…}, "limits": {…}}')),
        (".json", ONE_TYPE.replace("…", f'"resources": {{"requests": {AMOUNTS}, "limits": {{{AMOUNTS[1:-1]}, …}}}}')),
        (".json", '{"defaultInstanceType": "cpu", "instanceTypes": {…}}'),
        (".yaml", "…"),
        (".yaml", "instanceTypes: {cpu: {nodeSelector: {…}}}"),
    ],
    "N": [("", "…")],
    "M": [
        (".yaml", f"{FLEET}{ENABLED}  …\n"),
        (".yaml", f"{FLEET}{CLUSTER}  …\n"),
        (".yaml", f"{FLEET}{CLUSTER}{ENABLED}  …\n"),
        (".yaml", f"{FLEET}{ENABLED}  clusters: [{{name: a, resourceGroup: rg, …}}]\n"),
        (".yaml", f"{FLEET}{ENABLED}  clusters: [{{selector: {{…}}}}]\n"),
        (".yaml", f"{FLEET}{CLUSTER}  extension: …\n"),
        (".yaml", f'{FLEET}{CLUSTER}  extension: {{settings: {{enableTraining: "True"}}, …}}\n'),
        (".yaml", f"{FLEET}{CLUSTER}  extension: {{protected: {{sslKeyPemFile: …}}}}\n"),
        (".yaml", f"{FLEET}{CLUSTER}{ENABLED}  computes: [{{workspace: ws, name: k8s, identity: …}}]\n"),
        *((".yaml", f"{FLEET}{of}{ENABLED}  computes: [{{workspace: ws, …}}]\n") for of in (CLUSTER, TWO, SELECTOR)),
        (".yaml", f"{FLEET}{CLUSTER}{ENABLED}  rollout: {{…}}\n"),
        (".yaml", f"{FLEET}{CLUSTER}{ENABLED}  rollout: {{waves: [{{…}}, {{percent: 100}}]}}\n"),
    ],
    "P": [(".json", "…"), (".json", '{"$defs": {"name": {}}, "not": …}')],
    "R": [
        (".yaml", "rules:\n  - …\n"),
        (".yaml", "rules:\n  - {code: AMLARC-D009, reason: a, …}\n"),
        (".yaml", "rules:\n  - {severity: off, reason: a, …}\n"),
        (".yaml", "rules:\n  - {code: AMLARC-D009, severity: off, reason: a, …}\n"),
    ],
}
# What a fix may bring along: it is a part of a file, which lacks others; a policy is broken, an entry changes nothing.
BROUGHT = {f"AMLARC-{code}" for code in ("S020", "S022", "S029", "S030", "S060", "P001", "R006")}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clean.json").write_text('{"namespace": "a"}')


def of_names(text: str) -> list[Finding]:
    return [*names.validate_compute_name(text, "--name"), *names.validate_namespace(text, "--namespace")]


def of_files(ending: str) -> Callable[[str], list[Finding]]:
    def found(text: str) -> list[Finding]:
        file = Path(f"attach{ending}")
        file.write_text(text, encoding="utf-8")
        return list(validate_documents([str(file)]).findings)

    return found


def of_policies(text: str) -> list[Finding]:
    Path("policy.json").write_text(text, encoding="utf-8")
    return list(validate_documents(["clean.json"], policies=["policy.json"]).findings)


def of_rules(text: str) -> list[Finding]:
    Path("rules.yaml").write_text(text, encoding="utf-8")
    return list(validate_documents(["clean.json"], rules="rules.yaml").findings)


def codes(letter: str, ending: str, text: str) -> set[str]:
    judges = {"N": of_names, "P": of_policies, "R": of_rules}
    return {one.code for one in judges.get(letter, of_files(ending))(text)}


def put(place: str, span: str) -> str:
    """A place with a span in its gaps; `{…}` in the span is an instance type, another … is nothing."""
    return place.replace("…", span.replace("{…}", TYPE).replace("…", ""))


def examples(cell: str) -> list[str]:
    """What a cell begins with, and what stands behind a semicolon, if it is a part of a file."""
    begins = [part.strip() for part in re.split(r";(?=(?:[^`]*`[^`]*`)*[^`]*$)", cell)]
    return [code(part)[0] for part in begins if re.match(r"`(?!--|python|attach )", part)]


def is_part_of_a_file(span: str) -> bool:
    return bool(re.search(r': |^"[^"]*"$|^\{.*\}$', span))


def better(bad: str, fix: str) -> Iterator[str]:
    """What an example becomes by its fix: that itself, or the example with a text, a key or an object replaced."""
    yield fix
    for old in (r'"[^"]*"', r"\{[^{}]*\}", rf'{re.escape(fix.partition(": ")[0])}: (?:"[^"]*"|\w+)'):
        yield from (bad[: at.start()] + fix + bad[at.end() :] for at in re.finditer(old, bad))
    yield f"{bad[:-1]}, {fix}}}"


def is_mended(rule: str, place: tuple[str, str], before: set[str], bad: str, fix: str) -> bool:
    """Whether the fix takes the finding away and brings none that was not there."""
    results = (codes(rule[7], place[0], put(place[1], text)) for text in better(bad, fix))
    return any(rule not in after and after - before <= BROUGHT for after in results)


def wrong(rule: str, bad: str, fix: str) -> str | None:
    """Why an example, or its fix, is wrong; None where it is right in some place."""
    why = "it breaks nothing"
    for place in PLACES[rule[7]]:
        before = codes(rule[7], place[0], put(place[1], bad))
        if rule in before:
            if not fix or is_mended(rule, place, before, bad, fix):
                return None
            why = f"{fix} leaves it, or breaks something else"
    return why


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_page_has_the_rule_with_an_example_and_a_fix(rule: Rule) -> None:
    weight, title, bad, fix = ROWS[rule.code]
    assert (weight, title) == (rule.severity, rule.title)
    assert bad
    assert fix


def test_the_page_has_no_code_of_ours_that_does_not_exist() -> None:
    assert [*ROWS] == [rule.code for rule in sorted(RULES, key=lambda one: ("FDNCMPR".index(one.code[7]), one.code))]


EXAMPLES = [
    (rule, bad, (fixes[at] if at < len(fixes) else ""))
    for rule, (_, _, cell, fix) in ROWS.items()
    if rule[7] in PLACES
    for fixes in [[span for span in code(fix) if is_part_of_a_file(span)]]
    for at, bad in enumerate(examples(cell))
]


@pytest.mark.parametrize(("rule", "bad", "fix"), EXAMPLES)
@pytest.mark.usefixtures("in_this_process")
def test_an_example_breaks_its_rule_and_the_fix_mends_it(rule: str, bad: str, fix: str) -> None:
    assert wrong(rule, bad, fix) is None


def test_a_rule_whose_example_is_in_words_has_a_test_of_its_own() -> None:
    in_words = set(ROWS) - {rule for rule, _, _ in EXAMPLES}
    assert len(in_words) < len(ROWS) / 3
    cases = " ".join(path.name for path in (ROOT / "tests" / "cases").rglob("*"))
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests" / "validation").rglob("test_*.py"))
    assert [rule for rule in in_words if f"{rule[7:]}-" not in cases and not re.search(rf"\b{rule[7:]}\b", tests)] == []
