"""What az asks for: the table of our commands, then the options of the one that runs."""

from typing import Any

from azure.cli.core import AzCommandsLoader

from azext_amlarc import _help  # noqa: F401  (az finds help texts by this import)


class ArcCommandsLoader(AzCommandsLoader):
    """Commands by name only: a command's module is imported when it runs or shows its help."""

    # az's index of commands takes an extension's name from here.
    __module__ = "azext_amlarc"

    def load_command_table(self, args: list[str] | None) -> dict[str, Any]:
        from azext_amlarc.commands.table import load_command_table

        load_command_table(self)
        table: dict[str, Any] = self.command_table
        return table

    def load_arguments(self, command: str) -> None:
        from azext_amlarc._params import load_arguments

        load_arguments(self)
