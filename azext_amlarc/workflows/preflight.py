"""Checks around a write: before it, so that nothing is begun in vain; after it, to say why it failed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from azext_amlarc.errors import Refused, WriteFailed

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.checks.check import Phase, Result
    from azext_amlarc.workflows.check import Question


@dataclass(frozen=True)
class Preflight:
    """The checks of one command. `subject` is the group of checks about what the command itself writes."""

    cmd: Any
    azure: "AzureClient"
    question: "Question"
    subject: str

    def before(self, known: Mapping[str, object], everything: bool) -> None:
        """Make the checks that `known` is enough for, or `everything` that comes before an installation.

        Refused, with what mends it, where one fails; what else is worth knowing is said. InvalidInput for a kubeconfig
        that would be of no use later.
        """
        from azext_amlarc.checks.check import Phase, Status
        from azext_amlarc.workflows.check import judge_known

        self._read_kubeconfig()
        question = replace(self.question, phase=Phase.PRE)
        results = self._inspected(Phase.PRE) if everything else judge_known(question, known)
        failed = [result for result in results if result.verdict.status is Status.FAIL]
        if failed:
            count = "a check" if len(failed) == 1 else f"{len(failed)} checks"
            raise Refused(f"Nothing was written, since {count} failed.\n{_shown(failed)}", self._follow())
        self._warn([result for result in results if result.verdict.status in (Status.WARN, Status.ERROR)])

    @contextmanager
    def explained(self) -> Iterator[None]:
        """A write that fails inside leaves with what the checks find then, but for what its own error says already."""
        from azext_amlarc.checks.check import Phase, Status

        try:
            yield
        except WriteFailed as error:
            results = self._inspected(Phase.POST)
            bad = [result for result in results if result.verdict.status in (Status.FAIL, Status.WARN)]
            found = [result for result in bad if result.check.group != self.subject]
            if found:
                error.add_note(f"What may be the cause:\n{_shown(found)}")
            raise

    def _read_kubeconfig(self) -> None:
        if self.question.kubeconfig or self.question.context:
            from azext_amlarc.kubernetes.kubeconfig import read_context

            read_context(self.question.kubeconfig, self.question.context)

    def _inspected(self, phase: "Phase") -> "list[Result]":
        from azext_amlarc.commands.inputs.targets import sign_in
        from azext_amlarc.workflows.check import inspect

        accepted, login = sign_in(self.cmd, self.azure)
        return inspect(replace(self.question, phase=phase), self.azure if accepted else None, login)

    def _warn(self, results: "list[Result]") -> None:
        from knack.log import get_logger

        if results:
            get_logger(__name__).warning("%s", _shown(results))

    def _follow(self) -> str:
        target = self.question.target
        workspace = (
            f" -w {target.named_workspace.name} --workspace-group {target.named_workspace.resource_group}"
            if target.workspace
            else ""
        )
        return (
            f"Mend it, then run the same command again. All checks: az ml arc check {target.cluster_options}{workspace}"
        )


def _shown(results: "list[Result]") -> str:
    from azext_amlarc.checks.report import terminal as report

    return report.text(results, verbose=False, color=False)
