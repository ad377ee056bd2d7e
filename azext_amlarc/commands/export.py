"""`az ml arc export`: clusters and manifests as a manifest, an ARM template, Terraform or a policy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azext_amlarc.commands.az.connection import connected
from azext_amlarc.commands.inputs.targets import cluster_of
from azext_amlarc.wording import in_line

if TYPE_CHECKING:
    from azext_amlarc.workflows.fleet.export import Exported


def export(
    cmd: Any,
    *,
    file: str | None = None,
    cluster_name: str | None = None,
    resource_group_name: str | None = None,
    cluster_type: str = "connectedClusters",
    resource_id: str | None = None,
    every_cluster: bool = False,  # pylint: disable=unused-argument  # what az checks: it stands for no cluster
    policy: Sequence[str] | None = None,
    form: str = "manifest",
    output_file: str | None = None,
) -> Any:
    """Write what there is on clusters, or what a manifest says, in one of the forms; on stdout without a file."""
    exported = _exported(
        cmd,
        file=file,
        cluster_name=cluster_name,
        resource_group=resource_group_name,
        cluster_type=cluster_type,
        resource_id=resource_id,
        policy=policy,
        form=form,
        output_file=output_file,
    )
    _warn(exported)
    return _deliver(cmd, exported, output_file)


def _exported(
    cmd: Any,
    *,
    file: str | None,
    cluster_name: str | None,
    resource_group: str | None,
    cluster_type: str,
    resource_id: str | None,
    policy: Sequence[str] | None,
    form: str,
    output_file: str | None,
) -> "Exported":
    from azext_amlarc.commands.az.output import show_findings
    from azext_amlarc.workflows.fleet import export as workflow
    from azext_amlarc.workflows.fleet.manifests import load

    given = load(file, policy or ()) if file else None
    show_findings(given.findings if given else ())
    is_one = bool(cluster_name or resource_id)
    cluster = cluster_of(cmd, resource_group, cluster_name, cluster_type, resource_id) if is_one else None
    with connected(cmd, cluster.subscription_id if cluster else None) as azure:
        if given:
            return workflow.of_manifest(azure, given, form)
        as_yaml = not (output_file or "").lower().endswith(".json")
        return workflow.of_clusters(azure, cluster, None if cluster else resource_group, form, as_yaml)


def _warn(exported: "Exported") -> None:
    from knack.log import get_logger

    for note in exported.notes:
        get_logger(__name__).warning("%s", in_line(note))


def _deliver(cmd: Any, exported: "Exported", output_file: str | None) -> Any:
    from azext_amlarc.commands.az.output import wants_object, write
    from azext_amlarc.workflows import whole_files

    if output_file:
        whole_files.replace(output_file, exported.text)
    if wants_object(cmd):
        return exported.data
    if not output_file:
        write(exported.text)
    return None
