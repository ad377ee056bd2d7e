"""No template, however ill-typed, gets a traceback out of the local Azure: it is refused, deployed, or fails."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amlarc_emulator import options, seed
from amlarc_emulator.arm import operations
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.model import Cloud, State
from amlarc_emulator.providers import TABLE
from amlarc_emulator.providers.resources import planning, preflight, what_if
from amlarc_emulator.templates import relaxed
from tests.emulator.deploying import FILE, body, extension, identity, nested, template
from tests.emulator.test_bodies import VALUES

STRANGE = (
    *VALUES,
    "[",
    "[]",
    "[[x]",
    "[parameters('nowhere')]",
    "[reference('nowhere')]",
    "[json('null')]",
    "[copyIndex()]",
)
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/amlarc-rg"
ID = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
PRODUCT = relaxed.parse(FILE.read_bytes())
OTHER = template(
    nested(
        "inner",
        template(identity("[parameters('n')]"), parameters={"n": {"type": "string"}}),
        parameters={"n": {"value": "x"}},
    ),
    nested("outer", template(identity("y", tags={"t": "[variables('v')]"})), scope="Outer", condition=True),
    identity("z", copy={"name": "all", "count": 1, "mode": "Serial", "batchSize": 1}, dependsOn=["inner"]),
    extension(),
    variables={"v": "w", "copy": [{"name": "made", "count": 1, "input": "[copyIndex('made')]"}]},
    functions=[
        {
            "namespace": "own",
            "members": {
                "f": {
                    "parameters": [{"name": "p", "type": "string"}],
                    "output": {"type": "string", "value": "[parameters('p')]"},
                }
            },
        }
    ],
    outputs={
        "o": {"type": "string", "value": "[own.f('x')]"},
        "c": {"type": "array", "copy": {"count": 1, "input": "i"}},
    },
)
SYMBOLIC = {
    **template(),
    "languageVersion": "2.0",
    "resources": {"a": identity("a"), "b": identity("b", dependsOn=["a"])},
}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    found = Cloud("https://localhost", options.parse(["--data", str(tmp_path)]), State(), TABLE)
    seed.load(found, None)
    return found


def places(value: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield where
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*where, key))


def changed(document: Any, where: tuple[Any, ...], value: Any) -> Any:
    found = copy.deepcopy(document)
    inner = found
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    return found


@pytest.mark.parametrize("document", [PRODUCT, OTHER, SYMBOLIC], ids=["product", "other", "symbolic"])
def test_a_template_with_anything_anywhere_is_refused_or_deployed(cloud: Cloud, document: Any) -> None:
    given = {"cluster": "amlarc-cluster", "workspace": "amlarc-ws"} if document is PRODUCT else {}
    deployed = 0
    for where in list(places(document))[1:]:
        for value in STRANGE:
            asked = body(changed(document, where, value), **given)
            try:
                plan = planning.read(cloud, ID, json.loads(json.dumps(asked)))
                preflight.check(cloud, plan, "Provider")
            except ArmError:
                continue
            deployed += 1
            if deployed % 20 == 0:
                _, job = what_if.carried_out(cloud, plan)
                assert job.is_over, (where, value)
                assert operations.UNKNOWN not in job.ending, (where, value)
    assert deployed > 20


@pytest.mark.parametrize(
    "text", ['{"a": 1, // c\n}', "{a: 'b', /* c */ d: [1, 2,],}", '{"a": "two\nlines"}', "{'a': \"\\u0041\\n\"}"]
)
def test_what_newtonsoft_reads_is_read(text: str) -> None:
    assert isinstance(relaxed.parse(text.encode()), dict)


@pytest.mark.parametrize(
    "text", ["{", "{a}", "{a:}", "[1 2]", "{'a': 'b}", "{a: b}", "{} {}", "{'a': '\\u00'}", "[" * 99 + "]" * 99]
)
def test_what_it_does_not_read_is_an_error_with_a_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"line 1, position \d+|nested"):
        relaxed.parse(text.encode())
