"""The Relay that connects the service and a connected cluster; AKS clusters have none, and skip these checks."""

from azext_amlarc.checks.azure.extension import has_secrets_of_its_user
from azext_amlarc.checks.azure.facts import EXTENSION, RELAY_CONNECTION, RELAY_NAMESPACE, RELAY_RULE, RelayPart
from azext_amlarc.checks.check import Check, Fact, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import SOME_CLUSTER, AllowRelay, Fix, RestoreRelay, extension_options
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import catalogue, links
from azext_amlarc.product.extension import DEFAULT_NAME
from azext_amlarc.product.steps import Note, command
from azext_amlarc.resources.ids import ClusterId, name_of, parent_of
from azext_amlarc.resources.supporting.relay import CONNECTION_ID, is_created_for

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
        wait = (Note("Wait a minute, then check again:"), again)
        return Verdict(Status.WARN, f"{message}: Azure is still setting it up.", wait, may_come_right=True)
    fix = _new_extension(facts) if state == "disabled" else _restored(facts)
    return Verdict(Status.FAIL, f"{message}.", fix)


def connection_exists(facts: Facts) -> Verdict:
    """The hybrid connection that the extension uses exists."""
    message = f"The hybrid connection {_name(facts[RELAY_CONNECTION])} exists."
    return _missing(facts, RELAY_CONNECTION, "hybrid connection") or Verdict(Status.PASS, message)


def rule_has_its_rights(facts: Facts) -> Verdict:
    """The authorization rule whose key the extension holds may listen and send."""
    return _missing(facts, RELAY_RULE, "authorization rule") or _rule(facts[RELAY_RULE], facts[TARGET].named_cluster)


def _rule(part: RelayPart, cluster: ClusterId) -> Verdict:
    rights = part.state if isinstance(part.state, frozenset) else frozenset()
    if rights >= _RIGHTS:
        return Verdict(Status.PASS, f"{_name(part)} has the rights {', '.join(sorted(rights))}.")
    message = f"{_name(part)} lacks the rights {', '.join(sorted(_RIGHTS - rights))}."
    change = AllowRelay(part.id, tuple(sorted(_RIGHTS)))
    is_own = is_created_for(cluster, parent_of(part.id))  # a rule in somebody else's Relay is theirs to change
    return Verdict(Status.FAIL, message, (change,) if is_own else (change.command,))


def cluster_listens(facts: Facts) -> Verdict:
    """The extension on the cluster listens on the hybrid connection: else the service cannot reach the cluster."""
    part, extension, cluster = facts[RELAY_CONNECTION], facts[EXTENSION], facts[TARGET].named_cluster
    if extension.in_progress:
        return Verdict(Status.SKIPPED, f"{extension.name} is {extension.install_state}.", may_come_right=True)
    if part.state is None:
        return Verdict(Status.SKIPPED, "The hybrid connection does not exist.")
    if part.state:
        message = f"{_name(part)} has {part.state} listener{'' if part.state == 1 else 's'}."
        return Verdict(Status.PASS, message)
    message = (
        f"The hybrid connection {_name(part)} has no listener: the extension on the cluster is not connected to it."
    )
    is_ours = is_created_for(cluster, part.id) and not has_secrets_of_its_user(extension)
    fix: Fix = (_IF_IT_RUNS, RestoreRelay(cluster, extension.name)) if is_ours else ()
    return Verdict(Status.FAIL, message, fix, may_come_right=True)


_IF_IT_RUNS = Note("If the pod relayserver runs (`kubectl get pods -n azureml`), its key may no longer be the Relay's:")


def _missing(facts: Facts, fact: Fact[RelayPart], title: str) -> Verdict | None:
    """The verdict on a part that does not exist; None if it does."""
    part = facts[fact]
    if part.state is not None:
        return None
    return Verdict(Status.FAIL, f"The {title} {_name(part)} does not exist.", _restored(facts), (part.id,))


def _restored(facts: Facts) -> Fix:
    """Create the missing part, and give the extension its new key; only in a Relay that was created for the cluster."""
    cluster, extension = facts[TARGET].named_cluster, facts[EXTENSION]
    is_own = is_created_for(cluster, extension.settings.get(CONNECTION_ID, ""))
    if not is_own or has_secrets_of_its_user(extension):
        return _new_extension(facts)
    return (RestoreRelay(cluster, extension.name),)


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


_SOME_RULE = (
    "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Relay/namespaces/NAMESPACE"
    "/hybridConnections/CONNECTION/authorizationRules/azureml_rw"
)
_RESTORE = (RestoreRelay(SOME_CLUSTER, DEFAULT_NAME),)
CHECKS = (
    Check(
        id="AMLARC-A050",
        group=GROUP,
        title="The Relay namespace is active",
        phase=Phase.POST,
        needs=(RELAY_NAMESPACE, EXTENSION, TARGET),
        judge=namespace_is_active,
        fix=_RESTORE,
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A051",
        group=GROUP,
        title="The cluster's hybrid connection exists",
        phase=Phase.POST,
        needs=(RELAY_CONNECTION, EXTENSION, TARGET),
        judge=connection_exists,
        fix=_RESTORE,
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A052",
        group=GROUP,
        title="The hybrid connection's authorization rule has the required rights",
        phase=Phase.POST,
        needs=(RELAY_RULE, EXTENSION, TARGET),
        judge=rule_has_its_rights,
        fix=(AllowRelay(_SOME_RULE, tuple(sorted(_RIGHTS))),),
        url=links.COMPUTE_TROUBLES,
    ),
    Check(
        id="AMLARC-A053",
        group=GROUP,
        title="The cluster listens on its hybrid connection",
        phase=Phase.POST,
        needs=(RELAY_CONNECTION, EXTENSION, TARGET),
        judge=cluster_listens,
        fix=(
            Note("Check that the pod relayserver runs, and that the cluster can reach its Relay on port 443:"),
            command("kubectl get pods -n azureml"),
        ),
        url=links.RELAY,
    ),
)
