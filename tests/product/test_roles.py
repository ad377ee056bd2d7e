"""The roles that identities need are Azure's, as the local Azure has them, and what is needed of each is in it."""

from fnmatch import fnmatchcase

import pytest

from amlarc_emulator.providers.authorization.definitions import BUILT_IN
from azext_amlarc.product.clusters import CONNECTED, MANAGED
from azext_amlarc.product.roles import BLOB_READER, IMAGE_PULLER, ON_CLUSTER, RELAY_OWNER, Role

ROLES = {*ON_CLUSTER[CONNECTED], *ON_CLUSTER[MANAGED], RELAY_OWNER, BLOB_READER, IMAGE_PULLER}


@pytest.mark.parametrize("role", sorted(ROLES), ids=lambda role: role.name)
def test_a_role_is_azures_and_has_what_is_needed_of_it(role: Role) -> None:
    [found] = [item["role"] for item in BUILT_IN if item["name"] == role.id]
    assert found["roleName"] == role.name
    [permission] = found["permissions"]
    assert role.actions or role.data_actions
    assert all(any(fnmatchcase(action, pattern) for pattern in permission["actions"]) for action in role.actions)
    assert all(
        any(fnmatchcase(action, pattern) for pattern in permission["dataActions"]) for action in role.data_actions
    )
