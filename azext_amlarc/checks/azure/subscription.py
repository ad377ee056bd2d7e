"""The account and the subscription: whether you are signed in, and whether the subscription can be used."""

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
    it_exists,
)
from azext_amlarc.checks.check import Check, Fact, Facts, Phase, Status, Verdict
from azext_amlarc.checks.fix import RegisterProvider
from azext_amlarc.product import links
from azext_amlarc.product.steps import Note, command

GROUP = "subscription"
_LIMITED = {"warned", "pastdue"}


def subscription_is_enabled(facts: Facts) -> Verdict:
    """New resources can be created: learn.microsoft.com/azure/cost-management-billing/manage/subscription-states."""
    subscription = facts[SUBSCRIPTION]
    message = f"{subscription.name} ({subscription.id}) is {subscription.state}."
    if subscription.state.lower() == "enabled":
        return Verdict(Status.PASS, message)
    return Verdict(Status.WARN if subscription.state.lower() in _LIMITED else Status.FAIL, message)


def provider_is_registered(facts: Facts, fact: Fact[Provider]) -> Verdict:
    """The resource provider is registered in the subscription, without which Azure refuses its resources."""
    provider = facts[fact]
    message = f"{provider.namespace} is {provider.state}."
    if provider.state == "Registered":
        return Verdict(Status.PASS, message)
    register = RegisterProvider(provider.namespace, provider.subscription_id)
    if provider.state == "Registering":
        return Verdict(Status.WARN, message, (register,), may_come_right=True)
    return Verdict(Status.FAIL, message, (register,))


_PROVIDERS = (
    ("AMLARC-A003", EXTENSION_PROVIDER, "Microsoft.KubernetesConfiguration (for extensions) is registered"),
    ("AMLARC-A004", CLUSTER_PROVIDER, "The cluster's resource provider is registered"),
    ("AMLARC-A005", RELAY_PROVIDER, "Microsoft.Relay (for connected clusters) is registered"),
    ("AMLARC-A006", WORKSPACE_PROVIDER, "Microsoft.MachineLearningServices (for workspaces) is registered"),
)


def _provider_checks() -> Iterator[Check]:
    for code, fact, title in _PROVIDERS:
        yield Check(
            id=code,
            group=GROUP,
            title=title,
            phase=Phase.ALL,
            needs=(fact,),
            judge=partial(provider_is_registered, fact=fact),
            fix=(RegisterProvider("PROVIDER", "SUBSCRIPTION"),),
            url=links.PROVIDERS,
        )


CHECKS = (
    Check(
        id="AMLARC-A001",
        group=GROUP,
        title="You are signed in",
        phase=Phase.ALL,
        needs=(SIGNED_IN,),
        judge=partial(it_exists, fact=SIGNED_IN),
        fix=(command("az login"),),
        url=links.SIGN_IN,
    ),
    Check(
        id="AMLARC-A002",
        group=GROUP,
        title="The subscription is enabled",
        phase=Phase.ALL,
        needs=(SUBSCRIPTION,),
        judge=subscription_is_enabled,
        fix=(Note("Use another subscription (`az account set -s NAME`), or ask its owner to enable this one again."),),
        url=links.SUBSCRIPTIONS,
    ),
    *_provider_checks(),
)
