"""What the local Azure and the cluster hold, in a form in which two runs of a command come to the same."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from azext_amlarc.product.api_versions import API_VERSIONS
from tests.support.azure import Azure
from tests.support.cluster import Cluster

Resources = Mapping[str, Any]

MADE_LATER = (
    "Microsoft.KubernetesConfiguration",
    "Microsoft.Relay",
    "Microsoft.ServiceBus",
    "Microsoft.OperationalInsights",
)

NAMESPACES, TYPES = "/api/v1/namespaces", "/apis/amlarc.azureml.com/v1alpha1/instancetypes"

# What differs from run to run and means nothing.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)?")
_GUID = re.compile(r"(?!0{8})[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")


def resources(azure: Azure) -> Resources:
    """Everything by id; keys and ids that Azure chose are replaced by whose they are, so that links still count."""
    held = azure.state()["resources"]
    text = json.dumps({id_: _shown(item) for id_, item in held.items()})
    for chosen, label in _chosen(held).items():
        text = text.replace(json.dumps(chosen)[1:-1], label)
    found: Resources = json.loads(_GUID.sub("guid", _MOMENT.sub("moment", text)))
    return found


def being_made(azure: Azure) -> list[tuple[str, str]]:
    """The extension, and what it talks through, as far as Azure is still at it: ids, each with an api-version."""
    versions = {f"/{name.lower()}/": API_VERSIONS[name] for name in MADE_LATER}
    return [
        (id_, version)
        for id_, item in azure.state()["resources"].items()
        for provider, version in versions.items()
        if provider in id_ and item["operation"]
    ]


def _shown(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"body": item["body"], "hidden": item["hidden"], "is moving": item["operation"] != ""}


def _chosen(held: Mapping[str, Any]) -> dict[str, str]:
    """What Azure chose at random, with a label each."""
    chosen = {}
    for id_, item in held.items():
        found = {**(item["body"].get("identity") or {}), **(item["body"].get("properties") or {})}
        if "/extensions/" not in id_:
            found |= item["hidden"]
        for key in ("principalId", "customerId", *(key for key in found if key.endswith("Key"))):
            if isinstance(found.get(key), str):
                chosen[found[key]] = f"<{key} of {id_.rpartition('/')[2]}>"
    return chosen


def objects(cluster: Cluster) -> Resources:
    """What commands write to a cluster, by path, without what tells one run from another."""
    listed = [*_listed(cluster, NAMESPACES)]
    for plural in (f"{NAMESPACES}/azureml/configmaps", "/apis/apps/v1/namespaces/azureml/deployments", TYPES):
        listed += _listed(cluster, plural)
    return json.loads(_MOMENT.sub("moment", json.dumps(dict(listed))))  # type: ignore[no-any-return]


def _listed(cluster: Cluster, path: str) -> Iterator[tuple[str, Any]]:
    for found in (cluster.get(path) or {"items": []})["items"]:
        meta = found["metadata"]
        kept = {"labels": meta.get("labels"), "annotations": meta.get("annotations")}
        owners = sorted(entry["manager"] for entry in meta["managedFields"])
        yield f"{path}/{meta['name']}".lower(), {**kept, "owners": owners, **_content(found)}


def _content(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: found.get(key) for key in ("data", "spec")}


def unnamed(now: Resources, before: Resources, said: str) -> list[str]:
    """The new top resources, those in no other new one, whose names `said` does not have."""
    new = set(now) - set(before)
    tops = {id_ for id_ in new if not any(id_.startswith(f"{other}/") for other in new)}
    text = _GUID.sub("guid", said.lower())
    # A name that is a GUID is told by all that it belongs to.
    names = {id_: id_ if id_.endswith("/guid") else id_.rpartition("/")[2] for id_ in tops}
    return [id_ for id_, name in sorted(names.items()) if name not in text]
