"""Validates attach configurations and manifests of fleets in the files that users name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule, position_of
from azext_amlarc.validation import document, names
from azext_amlarc.validation.document import foreign
from azext_amlarc.validation.files import STDIN, TEXT, as_finding, as_text, expand, read
from azext_amlarc.validation.guardrails.lookup import by_rules_files
from azext_amlarc.validation.report.formats import Report
from azext_amlarc.validation.text import reading

if TYPE_CHECKING:
    from azext_amlarc.validation.guardrails.policy import Subject
    from azext_amlarc.validation.manifest import Outcome as Manifest

# All rules that an attach configuration can break.
RULES = (*reading.RULES, *document.RULES)


class _Judged(NamedTuple):
    """The findings of a file, and what it is, as far as it could be read."""

    findings: list[Finding]
    outcome: "document.Outcome | Manifest | None" = None


def validate_documents(
    paths: Sequence[str], strict: bool = False, policies: Sequence[str] = (), rules: str | None = None
) -> Report:
    """Validate every file that the names mean; a file that cannot be read is a finding like the others.

    `policies` names JSON Schemas of the user's own that the files have to keep as well (docs/guardrails.md).
    `rules` is a rules file to use in place of the nearest `.amlarc.yaml` above each file.
    """
    sources: dict[str, list[_Judged]] = {}
    for name in paths:
        loaded = as_text(name)
        if loaded is not None:
            sources.setdefault(TEXT, []).append(_of_text(loaded, TEXT))
            continue
        try:
            found = expand(name)
        except InvalidInput as error:
            sources[name] = [_Judged([as_finding(error, name)])]
            continue
        for path in found:
            source = STDIN if path == "-" else path
            if source not in sources:
                sources[source] = [_validate(path, source)]
    findings = {source: [one for each in judged for one in each.findings] for source, judged in sources.items()}
    report = _guarded(sources, findings, policies, strict) if policies else _report(findings, strict)
    outcomes = [one.outcome for judged in sources.values() for one in judged]
    has_fleets = any(one is not None and not isinstance(one, document.Outcome) for one in outcomes)
    return by_rules_files(report, rules, f"DN{'MS' if has_fleets else ''}{'P' if policies else ''}")


def _report(findings: Mapping[str, Sequence[Finding]], strict: bool, rules: Sequence[Rule] = ()) -> Report:
    return Report(tuple(findings), tuple(one for found in findings.values() for one in found), strict, tuple(rules))


def _guarded(
    sources: Mapping[str, Sequence[_Judged]],
    findings: dict[str, list[Finding]],
    paths: Sequence[str],
    strict: bool,
) -> Report:
    """The report with what the policies say; what is wrong with a policy comes last."""
    from azext_amlarc.validation.guardrails import policy

    subjects = [one for judged in sources.values() for each in judged for one in _subjects(each.outcome)]
    policies = policy.read(paths)
    for one in policies.judge(subjects):
        findings.setdefault(one.source, []).append(one)
    ordered = {source: sorted(found, key=position_of) for source, found in findings.items()}
    return _report(ordered, strict, policies.rules)


def _subjects(outcome: "document.Outcome | Manifest | None") -> "Iterable[Subject]":
    """What there is to judge in a file."""
    from azext_amlarc.validation.guardrails import policy

    if outcome is None:
        return ()
    if isinstance(outcome, document.Outcome):
        readable = outcome.reading.usable
        return [policy.of_reading(policy.ATTACH, outcome.reading, outcome.source)] if readable else ()
    from azext_amlarc.validation.guardrails import of_fleet

    return of_fleet.subjects(outcome)


def rules_for(findings: Iterable[Finding]) -> tuple[Rule, ...]:
    """The rules that such files can break, those about fleets and their settings only if they are broken."""
    known = {rule.code for rule in RULES}
    if all(finding.code in known for finding in findings):
        return RULES
    from azext_amlarc.validation import manifest, settings

    return (*RULES, *names.RULES, *manifest.RULES, *settings.RULES)


def _validate(path: str, source: str) -> _Judged:
    try:
        return _of_text(read(path), source)
    except InvalidInput as error:
        return _Judged([as_finding(error, source)])


def _of_text(raw: bytes, source: str) -> _Judged:
    """The findings about one file; what it says itself decides which kind it is."""
    found = document.parse(raw, source, document.STARTER)
    if not foreign.is_fleet(found.data):
        one = document.judge(found, source)
        return _Judged(list(one.findings), one)
    from azext_amlarc.validation import manifest  # with the settings, which take longer to import than all the rest

    fleet = manifest.judge(found, source, read)
    return _Judged(list(fleet.findings), fleet)
