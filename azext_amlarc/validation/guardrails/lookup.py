"""Looks for rules files, so that only a validation that has one pays for it."""

from azext_amlarc.validation import files
from azext_amlarc.validation.report.formats import Report


def by_rules_files(report: Report, rules: str | None, families: str) -> Report:
    """The report as the rules file says: the one named `rules`, or the nearest `.amlarc.yaml` above each file.

    `families` are the letters of the codes that this validation can find.
    """
    if rules is None and not any(files.above(source, files.RULES_FILE) for source in report.all_sources):
        return report
    from azext_amlarc.validation.guardrails.grading import graded

    return graded(report, rules, families)
