"""The Azure resources that the extension talks through: Relay, Service Bus and Log Analytics, one of each a cluster.

`resources.supporting.plan` says without a request what the settings ask for. `ensure` creates what is missing of it and
reads the keys, `finish` waits for what Azure was still creating then, `read_secrets` reads the keys of an installed
extension again, `owned` and `purge` take away what a cluster had.
"""

from azext_amlarc.azure.supporting.ensuring import ensure, finish, read_secrets
from azext_amlarc.azure.supporting.making import Provision
from azext_amlarc.azure.supporting.purging import Owned, owned, purge

__all__ = ["Owned", "Provision", "ensure", "finish", "owned", "purge", "read_secrets"]
