"""Fixed names and limits of the cluster extension."""

TYPE = "microsoft.azureml.kubernetes"
DEFAULT_NAME = "amlarc-compute"  # the one in Microsoft's guide of 2021

# The release trains that Azure's documents name; others are private. Microsoft supports the first.
RELEASE_TRAINS = ("stable", "preview")
DEFAULT_TRAIN = RELEASE_TRAINS[0]

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

# The taint that the extension's own pods and all jobs tolerate.
TOLERATED = "ml.azure.com/amlarc"
