"""`python attach_once.py CLUSTER WORKSPACE GROUP [TOKEN]`: attach a cluster through the Python API, and wait for it.

Without a token azure-identity's DefaultAzureCredential signs in.
"""

import sys
import time

from azure.core.credentials import AccessToken

from azext_amlarc.sdk import ComputeTarget, KubernetesCompute, Workspace


class ReadyToken:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


cluster, workspace, group, *tokens = sys.argv[1:]
ws = Workspace(cluster.split("/")[2], group, workspace, ReadyToken(tokens[0]) if tokens else None)
ComputeTarget.attach(ws, "k8s-compute", KubernetesCompute.attach_configuration(cluster)).wait_for_completion()
