"""The arguments of the provider azapi, as bindings say that others generate from the provider itself.

The provider cannot be built from a module, but the bindings come as a package: an assembly of jsii, which is JSON, in
an archive. https://aws.github.io/jsii/specification/2-type-system/
"""

import gzip
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.az import ROOT

ASSEMBLY = "lib/python*/site-packages/cdktn_provider_azapi/_jsii/*.tgz"
# What every block may have, whatever its provider.
META = {"depends_on"}


def assembly() -> Mapping[str, Any] | None:
    """The types of the bindings; None without the environment that has them."""
    archive = next((ROOT / ".venv-terraform").glob(ASSEMBLY), None)
    if archive is None:
        return None
    with tarfile.open(archive) as files:
        found = json.loads(_content(files, ".jsii"))
        if "filename" in found:  # a large one is beside it, compressed
            found = json.loads(gzip.decompress(_content(files, found["filename"])))
    types: Mapping[str, Any] = found["types"]
    return types


def _content(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(f"package/{name}")
    assert member is not None
    return member.read()


def wrong(types: Mapping[str, Any], name: str, block: Mapping[str, Any]) -> Iterator[str]:
    """What a block has that the provider does not know or takes in another form, and what it lacks."""
    known = {_snake(one["name"]): one for one in types[f"@cdktn/provider-azapi.{name}"]["properties"]}
    yield from (f"{key} is missing" for key, one in known.items() if not one.get("optional") and key not in block)
    for key, value in block.items():
        if key not in known and key not in META:
            yield f"{key} is unknown"
        elif key in known:
            yield from (f"{key}{rest}" for rest in _unlike(types, known[key]["type"], value))


def _unlike(types: Mapping[str, Any], wanted: Mapping[str, Any], value: Any) -> Iterator[str]:
    if "union" in wanted:  # with a token of theirs that stands for any value
        others = [one for one in wanted["union"]["types"] if one.get("fqn") != "cdktn.IResolvable"]
        yield from _unlike(types, others[0], value)
    elif "fqn" in wanted:
        yield from (f".{rest}" for rest in wrong(types, wanted["fqn"].partition(".")[2], value))
    elif "collection" in wanted:
        yield from _unlike_collection(types, wanted["collection"], value)
    elif not isinstance(value, {"string": str, "boolean": bool, "any": object}[wanted["primitive"]]):
        yield f" is a {type(value).__name__}"


def _unlike_collection(types: Mapping[str, Any], wanted: Mapping[str, Any], value: Any) -> Iterator[str]:
    if wanted["elementtype"] == {"primitive": "any"}:
        return  # a dynamic value, which the bindings call a map
    if not isinstance(value, dict if wanted["kind"] == "map" else list):
        yield f" is not a {wanted['kind']}"
        return
    for one in value.values() if isinstance(value, dict) else value:
        yield from _unlike(types, wanted["elementtype"], one)


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()
