"""The command table; each command is registered under both groups."""

from typing import Any

from azure.cli.core.commands import CliCommandType

from azext_amlarc.commands.az import options, rows
from azext_amlarc.commands.az.errors import raise_for_az

# If the official `ml` extension is installed too, az imports it for every `az ml` command, which takes seconds: the
# second group avoids that.
PREFIXES = ("ml arc", "amlarc")


def load_command_table(loader: Any) -> None:
    """Register every command under every prefix."""
    for prefix in PREFIXES:
        with _group(loader, f"{prefix} extension", "extension") as group:
            group.custom_command(
                "create", "create", validator=options.validate_cluster, table_transformer=rows.extension_row
            )
            group.custom_show_command(
                "show", "show", validator=options.validate_cluster, table_transformer=rows.extension_row
            )
            group.custom_command(
                "list", "list_all", validator=options.validate_cluster, table_transformer=rows.extension_rows
            )
            group.custom_command(
                "update", "update", validator=options.validate_cluster, table_transformer=rows.extension_row
            )
            group.custom_command("delete", "delete", validator=options.validate_cluster)
            group.custom_command("wait", "wait", validator=options.validate_cluster)
        with _group(loader, prefix, "compute") as group:
            group.custom_command(
                "attach", "attach", validator=options.validate_attach, table_transformer=rows.compute_row
            )
            group.custom_show_command("show", "show", table_transformer=rows.compute_row)
            group.custom_command("list", "list_all", table_transformer=rows.compute_rows)
            group.custom_command("detach", "detach", confirmation=True)
            group.custom_command("wait", "wait")
        with _group(loader, f"{prefix} cluster", "cluster") as group:
            group.custom_command(
                "list", "list_all", validator=options.validate_cluster_list, table_transformer=rows.cluster_rows
            )
        with _group(loader, prefix, "verify") as group:
            group.custom_command(
                "verify", "verify", validator=options.validate_verify, table_transformer=rows.verify_rows
            )
        with _group(loader, prefix, "check") as group:
            group.custom_command("check", "check", validator=options.validate_check, table_transformer=rows.check_rows)
        with _group(loader, f"{prefix} config", "config") as group:
            group.custom_command("validate", "validate", table_transformer=rows.report_rows)
            group.custom_command("schema", "schema")
            group.custom_command("init", "init")
            group.custom_command("convert", "convert")
        with _group(loader, f"{prefix} settings", "settings") as group:
            group.custom_command("list", "list_all", table_transformer=rows.setting_rows)
            group.custom_show_command("show", "show")
            group.custom_command("validate", "validate", table_transformer=rows.report_rows)


def _group(loader: Any, name: str, module: str) -> Any:
    handlers = CliCommandType(operations_tmpl=f"azext_amlarc.commands.{module}#{{}}", exception_handler=raise_for_az)
    return loader.command_group(name, custom_command_type=handlers)
