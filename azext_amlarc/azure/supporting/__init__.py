"""The Azure resources that the extension communicates through: Relay, Service Bus and Log Analytics, for each cluster.

`resources.supporting.plan` derives from the settings, without a request, which ones are needed. `ensure` creates the
missing ones and reads the keys, `finish` waits for those that Azure was still creating, `read_secrets` reads the keys
for an installed extension again, `read_own` those of the user's own resources; the module `purging` deletes a cluster's
resources.
"""

from azext_amlarc.azure.supporting.ensuring import ensure, finish, read_own, read_secrets
from azext_amlarc.azure.supporting.making import Provision

__all__ = ["Provision", "ensure", "finish", "read_own", "read_secrets"]
