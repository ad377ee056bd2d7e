"""The Relay that a connected cluster and the service meet at; an AKS cluster has none, and its checks are skipped."""

from azext_amlarc.checks.azure.facts import EXTENSION, RELAY_CONNECTION, RELAY_NAMESPACE, RELAY_RULE, RelayPart
from azext_amlarc.checks.check import Check, Fact, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import catalogue, links
from azext_amlarc.resources.ids import ResourceId, name_of

GROUP = "relay"
_RIGHTS = frozenset({"Listen", "Manage", "Send"})
_USABLE = {"active", "succeeded"}


def namespace_is_active(facts: Facts) -> Verdict:
    """The Relay namespace is there and usable."""
    return _missing(facts, RELAY_NAMESPACE, "Relay namespace") or _namespace(facts[RELAY_NAMESPACE])


def _namespace(part: RelayPart) -> Verdict:
    said = f"The Relay namespace {_name(part)} is {part.found}."
    return Verdict(Status.PASS if str(part.found).lower() in _USABLE else Status.FAIL, said)


def connection_is_there(facts: Facts) -> Verdict:
    """The hybrid connection with the cluster's name is there."""
    said = f"The hybrid connection {_name(facts[RELAY_CONNECTION])} is there."
    return _missing(facts, RELAY_CONNECTION, "hybrid connection") or Verdict(Status.PASS, said)


def rule_has_its_rights(facts: Facts) -> Verdict:
    """The rule whose key the extension holds may listen and send."""
    return _missing(facts, RELAY_RULE, "authorization rule") or _rule(facts[RELAY_RULE])


def _rule(part: RelayPart) -> Verdict:
    rights = part.found if isinstance(part.found, frozenset) else frozenset()
    if rights >= _RIGHTS:
        return Verdict(Status.PASS, f"{_name(part)} has the rights {', '.join(sorted(rights))}.")
    id_ = ResourceId.find(part.id)
    fix = (
        f"az relay hyco authorization-rule update -g {id_.resource_group} --namespace-name {id_.named('namespaces')} "
        f"--hybrid-connection-name {id_.named('hybridConnections')} -n {id_.name} --rights {' '.join(sorted(_RIGHTS))}"
        if id_
        else ""
    )
    return Verdict(Status.FAIL, f"{_name(part)} lacks the rights {', '.join(sorted(_RIGHTS - rights))}.", fix)


def cluster_listens(facts: Facts) -> Verdict:
    """The extension on the cluster listens at the hybrid connection: without it the service can't reach the cluster."""
    part, extension = facts[RELAY_CONNECTION], facts[EXTENSION]
    if extension.install_state != "Installed":
        return Verdict(Status.SKIPPED, f"{extension.name} is {extension.install_state}.")
    if part.found is None:
        return Verdict(Status.SKIPPED, "There is no hybrid connection.")
    if part.found:
        said = f"{part.found} listener{'' if part.found == 1 else 's'} on {_name(part)}."
        return Verdict(Status.PASS, said)
    return Verdict(Status.FAIL, f"Nobody listens on the hybrid connection {_name(part)}.")


def _missing(facts: Facts, fact: Fact[RelayPart], title: str) -> Verdict | None:
    """The verdict on a part that does not exist; its key has gone with it, so that the extension needs a new one."""
    part, options = facts[fact], facts[TARGET].cluster_options
    if part.found is not None:
        return None
    settings = " ".join(f"{key}={value}" for key, value in facts[EXTENSION].settings.items() if _is_a_users(key))
    again = f"az ml arc extension delete {options} --yes\naz ml arc extension create {options} --config {settings}"
    return Verdict(Status.FAIL, f"The {title} {_name(part)} does not exist.", again, (part.id,))


def _is_a_users(key: str) -> bool:
    """Whether a user gives the setting, rather than what installs the extension."""
    record = catalogue.find(key)
    return record is not None and record.status == "current" and not record.protected


def _name(part: RelayPart) -> str:
    return name_of(part.id)


_AGAIN = (
    "az ml arc extension delete -c CLUSTER -g GROUP\n"
    "az ml arc extension create -c CLUSTER -g GROUP --config enableTraining=True"
)
CHECKS = (
    Check(
        id="AMLARC-A050",
        group=GROUP,
        title="The Relay namespace is active",
        phase=Phase.POST,
        needs=(RELAY_NAMESPACE, EXTENSION, TARGET),
        judge=namespace_is_active,
        remedy=_AGAIN,
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A051",
        group=GROUP,
        title="The Relay has the cluster's hybrid connection",
        phase=Phase.POST,
        needs=(RELAY_CONNECTION, EXTENSION, TARGET),
        judge=connection_is_there,
        remedy=_AGAIN,
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A052",
        group=GROUP,
        title="The hybrid connection's rule has its rights",
        phase=Phase.POST,
        needs=(RELAY_RULE, EXTENSION, TARGET),
        judge=rule_has_its_rights,
        remedy="az relay hyco authorization-rule update … --rights Listen Manage Send",
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A053",
        group=GROUP,
        title="The cluster listens on its hybrid connection",
        phase=Phase.POST,
        needs=(RELAY_CONNECTION, EXTENSION),
        judge=cluster_listens,
        remedy="# See whether the pod relayserver runs, and whether the cluster reaches its Relay on port 443.\n"
        "kubectl get pods -n azureml",
        url=links.RELAY,
    ),
)
