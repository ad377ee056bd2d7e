"""What is known of the sign-in, as facts for checks."""

from azext_amlarc.checks.azure.facts import ACCOUNT, SIGNED_IN, Presence
from azext_amlarc.checks.check import Status, Unknown
from azext_amlarc.product.steps import command

NOT_SIGNED_IN = "You are not signed in."


def accepted(account: str) -> dict[str, object]:
    """Azure has given a token to this account."""
    return {SIGNED_IN.name: Presence(True, f"You are signed in as {account}."), ACCOUNT.name: account}


def refused(message: str) -> dict[str, object]:
    """Nobody is signed in, or Azure does not accept the credentials."""
    account = Unknown(Status.SKIPPED, NOT_SIGNED_IN)
    return {SIGNED_IN.name: Presence(False, message, (command("az login"),)), ACCOUNT.name: account}


def unknown(message: str) -> dict[str, object]:
    """It could not be found out."""
    reason = Unknown(Status.ERROR, message)
    return {SIGNED_IN.name: reason, ACCOUNT.name: reason}
