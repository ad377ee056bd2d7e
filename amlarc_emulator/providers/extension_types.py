"""Microsoft.KubernetesConfiguration: which versions of a type of extension each release train has.

They are asked for on a cluster or in a region. Nothing of this catalogue is kept: it is the same for everybody.
"""

from collections.abc import Mapping
from typing import NamedTuple

from amlarc_emulator.arm import paging
from amlarc_emulator.arm.errors import ArmError
from amlarc_emulator.arm.ids import name_of
from amlarc_emulator.arm.model import Call, Cloud, Json, Reply, Resource, ResourceType

PROVIDER = "Microsoft.KubernetesConfiguration"
API_VERSIONS = ("2021-05-01-preview", "2022-01-15-preview", "2023-05-01-preview")
MACHINE_LEARNING = "microsoft.azureml.kubernetes"
STABLE = "stable"
PLATFORMS = ("connectedCluster", "provisionedCluster", "managedCluster", "appliances")


class Type(NamedTuple):
    """A type of extension: the namespace that it installs into, and the versions of each release train, in no order."""

    namespace: str
    trains: Mapping[str, tuple[str, ...]]


CATALOGUE = {
    MACHINE_LEARNING: Type(
        "azureml",
        {
            STABLE: ("1.1.64", "1.1.39", "1.1.60", "1.0.51"),  # the last one is what guides of 2021 pin
            "preview": ("1.1.64", "1.1.70"),
            "staging": ("1.1.71",),  # which Microsoft's own scripts install from (Azure/AML-Kubernetes, amlarc-tool.sh)
        },
    ),
}


def versions(type_: str, train: str | None) -> tuple[str, ...]:
    """The versions of a release train, in any casing; none for a train or a type that doesn't exist."""
    known = CATALOGUE.get(type_.lower())
    return known.trains.get((train or STABLE).lower(), ()) if known else ()


def newest(type_: str, train: str | None) -> str:
    """The newest version of a release train; 1.0.0 of a type that isn't in the catalogue."""
    return max(versions(type_, train), key=_order, default="1.0.0")


def namespace_of(type_: str) -> str:
    """The namespace that a type installs into by itself."""
    known = CATALOGUE.get(type_.lower())
    return known.namespace if known else type_.rpartition(".")[2].lower()


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _show_version(call: Call) -> Reply:
    type_ = name_of(call.parent.id)
    if not any(call.name in known for known in CATALOGUE[type_.lower()].trains.values()):
        raise _missing(call)
    return Reply(200, _version(call, call.name))


def _list_versions(call: Call) -> Reply:
    """Those of one release train, stable unless another is asked for: none if there is no such train."""
    major = call.query.get("majorversion", "")
    found = [
        version
        for version in versions(name_of(call.parent.id), call.query.get("releasetrain"))
        if not major or version.startswith(f"{major}.")
    ]
    if call.query.get("showlatest", "").lower() == "true":
        found = sorted(found, key=_order)[-1:]
    return Reply(200, paging.page(call, f"{call.parent.id}/versions", [_version(call, version) for version in found]))


def _version(call: Call, version: str) -> Json:
    return {
        "id": f"{call.parent.id}/versions/{version}",
        "name": version,
        "type": f"{PROVIDER}/extensionTypes/versions",
        "properties": {"version": version, "unsupportedKubernetesVersions": dict.fromkeys(PLATFORMS)},
    }


def _missing(call: Call) -> ArmError:
    message = f"The extension type or version '{call.name}' was not found."
    return ArmError(404, "ResourceNotFound", message, cause=None, additionalInfo=[])


def _implied_type(cloud: Cloud, id_: str) -> Resource | None:
    """A type of the catalogue, for its versions: below a cluster that exists, or below a region."""
    name = name_of(id_)
    below = id_.rsplit("/providers/", 1)[0]
    is_regional = "/locations/" in id_
    if name.lower() not in CATALOGUE or (not is_regional and cloud.state.get(below) is None):
        return None
    return Resource(id_, f"{PROVIDER}/extensionTypes".lower(), {"properties": {}})


def _versions_below(path: str) -> ResourceType:
    return ResourceType(
        provider=PROVIDER,
        path=f"{path}/versions",
        get=_show_version,
        listed=_list_versions,
        implied=_implied_type,
        last_page={"nextLink": None},
        served=API_VERSIONS,
        headers=lambda _call: {"api-supported-versions": ", ".join(API_VERSIONS)},
    )


TYPES = (_versions_below("extensionTypes"), _versions_below("locations/extensionTypes"))
