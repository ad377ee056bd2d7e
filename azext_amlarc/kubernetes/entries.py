"""The entries of a kubeconfig: clusters, users and contexts, decoded strictly; unknown fields are ignored.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from msgspec import Struct, field


class Cluster(Struct, frozen=True):
    """A cluster's server, how its certificate is verified, and the proxy to it."""

    server: str | None = None
    authority: str | None = field(name="certificate-authority", default=None)
    authority_data: str | None = field(name="certificate-authority-data", default=None)
    insecure: bool | None = field(name="insecure-skip-tls-verify", default=None)
    server_name: str | None = field(name="tls-server-name", default=None)
    proxy_url: str | None = field(name="proxy-url", default=None)


class Variable(Struct, frozen=True):
    """A variable in a sign-in program's environment."""

    name: str
    value: str | None = None


class Plugin(Struct, frozen=True):
    """A sign-in program. `command` is an absolute path if the kubeconfig gives a path."""

    command: str
    api_version: str = field(name="apiVersion")
    args: list[str] | None = None
    env: list[Variable] | None = None
    hint: str | None = field(name="installHint", default=None)


class AuthProvider(Struct, frozen=True):
    """A sign-in that was built into old versions of kubectl."""

    name: str | None = None


class User(Struct, frozen=True):
    """What a user signs in with, and as whom they act."""

    certificate: str | None = field(name="client-certificate", default=None)
    certificate_data: str | None = field(name="client-certificate-data", default=None)
    key: str | None = field(name="client-key", default=None)
    key_data: str | None = field(name="client-key-data", default=None)
    token: str | None = None
    token_file: str | None = field(name="tokenFile", default=None)
    username: str | None = None
    password: str | None = None
    plugin: Plugin | None = field(name="exec", default=None)
    auth_provider: AuthProvider | None = field(name="auth-provider", default=None)
    impersonated: str | None = field(name="as", default=None)
    impersonated_uid: str | None = field(name="as-uid", default=None)
    impersonated_groups: list[str] | None = field(name="as-groups", default=None)
    impersonated_extra: dict[str, list[str] | None] | None = field(name="as-user-extra", default=None)


class ContextEntry(Struct, frozen=True):
    """A context: the names of its cluster and its user."""

    cluster: str | None = None
    user: str | None = None
