"""The Relay that connects the service and a connected cluster; AKS clusters have none, and skip these checks."""

from azext_amlarc.checks.azure.facts import EXTENSION, RELAY_CONNECTION, RELAY_NAMESPACE, RELAY_RULE, RelayPart
from azext_amlarc.checks.check import Check, Fact, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import Fix, extension_options
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import catalogue, links
from azext_amlarc.product.steps import Note, command
from azext_amlarc.resources.ids import ResourceId, name_of

GROUP = "relay"
_RIGHTS = frozenset({"Listen", "Manage", "Send"})
_USABLE = {"active", "succeeded"}
# Of the states that Azure's Swagger gives namespaces (Microsoft.ServiceBus 2015-08-01, NamespaceState; Relay's are
# plain text) those that may still turn into Active, and the provisioning states that go before them.
_ON_THE_WAY = {"accepted", "activating", "created", "creating", "enabling", "updating"}


def namespace_is_active(facts: Facts) -> Verdict:
    """The Relay namespace exists and can be used."""
    return _missing(facts, RELAY_NAMESPACE, "Relay namespace") or _namespace(facts)


def _namespace(facts: Facts) -> Verdict:
    part = facts[RELAY_NAMESPACE]
    state = str(part.state).lower()
    message = f"The Relay namespace {_name(part)} is {part.state}"
    if state in _USABLE:
        return Verdict(Status.PASS, f"{message}.")
    if state in _ON_THE_WAY:
        cluster = facts[TARGET].named_cluster.options
        again = command("az ml arc check {cluster} --only relay", cluster=cluster)
        fix = (Note("Wait a minute, then check again:"), again)
        return Verdict(Status.WARN, f"{message}: Azure is still setting it up.", fix)
    return Verdict(Status.FAIL, f"{message}.", _new_extension(facts))


def connection_exists(facts: Facts) -> Verdict:
    """The hybrid connection that the extension uses exists."""
    message = f"The hybrid connection {_name(facts[RELAY_CONNECTION])} exists."
    return _missing(facts, RELAY_CONNECTION, "hybrid connection") or Verdict(Status.PASS, message)


def rule_has_its_rights(facts: Facts) -> Verdict:
    """The authorization rule whose key the extension holds may listen and send."""
    return _missing(facts, RELAY_RULE, "authorization rule") or _rule(facts[RELAY_RULE])


def _rule(part: RelayPart) -> Verdict:
    rights = part.state if isinstance(part.state, frozenset) else frozenset()
    if rights >= _RIGHTS:
        return Verdict(Status.PASS, f"{_name(part)} has the rights {', '.join(sorted(rights))}.")
    message = f"{_name(part)} lacks the rights {', '.join(sorted(_RIGHTS - rights))}."
    return Verdict(Status.FAIL, message, _all_rights(ResourceId.find(part.id)))


def _all_rights(rule: ResourceId | None) -> Fix:
    if rule is None:
        return ()
    return (
        command(
            "az relay hyco authorization-rule update -g {group} --namespace-name {namespace} "
            "--hybrid-connection-name {connection} -n {rule} --rights {rights}",
            group=rule.resource_group,
            namespace=rule.named("namespaces"),
            connection=rule.named("hybridConnections"),
            rule=rule.name,
            rights=sorted(_RIGHTS),
        ),
    )


def cluster_listens(facts: Facts) -> Verdict:
    """The extension on the cluster listens on the hybrid connection: else the service cannot reach the cluster."""
    part, extension = facts[RELAY_CONNECTION], facts[EXTENSION]
    if extension.install_state != "Installed":
        return Verdict(Status.SKIPPED, f"{extension.name} is {extension.install_state}.")
    if part.state is None:
        return Verdict(Status.SKIPPED, "The hybrid connection does not exist.")
    if part.state:
        message = f"{_name(part)} has {part.state} listener{'' if part.state == 1 else 's'}."
        return Verdict(Status.PASS, message)
    message = (
        f"The hybrid connection {_name(part)} has no listener: the extension on the cluster is not connected to it."
    )
    return Verdict(Status.FAIL, message)


def _missing(facts: Facts, fact: Fact[RelayPart], title: str) -> Verdict | None:
    """The verdict on a part that does not exist; None if it does."""
    part = facts[fact]
    if part.state is not None:
        return None
    return Verdict(Status.FAIL, f"The {title} {_name(part)} does not exist.", _new_extension(facts), (part.id,))


def _new_extension(facts: Facts) -> Fix:
    """Install the extension again with its settings: the key that it holds is worth nothing without this part."""
    extension = facts[EXTENSION]
    options = extension_options(facts[TARGET].named_cluster, extension.name)
    settings = [f"{key}={value}" for key, value in extension.settings.items() if _is_a_users(key)]
    return (
        command("az ml arc extension delete {options} --yes", options=options),
        command(
            "az ml arc extension create {options} {settings}",
            options=options,
            settings=["--config", *settings] if settings else [],
        ),
    )


def _is_a_users(key: str) -> bool:
    """Whether users give the setting, rather than the tool that installs the extension."""
    record = catalogue.find(key)
    return record is not None and record.status == "current" and not record.protected


def _name(part: RelayPart) -> str:
    return name_of(part.id)


_AGAIN = (
    command("az ml arc extension delete -c CLUSTER -g GROUP"),
    command("az ml arc extension create -c CLUSTER -g GROUP --config enableTraining=True"),
)
CHECKS = (
    Check(
        id="AMLARC-A050",
        group=GROUP,
        title="The Relay namespace is active",
        phase=Phase.POST,
        needs=(RELAY_NAMESPACE, EXTENSION, TARGET),
        judge=namespace_is_active,
        fix=_AGAIN,
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A051",
        group=GROUP,
        title="The cluster's hybrid connection exists",
        phase=Phase.POST,
        needs=(RELAY_CONNECTION, EXTENSION, TARGET),
        judge=connection_exists,
        fix=_AGAIN,
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A052",
        group=GROUP,
        title="The hybrid connection's authorization rule has the required rights",
        phase=Phase.POST,
        needs=(RELAY_RULE, EXTENSION, TARGET),
        judge=rule_has_its_rights,
        fix=(
            command(
                "az relay hyco authorization-rule update -g GROUP --namespace-name NAMESPACE "
                "--hybrid-connection-name CONNECTION -n azureml_rw --rights Listen Manage Send"
            ),
        ),
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A053",
        group=GROUP,
        title="The cluster listens on its hybrid connection",
        phase=Phase.POST,
        needs=(RELAY_CONNECTION, EXTENSION),
        judge=cluster_listens,
        fix=(
            Note("Check that the pod relayserver runs, and that the cluster can reach its Relay on port 443:"),
            command("kubectl get pods -n azureml"),
        ),
        url=links.RELAY,
    ),
)
