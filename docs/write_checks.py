"""Write docs/checks.md from the table of checks: `python docs/write_checks.py`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from azext_amlarc.checks import mending
from azext_amlarc.checks.check import Check, Phase
from azext_amlarc.checks.fix import Fix
from azext_amlarc.product.steps import is_command

PAGE = Path(__file__).with_name("checks.md")

HEAD = """# Checks

<!-- Written by docs/write_checks.py from azext_amlarc/checks: change the check, run it. -->

What `az ml arc check` checks, before and after an installation. It runs every check that it can; a failure does not
stop the others. Checks with an A ask Azure, with the permissions of whoever is signed in. Checks with a K read the
cluster through a kubeconfig (`--kubeconfig`, `--context`) and change nothing. If nothing is installed yet, only the
checks for before an installation run; otherwise all do. `--phase`, `--only GROUP` and `--skip ID` choose.

Each check is a statement that should be true. It ends in one of five ways:

| status | mark | what it means | exit code |
|---|---|---|---|
| `pass` | ✔ | the statement is true | 0 |
| `warn` | ⚠ | it is not, but what you want to do may still work | 0, with `--strict` 1 |
| `fail` | ✘ | it is not, and an installation, an attach or a job will fail | 1 |
| `error` | ! | it could not be checked: no permission, unreachable, or an answer that makes no sense | 1 |
| `skipped` | – | there was nothing to check: no kubeconfig, no workspace, or nothing is installed | 0 |

A check that could not run never counts as passed. The fixes below have placeholders in capitals; the fixes that a check
prints have the real names. `--wait` repeats checks that may still pass by themselves, such as those of an installation
in progress or of pods that are starting, until they do or the time is up (`--timeout`). [output.md](output.md)
describes the formats of the report.

`check --fix` fixes what it can. It shows the results, then a plan of all changes: what each one changes, where, and
why. It asks for confirmation (or pass `--yes`), makes the changes in order, checks again, and says what is left, and
who can fix it; `--dry-run` ends with the plan. It registers providers, assigns missing roles, creates what is missing
of the cluster's own Relay, changes settings, retries a failed installation, creates the namespace, and writes
InstanceType objects and the configuration with which Volcano lets an autoscaler see waiting jobs. It never removes a
taint, labels a node, or deletes or overwrites what belongs to others. Each check below says what `--fix` does about
it, or who has to fix it; for the latter, and where you lack a permission, the full commands are printed. You can run
it as often as you like: it does not touch what is already right.
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
        f"Fix:\n{''.join(_fix(check.fix))}{''.join(_mended(check))}"
    )


def _mended(check: Check) -> Iterator[str]:
    """What `check --fix` does about it, or whom it leaves it to."""
    changes = mending.documented(check)
    for change in changes:
        yield f"\n`check --fix`: {change.what[0].lower()}{change.what[1:]}.\n"
    if not changes:
        yield f"\n`check --fix` leaves it to {mending.for_whom(check.fix)}.\n"


def _fix(fix: Fix) -> Iterator[str]:
    for step in fix:
        yield f"\n```console\n{step.text}\n```\n" if is_command(step) else f"\n{step.text}\n"


if __name__ == "__main__":
    from azext_amlarc.checks.table import CHECKS

    PAGE.write_text(page(CHECKS), encoding="utf-8")
