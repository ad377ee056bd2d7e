"""Fixed names and limits of the cluster extension."""

TYPE = "microsoft.azureml.kubernetes"
DEFAULT_NAME = "amlarc-compute"  # the one in Microsoft's guide of 2021

# Where the extension lives, where the agents of Azure Arc do, and where jobs run unless a namespace is given.
EXTENSION_NAMESPACE = "azureml"
AGENT_NAMESPACE = "azure-arc"
DEFAULT_NAMESPACE = "default"

# With fewer nodes the inference router cannot have its three replicas; the chart's DevTest profile fits.
NODES_FOR_HA = 3
# The oldest Kubernetes that the extension was ever made for (Microsoft's guide of 2021).
OLDEST_KUBERNETES = (1, 18)


# Protected settings that name local PEM files, and under what names their contents are sent.
SENT_AS = {"sslCertPemFile": "scoringFe.sslCert", "sslKeyPemFile": "scoringFe.sslKey"}
