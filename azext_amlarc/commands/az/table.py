"""The command table; each command is registered under both groups."""

from collections.abc import Callable
from typing import Any, NamedTuple

from azure.cli.core.commands import CliCommandType

from azext_amlarc.commands.az import options, rows
from azext_amlarc.commands.az.errors import raise_for_az

# If the official `ml` extension is installed too, az imports it for every `az ml` command, which takes seconds: the
# second group avoids that.
PREFIXES = ("ml arc", "amlarc")


class Command(NamedTuple):
    """A command: its name below the prefix, its function, its own rules about options, and its rows in `-o table`."""

    name: str
    module: str
    function: str
    rule: Callable[[Any], None] | None = None
    row: Callable[[Any], Any] | None = None


COMMANDS = (
    Command("extension create", "extension", "create", options.validate_release, rows.extension_row),
    Command("extension show", "extension", "show", options.validate_cluster, rows.extension_row),
    Command("extension list", "extension", "list_all", options.validate_cluster, rows.extension_rows),
    Command("extension update", "extension", "update", options.validate_release, rows.extension_row),
    Command("extension delete", "extension", "delete", options.validate_cluster),
    Command("extension wait", "extension", "wait", options.validate_cluster),
    Command("extension versions", "extension", "versions", options.validate_cluster, rows.version_rows),
    Command("attach", "compute", "attach", options.validate_attach, rows.compute_row),
    Command("show", "compute", "show", row=rows.compute_row),
    Command("list", "compute", "list_all", row=rows.compute_rows),
    Command("detach", "compute", "detach"),
    Command("wait", "compute", "wait"),
    Command("cluster list", "cluster", "list_all", options.validate_cluster_list, rows.cluster_rows),
    Command("verify", "verify", "verify", options.validate_verify, rows.verify_rows),
    Command("check", "check", "check", options.validate_check, rows.check_rows),
    Command("export", "export", "export", options.validate_export),
    Command("plan", "fleet", "plan", options.validate_plan, rows.plan_rows),
    Command("apply", "fleet", "apply", options.validate_apply, rows.apply_rows),
    Command("status", "fleet", "status", options.validate_status, rows.status_rows),
    Command("support bundle", "support", "bundle", options.validate_bundle, rows.bundle_rows),
    Command("config validate", "config", "validate", options.validate_report, rows.report_rows),
    Command("config schema", "config", "schema"),
    Command("config init", "config", "init"),
    Command("config convert", "config", "convert"),
    Command("settings list", "settings", "list_all", row=rows.setting_rows),
    Command("settings show", "settings", "show"),
    Command("settings validate", "settings", "validate", options.validate_report, rows.report_rows),
)


def load_command_table(loader: Any) -> None:
    """Register every command under every prefix."""
    for prefix in PREFIXES:
        for command in COMMANDS:
            _register(loader, prefix, command)


def _register(loader: Any, prefix: str, command: Command) -> None:
    place, _, name = f"{prefix} {command.name}".rpartition(" ")
    operations = f"azext_amlarc.commands.{command.module}#{{}}"
    handlers = CliCommandType(operations_tmpl=operations, exception_handler=raise_for_az)
    with loader.command_group(place, custom_command_type=handlers) as group:
        register = group.custom_show_command if name == "show" else group.custom_command
        register(
            name,
            command.function,
            validator=options.rules(command.rule),
            **({"table_transformer": command.row} if command.row else {}),
        )
