"""az's loader of the extension: the command table first, then the options of the command that runs."""

import atexit
import gc
import logging
import os
from typing import Any

from azure.cli.core import AzCommandsLoader
from azure.cli.core.commands import AzCliCommand

from azext_amlarc.commands.az import help as _help  # noqa: F401  (az finds help texts by this import)
from azext_amlarc.commands.az.output import open_streams, print_whole

_COLLECT_EVERY = 100_000


def spare_the_collector() -> None:
    """Keep the garbage collector from scanning objects that live as long as the process: a tenth of a command's time.

    az and the SDKs create a hundred thousand of them. The collector scans them again and again during the imports, and
    once more at exit; it still runs, on newer objects.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    atexit.register(gc.freeze)


def without_color(cli: Any) -> None:
    """Have az's own messages be without colors if NO_COLOR asks for it (no-color.org): az knows only core.no_color."""
    from azure.cli.core.style import Theme, format_styled_text

    cli.enable_color = False
    format_styled_text.theme = Theme.NONE
    for handler in (*logging.getLogger().handlers, *logging.getLogger("cli").handlers):
        if getattr(handler, "enable_color", False):
            vars(handler)["enable_color"] = False
            # Where there is a color az leaves out the level's name.
            handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))


def plain(value: Any) -> Any:
    """A default as it was declared: az wraps text and numbers (DefaultStr), and prints the wrapper as an object."""
    if type(value).__module__ != "knack.validators":
        return value
    return str.__str__(value) if isinstance(value, str) else int(value)


class ArcCommand(AzCliCommand):  # type: ignore[misc]  # az has no types  # pylint: disable=too-few-public-methods
    """A command whose function gets plain values, whether they were given or are defaults."""

    def __call__(self, arguments: dict[str, Any]) -> Any:
        open_streams()
        print_whole(self.cli_ctx)
        return super().__call__({name: plain(value) for name, value in arguments.items()})


class ArcCommandsLoader(AzCommandsLoader):  # type: ignore[misc]  # az has no types
    """Commands by name only: a command's module is imported when it runs or shows its help."""

    # az's command index reads the extension's name from here.
    __module__ = "azext_amlarc"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.command_cls = ArcCommand

    def load_command_table(self, args: list[str] | None) -> dict[str, Any]:
        from azext_amlarc.commands.az.table import load_command_table

        spare_the_collector()
        if args and os.environ.get("NO_COLOR"):
            without_color(self.cli_ctx)
        load_command_table(self)
        table: dict[str, Any] = self.command_table
        return table

    def load_arguments(self, command: str | None) -> None:
        from azext_amlarc.commands.az.params import load_arguments

        load_arguments(self, command or "")
