"""Where the Python API finds its cloud: a name, a metadata document, the environment, else the public cloud."""

import os
import sys
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azext_amlarc.errors import InvalidInput
from azext_amlarc.sdk import clouds
from azext_amlarc.sdk.clouds import CloudSettings
from tests.support.azure import Azure


def described(name: str, host: str) -> dict[str, Any]:
    """One cloud of a metadata document, as ARM answers it at api-version 2022-09-01."""
    return {
        "name": name,
        "authentication": {"loginEndpoint": f"https://login.{host}", "audiences": [f"https://core.{host}/"]},
        "resourceManager": f"https://management.{host}/",
    }


LIST = [described("AzureCloud", "azure.example"), described("AzureUSGovernment", "gov.example")]
GOVERNMENT = CloudSettings(
    "https://management.gov.example/", ("https://core.gov.example//.default",), "https://login.gov.example"
)


@pytest.fixture
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARM_CLOUD_METADATA_URL", raising=False)


@pytest.mark.usefixtures("no_variable")
@pytest.mark.parametrize(
    ("name", "endpoint", "scope"),
    [
        (None, "https://management.azure.com/", "https://management.azure.com/.default"),
        ("AzureCloud", "https://management.azure.com/", "https://management.azure.com/.default"),
        (
            "azureusgovernment",
            "https://management.usgovcloudapi.net/",
            "https://management.core.usgovcloudapi.net/.default",
        ),
        ("AZURE_CHINA_CLOUD", "https://management.chinacloudapi.cn/", "https://management.chinacloudapi.cn/.default"),
    ],
)
def test_well_known_clouds_have_names(name: str | None, endpoint: str, scope: str) -> None:
    found = clouds.find(name)
    assert (found.endpoint, found.scopes) == (endpoint, (scope,))


@pytest.mark.usefixtures("no_variable")
def test_an_unknown_cloud_is_told_beside_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.find("AzureGermanCloud")
    assert caught.value.message == "There is no cloud 'AzureGermanCloud'."
    assert "AzureCloud, AzureChinaCloud, AzureUSGovernment" in caught.value.fix


def test_a_list_of_clouds_is_chosen_from_by_name() -> None:
    assert clouds.choose(LIST, "azureUSgovernment") == GOVERNMENT


def test_a_list_of_clouds_gives_the_public_one_where_none_is_named() -> None:
    assert clouds.choose(LIST, None).endpoint == "https://management.azure.example/"


def test_a_document_with_one_cloud_needs_no_name() -> None:
    assert clouds.choose(LIST[1], None) == GOVERNMENT
    assert clouds.choose(LIST[1:], None) == GOVERNMENT


def test_a_cloud_that_a_document_does_not_hold_is_told() -> None:
    with pytest.raises(InvalidInput, match="There is no cloud 'AzureChinaCloud'"):
        clouds.choose(LIST, "AzureChinaCloud")


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        "text",
        7,
        [None],
        {"name": "A"},
        {**LIST[0], "resourceManager": 1},
        {**LIST[0], "resourceManager": "http://management.example"},
    ],
)
def test_what_is_no_metadata_document_is_told(document: object) -> None:
    with pytest.raises(InvalidInput):
        clouds.choose(document, None)


def test_an_authority_of_ad_fs_goes_without_the_word_that_is_its_tenant() -> None:
    document = described("Local", "example")
    document["authentication"]["loginEndpoint"] = "https://adfs.example/adfs/"
    assert clouds.choose(document, None).authority == "https://adfs.example"


def test_the_variable_points_to_a_cloud(azure: Azure) -> None:
    expected = CloudSettings(f"{azure.endpoint}/", (f"{azure.endpoint}//.default",), azure.endpoint)
    assert clouds.find() == expected
    assert clouds.find("localazure") == expected


def test_a_metadata_document_can_be_named_instead(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARM_CLOUD_METADATA_URL")
    assert clouds.find(azure.python_env["ARM_CLOUD_METADATA_URL"]).endpoint == f"{azure.endpoint}/"


def test_a_url_without_a_document_is_an_error_of_that_request(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", f"{azure.endpoint}/nowhere")
    with pytest.raises(HttpResponseError):
        clouds.find()


@pytest.mark.usefixtures("no_variable")
def test_without_azure_identity_a_credential_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(InvalidInput, match="No credential was given, and azure-identity is not installed"):
        clouds.default_credential(clouds.find())


def test_the_default_credential_signs_in_at_the_clouds_own_authority(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AZURE_") and name != "AZURE_CONFIG_DIR"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_TENANT_ID", "adfs")
    monkeypatch.setenv("AZURE_CLIENT_ID", azure.client_id)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", azure.client_secret)
    found = clouds.find()
    assert clouds.default_credential(found).get_token(*found.scopes).token.count(".") == 2
