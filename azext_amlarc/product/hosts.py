"""Hosts of a cloud that may see its token: those that its description names, and Azure Machine Learning's own."""

from collections.abc import Mapping
from urllib.parse import urlsplit

# Where workspaces have their run history, by the name of the cloud; no description of a cloud has it.
# Source: azure-ai-ml 1.35, _azure_environments.py and its registries' discovery.
_RUN_HISTORY = {
    "azurecloud": ".api.azureml.ms",
    "azureusgovernment": ".api.ml.azure.us",
    "azurechinacloud": ".api.ml.azure.cn",
}


def hosts_of(cloud: str, description: Mapping[str, object]) -> tuple[str, ...]:
    """The hosts of the URLs in a cloud's description, and the domain of its run histories.

    Documents (of image aliases, on GitHub) are described beside the cloud's services, but are not of the cloud.
    """
    urls = (str(value) for name, value in description.items() if not name.lower().endswith("doc"))
    named = {urlsplit(url).netloc.lower() for url in urls if url.lower().startswith("https://")}
    run_history = _RUN_HISTORY.get(cloud.lower())
    return (*sorted(named - {""}), *([run_history] if run_history else []))
