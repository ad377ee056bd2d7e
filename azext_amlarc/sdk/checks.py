"""Checks of a cluster and its surroundings, and mending what they find: `az ml arc check` with and without --fix."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.credentials import TokenCredential

from azext_amlarc.azure.connection.client import AzureClient
from azext_amlarc.errors import InvalidInput
from azext_amlarc.resources import naming
from azext_amlarc.resources.compute import Wanted
from azext_amlarc.resources.ids import Target
from azext_amlarc.sdk.arguments import FLAG, SECONDS, SETTINGS, stop_at_types, words_of
from azext_amlarc.sdk.compute import workspace_id_of
from azext_amlarc.sdk.connection import DEFAULT_TIMEOUT, ClusterLogin, connect, writing
from azext_amlarc.sdk.exceptions import ArcException, raised_as
from azext_amlarc.sdk.workspace import Workspace

if TYPE_CHECKING:
    from azext_amlarc.workflows.check import CheckRequest

Objects = list[dict[str, Any]]


class CheckException(ArcException):
    """Checking a cluster, or mending what was found, could not begin."""


@dataclass(frozen=True)
class Mending:
    """What `ClusterChecks.mend` planned, line by line, what it made and what failed, and the results after that.

    `left` says who could do what is left, with whole commands.
    """

    plan: list[str]
    made: list[str]
    failed: list[str]
    left: list[str]
    results: Objects


class ClusterChecks:
    """Checks of a cluster and, if one is given, of its workspace. Creating the object sends no request.

    `kubeconfig` and `context` lead to the cluster itself, or `get_credentials`, with which the kubeconfig of an AKS
    cluster is read from Azure and kept in memory; without them it is left alone. `settings` are those that the
    extension should get, `configuration` is what `KubernetesCompute.attach_configuration` returns: both are checked
    before anything is written. `only` and `skip` name groups of checks or single ones. `credential` and `cloud` are
    those of `Workspace`.
    """

    def __init__(
        self,
        cluster_resource_id: str,
        workspace: Workspace | None = None,
        *,
        kubeconfig: str | os.PathLike[str] | None = None,
        context: str | None = None,
        only: Sequence[str] = (),
        skip: Sequence[str] = (),
        credential: TokenCredential | None = None,
        cloud: str | None = None,
        get_credentials: bool = False,
        settings: Mapping[str, object] | None = None,
        configuration: Wanted | None = None,
    ) -> None:
        """CheckException for an id that is not a cluster's, for invalid settings, and if there are no credentials."""
        with raised_as(CheckException):
            stop_at_types(SETTINGS, settings=settings)
            cluster = naming.cluster_of(cluster_resource_id, "cluster_resource_id")
            self._target = Target.of_cluster(cluster, workspace_id_of(workspace) if workspace is not None else None)
            self._words = (_selection(only, "only"), _selection(skip, "skip"))
            self._login = (credential, cloud)
            self._kube = ClusterLogin.given(kubeconfig, context, get_credentials)
            self._kube.access_to(cluster, self._connected)
            self._planned = _planned(settings) if settings else None
            if not isinstance(configuration, Wanted | None):
                raise InvalidInput(
                    "configuration is not one.", "Pass what KubernetesCompute.attach_configuration returns."
                )
        self._document = configuration.document if configuration else None

    def run(self) -> Objects:
        """The results, as `az ml arc check -o json` prints them (docs/output.md)."""
        from azext_amlarc.sdk.connection import PythonDoor
        from azext_amlarc.workflows.check import run_checks

        with raised_as(CheckException), self._request() as request, self._connected() as azure:
            accepted, known = PythonDoor().login(azure)
            return [result.as_object() for result in run_checks(request, azure if accepted else None, known)]

    def mend(self, *, yes: bool = False, dry_run: bool = False, timeout: float = DEFAULT_TIMEOUT) -> Mending:
        """Make the changes that could mend the results, in order, and check again; with `dry_run`, only plan them.

        CheckException if there is something to change and `yes`, as az's --yes, does not allow it. `timeout` (s) is for
        each change. What fails raises nothing: look at `failed`.
        """
        from azext_amlarc.checks import mending
        from azext_amlarc.workflows.check import run_checks
        from azext_amlarc.workflows.mend import run
        from azext_amlarc.workflows.mend.ways import Means

        with raised_as(CheckException), self._request() as request, self._connected() as azure:
            stop_at_types(FLAG, yes=yes, dry_run=dry_run)
            stop_at_types(SECONDS, timeout=timeout)
            with writing(azure, timeout, registers=True, confirmed=yes) as (writer, door):
                accepted, known = door.login(writer)
                client = writer if accepted else None
                before = run_checks(request, client, known)
                means = Means(door, self._target, timeout, client, request.kube)
                plan = run.plan(before, means)
                lines = [*plan.lines()]
                if dry_run or not plan.steps:
                    return Mending(lines, [], [], mending.left(before), [result.as_object() for result in before])
                door.confirm("\n".join(lines), plan.question)
                after = run.carry_out(plan, means, lambda: run_checks(request, client, known))
        return Mending(
            lines,
            [planned.step.change.what for planned in after.made],
            [f"{planned.step.change.what}: {planned.obstacle}" for planned in after.failed],
            mending.left(after.results),
            [result.as_object() for result in after.results],
        )

    @contextmanager
    def _request(self) -> "Iterator[CheckRequest]":
        from azext_amlarc.workflows.check import CheckRequest, Spelled

        only, skip = self._words
        kube = self._kube.access_to(self._target.cluster, self._connected)
        with kube or nullcontext():
            yield CheckRequest(
                self._target,
                self._planned,
                self._document,
                "configuration",
                only=only,
                skip=skip,
                kube=kube,
                spelled=Spelled("settings={…}", "configuration=…", "kubeconfig=FILE", "get_credentials=True"),
            )

    def __repr__(self) -> str:
        workspace = self._target.workspace
        return f"ClusterChecks({str(self._target.cluster)!r}, workspace={workspace.name if workspace else None!r})"

    def _connected(self) -> AzureClient:
        credential, cloud = self._login
        return connect(self._target.subscription_id, credential, cloud)


def _selection(given: Sequence[str], name: str) -> tuple[str, ...]:
    """Groups of checks and ids; InvalidInput for another word, which would select nothing, and so find nothing."""
    from azext_amlarc.checks import table

    words = words_of(given, name)
    wrong = table.unknown(words)
    if wrong:
        raise InvalidInput(f"{name}: {wrong}")
    return words


def _planned(settings: Mapping[str, object]) -> dict[str, str]:
    """Plain settings, validated each by itself: what is installed is not known yet."""
    from azext_amlarc.sdk.extension import given_settings

    given = given_settings(settings)
    given.stop_at_single_errors()
    return {setting.key: str(setting.value) for setting in given.settings}
