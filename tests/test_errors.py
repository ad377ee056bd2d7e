"""What is wrong in several inputs is said at once."""

from functools import partial

import pytest

from azext_amlarc.errors import InvalidInput, Refused, stop_at_errors, together
from azext_amlarc.findings import Finding, Severity

FINDING = Finding("AMLARC-F018", Severity.ERROR, "file not found: a", "check the path", "a")


def broken(error: Exception) -> None:
    raise error


def test_steps_that_all_end_well_give_what_they_made() -> None:
    assert together(lambda: 1, lambda: "two") == [1, "two"]


def test_a_single_error_is_itself() -> None:
    error = InvalidInput("one", "fix it")
    with pytest.raises(InvalidInput) as caught:
        together(lambda: 1, partial(broken, error))
    assert caught.value is error


def test_several_are_one_error_with_all_lines_and_findings() -> None:
    with pytest.raises(InvalidInput) as caught:
        together(
            partial(broken, InvalidInput("--name: bad\n--version: bad\nNothing was sent.")),
            partial(stop_at_errors, "Invalid settings", [FINDING]),
            partial(broken, InvalidInput("no tag", "write one")),
        )
    assert caught.value.message.splitlines() == [
        "Invalid input (4 errors). Nothing was sent.",
        "--name: bad",
        "--version: bad",
        "no tag",
        "    fix: write one",
    ]
    assert caught.value.findings == (FINDING,)


def test_another_failure_is_raised_only_if_the_input_is_valid() -> None:
    with pytest.raises(Refused):
        together(partial(broken, Refused("not signed in")), lambda: 1)
    with pytest.raises(InvalidInput):
        together(partial(broken, InvalidInput("first")), partial(broken, Refused("not signed in")))
    with pytest.raises(InvalidInput):
        together(partial(broken, Refused("not signed in")), partial(broken, InvalidInput("second")))
