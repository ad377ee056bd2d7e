"""Picking one of a list, without a terminal."""

import pytest

from azext_amlarc.commands.terminal.menu import Item, answered, as_text

ALPHA = Item(1, ("alpha", "rg-one", "eastus"))
ALPHA_TWO = Item(2, ("alpha-2", "rg-two", "eastus"))
BETA = Item(3, ("beta", "rg-two", "westeurope"), "not connected")
TWIN = Item(4, ("alpha", "rg-three", "eastus"))
TWO = Item(5, ("2", "rg-two", "eastus"))
ITEMS = [ALPHA, ALPHA_TWO, BETA]


@pytest.mark.parametrize(
    ("answer", "picked"),
    [
        ("alpha", ALPHA),  # a whole name, though another begins with it
        ("ALPHA-2", ALPHA_TWO),
        ("1", ALPHA),
        ("2", ALPHA_TWO),
        ("one", ALPHA),  # the only thing with this in it
    ],
)
def test_one_is_picked(answer: str, picked: Item[int]) -> None:
    assert answered(ITEMS, ITEMS, answer).picked is picked


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("alph", [ALPHA, ALPHA_TWO]),
        ("a", ITEMS),
        ("rg-two", [ALPHA_TWO, BETA]),
        ("", ITEMS),
        ("eastus", [ALPHA, ALPHA_TWO]),
    ],
)
def test_several_are_shown_again(answer: str, shown: list[Item[int]]) -> None:
    step = answered(ITEMS, ITEMS, answer)
    assert (step.picked, list(step.items), step.message) == (None, shown, "")


def test_a_number_counts_what_is_shown() -> None:
    assert answered(ITEMS, [ALPHA_TWO, BETA], "1").picked is ALPHA_TWO


def test_a_name_goes_before_a_number() -> None:
    assert answered([ALPHA, ALPHA_TWO, TWO], [ALPHA, ALPHA_TWO, TWO], "2").picked is TWO


def test_a_part_of_a_name_goes_before_a_part_of_the_rest() -> None:
    other = Item(6, ("gamma", "beta-rg", "eastus"))
    assert answered([ALPHA, TWO, other], [ALPHA], "gam").picked is other
    assert answered([Item(7, ("beta-new", "x")), other], [], "beta").picked == Item(7, ("beta-new", "x"))


def test_a_name_that_two_have_shows_both() -> None:
    assert answered([ALPHA, TWIN, BETA], [ALPHA, TWIN, BETA], "alpha").items == [ALPHA, TWIN]


def test_enter_takes_the_only_one_that_is_shown() -> None:
    assert answered(ITEMS, [ALPHA], "").picked is ALPHA


@pytest.mark.parametrize("answer", ["9", "0", "-1", "moon", "²"])
def test_what_fits_nothing_is_said_and_all_are_shown(answer: str) -> None:
    step = answered([ALPHA, BETA], [ALPHA], answer)
    assert (step.picked, list(step.items)) == (None, [ALPHA, BETA])
    assert step.message == f"No match for {answer!r}."


@pytest.mark.parametrize("answer", ["beta", "3"])
def test_what_cannot_be_taken_says_why(answer: str) -> None:
    step = answered(ITEMS, ITEMS, answer)
    assert (step.picked, step.message) == (None, "beta can't be attached: not connected.")


def test_the_table_has_numbers_and_reasons() -> None:
    assert as_text(("Name", "Group", "Region"), ITEMS) == (
        "   Name     Group   Region\n"
        "1  alpha    rg-one  eastus\n"
        "2  alpha-2  rg-two  eastus\n"
        "3  beta     rg-two  westeurope  not connected"
    )


def test_of_a_long_list_the_beginning_is_shown() -> None:
    text = as_text(("Name",), [Item(number, (f"cluster-{number}",)) for number in range(200)])
    assert len(text.splitlines()) == 22
    assert text.endswith("… and 180 more: type part of a name.")
