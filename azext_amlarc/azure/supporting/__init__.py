"""The Azure resources that the extension talks through: Relay, Service Bus and Log Analytics, one of each a cluster.

`plan` says without a request what the settings ask for, `ensure` makes what is missing of it and reads the keys,
`finish` waits for what Azure was still making then,
`read_secrets` reads the keys of an installed extension again, `owned` and `purge` take away what a cluster had.
Names and values are those of `az k8s-extension`, so that clusters set up with either tool are recognised by both.
"""

from azext_amlarc.azure.supporting.making import Made
from azext_amlarc.azure.supporting.planning import Plan, ensure, finish, plan, read_secrets
from azext_amlarc.azure.supporting.purging import Owned, owned, purge

__all__ = ["Made", "Owned", "Plan", "ensure", "finish", "owned", "plan", "purge", "read_secrets"]
