"""What az asks for: the table of our commands, then the options of the one that runs."""

import gc
from typing import Any

from azure.cli.core import AzCommandsLoader

from azext_amlarc import _help  # noqa: F401  (az finds help texts by this import)

# The SDKs bring a hundred thousand objects that live as long as the process, and Python's collector walks them again
# and again while they come: a fifth of the time of a short command. It still runs, less often.
_COLLECT_EVERY = 100_000


class ArcCommandsLoader(AzCommandsLoader):  # type: ignore[misc]  # az has no types
    """Commands by name only: a command's module is imported when it runs or shows its help."""

    # az's index of commands takes an extension's name from here.
    __module__ = "azext_amlarc"

    def load_command_table(self, args: list[str] | None) -> dict[str, Any]:
        from azext_amlarc.commands.table import load_command_table

        gc.set_threshold(_COLLECT_EVERY)
        load_command_table(self)
        table: dict[str, Any] = self.command_table
        return table

    def load_arguments(self, command: str) -> None:
        from azext_amlarc._params import load_arguments

        load_arguments(self)
