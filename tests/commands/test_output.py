"""What is written is legible in the encoding of stdout, in the escapes of its form."""

import json

import pytest

from azext_amlarc.commands.az.output import encodable, form_of


def test_text_that_can_be_encoded_stays_as_it_is() -> None:
    assert encodable("✔ größe", "utf-8") == "✔ größe"
    assert encodable("größe", "cp1252") == "größe"


def test_what_cannot_be_encoded_is_escaped_as_the_form_has_it() -> None:
    assert encodable("東", "cp1252") == "\\u6771"
    assert encodable("<a>東</a>", "cp1252", "junit") == "<a>&#26481;</a>"
    assert json.loads(encodable('["東\U0001f600é"]', "cp1252", "json")) == ["東\U0001f600é"]


def test_bytes_of_the_command_line_that_are_no_text_are_escaped() -> None:
    assert encodable("caf\udce9", "utf-8") == "caf\\udce9"


@pytest.mark.parametrize(
    ("path", "form", "meant"),
    [("a.HTML", None, "html"), ("a.xml", "json", "json"), ("a.xml", None, "junit"), ("a.pdf", None, None)],
)
def test_the_form_is_the_given_one_or_that_of_the_name(path: str, form: str | None, meant: str | None) -> None:
    assert form_of(path, form) == meant
