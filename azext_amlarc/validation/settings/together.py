"""What the rules about settings together are told."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, Self

from azext_amlarc.product import catalogue
from azext_amlarc.product.catalogue import Record
from azext_amlarc.validation.settings.codes import Setting

if TYPE_CHECKING:
    from azext_amlarc.resources.cluster import Cluster


class ClusterFacts(NamedTuple):
    """What is known of the cluster; its type is "connectedClusters" or "managedClusters"."""

    cluster_type: str | None = None
    node_count: int | None = None
    distribution: str | None = None

    @classmethod
    def of(cls, cluster: "Cluster") -> Self:
        return cls(cluster.id.cluster_type, cluster.node_count, cluster.distribution)


class Given(NamedTuple):
    """Valid settings under today's names, with values as sent; `attempted` also has the keys that were refused.

    `usual` are those whose values the tool would set by itself.
    """

    settings: Mapping[str, Setting]
    attempted: frozenset[str]
    cluster: ClusterFacts
    usual: frozenset[str] = frozenset()

    def text(self, key: str) -> str | None:
        """The value of a valid setting, or None."""
        setting = self.settings.get(key)
        return None if setting is None else str(setting.value)

    def on(self, key: str) -> bool:
        return self.text(key) == "True"

    def tried(self, *keys: str) -> bool:
        """Whether the user meant to give any of these, even if invalid: that has its own finding."""
        return not self.attempted.isdisjoint(keys)

    @property
    def workload(self) -> bool:
        return self.on("enableTraining") or self.on("enableInference")

    def records(self) -> Iterator[tuple[Setting, Record]]:
        """Each setting with its record, without chart values outside the catalogue."""
        for key, setting in self.settings.items():
            record = catalogue.find(key)
            if record is not None:
                yield setting, record
