"""Valid attach configurations, ways to spoil them, and golden files, shared by the tests of this folder."""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

CASES = Path(__file__).parent.parent / "cases"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
# As Microsoft's guide of 2021 has them.
GUIDE_ADVANCED = CASES / "document/warning/D009-guide-advanced.json"
GUIDE_DEFAULT = CASES / "document/warning/D009-guide-default.json"

KEYS = [
    "$schema",
    "namespace",
    "defaultInstanceType",
    "instanceTypes",
    "nodeSelector",
    "resources",
    "requests",
    "limits",
]
NAMES = [
    "cpu",
    "gpu_instance",
    "a" * 254,
    "big gpu",
    "",
    "-",
    "memory",
    "nvidia.com/gpu",
    "gpu",
    "a/b/c",
    "Example.com/x",
]
TEXTS = [
    "default",
    "1",
    "500m",
    "16Gi",
    "16GB",
    "0",
    "-1",
    "1e3",
    "null",
    "x" * 64,
    "A_b.c",
    "a b",
    "é",
    "\ud800",
    "a\n",
]

keys = st.sampled_from(KEYS + NAMES)
scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 2**70, 0.5, 1.0, -0.0, 1e300])
    | st.sampled_from(TEXTS)
    | st.text()
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)

quantities = st.sampled_from(["1", "500m", "4Gi", "1e3", "0.5", "2", "1Mi"])
amounts = st.dictionaries(st.sampled_from(["cpu", "memory", "nvidia.com/gpu", "ephemeral-storage"]), quantities)
selectors = st.none() | st.dictionaries(
    st.sampled_from(["accelerator", "example.com/pool"]), st.sampled_from(["", "a", "B-2"])
)
instance_types = st.fixed_dictionaries(
    {},
    optional={
        "nodeSelector": selectors,
        "resources": st.fixed_dictionaries({}, optional={"requests": amounts, "limits": amounts}),
    },
)


@st.composite
def well_shaped(draw: st.DrawFn) -> dict[str, Any]:
    """A document whose structure is right; its amounts may disagree."""
    document: dict[str, Any] = draw(
        st.fixed_dictionaries({}, optional={"namespace": st.sampled_from(["default", "a-1"]), "$schema": st.just("s")})
    )
    types = draw(st.dictionaries(st.sampled_from(["cpu", "gpu_instance", "Big-2"]), instance_types))
    if types:
        document |= {"instanceTypes": types, "defaultInstanceType": draw(st.sampled_from([*types, "other"]))}
    return document


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A document with one to three values, keys or members changed at random places."""
    document = draw(well_shaped())
    for _ in range(draw(st.integers(1, 3))):
        _mutate(draw, document)
    return document


def _mutate(draw: st.DrawFn, document: dict[str, Any]) -> None:
    container = draw(st.sampled_from(list(_maps(document))))
    kind = draw(st.sampled_from(["add", "replace", "remove", "rename"]))
    if kind == "add" or not container:
        container[draw(keys)] = draw(anything)
        return
    key = draw(st.sampled_from(list(container)))
    value = container[key]
    if kind == "replace":
        container[key] = draw(anything)
        return
    del container[key]
    if kind == "rename":
        container[draw(keys)] = value


def _maps(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        return []
    return [value, *(inner for member in value.values() for inner in _maps(member))]
