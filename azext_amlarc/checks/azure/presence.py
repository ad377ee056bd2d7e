"""Whether what was named is there: the first question about anything."""

from azext_amlarc.checks.azure.facts import Sought
from azext_amlarc.checks.check import Fact, Facts, Status, Verdict


def is_there(facts: Facts, fact: Fact[Sought]) -> Verdict:
    """What was named is there."""
    sought = facts[fact]
    return Verdict(Status.PASS if sought.is_there else Status.FAIL, sought.message, sought.remedy)
