"""Endpoints and domains come from the active cloud; none is spelled in the product."""

import re
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from azext_amlarc.azure.connection.client import AzureClient, Cloud
from azext_amlarc.product.clusters import CONNECTED
from azext_amlarc.resources.cluster import Cluster
from azext_amlarc.resources.extension import derived_settings
from azext_amlarc.resources.ids import ClusterId
from tests.support.az import ROOT


class NoCredential:
    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        raise AssertionError(f"nothing is asked of Azure, so no token for {scopes}")


@pytest.mark.parametrize(
    ("endpoint", "region", "domain"),
    [
        ("https://management.azure.com/", "westeurope", "westeurope.cloudapp.azure.com"),
        ("https://management.usgovcloudapi.net/", "usgovvirginia", "usgovvirginia.cloudapp.usgovcloudapi.net"),
        ("https://management.chinacloudapi.cn", "chinaeast2", "chinaeast2.cloudapp.chinacloudapi.cn"),
        ("https://management.local.azurestack.external", "local", "local.cloudapp.local.azurestack.external"),
    ],
)
def test_the_domain_is_that_of_the_cloud(endpoint: str, region: str, domain: str) -> None:
    cluster = Cluster(ClusterId("s", "g", CONNECTED, "c"), region, 3, None)
    arm = AzureClient(Cloud(endpoint, (f"{endpoint}/.default",)), NoCredential(), "s")
    assert derived_settings(cluster, arm.cloud.application_domain, {"enableTraining": "True"})["domain"] == domain
    assert (
        derived_settings(cluster, arm.cloud.application_domain, {"domain": "mine.example"})["domain"] == "mine.example"
    )


def test_no_cloud_is_spelled_in_the_package() -> None:
    # The schemas of ARM templates are named by the same address in every cloud.
    cloud = re.compile(
        r"(?<!schema\.)management\.azure\.com|windows\.net|cloudapp\.azure|usgovcloudapi|chinacloudapi|microsoftonline"
    )
    found = [str(file) for file in (ROOT / "azext_amlarc").rglob("*.py") if cloud.search(file.read_text())]
    assert found == []
