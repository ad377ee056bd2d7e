"""Rules about settings together, in the order in which their findings are reported."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from azext_amlarc.findings import Finding, Rule
from azext_amlarc.validation.settings import codes, tolerations
from azext_amlarc.validation.settings.codes import Setting, about
from azext_amlarc.validation.settings.together import Given

# Microsoft's guide warns of these: the installation can fail if the cluster already has them.
GUIDE_WARNING: Final[Mapping[str, str]] = {
    "installNvidiaDevicePlugin": "the NVIDIA device plugin",
    "installBlobfuseSysctl": "Blobfuse",
    "installBlobfuseFlexvol": "the Blobfuse FlexVolume",
}
# The setting that enables a workload, and the rule about that workload's settings without it.
WORKLOADS: Final[Mapping[str, tuple[str, Rule]]] = {
    "training": ("enableTraining", codes.TRAINING_ONLY),
    "inference": ("enableInference", codes.INFERENCE_ONLY),
}
PEM_PAIR: Final = ("sslCertPemFile", "sslKeyPemFile")
HTTPS: Final = (*PEM_PAIR, "sslSecret")
COSTS: Final[Mapping[str, str]] = {
    "logAnalyticsWS": "Log Analytics workspace",
    "servicebus.enabled": "Service Bus namespace",
}
OWN_RESOURCES: Final = (
    ("relayserver.hybridConnectionResourceID", "relayServerConnectionString"),
    ("servicebus.resourceID", "serviceBusConnectionString"),
)


def validate(given: Given) -> list[Finding]:
    """All findings of all rules about settings together."""
    return [finding for rule in RULES for finding in rule(given)]


def a_workload_is_enabled(given: Given) -> Iterator[Finding]:
    if given.workload or _undecided(given, "enableTraining") or _undecided(given, "enableInference"):
        return
    where = next(iter(given.settings.values()), Setting("", ""))
    setting = given.settings.get("enableTraining") or Setting("enableTraining", "", where.source)
    message = "the extension requires training or inference, and neither is enabled"
    yield about(setting, codes.NO_WORKLOAD, message, "add enableTraining=True or enableInference=True")


def _undecided(given: Given, key: str) -> bool:
    return given.tried(key) and key not in given.settings


def settings_of_a_workload_have_it(given: Given) -> Iterator[Finding]:
    if not given.workload:
        return
    for setting, record in given.records():
        if record.applies_to not in WORKLOADS or setting.value == "False" or setting.key in given.usual:
            continue
        switch, rule = WORKLOADS[record.applies_to]
        if not given.on(switch) and not _undecided(given, switch):
            message = f"no effect, because {switch} is not True"
            yield about(setting, rule, message, f"add {switch}=True, or leave {setting.key} out")


def inference_has_a_router_type(given: Given) -> Iterator[Finding]:
    if given.on("enableInference") and not given.tried("inferenceRouterServiceType"):
        fix = "add inferenceRouterServiceType=LoadBalancer, NodePort or ClusterIP"
        message = "inference is enabled without inferenceRouterServiceType, which has no default"
        yield about(given.settings["enableInference"], codes.NO_ROUTER_TYPE, message, fix)


def inference_has_https_or_allows_insecure_connections(given: Given) -> Iterator[Finding]:
    insecure = given.on("allowInsecureConnections") or _undecided(given, "allowInsecureConnections")
    if given.on("enableInference") and not insecure and not given.tried(*HTTPS):
        fix = (
            "add sslCname with sslSecret, or with the protected settings sslCertPemFile and sslKeyPemFile; "
            "or add allowInsecureConnections=True to serve models over plain HTTP"
        )
        message = "inference is enabled without a certificate or allowInsecureConnections=True"
        yield about(given.settings["enableInference"], codes.NO_HTTPS, message, fix)


def a_node_port_has_no_internal_balancer(given: Given) -> Iterator[Finding]:
    balancer = given.settings.get("internalLoadBalancerProvider")
    router = given.settings.get("inferenceRouterServiceType")
    if balancer is None or router is None or router.value != "NodePort" or _stays(balancer, router):
        return
    message = "the router type NodePort has no internal load balancer"
    fix = "use inferenceRouterServiceType=LoadBalancer, or leave internalLoadBalancerProvider out"
    yield about(balancer, codes.NODE_PORT_BALANCER, message, fix)


def _stays(old: Setting, new: Setting) -> bool:
    """Whether one is installed and the other is new, which switches it off: Azure removes no setting."""
    return old.source == codes.INSTALLED != new.source


def an_internal_balancer_is_on_aks(given: Given) -> Iterator[Finding]:
    balancer = given.settings.get("internalLoadBalancerProvider")
    if balancer is not None and (given.cluster.cluster_type or "").lower() == "connectedclusters":
        message = "only AKS clusters (managedClusters) have Azure's internal load balancer; this cluster is connected"
        fix = "leave internalLoadBalancerProvider out; NodePort and ClusterIP also keep the router internal"
        yield about(balancer, codes.BALANCER_OFF_AKS, message, fix)


def high_availability_has_three_nodes(given: Given) -> Iterator[Finding]:
    nodes = given.cluster.node_count
    if nodes is not None and nodes < 3 and given.on("inferenceRouterHA"):
        message = f"high availability requires three nodes, but the cluster has {nodes}"
        fix = "use inferenceRouterHA=False, or add nodes"
        yield about(given.settings["inferenceRouterHA"], codes.FEW_NODES, message, fix)


def a_certificate_excludes_insecure_connections(given: Given) -> Iterator[Finding]:
    insecure = given.settings.get("allowInsecureConnections")
    if insecure is None or insecure.value != "True":
        return
    keys = [key for key in HTTPS if key in given.settings and not _stays(given.settings[key], insecure)]
    if keys:
        message = f"with True, the extension ignores {' and '.join(keys)}"
        fix = f"for HTTPS, leave allowInsecureConnections out; for plain HTTP, leave {' and '.join(keys)} out"
        if insecure.source == codes.INSTALLED:
            fix = "for HTTPS, add allowInsecureConnections=False"
        yield about(insecure, codes.INSECURE_CERTIFICATE, message, fix)


def a_certificate_has_its_key(given: Given) -> Iterator[Finding]:
    for key, other in (PEM_PAIR, PEM_PAIR[::-1]):
        if key in given.settings and not given.tried(other):
            message = f"given without {other}"
            yield about(given.settings[key], codes.HALF_PAIR, message, f"add {other} to the protected settings")


def https_has_a_name(given: Given) -> Iterator[Finding]:
    given_keys = [key for key in HTTPS if key in given.settings]
    if given_keys and not given.tried("sslCname") and not given.on("allowInsecureConnections"):
        message = "HTTPS requires sslCname, the DNS name of the endpoint"
        fix = "add sslCname=NAME, with a name that the certificate covers"
        yield about(given.settings[given_keys[0]], codes.NO_CNAME, message, fix)


def a_certificate_comes_from_one_place(given: Given) -> Iterator[Finding]:
    if "sslSecret" in given.settings and all(key in given.settings for key in PEM_PAIR):
        message = "no effect, because sslCertPemFile and sslKeyPemFile override it"
        fix = "give either the secret or the files"
        yield about(given.settings["sslSecret"], codes.PAIR_AND_SECRET, message, fix)


def removed_settings_are_reported(given: Given) -> Iterator[Finding]:
    for setting, record in given.records():
        if record.status != "removed" or (setting.value == "False" and setting.key in GUIDE_WARNING):
            continue  # turned off as the guide advises, and as AMLARC-S039 does: no second word on that
        rule = codes.REMOVED_AND_OFF if setting.value == "False" else codes.REMOVED
        message = f"no longer documented since {record.removed}; current versions may ignore it"
        yield about(setting, rule, message, f"leave {setting.key} out, unless you install an older version")


def own_values_are_reported(given: Given) -> Iterator[Finding]:
    for setting, record in given.records():
        if record.given == "kept":
            message = "sent as given, instead of the value that the tool would set"
            yield about(setting, codes.OWN_VALUE, message, f"leave {setting.key} out, unless you need your own value")


def retired_services_are_reported(given: Given) -> Iterator[Finding]:
    """Azure Monitor's HTTP Data Collector API, which the extension sends its logs through, is gone."""
    if given.on("logAnalyticsWS"):
        message = "the API that the logs go through was retired on 2026-09-14: the workspace would stay empty"
        yield about(given.settings["logAnalyticsWS"], codes.RETIRED, message, "leave logAnalyticsWS out")


def costs_are_reported(given: Given) -> Iterator[Finding]:
    for key, resource in COSTS.items():
        if given.on(key):
            message = f"True creates a {resource}, which may incur costs"
            yield about(given.settings[key], codes.COST, message, f"leave {key} out if you do not need it")


def components_left_on_are_reported(given: Given) -> Iterator[Finding]:
    """The guide's warning, for components that versions of its time install by default."""
    left = [key for key in GUIDE_WARNING if not given.tried(key)]
    if given.on("enableTraining") and left:
        things = ", ".join(GUIDE_WARNING[key] for key in left)
        message = f"versions of 2021 install {things} by default, which can fail if the cluster already has them"
        fix = f"for components that the cluster already has, add {' '.join(f'{key}=False' for key in left)}"
        yield about(given.settings["enableTraining"], codes.LEFT_ON, message, fix)


def components_are_not_installed_twice(given: Given) -> Iterator[Finding]:
    """The guide's warning, for components that the settings install."""
    for key, thing in GUIDE_WARNING.items():
        if given.on(key):
            message = f"the installation can fail if the cluster already has {thing}"
            fix = f"use {key}=False if the cluster already has it"
            yield about(given.settings[key], codes.INSTALLED_TWICE, message, fix)


def own_resources_are_complete(given: Given) -> Iterator[Finding]:
    """A connection string alone does not tell its resource; that of a resource can be read from Azure."""
    for place, string in OWN_RESOURCES:
        if string in given.settings and not given.tried(place):
            message = f"given without {place}, which is for the same resource"
            yield about(given.settings[string], codes.OWN_RESOURCE, message, f"add the plain setting {place}")
        elif place in given.settings and not given.tried(string):
            message = "its connection string is not given, so it is read from Azure"
            fix = f"add the protected setting {string}, unless you may list the resource's keys"
            yield about(given.settings[place], codes.READ_FROM_AZURE, message, fix)


def openshift_is_what_the_cluster_is(given: Given) -> Iterator[Finding]:
    distribution = given.cluster.distribution
    setting = given.settings.get("openshift")
    if setting is None or not distribution:
        return
    if given.on("openshift") is not (distribution.lower() == "openshift"):
        message = f"the value is {setting.value}, but Azure Arc reports the distribution {distribution}"
        yield about(setting, codes.DISTRIBUTION, message, "leave openshift out: it is set automatically")


def settings_have_an_effect_together(given: Given) -> Iterator[Finding]:
    if "volumePluginDir" in given.settings and given.text("installBlobfuseFlexvol") == "False":
        message = "no effect, because installBlobfuseFlexvol=False installs nothing there"
        yield about(given.settings["volumePluginDir"], codes.NO_EFFECT, message, "leave volumePluginDir out")
    if "internalLoadBalancerProvider" in given.settings and given.text("inferenceRouterServiceType") == "ClusterIP":
        message = (
            "no effect, because the router type ClusterIP has no load balancer; it keeps the router internal anyway"
        )
        fix = "leave internalLoadBalancerProvider out, or use inferenceRouterServiceType=LoadBalancer"
        yield about(given.settings["internalLoadBalancerProvider"], codes.NO_EFFECT, message, fix)
    interface = "amloperator.custom_ip_interface"
    if interface in given.settings and not given.on(f"{interface}_enabled"):
        message = f"no effect, because {interface}_enabled is not True"
        yield about(given.settings[interface], codes.NO_EFFECT, message, f"add {interface}_enabled=True")


RULES: Final[tuple[Callable[[Given], Iterator[Finding]], ...]] = (
    a_workload_is_enabled,
    settings_of_a_workload_have_it,
    inference_has_a_router_type,
    inference_has_https_or_allows_insecure_connections,
    a_node_port_has_no_internal_balancer,
    an_internal_balancer_is_on_aks,
    high_availability_has_three_nodes,
    a_certificate_excludes_insecure_connections,
    a_certificate_has_its_key,
    https_has_a_name,
    a_certificate_comes_from_one_place,
    removed_settings_are_reported,
    own_values_are_reported,
    retired_services_are_reported,
    costs_are_reported,
    components_left_on_are_reported,
    components_are_not_installed_twice,
    own_resources_are_complete,
    openshift_is_what_the_cluster_is,
    settings_have_an_effect_together,
    tolerations.agree,
)
