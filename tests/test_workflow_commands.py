"""No text of a file or a server is a command for the CI system that reads our output, or moves a terminal's cursor."""

import io
import json
from collections import OrderedDict
from typing import Any

import hcl2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from knack.output import format_json, format_table, format_tsv, format_yaml
from knack.util import CommandResultItem

from azext_amlarc.checks.check import Result, Status, Verdict
from azext_amlarc.checks.report import ci, page, terminal
from azext_amlarc.commands.az import output
from azext_amlarc.commands.terminal.progress import TerminalWatcher
from azext_amlarc.findings import Finding, Severity
from azext_amlarc.product.steps import Note
from azext_amlarc.resources.fleet import Entry, ExtensionSpec, Fleet
from azext_amlarc.resources.templates import terraform
from azext_amlarc.sdk.watching import PrintingWatcher
from azext_amlarc.validation.manifest import writing
from azext_amlarc.validation.report.formats import Report, render
from azext_amlarc.wording import in_line, legible, legible_json
from tests.checks.results import HEADING, result
from tests.support.runners import HOSTILE, commands, is_still

PARTS = st.sampled_from(["::", "##", "##[", "##vso[", "]", "error", "a.b ", " ", "\n", "\r", "\t", "#", ":", "\x1b[2J"])
FORMATTERS = {"json": format_json, "yaml": format_yaml, "tsv": format_tsv, "table": format_table}
PIECED = st.lists(PARTS | st.text(max_size=3), max_size=12).map("".join)


def harmless(printed: str) -> bool:
    return not list(commands(printed)) and is_still(printed)


def findings(*texts: str) -> Report:
    made = tuple(Finding("AMLARC-D001", Severity.ERROR, text, text, text, 1, 2, text) for text in texts)
    return Report(texts, made)


def results(*texts: str) -> list[Result]:
    return [
        result("AMLARC-A001", "Extension", "it is installed", Verdict(status, text, (Note(text),), (text, text)))
        for text in texts
        for status in Status
    ]


def test_the_texts_are_commands_where_nobody_minds_them() -> None:
    assert [next(commands(text), ("", ""))[0] for text in HOSTILE] == [
        *(
            "error",
            "add-mask",
            "warning",
            "stop-commands",
            "error",
            "add-mask",
            "task.setvariable",
            "",
            "notice",
            "",
            "",
        ),
    ]
    assert not any(map(is_still, HOSTILE[-3:]))


@given(PIECED)
def test_a_text_of_any_pieces_is_inert(text: str) -> None:
    assert harmless(legible(text))
    assert harmless(in_line(text))
    assert legible(legible(text)) == legible(text)


@given(PIECED)
def test_json_means_the_same_with_its_escapes(text: str) -> None:
    written = legible_json(json.dumps({text: text}, indent=2, ensure_ascii=False))
    assert harmless(written)
    assert json.loads(written) == {text: text}


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_reports_of_findings_have_no_command_in_them(form: str) -> None:
    assert harmless(render(findings(*HOSTILE), form, []))


def test_annotations_of_findings_are_ours_alone() -> None:
    *annotations, summary = render(findings(*HOSTILE), "github", []).split("\n")
    assert len(annotations) == len(HOSTILE)
    for line in annotations:
        ((name, _),) = commands(line)
        assert name == "error"
        assert line.startswith("::error title=AMLARC-D001,file=")
        assert "##[" not in line
        assert "##vso[" not in line
    assert harmless(summary)


@pytest.mark.parametrize("form", ["text", "junit", "html", "sarif"])
def test_reports_of_checks_have_no_command_in_them(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    checked = results(*HOSTILE)
    made = {
        "text": lambda: terminal.text(checked, verbose=True, color=False),
        "junit": lambda: ci.junit(checked, 1.0),
        "html": lambda: page.html(checked, HEADING),
        "sarif": lambda: json.dumps(ci.sarif(checked, HOSTILE[0], HOSTILE[1])),
    }
    output.write(made[form](), form)
    assert harmless(capsys.readouterr().out)


def test_annotations_of_checks_are_ours_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output.write(ci.annotations(results(*HOSTILE)), "github")
    *annotations, numbers = capsys.readouterr().out.rstrip("\n").split("\n")
    assert {name for line in annotations for name, _ in commands(line)} == {"error", "warning"}
    assert all(line.startswith(("::error title=AMLARC-A001 ", "::warning title=AMLARC-A001 ")) for line in annotations)
    assert harmless(numbers)


def printed_by_az(thing: Any, form: str) -> str:
    """What az prints of an object, with our own end of it."""
    formatter = FORMATTERS[form]
    rows = [OrderedDict(one) for one in thing] if form == "table" else thing
    return output._visibly(formatter, form, CommandResultItem(rows, table_transformer=None))


@pytest.mark.parametrize("form", ["json", "yaml", "tsv", "table"])
def test_objects_in_each_form_of_az_have_no_command_in_them(form: str) -> None:
    plain = [{"name": text, "note": text} for text in HOSTILE]
    assert harmless(printed_by_az(plain, form))
    for text in HOSTILE:
        assert harmless(printed_by_az(text if form != "table" else [{"name": text}], form))


@pytest.mark.parametrize("text", HOSTILE)
def test_json_and_yaml_of_az_mean_the_same(text: str) -> None:
    thing = {"tags": {text: [text, "plain", 1, None, True]}}
    assert json.loads(printed_by_az(thing, "json")) == thing
    assert yaml.safe_load(printed_by_az(thing, "yaml")) == thing


def test_objects_without_commands_are_printed_as_az_prints_them() -> None:
    thing = {"a": "std::string", "b": "##", "c": ["x::y", "über"]}
    for form in ("json", "yaml", "tsv"):
        own = FORMATTERS[form](CommandResultItem(thing, table_transformer=None))
        assert printed_by_az(thing, form) == own


@pytest.mark.parametrize("text", HOSTILE)
def test_progress_has_no_command_in_it(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = io.StringIO()
    watcher = TerminalWatcher(log, silent=False)
    watcher.tell(text)
    watcher.seen(text, 0)
    printing = PrintingWatcher(show_output=True)
    printing.seen(text, 0)
    printing.seen(f"other {text}", 1)
    printing.finish()
    assert harmless(log.getvalue())
    assert harmless(capsys.readouterr().out)


@pytest.mark.parametrize("text", HOSTILE)
def test_exported_files_mean_the_same_and_have_no_command_in_them(text: str) -> None:
    fleet = Fleet("plants", (Entry(text, "rg"),), ExtensionSpec(settings={text: text}))
    for written in (writing.as_yaml(fleet), writing.as_json(fleet)):
        assert harmless(written)
        assert yaml.safe_load(written)["spec"]["extension"]["settings"] == {text: text}
    assert harmless(drawn := terraform._text(text))
    if text.isprintable():
        assert hcl2.loads(f"a = {drawn}\n")
