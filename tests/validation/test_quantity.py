"""Kubernetes quantities as exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_amlarc.validation.quantity import corrections, parse

MULTIPLIERS = {
    "n": Fraction(1, 1_000_000_000),
    "u": Fraction(1, 1_000_000),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(1000),
    "M": Fraction(1_000_000),
    "G": Fraction(1_000_000_000),
    "T": Fraction(1_000_000_000_000),
    "P": Fraction(1_000_000_000_000_000),
    "E": Fraction(1_000_000_000_000_000_000),
    "Ki": Fraction(1024),
    "Mi": Fraction(1_048_576),
    "Gi": Fraction(1_073_741_824),
    "Ti": Fraction(1_099_511_627_776),
    "Pi": Fraction(1_125_899_906_842_624),
    "Ei": Fraction(1_152_921_504_606_846_976),
}
digits = st.text("0123456789", min_size=1, max_size=12)


@given(st.sampled_from(["", "+", "-"]), digits, digits, st.sampled_from(sorted(MULTIPLIERS)))
def test_a_quantity_is_its_number_times_its_suffix(sign: str, whole: str, decimals: str, suffix: str) -> None:
    number = Fraction(int(whole + decimals), 10 ** len(decimals)) * (-1 if sign == "-" else 1)
    assert parse(f"{sign}{whole}.{decimals}{suffix}") == number * MULTIPLIERS[suffix]


@given(digits, st.integers(-99, 99), st.sampled_from("eE"))
def test_an_exponent_is_a_power_of_ten(whole: str, exponent: int, letter: str) -> None:
    assert parse(f"{whole}{letter}{exponent}") == int(whole) * Fraction(10) ** exponent


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_the_order_of_quantities_is_the_order_of_numbers(one: int, other: int) -> None:
    assert (parse(f"{one}m") < parse(f"{other}k")) == (one < other * 1_000_000)
    assert (parse(f"{one}") == parse(f"{other}")) == (one == other)


@given(st.text("0123456789.eEmkKMGTPinu+- ", max_size=8))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    try:
        value = parse(text)
    except ValueError:
        return
    assert isinstance(value, Fraction)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1000m", "1"),
        ("4096Mi", "4Gi"),
        ("1e3", "1k"),
        ("1E", "1e18"),
        ("1E3", "1000"),
        ("0.5", "500m"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+2", "2"),
        ("-0", "0"),
        ("128974848", "128974848000m"),
        ("123Mi", "128974848"),
        ("1e-3", "1m"),
        ("1e+03", "1k"),
        ("0.1Ki", "102.4"),
        ("1e0000000000000000000007", "10M"),
    ],
)
def test_quantities_compare_by_value(one: str, other: str) -> None:
    assert parse(one) == parse(other)


NO_QUANTITIES = [".", "+", "m", "GB", "1GB", "1KI", "1K", "1ki", "1e", "1e3k", "1Eii", "--1", "1,5", "0x10", "1e100"]
NO_QUANTITIES += ["\u0661", "Infinity", "nan", "1_000", "1.2.3", "1e1.5", "1eE1", "Ki", "1.m.", "", "1 Gi", " 1", "1\n"]


@pytest.mark.parametrize("text", [*NO_QUANTITIES, "1" * 65])
def test_what_kubernetes_refuses_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("16GB", ["16G", "16Gi"]),
        ("16gb", ["16G", "16Gi"]),
        ("4GiB", ["4Gi"]),
        ("4gi", ["4Gi"]),
        ("512mb", ["512M", "512Mi"]),
        ("4K", ["4k", "4Ki"]),
        ("4 Gi", ["4Gi"]),
        ("1,5", ["1.5"]),
        ("2 cores", ["2"]),
        ("500 millicores", ["500m"]),
        ("16 gigabytes", ["16G", "16Gi"]),
        ("16 gibibytes", ["16Gi"]),
        ("10 bytes", ["10"]),
        ("all", []),
        ("", []),
        ("3 apples", []),
    ],
)
def test_unit_mistakes_are_understood(text: str, meant: list[str]) -> None:
    assert corrections(text) == meant


@given(st.text(max_size=12))
def test_a_correction_is_always_a_quantity(text: str) -> None:
    for meant in corrections(text):
        parse(meant)
