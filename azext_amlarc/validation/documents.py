"""Validates attach configurations in the files that users name."""

from collections.abc import Sequence

from azext_amlarc.errors import InvalidInput
from azext_amlarc.findings import Finding
from azext_amlarc.validation import document
from azext_amlarc.validation.files import STDIN, as_finding, expand, read
from azext_amlarc.validation.report.formats import Report
from azext_amlarc.validation.text import reading

# All rules that such a file can break.
RULES = (*reading.RULES, *document.RULES)


def validate_documents(names: Sequence[str], strict: bool = False) -> Report:
    """Validate every file that the names mean; a file that cannot be read is a finding like the others."""
    sources: dict[str, list[Finding]] = {}
    for name in names:
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


def _validate(path: str, source: str) -> list[Finding]:
    try:
        return list(document.read(read(path), source).findings)
    except InvalidInput as error:
        return [as_finding(error, source)]
