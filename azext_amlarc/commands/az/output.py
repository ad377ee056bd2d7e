"""What commands print: reports on stdout and in files, warnings in az's log, exit code 1 after the result.

Text of ours is legible in any encoding, and a pipe that its reader has closed is no error.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from azext_amlarc.errors import ArcError, InvalidInput
from azext_amlarc.wording import inert, inert_quoted, legible, legible_json

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding

# The forms of a report by the end of a file's name.
SUFFIXES = {".html": "html", ".xml": "junit", ".json": "json", ".sarif": "sarif", ".txt": "text"}


def form_of(path: str, form: str | None) -> str | None:
    """The form of a report in a file: the given one, or the one that the file's name says."""
    return form or SUFFIXES.get(os.path.splitext(path)[1].lower())


def deliver(
    cmd: Any,
    thing: Any,
    text: Callable[[], str],
    *,
    forms: Mapping[str, Callable[[], str]],
    form: str | None,
    file: str | None,
) -> Any:
    """Return the report as an object if `-o` or `--query` was given; otherwise write it, as text or in `form`.

    With a `file`, that is what is written in `form`, after the result: an error about it ends the command. The form
    "object" returns it in any case.
    """
    on_stdout = None if file and form != "object" else form
    is_returned = on_stdout == "object" or (on_stdout is None and wants_object(cmd))
    if not is_returned:
        write(forms[on_stdout]() if on_stdout else text(), on_stdout or "text")
    if file:
        _deliver_file(cmd, file, forms[form_of(file, None if form == "object" else form) or "text"]())
    return thing if is_returned else None


def _deliver_file(cmd: Any, path: str, content: str) -> None:
    from azext_amlarc.workflows import whole_files

    try:
        whole_files.replace(path, content.removesuffix("\n") + "\n")
    except InvalidInput as error:
        from azure.cli.core.azclierror import FileOperationError

        end_with(cmd.cli_ctx, FileOperationError(error.message, error.fix))


def write(text: str, form: str = "text") -> None:
    """Write text to stdout as it is: az would print it as a JSON string."""
    shown = encodable(_inert(text.removesuffix("\n") + "\n", form), sys.stdout.encoding or "utf-8", form)
    try:
        sys.stdout.write(shown)
    except OSError as error:
        _lose_stdout(error)
    flush()


def _inert(text: str, form: str) -> str:
    """The text without commands of CI systems; GitHub's annotations are such commands, and pages have legible parts."""
    makes = {"text": inert, "json": legible_json, "sarif": legible_json}
    return makes[form](text) if form in makes else text


def flush() -> None:
    """Write out what stdout still holds: what fails at the end of Python is a traceback."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _lose_stdout(error)


def _lose_stdout(error: OSError) -> None:
    """A reader that has seen enough (`| head`) is no error; a full disk is."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    if not isinstance(error, BrokenPipeError):
        raise ArcError(f"The result cannot be written to standard output: {error.strerror}.", "Write it elsewhere.")


def encodable(text: str, encoding: str, form: str = "text") -> str:
    """The text with escapes, as the form has them, for characters that the encoding does not have."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        pass
    else:
        return text
    if form in ("json", "sarif"):
        return "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in text)
    errors = "xmlcharrefreplace" if form in ("html", "junit") else "backslashreplace"
    return text.encode(encoding, errors).decode(encoding)


def wants_object(cmd: Any) -> bool:
    """Whether the user asked for the object: a default output format in az's configuration does not."""
    return any(
        option == "-o" or (len(option) > 3 and ("--output".startswith(option) or "--query".startswith(option)))
        for option in options_given(cmd)
    )


def as_json(cmd: Any, thing: Any) -> Any:
    """The object if the user asked for it; otherwise nothing, and JSON on stdout, whatever az's default output is.

    For what is made to be piped or redirected.
    """
    if wants_object(cmd):
        return thing
    write(json.dumps(thing, indent=2, ensure_ascii=False), "json")
    return None


def options_given(cmd: Any) -> set[str]:
    """The options on the command line as they were typed, including az's own."""
    return set(cmd.cli_ctx.data.get("safe_params") or ())


def open_streams() -> None:
    """Standard streams that are closed (`<&-`) are empty ones: Python has None for them."""
    # They are open as long as the process.
    # pylint: disable=consider-using-with
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def print_whole(cli: Any) -> None:
    """Have az's own printing of the result end as `write` does, while a failure is still an error of the command."""
    from azext_amlarc.commands.az.errors import raise_for_az

    az_prints = cli.output.out

    def out(result: Any, formatter: Callable[[Any], str], **options: Any) -> None:
        try:
            try:
                az_prints(result, partial(_visibly, formatter, cli.invocation.data["output"]), **options)
            except OSError as error:
                _lose_stdout(error)
            flush()
        except ArcError as error:
            raise_for_az(error)

    cli.output.out = out


def _visibly(formatter: Callable[[Any], str], form: str, result: Any) -> str:
    """The result in az's format, without what a terminal or a CI system acts on: it may come from a file or a server.

    JSON and YAML mean the same as before. JSON that az colors has escapes of its own; any in the data are escaped by
    JSON already.
    """
    text = formatter(result)
    if text.replace("\n", "").isprintable() and inert(text) == text:
        return text
    if form in ("json", "jsonc"):
        return legible_json(text, kept="\n\x1b" if form == "jsonc" else "\n")
    if form in ("yaml", "yamlc"):
        text = _yaml(json.loads(json.dumps(result.result)))
    return legible(text)


def _yaml(content: Any) -> str:
    """YAML in which every text is on the line of its key, and in double quotes if it has line breaks or commands."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """PyYAML's, with a representer of its own."""

    def text(dumper: Any, value: str) -> Any:
        quotes = '"' if "\n" in value or inert(value) != value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=quotes)

    Dumper.add_representer(str, text)
    return inert_quoted(yaml.dump(content, Dumper=Dumper, default_flow_style=False, width=float("inf")))


def end_with(cli: Any, error: BaseException) -> None:
    """Raise the error after az has printed the result, so that stdout has the result and stderr the error."""
    from knack.events import EVENT_CLI_SUCCESSFUL_EXECUTE

    def fail(_cli: Any, **_event: Any) -> NoReturn:
        cli.unregister_event(EVENT_CLI_SUCCESSFUL_EXECUTE, fail)
        raise error

    cli.register_event(EVENT_CLI_SUCCESSFUL_EXECUTE, fail)


def end_as_reported(cmd: Any, returned: Any, summary: str) -> None:
    """Exit with 1: text on stdout has said the summary; beside an object, it is said on stderr."""
    from azure.cli.core.azclierror import ValidationError

    end_with(cmd.cli_ctx, SystemExit(1) if returned is None else ValidationError(summary))


def show_findings(findings: "Iterable[Finding]") -> None:
    """Log the findings that do not stop the command: warnings, and with --verbose the others."""
    from knack.log import get_logger

    from azext_amlarc.findings import Severity
    from azext_amlarc.validation.report.text import as_text

    logger = get_logger(__name__)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            logger.warning("%s", as_text([finding]))
        else:
            logger.info("%s", as_text([finding]))
