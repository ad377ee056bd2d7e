"""`az ml arc support`: what somebody who helps needs to know."""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

from azext_amlarc.commands.az.connection import AzDoor, signed_in
from azext_amlarc.commands.inputs.targets import target_of
from azext_amlarc.errors import together


def bundle(  # pylint: disable=too-many-locals  # each option is one
    cmd: Any,
    *,
    resource_group_name: str | None = None,
    cluster_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    workspace_name: str | None = None,
    workspace_group: str | None = None,
    name: str | None = None,
    kubeconfig: str | None = None,
    context: str | None = None,
    get_credentials: bool = False,
    no_logs: bool = False,
    tail: int | None = None,
    output_file: str | None = None,
) -> dict[str, Any]:
    """Collect what can be had of a cluster, mask every secret, and write it to one archive."""
    from azext_amlarc.commands.check import heading, hush_requests
    from azext_amlarc.commands.inputs.credentials import access_to
    from azext_amlarc.workflows.bundle import logs, making
    from azext_amlarc.workflows.check import CheckRequest

    cluster = (resource_group_name, cluster_name, cluster_type, resource_id)
    kube = access_to(cmd, kubeconfig, context, get_credentials, *cluster)
    target, *_ = together(
        partial(
            target_of,
            cmd,
            *cluster,
            workspace_name=workspace_name,
            workspace_group=workspace_group,
            compute=name,
        ),
        *([kube.read] if kube else []),
    )
    checked = CheckRequest(target=target, kube=kube)
    lines = None if no_logs else tail or logs.DEFAULT_LINES
    request = making.BundleRequest(checked, heading(checked), _versions(), lines)
    hush_requests(cmd)
    door = AzDoor(cmd)
    with kube or nullcontext(), signed_in(cmd, door, target.subscription_id) as (azure, login):
        return making.make(output_file or making.file_name(request), request, azure, login, door.watcher)


def _versions() -> Mapping[str, Any]:
    """Those of az and of its extensions."""
    from azure.cli.core import __version__
    from azure.cli.core.extension import get_extensions

    return {"az": __version__, "extensions": {found.name: found.version for found in get_extensions()}}
