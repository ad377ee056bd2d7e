"""What decides whether the service can use an AKS cluster; skipped if the cluster is connected through Azure Arc."""

from azext_amlarc.checks.azure.facts import AKS
from azext_amlarc.checks.check import Check, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links
from azext_amlarc.product.steps import Note, command

GROUP = "aks"


def cluster_is_running(facts: Facts) -> Verdict:
    """The AKS cluster has not been stopped."""
    power, cluster = facts[AKS].power, facts[TARGET].named_cluster
    if power == "Running":
        return Verdict(Status.PASS, "The cluster is Running.")
    return Verdict(
        Status.FAIL, f"The cluster is {power}.", (command("az aks start {cluster}", cluster=cluster.azure_options),)
    )


def identity_is_managed(facts: Facts) -> Verdict:
    """The cluster uses a managed identity: the extension does not support AKS clusters with a service principal.

    https://learn.microsoft.com/azure/machine-learning/how-to-deploy-kubernetes-extension#prerequisites
    """
    if facts[AKS].has_managed_identity:
        return Verdict(Status.PASS, "The cluster has a managed identity.")
    cluster = facts[TARGET].named_cluster
    enable = command("az aks update {cluster} --enable-managed-identity", cluster=cluster.azure_options)
    message = "The cluster uses a service principal, which the extension does not support."
    return Verdict(Status.FAIL, message, (enable,))


def local_accounts_are_enabled(facts: Facts) -> Verdict:
    """The service signs in with a local account; documents differ on whether Trusted Access can replace it."""
    if not facts[AKS].local_accounts_disabled:
        return Verdict(Status.PASS, "Local accounts are enabled.")
    cluster = facts[TARGET].named_cluster
    enable = command("az aks update {cluster} --enable-local-accounts", cluster=cluster.azure_options)
    message = "Local accounts are disabled: the service cannot sign in, unless the workspace has Trusted Access."
    return Verdict(Status.WARN, message, (enable,))


def api_server_is_open(facts: Facts) -> Verdict:
    """Nothing keeps the service from reaching the cluster's API server."""
    aks, cluster = facts[AKS], facts[TARGET].named_cluster
    if aks.is_private:
        connect = command("az connectedk8s connect {cluster}", cluster=cluster.azure_options)
        fix = (Note("Connect the cluster through Azure Arc, and attach the connected cluster instead:"), connect)
        return Verdict(Status.WARN, "The cluster is private: the service may not be able to reach its API server.", fix)
    if aks.authorized_ranges:
        message = "Only authorized IP ranges can reach the API server: they must include the service's addresses."
        allow = command(
            "az aks update {cluster} --api-server-authorized-ip-ranges {ranges}",
            cluster=cluster.azure_options,
            ranges=",".join([*aks.authorized_ranges, "RANGE"]),
        )
        return Verdict(Status.WARN, message, (allow,), aks.authorized_ranges)
    return Verdict(Status.PASS, "The API server is open to every address.")


CHECKS = (
    Check(
        id="AMLARC-A030",
        group=GROUP,
        title="The AKS cluster is running",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=cluster_is_running,
        fix=(command("az aks start -n CLUSTER -g GROUP"),),
        url=links.AKS_POWER,
    ),
    Check(
        id="AMLARC-A031",
        group=GROUP,
        title="The AKS cluster has a managed identity",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=identity_is_managed,
        fix=(command("az aks update -n CLUSTER -g GROUP --enable-managed-identity"),),
        url=links.AKS_IDENTITY,
    ),
    Check(
        id="AMLARC-A032",
        group=GROUP,
        title="The AKS cluster has local accounts enabled",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=local_accounts_are_enabled,
        fix=(command("az aks update -n CLUSTER -g GROUP --enable-local-accounts"),),
        url=links.AKS_ACCOUNTS,
    ),
    Check(
        id="AMLARC-A033",
        group=GROUP,
        title="The service can reach the AKS cluster's API server",
        phase=Phase.ALL,
        needs=(AKS, TARGET),
        judge=api_server_is_open,
        fix=(command("az aks update -n CLUSTER -g GROUP --api-server-authorized-ip-ranges RANGES"),),
        url=links.AKS_RANGES,
    ),
)
