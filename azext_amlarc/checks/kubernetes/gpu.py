"""Whether GPUs can be asked for: the NVIDIA device plugin, and what it advertises."""

from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import SETTINGS, TARGET
from azext_amlarc.checks.kubernetes import workloads
from azext_amlarc.checks.kubernetes.addons import is_ours, named
from azext_amlarc.checks.kubernetes.facts import DAEMON_SETS, NODES, DaemonSet, Node
from azext_amlarc.checks.kubernetes.workloads import SOME_CLUSTER
from azext_amlarc.product import links
from azext_amlarc.wording import number

GROUP = "gpu"

GPU = "nvidia.com/gpu"
_SETTING = "installNvidiaDevicePlugin"
_SEE = "# See to its driver and its device plugin:"
# What nodes with such a GPU are labelled with: by NVIDIA's operator, by AKS, by node feature discovery.
_LABELS = (
    ("nvidia.com/gpu.present", "true"),
    ("kubernetes.azure.com/accelerator", "nvidia"),
    ("accelerator", "nvidia"),
    ("feature.node.kubernetes.io/pci-10de.present", "true"),
)


def the_device_plugin_is_installed_once(facts: Facts) -> Verdict:
    """Installing it where it is already fails; without it no GPU can be asked for."""
    plugins = _plugins(facts[DAEMON_SETS])
    others = [plugin for plugin in plugins if not is_ours(plugin.owned)]
    wanted = workloads.is_on(facts[SETTINGS], _SETTING)
    lines = tuple(_told(plugin) for plugin in plugins)
    if wanted and others:
        message = f"{_SETTING} is on, and the cluster has the plugin already."
        return Verdict(Status.FAIL, message, workloads.setting(facts[TARGET], f"{_SETTING}=False"), lines)
    silent = [node.name for node in facts[NODES] if _has_gpu(node) and not node.allocatable.get(GPU)]
    if not plugins and not wanted and silent:
        message = (
            f"Nothing offers the GPUs of {number(len(silent), 'node')}: no NVIDIA device plugin, and {_SETTING} is off."
        )
        return Verdict(Status.WARN, message, workloads.setting(facts[TARGET], f"{_SETTING}=True"), tuple(silent))
    if not plugins:
        return Verdict(Status.PASS, f"There is no NVIDIA device plugin; {_SETTING} is {'on' if wanted else 'off'}.")
    return Verdict(Status.PASS, f"There is an NVIDIA device plugin, {plugins[0].owned}.", evidence=lines)


def nodes_advertise_their_gpus(facts: Facts) -> Verdict:
    """A node with a GPU that offers none has no working driver or device plugin; jobs wait there without end."""
    with_gpu = [node for node in facts[NODES] if _has_gpu(node)]
    if not with_gpu:
        return Verdict(Status.PASS, "No node has an NVIDIA GPU.")
    lines = tuple(f"{node.name}: {GPU} {int(node.allocatable.get(GPU, 0))}" for node in with_gpu)
    silent = [node for node in with_gpu if not node.allocatable.get(GPU)]
    if not silent:
        return Verdict(
            Status.PASS, f"{number(len(with_gpu), 'node')} with NVIDIA GPUs, all advertised.", evidence=lines
        )
    lines += tuple(_told(plugin) for plugin in _plugins(facts[DAEMON_SETS]))
    message = f"{len(silent)} of {number(len(with_gpu), 'node')} with NVIDIA GPUs advertise none."
    return Verdict(Status.WARN, message, f"{_SEE}\nkubectl describe node {silent[0].name}", lines)


def _plugins(daemons: tuple[DaemonSet, ...]) -> list[DaemonSet]:
    return [daemon for daemon in daemons if named(daemon, "nvidia-device-plugin", "k8s-device-plugin")]


def _told(plugin: DaemonSet) -> str:
    return f"{plugin.owned}, owned by {plugin.owned.owner}, ready on {plugin.ready} of {number(plugin.wanted, 'node')}"


def _has_gpu(node: Node) -> bool:
    return GPU in node.allocatable or any(node.labels.get(key, "").startswith(value) for key, value in _LABELS)


CHECKS = (
    Check(
        id="AMLARC-K030",
        group=GROUP,
        title="The NVIDIA device plugin is installed by one side only",
        phase=Phase.ALL,
        needs=(SETTINGS, DAEMON_SETS, NODES, TARGET),
        judge=the_device_plugin_is_installed_once,
        remedy=workloads.setting(SOME_CLUSTER, "installNvidiaDevicePlugin=False"),
        url=links.INSTALL,
    ),
    Check(
        id="AMLARC-K031",
        group=GROUP,
        title="Nodes with NVIDIA GPUs advertise them",
        phase=Phase.ALL,
        needs=(NODES, DAEMON_SETS),
        judge=nodes_advertise_their_gpus,
        remedy=f"{_SEE}\nkubectl describe node NODE",
        url=links.INSTALL,
    ),
)
