"""Makes a support bundle: collects part by part, masks, and writes the archive at the end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from azext_amlarc.azure.connection.watcher import Watcher
from azext_amlarc.checks.report.page import Heading
from azext_amlarc.errors import ArcError, Unreachable
from azext_amlarc.kubernetes.diagnostics import objects
from azext_amlarc.resources.ids import Target
from azext_amlarc.workflows import whole_files
from azext_amlarc.workflows.bundle import archive, azure, checks, cluster, logs, summary, versions
from azext_amlarc.workflows.bundle.masking.known import Known
from azext_amlarc.workflows.bundle.parts import File, Part, reason
from azext_amlarc.workflows.check import CheckRequest, run_checks
from azext_amlarc.workflows.login import NOT_SIGNED_IN

if TYPE_CHECKING:
    from azext_amlarc.azure.connection.client import AzureClient
    from azext_amlarc.kubernetes.client import Kube

_NO_KUBECONFIG = "No kubeconfig was given."
# Problems of a part that are told with the result; summary.md has all.
_MOST_TOLD = 3


@dataclass(frozen=True)
class BundleRequest:
    """What to collect, with the door's versions and the page's heading; `lines` of each log, or None for no logs."""

    checked: CheckRequest
    heading: Heading
    versions: Mapping[str, Any]
    lines: int | None

    @property
    def target(self) -> Target:
        return self.checked.target


def make(
    path: str, request: BundleRequest, client: "AzureClient | None", login: Mapping[str, object], watcher: Watcher
) -> dict[str, Any]:
    """Write the bundle, and return what it has: its file and its parts, each with its files and its problem.

    What cannot be had is a problem of its part. InvalidInput, before anything is asked, if the file cannot be written.
    """
    whole_files.refuse_what_is_no_file(path)
    known = Known()
    parts = archive.masked(list(_collected(request, client, login, known, watcher)), known)
    watcher.tell(f"Writing {path}")
    page = File(summary.PATH, summary.text(request.target, request.heading, parts))
    whole = [*parts, Part("summary", (page,))]
    archive.write(path, whole)
    return {"file": path, "parts": [_shown(part) for part in whole]}


def file_name(request: BundleRequest) -> str:
    """The file of a bundle that was given no name: of its cluster and its time, in the current folder."""
    moment = "".join(char for char in request.heading.when[:19] if char.isdigit())
    return f"amlarc-support-{request.target.named_cluster.name}-{moment}.zip"


def _shown(part: Part) -> dict[str, Any]:
    told = [*part.problems[:_MOST_TOLD]]
    if len(part.problems) > _MOST_TOLD:
        told.append(f"and {len(part.problems) - _MOST_TOLD} more in {summary.PATH}")
    return {"name": part.name, "files": [file.path for file in part.files], "problem": "\n".join(told) or None}


def _collected(
    request: BundleRequest,
    client: "AzureClient | None",
    login: Mapping[str, object],
    known: Known,
    watcher: Watcher,
) -> Iterator[Part]:
    """Every part in its turn; one that fails is a problem, and stops no other."""
    yield _taken("versions", lambda: versions.collect(request.versions), watcher)
    of_azure = _taken(azure.NAME, partial(_of_azure, request, client), watcher)
    yield of_azure
    yield _taken(checks.NAME, partial(_checks, request, client, login, known), watcher)
    connection = _connection(request)
    namespaces, pods = azure.job_namespaces(of_azure), cache(objects.pods)
    yield _taken(
        cluster.NAME, partial(_of_cluster, connection, lambda kube: cluster.collect(kube, namespaces, pods)), watcher
    )
    lines = request.lines
    if lines is not None:
        yield _taken(logs.NAME, partial(_of_cluster, connection, lambda kube: logs.collect(kube, lines, pods)), watcher)


def _taken(name: str, collect: Callable[[], Part], watcher: Watcher) -> Part:
    watcher.tell(f"Collecting {name}")
    try:
        return collect()
    except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
        # Whatever fails, a bundle without it is better than none.
        return Part(name, (), (reason(error),))


def _of_azure(request: BundleRequest, client: "AzureClient | None") -> Part:
    return azure.collect(client, request.target) if client else Part(azure.NAME, (), (NOT_SIGNED_IN,))


def _checks(request: BundleRequest, client: "AzureClient | None", login: Mapping[str, object], known: Known) -> Part:
    return checks.part(run_checks(request.checked, client, login), request.heading, known.learn)


def _connection(request: BundleRequest) -> "Kube | ArcError":
    """The cluster, or why it is not asked; a server that does not answer is found out once."""
    if request.checked.kube is None:
        return ArcError(_NO_KUBECONFIG)
    from azext_amlarc.kubernetes.client import Unauthorized

    try:
        kube = request.checked.kube.open()
    except Exception as error:  # noqa: BLE001  # pylint: disable=broad-exception-caught
        # Credentials that are fetched come through the door's own login.
        return error if isinstance(error, ArcError) else ArcError(reason(error))
    try:
        objects.version(kube)
    except (Unreachable, Unauthorized) as error:
        return error
    except ArcError:  # other things may be answered
        pass
    return kube


def _of_cluster(connection: "Kube | ArcError", collect: "Callable[[Kube], Part]") -> Part:
    if isinstance(connection, ArcError):
        raise connection
    return collect(connection)
