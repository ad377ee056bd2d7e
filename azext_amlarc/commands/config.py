"""`az ml arc config`: attach configurations and manifests of fleets, offline."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azext_amlarc.errors import InvalidInput, UsageError

if TYPE_CHECKING:
    from azext_amlarc.findings import Finding


def validate(
    cmd: Any,
    *,
    file: Sequence[str],
    policy: Sequence[str] | None = None,
    rules: str | None = None,
    strict: bool = False,
    report_format: str | None = None,
    output_file: str | None = None,
) -> dict[str, Any] | None:
    """Validate attach configurations and manifests, and report all findings of all files at once."""
    from azext_amlarc.commands.az.findings import deliver
    from azext_amlarc.validation.documents import rules_for, validate_documents

    report = validate_documents(file, strict, policy or (), rules)
    return deliver(cmd, report, rules_for(report.findings), report_format, output_file)


def schema(cmd: Any, kind: str = "attach") -> dict[str, Any] | None:
    """Show the JSON Schema of attach configurations, or of manifests of fleets."""
    from azext_amlarc.commands.az.output import as_json
    from azext_amlarc.validation import document, manifest

    found: dict[str, Any] | None = as_json(cmd, manifest.schema() if kind == "fleet" else document.schema())
    return found


def init(
    cmd: Any,
    *,
    file: str | None = None,
    default: bool = False,
    gpu: str | None = None,
    gpus: int | None = None,
    cpu: str | None = None,
    memory: str | None = None,
    selector: Sequence[str] | None = None,
    namespace: str | None = None,
    kind: str = "attach",
) -> dict[str, Any] | None:
    """Write an attach configuration or a manifest to start from, or print it if no file is given.

    A `.json` file is written as JSON, any other as YAML, with comments, which JSON does not have.
    """
    from azext_amlarc.commands.az.output import wants_object, write
    from azext_amlarc.workflows import whole_files

    given = {"gpus": gpus, "cpu": cpu, "memory": memory, "selector": selector, "namespace": namespace}
    wanted = {name: value for name, value in given.items() if value is not None}
    in_json = file is not None and file.lower().endswith(".json")
    if kind == "fleet":
        made, text = _manifest(
            in_json, {**wanted, **({"gpu": gpu} if gpu else {}), **({"default": 1} if default else {})}
        )
    else:
        made, text = _configuration(in_json, _started(default, gpu, wanted))
    if file:
        whole_files.create(file, text)
    elif wants_object(cmd):
        return made
    else:
        write(text)
    return None


def _configuration(in_json: bool, made: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from azext_amlarc.validation.document import starter

    return made, starter.as_json(made) if in_json else starter.as_yaml(made)


def _manifest(in_json: bool, others: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from azext_amlarc.validation.manifest import starter

    if others:
        options = " and ".join(f"--{name}" for name in others)
        raise UsageError(
            f"{options} cannot be used with --kind fleet.", "Leave it out, or make an attach configuration."
        )
    return starter.example(), starter.as_json() if in_json else starter.as_yaml()


def _started(default: bool, gpu: str | None, wanted: dict[str, Any]) -> dict[str, Any]:
    from azext_amlarc.validation.document import starter

    if gpu is None:
        if wanted:
            options = " and ".join(f"--{name}" for name in wanted)
            requires = "requires" if len(wanted) == 1 else "require"
            raise UsageError(f"{options} {requires} --gpu NAME.", "Add --gpu with a name for the instance type.")
        return starter.default() if default else starter.example()
    if default:
        raise UsageError("--default and --gpu cannot be used together.", "Use one of them.")
    pairs = wanted.pop("selector", [])
    labels, wrong = _labels(pairs)
    made = starter.one_type(gpu, selector=labels, **wanted)
    _refuse_errors(made, wrong)
    return made


def _labels(pairs: Sequence[str]) -> "tuple[dict[str, str], list[Finding]]":
    """The labels of a node selector, and what is wrong with the pairs; settings have the same rules."""
    from azext_amlarc.validation import settings

    given, findings = settings.parse_pairs(pairs, "--selector")
    keys = [setting.key for setting in given]
    findings += [settings.given_twice(setting) for number, setting in enumerate(given) if setting.key in keys[:number]]
    return {setting.key: str(setting.value) for setting in given}, findings


def _refuse_errors(made: dict[str, Any], wrong: "Sequence[Finding]") -> None:
    """Validate the configuration that the options make, so that init writes nothing that attach refuses."""
    import json

    from azext_amlarc.commands.az.output import show_findings
    from azext_amlarc.findings import errors_in
    from azext_amlarc.validation import document

    outcome = document.read(json.dumps(made).encode(), "options")
    findings = [*wrong, *(finding._replace(line=None, column=None) for finding in outcome.findings)]
    if errors_in(findings):
        raise InvalidInput("The options do not make a valid configuration. Nothing was written.", findings=findings)
    show_findings(findings)


def convert(
    cmd: Any, file: str, to: str | None = None, from_format: str | None = None, namespace: str = "default"
) -> dict[str, Any] | None:
    """Convert an attach configuration file to InstanceType manifests (`to`), or manifests to one (`from_format`).

    Warnings on standard error say what the conversion changes or leaves out.
    """
    from azext_amlarc.commands.az.output import as_json
    from azext_amlarc.validation.document.manifests import to_document, to_manifests
    from azext_amlarc.validation.files import STDIN, read

    if (to is None) == (from_format is None):
        raise UsageError("Use either --to or --from.", "Add --to instancetype, or --from instancetype.")
    raw, source = read(file), STDIN if file == "-" else file
    if to is not None:
        manifests = to_manifests(raw, source)
        converted = _converted(manifests.as_list(), manifests.findings)
    else:
        made = to_document(raw, source, namespace)
        converted = _converted(made.document, made.findings)
    returned: dict[str, Any] | None = as_json(cmd, converted)
    return returned


def _converted(content: dict[str, Any] | None, findings: "Sequence[Finding]") -> dict[str, Any]:
    from knack.log import get_logger

    from azext_amlarc.validation.report.text import as_line

    if content is None:
        raise InvalidInput("The file cannot be converted. Nothing was written.", findings=findings)
    for finding in findings:
        get_logger(__name__).warning("%s", as_line(finding))
    return content
