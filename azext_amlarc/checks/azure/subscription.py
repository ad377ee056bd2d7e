"""The account and the subscription: who is signed in, and what the subscription is ready for."""

from collections.abc import Iterator
from functools import partial

from azext_amlarc.checks.azure.facts import (
    CLUSTER_PROVIDER,
    EXTENSION_PROVIDER,
    RELAY_PROVIDER,
    SIGNED_IN,
    SUBSCRIPTION,
    WORKSPACE_PROVIDER,
    Provider,
    found_verdict,
)
from azext_amlarc.checks.check import Check, Fact, Facts, Phase, Status, Verdict
from azext_amlarc.checks.given import TARGET
from azext_amlarc.product import links

GROUP = "subscription"
_LIMITED = {"warned", "pastdue"}


def subscription_is_enabled(facts: Facts) -> Verdict:
    """The subscription takes new resources: https://learn.microsoft.com/azure/cost-management-billing."""
    subscription = facts[SUBSCRIPTION]
    said = f"{subscription.name} ({subscription.id}) is {subscription.state}."
    if subscription.state.lower() == "enabled":
        return Verdict(Status.PASS, said)
    return Verdict(Status.WARN if subscription.state.lower() in _LIMITED else Status.FAIL, said)


def provider_is_registered(facts: Facts, fact: Fact[Provider]) -> Verdict:
    """The resource provider is registered in the subscription (product facts, section 4)."""
    provider, subscription = facts[fact], facts[TARGET].subscription_id
    said = f"{provider.namespace} is {provider.state}."
    if provider.state == "Registered":
        return Verdict(Status.PASS, said)
    command = f"az provider register -n {provider.namespace} --wait --subscription {subscription}"
    return Verdict(Status.WARN if provider.state == "Registering" else Status.FAIL, said, command)


_PROVIDERS = (
    ("AMLARC-A003", EXTENSION_PROVIDER, "Microsoft.KubernetesConfiguration, the provider of extensions, is registered"),
    ("AMLARC-A004", CLUSTER_PROVIDER, "The cluster's provider is registered"),
    ("AMLARC-A005", RELAY_PROVIDER, "Microsoft.Relay, which connected clusters talk through, is registered"),
    ("AMLARC-A006", WORKSPACE_PROVIDER, "Microsoft.MachineLearningServices, the workspace's provider, is registered"),
)


def _provider_checks() -> Iterator[Check]:
    for code, fact, title in _PROVIDERS:
        yield Check(
            id=code,
            group=GROUP,
            title=title,
            phase=Phase.ALL,
            needs=(fact, TARGET),
            judge=partial(provider_is_registered, fact=fact),
            remedy="az provider register -n PROVIDER --wait",
            url=links.PROVIDERS,
        )


CHECKS = (
    Check(
        id="AMLARC-A001",
        group=GROUP,
        title="Somebody is signed in",
        phase=Phase.ALL,
        needs=(SIGNED_IN,),
        judge=partial(found_verdict, fact=SIGNED_IN),
        remedy="az login",
        url=links.SIGN_IN,
    ),
    Check(
        id="AMLARC-A002",
        group=GROUP,
        title="The subscription is enabled",
        phase=Phase.ALL,
        needs=(SUBSCRIPTION,),
        judge=subscription_is_enabled,
        remedy="Choose another subscription (az account set -s NAME), or have this one enabled again by its owner.",
        url=links.SUBSCRIPTIONS,
    ),
    *_provider_checks(),
)
