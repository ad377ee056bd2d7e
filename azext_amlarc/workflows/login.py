"""What is known of the login, as the facts that checks need."""

from azext_amlarc.checks.azure.facts import ACCOUNT, SIGNED_IN, Presence
from azext_amlarc.checks.check import Status, Unknown

NOT_SIGNED_IN = "You are not signed in."


def accepted(account: str) -> dict[str, object]:
    """Azure has given a token to this account."""
    return {SIGNED_IN.name: Presence(True, f"You are signed in as {account}."), ACCOUNT.name: account}


def refused(message: str) -> dict[str, object]:
    """There is no login, or Azure does not accept it."""
    unknown = Unknown(Status.SKIPPED, NOT_SIGNED_IN)
    return {SIGNED_IN.name: Presence(False, message, "az login"), ACCOUNT.name: unknown}


def unknown(message: str) -> dict[str, object]:
    """Nobody can tell."""
    reason = Unknown(Status.ERROR, message)
    return {SIGNED_IN.name: reason, ACCOUNT.name: reason}
