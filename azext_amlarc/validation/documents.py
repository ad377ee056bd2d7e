"""Validates attach configurations and manifests of fleets in the files that users name."""

from collections.abc import Iterable, Sequence

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation import document, names
from azext_amlarc.validation.document import foreign
from azext_amlarc.validation.files import STDIN, TEXT, as_finding, as_text, expand, read
from azext_amlarc.validation.report.formats import Report
from azext_amlarc.validation.text import reading

# All rules that an attach configuration can break.
RULES = (*reading.RULES, *document.RULES)


def validate_documents(names: Sequence[str], strict: bool = False) -> Report:
    """Validate every file that the names mean; a file that cannot be read is a finding like the others."""
    sources: dict[str, list[Finding]] = {}
    for name in names:
        loaded = as_text(name)
        if loaded is not None:
            sources[TEXT] = [*sources.get(TEXT, []), *_of_text(loaded, TEXT)]
            continue
        try:
            found = expand(name)
        except InvalidInput as error:
            sources[name] = [as_finding(error, name)]
            continue
        for path in found:
            source = STDIN if path == "-" else path
            if source not in sources:
                sources[source] = _validate(path, source)
    findings = (finding for found in sources.values() for finding in found)
    return Report(tuple(sources), tuple(findings), strict)


def rules_for(findings: Iterable[Finding]) -> tuple[Rule, ...]:
    """The rules that such files can break, those about fleets and their settings only if they are broken."""
    known = {rule.code for rule in RULES}
    if all(finding.code in known for finding in findings):
        return RULES
    from azext_amlarc.validation import manifest, settings

    return (*RULES, *names.RULES, *manifest.RULES, *settings.RULES)


def _validate(path: str, source: str) -> list[Finding]:
    try:
        return _of_text(read(path), source)
    except InvalidInput as error:
        return [as_finding(error, source)]


def _of_text(raw: bytes, source: str) -> list[Finding]:
    """The findings about one file; what it says itself decides which kind it is."""
    found = document.parse(raw, source, document.STARTER)
    if not foreign.is_fleet(found.data):
        return list(document.judge(found, source).findings)
    from azext_amlarc.validation import manifest  # with the settings, which take longer to import than all the rest

    return list(manifest.judge(found, source, read).findings)
