"""Template expressions, held against an evaluator that others wrote (bicep-cost's), and against values that Azure gave.

Where the other one differs on purpose or by its own word, Azure's documentation decides, and there is a test of its own
below: strings are compared with their casing, `union` merges deep, a boolean as a string is .NET's "True", JSON is not
escaped to ASCII, `uniqueString` and `guid` are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from bicep_cost import armexpr
from hypothesis import given
from hypothesis import strategies as st

from amlarc_emulator.templates import resource_ids
from amlarc_emulator.templates.evaluation import Scope, evaluate
from amlarc_emulator.templates.functions import hashes
from amlarc_emulator.templates.syntax import ExpressionError
from amlarc_emulator.templates.values import Arguments

SUBSCRIPTION, GROUP = "00000000-0000-0000-0000-000000000001", "rg"
PARAMETERS: dict[str, Any] = {"name": "plant-7", "count": 3, "list": ["a", "b", "c"], "Map": {"x": "y", "n": 2}}
VARIABLES: dict[str, Any] = {"prefix": "amlarc", "numbers": [3, 1, 2]}


class Theirs:
    """What the other evaluator asks of a template."""

    default_subscription_id, default_resource_group = SUBSCRIPTION, GROUP

    def get_parameter(self, name: str) -> Any:
        return SCOPE.parameters[name.lower()]

    def get_variable(self, name: str) -> Any:
        return VARIABLES[name]

    def copy_index(self, _loop: str | None) -> int:
        return 4

    def reference(self, _args: Sequence[Any]) -> Any:
        return armexpr.Unknown()

    resource_group = subscription = deployment = armexpr.Unknown


@dataclass(frozen=True)
class Ours:
    """The same for ours."""

    def ask(self, name: str, arguments: Sequence[Any]) -> Any:
        return resource_ids.called(Arguments(name, arguments), SUBSCRIPTION, GROUP)


SCOPE = Scope(
    {key.lower(): value for key, value in PARAMETERS.items()}, VARIABLES, surroundings=Ours(), loops={"": 4, "loop": 4}
)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def call(name: str, *arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*arguments).map(lambda given: f"{name}({', '.join(given)})")


words = st.text("abcxyz-_/. '09", max_size=6)
small = st.integers(0, 9).map(str)
plain_texts = st.one_of(words.map(literal), st.just("parameters('name')"), st.just("variables('prefix')"))
plain_numbers = st.one_of(st.integers(-99, 99).map(str), st.just("parameters('COUNT')"), st.just("copyIndex()"))


def texts(depth: int = 2) -> st.SearchStrategy[str]:
    """An expression that gives a string."""
    if depth == 0:
        return plain_texts
    inner, lists = texts(depth - 1), arrays(depth - 1)
    return st.one_of(
        plain_texts,
        call("concat", inner, inner, numbers(depth - 1)),
        call("replace", inner, words.filter(bool).map(literal), inner),
        *(call(name, inner) for name in ("toLower", "trim", "string", "base64", "first", "last", "uriComponent")),
        *(call(name, inner, small) for name in ("take", "skip")),
        call("padLeft", inner, small, st.just("'0'")),
        call("format", st.just("'{0}-{1:D3}-{{{2}}}'"), inner, st.integers(0, 99).map(str), inner),
        call("if", booleans(depth - 1), inner, inner),
        call("base64ToString", inner.map(lambda text: f"base64({text})")),
        call("string", numbers(depth - 1)),
        st.just("parameters('list')[1]"),
        st.just("parameters('map').X"),
        call("resourceId", st.just("'Microsoft.Relay/namespaces/hybridConnections'"), inner, inner),
        call("subscriptionResourceId", st.just("'Microsoft.Authorization/roleDefinitions'"), inner),
        call("coalesce", st.just("null()"), inner),
        lists.map(lambda items: f"string({items})"),
    )


def numbers(depth: int = 2) -> st.SearchStrategy[str]:
    """An expression that gives an integer."""
    if depth == 0:
        return plain_numbers
    inner = numbers(depth - 1)
    return st.one_of(
        plain_numbers,
        *(call(name, inner, inner) for name in ("add", "sub", "mul", "min", "max")),
        call("div", inner, st.integers(1, 9).map(str)),
        call("mod", small, st.integers(1, 9).map(str)),
        call("length", st.one_of(texts(depth - 1), arrays(depth - 1), objects(depth - 1))),
        call("int", inner.map(lambda number: f"string({number})")),
        call("indexOf", texts(depth - 1), texts(0)),
        call("lastIndexOf", texts(depth - 1), words.filter(bool).map(literal)),
        st.just("copyIndex('loop', 2)"),
        st.just("variables('numbers')[0]"),
    )


def booleans(depth: int = 2) -> st.SearchStrategy[str]:
    """An expression that gives a boolean."""
    inner = booleans(depth - 1) if depth else st.sampled_from(["true()", "false()"])
    one, other = texts(max(depth - 1, 0)), texts(0)
    return st.one_of(
        st.sampled_from(["true()", "false()"]),
        *(call(name, inner, inner) for name in ("and", "or")),
        call("not", inner),
        call("equals", one, other),
        call("equals", numbers(0), numbers(0)),
        *(call(name, numbers(0), numbers(0)) for name in ("less", "lessOrEquals", "greater", "greaterOrEquals")),
        *(call(name, one, other) for name in ("contains", "startsWith", "endsWith")),
        call("contains", st.just("parameters('list')"), other),
        call("contains", st.just("parameters('Map')"), st.sampled_from(["'X'", "'nowhere'"])),
        call("empty", one),
        call("bool", st.sampled_from(["'true'", "'FALSE'", "1", "0"])),
    )


def arrays(depth: int = 2) -> st.SearchStrategy[str]:
    """An expression that gives an array of strings or one of integers."""
    if depth == 0:
        return st.one_of(st.just("parameters('list')"), call("createArray", plain_texts, plain_texts))
    inner = arrays(depth - 1)
    return st.one_of(
        inner,
        *(call(name, inner, inner) for name in ("concat", "union")),
        call("intersection", inner.map(lambda items: f"union({items}, {items})"), inner),
        *(call(name, inner, small) for name in ("take", "skip")),
        call("split", texts(depth - 1), words.filter(bool).map(literal)),
        call("array", texts(depth - 1)),
        call("range", small, small),
        call("objectKeys", objects(depth - 1)),
    )


def objects(depth: int = 2) -> st.SearchStrategy[str]:
    """An expression that gives an object of strings and integers."""
    if depth == 0:
        return st.one_of(st.just("parameters('Map')"), call("createObject", plain_texts, plain_numbers))
    inner = objects(depth - 1)
    return st.one_of(
        inner,
        call("createObject", texts(depth - 1), arrays(depth - 1)),
        call("union", inner, inner),
        call("json", inner.map(lambda value: f"string({value})")),
        call("shallowMerge", inner.map(lambda value: f"createArray({value}, parameters('Map'))")),
        call("if", booleans(0), inner, inner),
    )


def outcome(expression: str) -> Any:
    try:
        return evaluate(SCOPE, f"[{expression}]")
    except ExpressionError:
        return "an error"


def theirs(expression: str) -> Any:
    found = armexpr.evaluate_string(f"[{expression}]", Theirs())
    return "an error" if armexpr.is_unknown(found) else found


@given(st.one_of(texts(), numbers(), booleans(), arrays(), objects()))
def test_expressions_mean_what_another_evaluator_says(expression: str) -> None:
    assert outcome(expression) == theirs(expression)


@given(texts(1))
def test_upper_case_is_the_other_evaluators(expression: str) -> None:
    assert outcome(f"toUpper({expression})") == theirs(f"toUpper({expression})")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("tyeth",), "zcztcwvu6iyg6"),
        (("hello", "world"), "a7wkljktk6wne"),
        (
            ("/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev",),
            "fd63l2gacbtca",
        ),
    ],
)
def test_unique_strings_are_those_that_azure_gives(parts: tuple[str, ...], expected: str) -> None:
    assert hashes.unique(*parts) == expected


def test_the_hash_behind_them_is_known_too() -> None:
    assert hashes.murmur(b"hello-world") == 571013382255652050


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("equals('A', 'a')", False),
        ("contains('Amlarc', 'a')", True),
        ("contains('AMLARC', 'a')", False),
        ("startsWith('Amlarc', 'AM')", True),
        ("string(true())", "True"),
        ("concat('is ', false())", "is False"),
        ("format('{0}', true())", "True"),
        ("format('{0,5}|{1,-4}|{2:N0}', 'ab', 'c', 8175133)", "   ab|c   |8,175,133"),
        (
            "union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))",
            {"a": {"x": 1, "y": 2}},
        ),
        ("union(createArray(1, 2, 2), createArray(2, 3))", [1, 2, 3]),
        ("string(createArray('é'))", '["é"]'),
        ("guid('a', 'b')", "2d796349-8c7e-55ec-9624-54ece82ed031"),
        ("div(-7, 2)", -3),
        ("mod(-7, 2)", -1),
        ("substring('amlarc', 2, 3)", "lar"),
        ("join(createArray('a', 1), '-')", "a-1"),
        ("split('a;b,c', createArray(';', ','))", ["a", "b", "c"]),
        ("first(createArray())", None),
        ("last('')", ""),
        ("items(createObject('b', 1, 'a', 2))", [{"key": "a", "value": 2}, {"key": "b", "value": 1}]),
        ("tryGet(createObject('a', createArray(7)), 'A', 0)", 7),
        ("tryGet(createObject('a', 1), 'b')", None),
        ("createObject('a', null()).?b", None),
        ("map(createArray(1, 2), lambda('n', mul(lambdaVariables('n'), 2)))", [2, 4]),
        ("filter(createArray(1, 2, 3), lambda('n', greater(lambdaVariables('n'), 1)))", [2, 3]),
        ("sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", [1, 2, 3]),
        ("reduce(createArray(1, 2), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))", 3),
        ("toObject(createArray('a'), lambda('k', lambdaVariables('k')))", {"a": "a"}),
        ("uri('https://a.b/c/d', 'e')", "https://a.b/c/e"),
        ("dataUriToString(dataUri('é'))", "é"),
        (
            "extensionResourceId('/subscriptions/s', 'Microsoft.Authorization/locks', 'l')",
            "/subscriptions/s/providers/Microsoft.Authorization/locks/l",
        ),
        (
            "subscriptionResourceId('Microsoft.Resources/resourceGroups', 'g')",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g",
        ),
        (
            "resourceId('s2', 'g2', 'Microsoft.Relay/namespaces', 'n')",
            "/subscriptions/s2/resourceGroups/g2/providers/Microsoft.Relay/namespaces/n",
        ),
        ("if(true(), 'a', parameters('nowhere'))", "a"),
        ("or(true(), parameters('nowhere'))", True),
    ],
)
def test_functions_follow_azures_documentation(expression: str, expected: object) -> None:
    assert evaluate(SCOPE, f"[{expression}]") == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("concat('a'", "Unable to parse language expression"),
        ("resourceId('a')", "needs a resource type"),
        ("parameters('nowhere')", "The template parameter 'nowhere' is not found."),
        ("variables('nowhere')", "The template variable 'nowhere' is not found."),
        ("parameters('Map').z", "property 'z' doesn't exist, available properties are 'x, n'."),
        ("parameters('list')[9]", "array index '9' is out of bounds"),
        (
            "add('a', 1)",
            "expects its parameter at index '0' to be of type 'integer'. The provided value is of type 'String'",
        ),
        ("length()", "function requires '1' argument(s) while '0' were provided"),
        ("div(1, 0)", "it divides by zero"),
        ("int('x')", "'x' is not an integer"),
        ("copyIndex('other')", "can only be used in a resource with copy specified"),
        ("resourceId('Microsoft.Relay/namespaces')", "requires '1' resource name argument(s)"),
        ("substring('a', 0, 2)", "must refer to a location within the string"),
        ("if(1, 2, 3)", "of type 'boolean'"),
    ],
)
def test_errors_say_what_is_wrong(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(SCOPE, f"[{expression}]")
    assert message in str(caught.value)


def test_brackets_are_escaped_and_other_strings_left_alone() -> None:
    assert evaluate(SCOPE, {"[toUpper('k')]": ["[[not this]", "[nor] that", 7, None]}) == {
        "K": ["[not this]", "[nor] that", 7, None]
    }


def test_a_template_has_functions_of_its_own() -> None:
    own = {
        "acme.hello": {"parameters": [{"name": "Who"}], "output": {"value": "[concat('hello ', parameters('who'))]"}}
    }
    assert evaluate(Scope(functions=own), "[acme.hello('you')]") == "hello you"
