"""The functions that make resource ids, and the ids of what a template declares."""

import re
from collections.abc import Sequence

from amlarc_emulator.templates.values import Arguments

TYPE = re.compile(r"[\w-]+(\.[\w-]+)+(/[\w.-]+)+")
GROUPS = "microsoft.resources/resourcegroups"
LEADING = {"resourceid": 2, "subscriptionresourceid": 1, "extensionresourceid": 1, "tenantresourceid": 0}


def joined(scope: str, type_: str, names: Sequence[str]) -> str:
    """The id of a resource below a scope; resource groups are below their subscription without a provider."""
    if type_.lower() == GROUPS:
        return "/".join([*scope.split("/")[:3], "resourceGroups", *names])
    provider, *types = type_.split("/")
    pairs = [word for pair in zip(types, names, strict=True) for word in pair]
    return "/".join([scope, "providers", provider, *pairs])


def fits(type_: str, name: str) -> bool:
    """Whether a name has as many segments as its type has without the provider."""
    return type_.count("/") == name.count("/") + 1


def called(given: Arguments, subscription: str, group: str) -> str:
    """resourceId and its kin; `group` is "" in a deployment to a subscription."""
    function = given.name.lower()
    texts = [given.text(at) for at in range(len(given))]
    at = next((at for at, text in enumerate(texts[: LEADING[function] + 1]) if TYPE.fullmatch(text)), -1)
    if at < 0:
        raise given.invalid("it needs a resource type like 'Microsoft.Web/sites'")
    before, type_, names = texts[:at], texts[at], texts[at + 1 :]
    if len(names) != type_.count("/"):
        raise given.invalid(f"the type '{type_}' requires '{type_.count('/')}' resource name argument(s)")
    return joined(_scope(function, before, subscription, group), type_, names)


def _scope(function: str, before: list[str], subscription: str, group: str) -> str:
    if function == "extensionresourceid":
        return before[0]
    if function == "tenantresourceid":
        return ""
    if function == "subscriptionresourceid":
        return f"/subscriptions/{before[0] if before else subscription}"
    subscription, group = (before[0], before[1]) if len(before) > 1 else (subscription, before[0] if before else group)
    return f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "")
