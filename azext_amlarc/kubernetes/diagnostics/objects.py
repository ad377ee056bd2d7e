"""Whole objects of a cluster, as the API server returns them, and Helm's releases without their contents."""

# Structures of msgspec are records, which pylint does not know.
# pylint: disable=too-few-public-methods

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct, field

from azext_amlarc.kubernetes.client import Kube
from azext_amlarc.kubernetes.reading import listed, one

Object = dict[str, Any]
# Objects of one kind in one namespace that are read: more than a cluster has of its own, less than a service's pods.
MOST = 2000


def version(kube: Kube) -> Mapping[str, Any]:
    """What the API server says of its version."""
    return one(kube, "/version", dict[str, Any]) or {}


def nodes(kube: Kube) -> list[Object]:
    return _all(kube, "/api/v1/nodes")


def instance_types(kube: Kube) -> list[Object]:
    """Empty if the cluster does not know the kind."""
    return _all(kube, "/apis/amlarc.azureml.com/v1alpha1/instancetypes")


def pods(kube: Kube, namespace: str) -> list[Object]:
    return _all(kube, f"/api/v1/namespaces/{namespace}/pods")


def events(kube: Kube, namespace: str) -> list[Object]:
    return _all(kube, f"/api/v1/namespaces/{namespace}/events")


def _all(kube: Kube, path: str) -> list[Object]:
    return list(islice(listed(kube, path, Object), MOST))


class _Labels(Struct, frozen=True):
    """What Helm writes on the Secret of a release."""

    name: str = ""
    status: str = ""
    version: str = ""
    changed: str = field(name="modifiedAt", default="")


class _Metadata(Struct, frozen=True):
    labels: _Labels = _Labels()


class _Stored(Struct, frozen=True):
    metadata: _Metadata


def helm_releases(kube: Kube, namespace: str) -> list[dict[str, str]]:
    """Name, revision, state and last change (seconds since 1970, or empty) of each release that Helm has stored.

    Read from the labels of Helm's Secrets: the server is asked for metadata, so that no Secret's content is sent.
    """
    return [
        {"name": labels.name, "namespace": namespace, "revision": labels.version, "status": labels.status,
         "changed": labels.changed}
        for labels in _labels(kube, f"/api/v1/namespaces/{namespace}/secrets")
    ]  # fmt: skip


def _labels(kube: Kube, path: str) -> Iterator[_Labels]:
    for stored in islice(listed(kube, path, _Stored, names_only=True, labelSelector="owner=helm"), MOST):
        yield stored.metadata.labels


def containers(pod: Mapping[str, Any]) -> Sequence[tuple[str, bool]]:
    """The containers of a pod that have begun, those that run before others first; and whether each was restarted."""
    status = pod.get("status") or {}
    found = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return [
        (str(one.get("name")), bool(one.get("restartCount")))
        for one in found
        if one.get("containerID") or one.get("restartCount")
    ]
