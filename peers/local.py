"""The local Azure as a peer sees it: where it is, and how to sign in."""

import json
import os
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.identity import ClientSecretCredential

GROUP = "amlarc-rg"
CLUSTER = ("Microsoft.Kubernetes", "connectedClusters", "amlarc-cluster")
INSTALL = {
    "identity": {"type": "SystemAssigned"},
    "properties": {
        "extensionType": "microsoft.azureml.kubernetes",
        "configurationSettings": {"enableTraining": "True"},
        "configurationProtectedSettings": {"secret": "s"},
    },
}


@dataclass(frozen=True)
class Local:
    """One local Azure, by what its ready.json says."""

    data: Path
    ready: dict[str, Any]

    @classmethod
    def at(cls, data: Path) -> "Local":
        """The local Azure of a data folder; what this process starts and imports from now on trusts its CA."""
        ready = json.loads((data / "ready.json").read_text(encoding="utf-8"))
        os.environ.update(REQUESTS_CA_BUNDLE=ready["caFile"], SSL_CERT_FILE=ready["caFile"])
        os.environ.update(AZURE_CONFIG_DIR=str(data / "azure"), AZURE_CORE_COLLECT_TELEMETRY="no")
        return cls(data, ready)

    @property
    def endpoint(self) -> str:
        """The URL of its Resource Manager."""
        return str(self.ready["endpoint"])

    @property
    def subscription(self) -> str:
        """The seed's subscription, which has the group `GROUP`."""
        return str(self.ready["subscriptionId"])

    @property
    def group(self) -> str:
        """The id of that group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{GROUP}"

    @property
    def cluster(self) -> str:
        """The id of the seed's connected cluster."""
        return f"{self.group}/providers/{'/'.join(CLUSTER)}"

    @property
    def scope(self) -> str:
        """What a token is asked for."""
        return f"{self.endpoint}/.default"

    def credential(self) -> ClientSecretCredential:
        """The seed's service principal."""
        return ClientSecretCredential(
            "adfs",
            self.ready["clientId"],
            self.ready["clientSecret"],
            authority=self.endpoint,
            disable_instance_discovery=True,
        )

    def client(self, kind: Any) -> Any:
        """A client of one of Azure's management packages, as they are all made; it polls without a pause."""
        options = {"base_url": self.endpoint, "credential_scopes": [self.scope], "polling_interval": 0}
        return kind(self.credential(), self.subscription, **options)

    def metadata(self, version: str) -> None:
        """Let the clients of this process ask the local Azure which clouds there are."""
        os.environ["ARM_CLOUD_METADATA_URL"] = f"{self.endpoint}/metadata/endpoints?api-version={version}"

    def reset(self) -> None:
        """Back to the seed."""
        trusted = ssl.create_default_context(cafile=self.ready["caFile"])
        urllib.request.urlopen(f"{self.endpoint}/emulator/reset", data=b"", context=trusted).close()

    def install(self) -> None:
        """Install the extension for machine learning on the connected cluster."""
        from azure.mgmt.kubernetesconfiguration.extensions import KubernetesConfigurationExtensionsMgmtClient

        extensions = self.client(KubernetesConfigurationExtensionsMgmtClient).extensions
        extensions.begin_create(GROUP, *CLUSTER, "aml", INSTALL).result()
