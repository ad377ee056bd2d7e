"""What a cloud tells about itself at /metadata/endpoints: where to sign in, and the suffixes of its services."""

from emulator.model import Json

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


def document(endpoint: str, version: str) -> Json | list[Json]:
    """The cloud's description: one object, for 2019-05-01 a list of clouds, for 2015-01-01 the short form."""
    if version == "2015-01-01":
        return {
            "galleryEndpoint": f"{endpoint}/",
            "graphEndpoint": f"{endpoint}/",
            "portalEndpoint": f"{endpoint}/",
            "authentication": {"loginEndpoint": f"{endpoint}/adfs", "audiences": [f"{endpoint}/"]},
        }
    cloud: Json = {
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
    return [cloud] if version == "2019-05-01" else cloud
