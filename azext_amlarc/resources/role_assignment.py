"""A role of a managed identity as Azure takes it: its address and its body.

https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest
"""

import uuid
from typing import Any, NamedTuple


class Grant(NamedTuple):
    """A role, of which `role_id` is the GUID, for the principal of a managed identity at a scope."""

    principal_id: str
    role_id: str
    scope: str

    @property
    def address(self) -> str:
        """An assignment is named by what it is, so that a second command does not make a second one."""
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.scope}|{self.principal_id}|{self.role_id}".lower())
        return f"{self.scope}/providers/Microsoft.Authorization/roleAssignments/{name}"

    @property
    def body(self) -> dict[str, Any]:
        """With the type of the principal, Azure does not look up an identity that its directory may not know yet."""
        subscription = "/".join(self.scope.split("/")[:3])
        return {
            "properties": {
                "principalId": self.principal_id,
                "principalType": "ServicePrincipal",
                "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{self.role_id}",
            }
        }
