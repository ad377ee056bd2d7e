"""What options' help lists is all there is."""

from azext_amlarc.checks import table
from tests.commands.parsing import load


def test_the_help_of_only_lists_every_group_of_checks_and_the_ids_in_it() -> None:
    shown = load("ml arc check").arguments["only"].type.settings["help"]
    for group in table.GROUPS:
        ids = [check.id.removeprefix("AMLARC-") for check in table.CHECKS if check.group == group]
        assert f"{group} ({ids[0]} to {ids[-1]})" in shown
        numbers = [int(one[1:]) for one in ids]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), "the help says that a range is all there is"
