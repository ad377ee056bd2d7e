"""A remedy in its steps."""

import pytest

from azext_amlarc.checks.remedy import Step, steps


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        ("", []),
        ("az login", [Step("az login", True)]),
        ("azure is down", [Step("azure is down", False)]),
        ("helm list \\\n  -A\nkubectl get pods", [Step("helm list \\\n  -A", True), Step("kubectl get pods", True)]),
        ("Run `az login`:\n\naz login\nThen wait.", [
            Step("Run `az login`:", False),
            Step("az login", True),
            Step("Then wait.", False),
        ]),
        ("# First:\naz login", [Step("First:", False), Step("az login", True)]),
        ("az login \\", [Step("az login \\", True)]),
    ],
)  # fmt: skip
def test_commands_and_sentences_are_told_apart(remedy: str, expected: list[Step]) -> None:
    assert list(steps(remedy)) == expected
