"""Write docs/checks.md from the table of checks: `python docs/write_checks.py`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from azext_amlarc.checks import remedy
from azext_amlarc.checks.check import Check, Phase

PAGE = Path(__file__).with_name("checks.md")

HEAD = """# Checks

<!-- Written by docs/write_checks.py from azext_amlarc/checks: change the check, run it. -->

What `az ml arc check` looks at, before an installation and after it. It makes every check that it can, at once, and
stops at none. Checks with an A ask Azure, with the rights of whoever is signed in. Checks with a K read the cluster
through a kubeconfig (`--kubeconfig`, `--context`) and change nothing. Where nothing is installed yet those of before
are made, else all: `--phase`, `--only GROUP` and `--skip ID` choose.

Each check is a true statement. It ends in one of five ways:

| status | mark | what it means | exit code |
|---|---|---|---|
| `pass` | ✔ | the statement is true | 0 |
| `warn` | ⚠ | it is not, and what you do may work all the same | 0, under `--strict` 1 |
| `fail` | ✘ | it is not, and an installation, an attach or a job will fail | 1 |
| `error` | ! | asking failed: no right to read it, unreachable, an answer that makes no sense | 1 |
| `skipped` | – | nobody could ask: no kubeconfig, no workspace, or nothing there to judge | 0 |

What could not be checked is never a pass. A fix that a check prints has the real names in it.
[output.md](output.md) has the forms of the report.
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
        f"Fix:\n{''.join(_fix(check.remedy))}"
    )


def _fix(text: str) -> Iterator[str]:
    for step in remedy.steps(text):
        yield f"\n```console\n{step.text}\n```\n" if step.is_command else f"\n{step.text}\n"


if __name__ == "__main__":
    from azext_amlarc.checks.table import CHECKS

    PAGE.write_text(page(CHECKS), encoding="utf-8")
