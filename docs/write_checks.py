"""Write docs/checks.md from the table of checks: `python docs/write_checks.py`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from azext_amlarc.checks.check import Check, Phase
from azext_amlarc.checks.fix import Fix

PAGE = Path(__file__).with_name("checks.md")

HEAD = """# Checks

<!-- Written by docs/write_checks.py from azext_amlarc/checks: change the check, run it. -->

What `az ml arc check` checks, before and after an installation. It runs every check that it can, and none stops
another. Checks with an A ask Azure, with the permissions of whoever is signed in. Checks with a K read the cluster
through a kubeconfig (`--kubeconfig`, `--context`) and change nothing. If nothing is installed yet, only the checks for
before an installation run; otherwise all do. `--phase`, `--only GROUP` and `--skip ID` choose.

Each check is a statement that should be true. It ends in one of five ways:

| status | mark | what it means | exit code |
|---|---|---|---|
| `pass` | ✔ | the statement is true | 0 |
| `warn` | ⚠ | it is not, but what you want to do may still work | 0, with `--strict` 1 |
| `fail` | ✘ | it is not, and an installation, an attach or a job will fail | 1 |
| `error` | ! | it could not be checked: no permission, unreachable, or an answer that makes no sense | 1 |
| `skipped` | – | there was nothing to check: no kubeconfig, no workspace, or nothing is installed | 0 |

A check that could not run never counts as passed. The fixes below have placeholders in capitals; the fixes that a check
prints have the real names. [output.md](output.md) describes the forms of the report.
"""

PHASES = {
    Phase.PRE: "before the installation",
    Phase.POST: "after the installation",
    Phase.ALL: "before and after the installation",
}


def page(checks: Iterable[Check]) -> str:
    """The whole page, with groups and checks in the order of the table."""
    groups: dict[str, list[Check]] = {}
    for check in checks:
        groups.setdefault(check.group, []).append(check)
    return HEAD + "".join(f"\n## {name}\n{''.join(map(_entry, members))}" for name, members in groups.items())


def _entry(check: Check) -> str:
    needs = ", ".join(f"`{fact.name}`" for fact in check.needs)
    return (
        f"\n### {check.id}\n\n**{check.title}**\n\n"
        f"When: {PHASES[check.phase]}. Needs: {needs or 'nothing'}. [Documentation]({check.url})\n\n"
        f"Fix:\n{''.join(_fix(check.fix))}"
    )


def _fix(fix: Fix) -> Iterator[str]:
    for step in fix:
        yield f"\n```console\n{step.text}\n```\n" if step.is_command else f"\n{step.text}\n"


if __name__ == "__main__":
    from azext_amlarc.checks.table import CHECKS

    PAGE.write_text(page(CHECKS), encoding="utf-8")
