"""Checks before a write, to stop it if it would fail, and after a failed one, to explain the failure."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.azure.connection.waiting import Operation
from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.errors import Refused, WriteFailed
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.ids import Target
from azext_amlarc.workflows.check import CheckRequest, run_checks, run_free_checks
from azext_amlarc.workflows.door import Door

if TYPE_CHECKING:
    from azext_amlarc.checks.check import Phase, Result
    from azext_amlarc.kubernetes.access import KubeAccess

T = TypeVar("T")

# Checks to skip: a write registers resource providers itself, and may create the namespace.
_PROVIDERS = ("AMLARC-A003", "AMLARC-A004", "AMLARC-A005", "AMLARC-A006")
_NAMESPACE_EXISTS = "AMLARC-K002"


class Preflight(NamedTuple):
    """The checks before and after one write. `subject` is the group of checks about the written resource itself."""

    azure: AzureClient
    door: Door
    request: CheckRequest
    subject: str

    def before(self, known: Mapping[str, object], everything: bool) -> None:
        """Run the checks that the `known` facts are enough for, or `everything` of the phase before an installation.

        Refused, with the fixes, if one fails; warnings are shown. InvalidInput if the kubeconfig can't be used later.
        """
        from azext_amlarc.checks.check import Phase, Status

        request = self.request._replace(phase=Phase.PRE)
        results = self._run(Phase.PRE) if everything else run_free_checks(request, known)
        failed = [result for result in results if result.verdict.status is Status.FAIL]
        if failed:
            count = "a check" if len(failed) == 1 else f"{len(failed)} checks"
            raise Refused(f"Nothing was changed, because {count} failed.\n{_shown(failed)}", self._follow())
        doubtful = [result for result in results if result.verdict.status in (Status.WARN, Status.ERROR)]
        if doubtful:
            self.door.warn(_shown(doubtful))

    def explaining(self, operation: Operation[T]) -> Operation[T]:
        """The operation; if it fails, the error includes what the checks find then, except about the resource."""

        def then(watcher: Watcher, timeout: float) -> None:
            with self._explained():
                operation.then(watcher, timeout)

        def reason(last: T | None) -> Any:
            error = operation.reason(last)
            self._explain(error)
            return error

        return operation._replace(reason=reason, then=then)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except WriteFailed as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        from azext_amlarc.checks.check import Phase, Status
        from azext_amlarc.product.links import TROUBLESHOOTING

        results = self._run(Phase.POST)
        bad = [result for result in results if result.verdict.status in (Status.FAIL, Status.WARN)]
        found = [result for result in bad if result.check.group != self.subject]
        if found:
            error.add_note(f"Possible causes:\n{_shown(found)}")
        if self.request.kube is None:
            error.add_note(f"To check the cluster itself: az ml arc check --kubeconfig FILE {self._options()}")
        error.add_note(f"Troubleshooting by symptom: {TROUBLESHOOTING}")
        error.add_note(f"For a support ticket: az ml arc support bundle {self._options()}")

    def _run(self, phase: "Phase") -> "list[Result]":
        accepted, login = self.door.login(self.azure)
        return run_checks(self.request._replace(phase=phase), self.azure if accepted else None, login)

    def _follow(self) -> str:
        return f"Fix this, then run the command again. To run all checks: az ml arc check {self._options()}"

    def _options(self) -> str:
        target = self.request.target
        words = [*target.named_cluster.options]
        if target.workspace:
            words += ["-w", target.workspace.name, "--workspace-group", target.workspace.resource_group]
        return " ".join(words)


def installation_checks(
    azure: AzureClient,
    door: Door,
    cluster: Cluster,
    *,
    name: str | None,
    settings: Mapping[str, str],
    kube: "KubeAccess | None",
) -> Preflight:
    """The checks before and after an installation with these settings."""
    from azext_amlarc.resources.extension import derived_settings

    wanted = derived_settings(cluster, azure.cloud.application_domain, settings)
    request = CheckRequest(
        Target.of_cluster(cluster.id), wanted, extension=name or DEFAULT_NAME, skip=_PROVIDERS, kube=kube
    )
    return Preflight(azure, door, request, "extension")


def attachment_checks(
    azure: AzureClient,
    door: Door,
    target: Target,
    *,
    document: Mapping[str, Any],
    kube: "KubeAccess | None",
    creates_namespace: bool,
) -> Preflight:
    """The checks before and after attaching with this configuration; a namespace to be created need not exist."""
    skip = (*_PROVIDERS, _NAMESPACE_EXISTS) if creates_namespace else _PROVIDERS
    return Preflight(azure, door, CheckRequest(target, document=document, skip=skip, kube=kube), "compute")


def _shown(results: "list[Result]") -> str:
    from azext_amlarc.checks.report import terminal

    return terminal.text(results, verbose=False, color=False)
