"""Options of `az k8s-extension` and `az ml compute attach` that have one possible value here.

They are taken, and left out, where they say that value; otherwise refused with the reason.
"""

from typing import Any, NamedTuple

from azext_amlarc.errors import UsageError


class Foreign(NamedTuple):
    """An option of another tool: where it is taken, the values it may have here, and why others are refused."""

    dest: str
    options: tuple[str, ...]
    commands: tuple[str, ...]
    values: tuple[str, ...]
    reason: str

    @property
    def help(self) -> str:
        """The option's help text."""
        return f"For command lines of other tools: {self.reason[0].lower()}{self.reason[1:]}."


_INSTALL = ("extension create", "extension update")
_NO_PLAN = "This extension has no marketplace plan"

FOREIGN = (
    Foreign(
        "extension_type",
        ("--extension-type",),
        _INSTALL,
        ("microsoft.azureml.kubernetes",),
        "The extension type is always Microsoft.AzureML.Kubernetes",
    ),
    Foreign("scope", ("--scope",), _INSTALL, ("cluster",), "The scope of this extension is always cluster"),
    Foreign(
        "release_namespace",
        ("--release-namespace",),
        _INSTALL,
        ("azureml",),
        "The extension's own namespace is always azureml",
    ),
    Foreign(
        "target_namespace",
        ("--target-namespace",),
        _INSTALL,
        (),
        "A target namespace needs the scope namespace, which this extension does not have",
    ),
    Foreign(
        "cluster_resource_provider",
        ("--cluster-resource-provider", "--cluster-rp"),
        _INSTALL,
        ("microsoft.kubernetes", "microsoft.containerservice"),
        "The resource provider follows from --cluster-type",
    ),
    Foreign("plan_name", ("--plan-name",), _INSTALL, (), _NO_PLAN),
    Foreign("plan_product", ("--plan-product",), _INSTALL, (), _NO_PLAN),
    Foreign("plan_publisher", ("--plan-publisher",), _INSTALL, (), _NO_PLAN),
    Foreign("type", ("--type",), ("attach", "list"), ("kubernetes",), "Compute targets are always of type Kubernetes"),
)


_SETTINGS = (*_INSTALL, "settings validate")


class Alias(NamedTuple):
    """Another tool's name of an option of ours, `dest`: an option of its own, since knack prints help beside names."""

    option: str
    dest: str
    commands: tuple[str, ...] = _SETTINGS

    @property
    def own_dest(self) -> str:
        return self.option.strip("-").replace("-", "_")

    @property
    def help(self) -> str:
        """The option's help text."""
        return f"For command lines of other tools: another name of --{self.dest.replace('_', '-')}."


ALIASES = (
    Alias("--config-settings", "config"),
    Alias("--configuration-settings", "config"),
    Alias("--config-settings-file", "config_file"),
    Alias("--configuration-settings-file", "config_file"),
    Alias("--config-protected-settings", "config_protected"),
    Alias("--configuration-protected-settings", "config_protected"),
    Alias("--config-protected-settings-file", "config_protected_file"),
    Alias("--configuration-protected-settings-file", "config_protected_file"),
    Alias("-i", "user_assigned_identities", ("attach",)),
)


def command_of(namespace: Any) -> Any:
    """The command that is being parsed: az hands it to validators in an attribute that it calls private."""
    return namespace._cmd  # pylint: disable=protected-access


def take(namespace: Any) -> None:
    """Remove these options from what the command gets; UsageError for a value that is not the possible one."""
    command = command_of(namespace).name.removeprefix("ml arc ").removeprefix("amlarc ")
    for alias in ALIASES:
        if command in alias.commands:
            _merge(namespace, alias)
    for item in FOREIGN:
        value = vars(namespace).pop(item.dest, None) if command in item.commands else None
        if value is not None and value.lower() not in item.values:
            raise UsageError(f"{item.reason}.", f"Remove {item.options[0]} {value}.")


def _merge(namespace: Any, alias: Alias) -> None:
    """Give the alias's value to its option: lists add up, a file is given once."""
    given, own = vars(namespace).pop(alias.own_dest), getattr(namespace, alias.dest)
    if isinstance(given, list):
        given = [*(own or []), *given]
    elif given is not None and own not in (None, given):
        raise UsageError(f"--{alias.dest.replace('_', '-')} is given twice, with two values.", "Pass it once.")
    setattr(namespace, alias.dest, own if given is None else given)
