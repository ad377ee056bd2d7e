"""A cloud's metadata document at /metadata/endpoints: where to sign in, and the suffixes of its services."""

from amlarc_emulator.arm.model import Json

SUFFIXES = {
    "acrLoginServer": "azurecr.io",
    "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
    "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
    "keyVaultDns": "vault.azure.net",
    "mariadbServerEndpoint": "mariadb.database.azure.com",
    "mhsmDns": "managedhsm.azure.net",
    "mysqlServerEndpoint": "mysql.database.azure.com",
    "postgresqlServerEndpoint": "postgres.database.azure.com",
    "sqlServerHostname": "database.windows.net",
    "storage": "core.windows.net",
    "storageSyncEndpointSuffix": "afs.azure.net",
    "synapseAnalytics": "dev.azuresynapse.net",
}


LIST_OF_CLOUDS = "2019-05-01"


def answer(endpoint: str, version: str) -> Json | list[Json]:
    """The cloud's description; at the api-version that azureml-core asks for, the only one in a list of clouds."""
    described = document(endpoint)
    return [described] if version == LIST_OF_CLOUDS else described


def document(endpoint: str) -> Json:
    """The cloud's description, in the form that `az cloud register` asks for (api-version 2022-09-01)."""
    return {
        "name": "LocalAzure",
        "portal": f"{endpoint}/",
        "authentication": {
            "loginEndpoint": f"{endpoint}/adfs",
            "audiences": [f"{endpoint}/"],
            "tenant": "adfs",
            "identityProvider": "ADFS",
        },
        "media": f"{endpoint}/",
        "graphAudience": f"{endpoint}/",
        "graph": f"{endpoint}/",
        "microsoftGraphResourceId": f"{endpoint}/",
        "resourceManager": f"{endpoint}/",
        "gallery": f"{endpoint}/",
        "batch": f"{endpoint}/",
        "sqlManagement": f"{endpoint}/",
        "suffixes": SUFFIXES,
    }
