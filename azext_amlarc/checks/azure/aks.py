"""What decides whether the service gets into an AKS cluster; skipped for one that is connected through Azure Arc."""

from azext_amlarc.checks.azure.facts import AKS
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links

GROUP = "aks"


def cluster_is_running(facts: Facts) -> Verdict:
    """The AKS cluster has not been stopped."""
    power, target = facts[AKS].power, facts[TARGET]
    if power == "Running":
        return Verdict(Status.PASS, "The cluster is Running.")
    return Verdict(Status.FAIL, f"The cluster is {power}.", f"az aks start {target.azure_options}")


def identity_is_managed(facts: Facts) -> Verdict:
    """The cluster acts with a managed identity, not with a service principal (product facts, section 4)."""
    if facts[AKS].has_managed_identity:
        return Verdict(Status.PASS, "The cluster has a managed identity.")
    fix = f"az aks update {facts[TARGET].azure_options} --enable-managed-identity"
    return Verdict(Status.FAIL, "The cluster acts as a service principal, which the extension does not support.", fix)


def local_accounts_are_enabled(facts: Facts) -> Verdict:
    """The service signs in with a local account; documents differ on whether Trusted Access does without."""
    if not facts[AKS].local_accounts_disabled:
        return Verdict(Status.PASS, "Local accounts are enabled.")
    fix = f"az aks update {facts[TARGET].azure_options} --enable-local-accounts"
    said = "Local accounts are disabled: without Trusted Access for the workspace the service can't sign in."
    return Verdict(Status.WARN, said, fix)


def api_server_is_open(facts: Facts) -> Verdict:
    """Nothing keeps the service from the cluster's API server."""
    aks, target = facts[AKS], facts[TARGET]
    if aks.is_private:
        said = "The cluster is private: the service may not reach its API server."
        return Verdict(Status.WARN, said, "Connect it through Azure Arc and attach that: az connectedk8s connect")
    if aks.authorized_ranges:
        said = "Only some addresses may reach the API server: those of the service must be among them."
        ranges = ",".join([*aks.authorized_ranges, "RANGE"])
        fix = f"az aks update {target.azure_options} --api-server-authorized-ip-ranges {ranges}"
        return Verdict(Status.WARN, said, fix, aks.authorized_ranges)
    return Verdict(Status.PASS, "The API server may be reached from everywhere.")


CHECKS = (
    Check(
        id="AMLARC-A030",
        group=GROUP,
        title="The AKS cluster is running",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=cluster_is_running,
        remedy="az aks start -n CLUSTER -g GROUP",
        url=links.AKS_POWER,
    ),
    Check(
        id="AMLARC-A031",
        group=GROUP,
        title="The AKS cluster has a managed identity",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=identity_is_managed,
        remedy="az aks update -n CLUSTER -g GROUP --enable-managed-identity",
        url=links.AKS_IDENTITY,
    ),
    Check(
        id="AMLARC-A032",
        group=GROUP,
        title="The AKS cluster has local accounts",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=local_accounts_are_enabled,
        remedy="az aks update -n CLUSTER -g GROUP --enable-local-accounts",
        url=links.AKS_ACCOUNTS,
    ),
    Check(
        id="AMLARC-A033",
        group=GROUP,
        title="The AKS cluster's API server is open to the service",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=api_server_is_open,
        remedy="az aks update -n CLUSTER -g GROUP --api-server-authorized-ip-ranges RANGES",
        url=links.AKS_RANGES,
    ),
)
