"""What options' help lists is all there is."""

from azext_amlarc.checks import table
from azext_amlarc.commands.az.params import CHECK_GROUPS


def test_the_help_of_only_lists_every_group_of_checks() -> None:
    assert ", ".join(table.GROUPS) == CHECK_GROUPS
