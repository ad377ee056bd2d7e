"""What an answer holds is what it has to be, or the answer is at fault."""

from typing import Any

import pytest

from azext_amlarc.resources.shapes import text, text_by_name, texts


@pytest.mark.parametrize("value", ["", "x", None])
def test_a_text_is_a_text_or_none(value: Any) -> None:
    assert text(value) == value


@pytest.mark.parametrize("value", [0, True, [], {}, ["x"], 1.5])
def test_nothing_else_is_a_text(value: Any) -> None:
    with pytest.raises(TypeError, match="is not a text"):
        text(value)


def test_a_list_holds_texts() -> None:
    assert (texts(["a", "b"]), texts([]), texts(None)) == (("a", "b"), (), ())
    for value in (["a", None], "ab", {"a": "b"}, [["a"]], 7):
        with pytest.raises(TypeError, match="is not a list"):
            texts(value)


def test_a_map_holds_texts() -> None:
    """Azure's maps do; null is what a protected value may be shown as, and bare values are what some clients write."""
    assert text_by_name({"a": "b", "c": None, "d": True, "e": 1}) == {"a": "b", "c": "", "d": "True", "e": "1"}
    assert text_by_name(None) == {}
    odd: tuple[Any, ...] = ([], "x", {"a": []}, {"a": {"b": "c"}})
    for value in odd:
        with pytest.raises(TypeError, match="is not"):
            text_by_name(value)
