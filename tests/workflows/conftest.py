"""The same local Azure as the tests of the work on Azure have."""

from tests.azure.conftest import azure, local_azure

__all__ = ["azure", "local_azure"]
