"""Whether pods can use GPUs: the NVIDIA device plugin, and what nodes advertise."""

from collections.abc import Iterable
from typing import NamedTuple

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import EXTENSION_NAME, SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.addons import is_ours, named
from azext_amlarc.checks.kubernetes.facts import DAEMON_SETS, NODES, Amounts, DaemonSet, Node
from azext_amlarc.product import links
from azext_amlarc.product.steps import Note, command
from azext_amlarc.wording import number

GROUP = "gpu"

GPU = "nvidia.com/gpu"
# Whole ones, shared ones (nvidia.com/gpu.shared), parts (nvidia.com/mig-1g.5gb), and those of others.
_NVIDIA = ("nvidia.com/gpu", "nvidia.com/mig-")
_GPUS = (*_NVIDIA, "amd.com/gpu", "gpu.intel.com/")
_SETTING = "installNvidiaDevicePlugin"
_LOOK = Note("Check the node's driver and its device plugin:")
# Labels of nodes with such a GPU: by NVIDIA's operator, by AKS, by node feature discovery.
_LABELS = (
    ("nvidia.com/gpu.present", "true"),
    ("kubernetes.azure.com/accelerator", "nvidia"),
    ("accelerator", "nvidia"),
    ("feature.node.kubernetes.io/pci-10de.present", "true"),
)


class AnotherName(NamedTuple):
    """GPUs that are asked for by a name that nodes do not use, and the names that they do use."""

    asked: str
    offered: tuple[str, ...]


def another_name(asked: Amounts, nodes: Iterable[Node]) -> AnotherName | None:
    """Whether nodes have GPUs only under other names than the one that is asked for."""
    offered = sorted({name for node in nodes for name in _offered(node)})
    missing = [name for name, amount in asked.items() if _is_gpu(name) and amount and name not in offered]
    return AnotherName(missing[0], tuple(offered)) if missing and offered else None


def _is_gpu(resource: str) -> bool:
    return resource.startswith(_GPUS)


def _offered(node: Node, kinds: tuple[str, ...] = _GPUS) -> dict[str, int]:
    """The GPUs that pods can have of the node, by the name of the resource."""
    return {name: int(amount) for name, amount in node.allocatable.items() if amount and name.startswith(kinds)}


def the_device_plugin_is_not_installed_twice(facts: Facts) -> Verdict:
    """Installing a second one fails; without one, no pod can request a GPU."""
    plugins = _plugins(facts[DAEMON_SETS])
    others = [plugin for plugin in plugins if not is_ours(plugin.owned)]
    wanted = workloads.is_on(facts[SETTINGS], _SETTING)
    lines = tuple(_described(plugin) for plugin in plugins)
    if wanted and others:
        message = f"{_SETTING} is on, but the cluster already has the plugin."
        return Verdict(Status.FAIL, message, workloads.fix(facts, f"{_SETTING}=False"), lines)
    silent = [node.name for node in facts[NODES] if _has_nvidia(node) and not _offered(node, _NVIDIA)]
    if not plugins and not wanted and silent:
        nodes = number(len(silent), "node")
        message = f"Pods cannot use the GPUs of {nodes}: there is no NVIDIA device plugin, and {_SETTING} is off."
        return Verdict(Status.WARN, message, workloads.fix(facts, f"{_SETTING}=True"), tuple(silent))
    if not plugins:
        return Verdict(Status.PASS, f"There is no NVIDIA device plugin; {_SETTING} is {'on' if wanted else 'off'}.")
    return Verdict(Status.PASS, f"Found an NVIDIA device plugin: {plugins[0].owned}.", evidence=lines)


def nodes_advertise_their_gpus(facts: Facts) -> Verdict:
    """A node with a GPU that advertises none lacks a working driver or device plugin; jobs for it wait forever."""
    with_gpu = [node for node in facts[NODES] if _has_gpu(node)]
    if not with_gpu:
        return Verdict(Status.PASS, "No node has a GPU.")
    lines = tuple(f"{node.name}: {_counted(node)}" for node in with_gpu)
    silent = [node for node in with_gpu if not _offered(node)]
    if not silent:
        message = f"{number(len(with_gpu), 'node')} with GPUs, all advertised."
        return Verdict(Status.PASS, message, evidence=lines)
    lines += tuple(_described(plugin) for plugin in _plugins(facts[DAEMON_SETS]))
    verb = "advertises" if len(silent) == 1 else "advertise"
    message = f"{len(silent)} of {number(len(with_gpu), 'node')} with GPUs {verb} none."
    return Verdict(Status.WARN, message, (_LOOK, command("kubectl describe node {name}", name=silent[0].name)), lines)


def _counted(node: Node) -> str:
    """The node's GPUs by name; none of the usual ones if it has none at all."""
    return ", ".join(f"{name} {count}" for name, count in (_offered(node) or {GPU: 0}).items())


def _plugins(daemons: tuple[DaemonSet, ...]) -> list[DaemonSet]:
    return [daemon for daemon in daemons if named(daemon, "nvidia-device-plugin", "k8s-device-plugin")]


def _described(plugin: DaemonSet) -> str:
    return f"{plugin.owned}, owned by {plugin.owned.owner}, ready on {plugin.ready} of {number(plugin.wanted, 'node')}"


def _has_nvidia(node: Node) -> bool:
    is_allocatable = any(name.startswith(_NVIDIA) for name in node.allocatable)
    return is_allocatable or any(node.labels.get(key, "").startswith(value) for key, value in _LABELS)


def _has_gpu(node: Node) -> bool:
    """One of NVIDIA, or of another maker whose device plugin has named it."""
    return _has_nvidia(node) or any(map(_is_gpu, node.allocatable))


CHECKS = (
    Check(
        id="AMLARC-K030",
        group=GROUP,
        title="The NVIDIA device plugin is not installed twice",
        phase=Phase.ALL,
        needs=(SETTINGS, DAEMON_SETS, NODES, EXTENSION_NAME, TARGET),
        judge=the_device_plugin_is_not_installed_twice,
        fix=workloads.documented_fix("installNvidiaDevicePlugin=False"),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-K031",
        group=GROUP,
        title="Nodes with GPUs advertise them",
        phase=Phase.ALL,
        needs=(NODES, DAEMON_SETS),
        judge=nodes_advertise_their_gpus,
        fix=(_LOOK, command("kubectl describe node NODE")),
        url=links.INSTALL,
    ),
)
