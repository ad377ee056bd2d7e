"""Valid manifests, and ways to spoil them, shared by the tests of this folder."""

import copy
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from azext_amlarc.errors import InvalidInput
from azext_amlarc.validation.text.reading import MISSING

CASES = Path(__file__).parents[2] / "cases" / "fleet"
SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/microsoft.managedidentity/userAssignedIdentities/i"

WORDS = [
    *("$schema", "apiVersion", "kind", "metadata", "spec", "name", "resourceGroup", "subscription", "type", "settings"),
    *("selector", "tags", "locations", "subscriptions", "protected", "file", "env", "keyVault", "computes", "config"),
    *("identity", "userAssignedIdentities", "percent", "waves", "gate", "rollout", "maxFailures", "", "sslKeyPemFile"),
]
TEXTS = [
    *("plants", "a b", "", " ", "a\n", "rg.", "..", "x" * 300, "é", "\ud800", "ws", SUBSCRIPTION, SUBSCRIPTION + "\n"),
    *(IDENTITY, "connectedClusters", "managedClusters", "Fleet", "fleet", "grant", "none", "check", "verify", "keep"),
    *(
        "1.1.60",
        "{cluster}",
        "k8s-{cluster}",
        "A_B",
        "1A",
        "https://v.vault.azure.net/secrets/a",
        "https://v/secrets/a",
    ),
]
scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, -1, 2**70, 0.5, 20.0, 100, 101, 1e300])
    | st.sampled_from(TEXTS)
    | st.text(max_size=20)
)
keys = st.sampled_from(WORDS)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=8
)


def some(**keys: Any) -> st.SearchStrategy[dict[str, Any]]:
    """An object with any of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


tags = st.dictionaries(st.sampled_from(["ml", "ring"]), st.sampled_from(["true", ""]), min_size=1)
settings = st.dictionaries(
    st.sampled_from(["enableTraining", "installVolcano", "x"]), st.sampled_from(["True", True, 1])
)
types = st.sampled_from(["connectedClusters", "managedClusters"])
clusters = st.builds(
    lambda fixed, others: {**fixed, **others},
    st.fixed_dictionaries({"name": st.sampled_from(["a", "plant-7"]), "resourceGroup": st.sampled_from(["rg", "(r)"])}),
    some(
        subscription=st.just(SUBSCRIPTION), type=types, settings=settings, kubeconfig=st.just("a"), context=st.just("b")
    ),
)
selectors = st.builds(
    lambda selector, others: {"selector": selector, **others},
    some(
        subscriptions=st.just([SUBSCRIPTION]),
        resourceGroups=st.just(["rg"]),
        locations=st.just(["eastus"]),
        tags=tags,
        type=types,
    ),
    some(settings=settings),
)
references = st.sampled_from(
    [{"env": "KEY"}, {"keyVault": "https://v.vault.azure.net/secrets/a/0f"}, {"file": "k.pem"}]
)
extensions = some(
    name=st.just("amlarc-compute"),
    releaseTrain=st.just("stable"),
    version=st.just("1.1.60"),
    autoUpgradeMinorVersion=st.booleans(),
    settings=settings,
    protected=st.dictionaries(st.sampled_from(["sslKeyPemFile", "x"]), references, min_size=1),
    allowUnknownSettings=st.booleans(),
)
identities = st.sampled_from(
    [{"type": "SystemAssigned"}, {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]}]
)
computes = st.builds(
    lambda fixed, others: {**fixed, **others},
    st.fixed_dictionaries({"workspace": st.just("ws1"), "name": st.sampled_from(["k8s-{cluster}", "k8s", "{x}"])}),
    some(
        resourceGroup=st.just("rg"),
        subscription=st.just(SUBSCRIPTION),
        namespace=st.just("ml"),
        identity=identities,
        config=st.just("attach.json"),
    ),
)
waves = st.one_of(
    st.builds(lambda one: {"tags": one}, tags), st.builds(lambda one: {"percent": one}, st.integers(1, 100))
)
rollouts = some(
    waves=st.lists(waves, min_size=1, max_size=3),
    maxFailures=st.integers(0, 3),
    gate=st.lists(st.sampled_from(["check", "verify"]), min_size=1, max_size=2),
)


@st.composite
def well_shaped(draw: st.DrawFn) -> dict[str, Any]:
    """A manifest whose structure is right; its parts may not fit each other."""
    spec: dict[str, Any] = draw(
        some(
            extension=extensions,
            access=some(workspaceIdentity=st.sampled_from(["grant", "none"])),
            computes=st.lists(computes, min_size=1, max_size=2),
            rollout=rollouts,
            onRemoval=st.sampled_from(["keep", "detach", "delete"]),
        )
    )
    spec["clusters"] = draw(st.lists(clusters | selectors, min_size=1, max_size=3))
    head: dict[str, Any] = {"apiVersion": "amlarc/v1alpha1", "kind": "Fleet", "metadata": {"name": "plants"}}
    return {**head, "spec": spec}


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A manifest with one to three values, keys or members changed at random places."""
    manifest = copy.deepcopy(draw(well_shaped()))  # strategies hand out the same objects again
    for _ in range(draw(st.integers(1, 3))):
        _mutate(draw, draw(st.sampled_from(list(_containers(manifest)))))
    return manifest


def _mutate(draw: st.DrawFn, container: Any) -> None:
    kind = draw(st.sampled_from(["add", "replace", "remove", "rename"]))
    if isinstance(container, list):
        place = draw(st.integers(0, max(len(container) - 1, 0)))
        container[place : place + (kind != "add")] = [] if kind == "remove" else [draw(anything)]
        return
    if kind == "add" or not container:
        container[draw(keys)] = draw(anything)
        return
    key = draw(st.sampled_from(list(container)))
    if kind == "replace":
        container[key] = draw(anything)
        return
    value = container.pop(key)
    if kind == "rename":
        container[draw(keys)] = value


def _containers(value: Any) -> list[Any]:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [] if members is None else [value, *(inner for member in members for inner in _containers(member))]


def nothing_there(path: str, called: str) -> bytes:
    """Stands for a folder without files."""
    raise InvalidInput(f"{called or path} does not exist", "check the path", MISSING.code)
