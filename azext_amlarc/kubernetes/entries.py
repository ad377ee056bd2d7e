"""The entries of a kubeconfig: clusters, users and contexts, decoded strictly; unknown fields are ignored.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

# Structures of msgspec are records, which pylint does not know.
# pylint: disable=too-few-public-methods

from typing import Any

from msgspec import Struct, field


class Extension(Struct, frozen=True):
    """What a program keeps beside a cluster, of whatever shape, under a name of its own."""

    name: str
    extension: Any = None


class Cluster(Struct, frozen=True):
    """A cluster's server, how its certificate is verified, and the proxy to it."""

    server: str | None = None
    authority: str | None = field(name="certificate-authority", default=None)
    authority_data: str | None = field(name="certificate-authority-data", default=None)
    insecure: bool | None = field(name="insecure-skip-tls-verify", default=None)
    server_name: str | None = field(name="tls-server-name", default=None)
    proxy_url: str | None = field(name="proxy-url", default=None)
    disable_compression: bool | None = field(name="disable-compression", default=None)
    extensions: list[Extension] | None = None


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
    interactive_mode: str | None = field(name="interactiveMode", default=None)
    wants_cluster: bool | None = field(name="provideClusterInfo", default=None)


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

    @property
    def needs_plugin(self) -> bool:
        """Whether its sign-in program has to run: what is written beside one counts instead, as for kubectl."""
        has_certificate = (self.certificate or self.certificate_data) and (self.key or self.key_data)
        written = self.token or self.token_file or self.username or has_certificate
        return self.plugin is not None and not written


class ContextEntry(Struct, frozen=True):
    """A context: the names of its cluster and its user."""

    cluster: str | None = None
    user: str | None = None
