"""Where Microsoft documents what the checks are about, and our own page that starts from what a user sees."""

from azext_amlarc.findings import family

TROUBLESHOOTING = "docs/troubleshooting.md"
_LEARN = "https://learn.microsoft.com/azure"
INSTALL = f"{_LEARN}/machine-learning/how-to-deploy-kubernetes-extension"
ATTACH = f"{_LEARN}/machine-learning/how-to-attach-kubernetes-to-workspace"
EXTENSION_TROUBLES = f"{_LEARN}/machine-learning/how-to-troubleshoot-kubernetes-extension"
COMPUTE_TROUBLES = f"{_LEARN}/machine-learning/how-to-troubleshoot-kubernetes-compute"
PRIVATE_LINK = f"{_LEARN}/machine-learning/how-to-configure-private-link"
SIGN_IN = "https://learn.microsoft.com/cli/azure/authenticate-azure-cli"
SUBSCRIPTIONS = f"{_LEARN}/cost-management-billing/manage/subscription-states"
PROVIDERS = f"{_LEARN}/azure-resource-manager/management/resource-providers-and-types"
ARC_TROUBLES = f"{_LEARN}/azure-arc/kubernetes/troubleshooting"
ARC_CONNECTIVITY = f"{_LEARN}/azure-arc/kubernetes/conceptual-connectivity-modes"
ARC_AGENTS = f"{_LEARN}/azure-arc/kubernetes/agent-upgrade"
AKS_IDENTITY = f"{_LEARN}/aks/use-managed-identity"
AKS_ACCOUNTS = f"{_LEARN}/aks/manage-local-accounts-managed-azure-ad"
AKS_RANGES = f"{_LEARN}/aks/api-server-authorized-ip-ranges"
AKS_POWER = f"{_LEARN}/aks/start-stop-cluster"
RELAY = f"{_LEARN}/azure-relay/relay-hybrid-connections-protocol"
INSTANCE_TYPES = f"{_LEARN}/machine-learning/how-to-manage-kubernetes-instance-types"
REFERENCE = f"{_LEARN}/machine-learning/reference-kubernetes"
LEGACY = f"{_LEARN}/machine-learning/v1/how-to-create-attach-kubernetes#delete-azureml-fe-related-resources"
CONNECT = f"{_LEARN}/azure-arc/kubernetes/quickstart-connect-cluster"

JSON_SCHEMA = "https://json-schema.org/understanding-json-schema/reference"

# By the letter of a code (docs/findings.md): what the settings, or else the attach configuration, may say.
_OF_RULES = {"S": INSTALL, "P": JSON_SCHEMA}


def of(code: str) -> str:
    """Where what a finding's rule is about is documented; an organization's own codes are in its JSON Schemas."""
    return _OF_RULES.get(family(code), ATTACH)
