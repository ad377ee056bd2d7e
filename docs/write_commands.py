"""Write the reference of commands from their help: `python docs/write_commands.py FOLDER`, a page for each first word.

It is made with the site and not committed: whoever has the repository has `--help`.
"""

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from azure.cli.core import AzCommandsLoader
from azure.cli.core._help import AzCliHelp, CliCommandHelpFile
from azure.cli.core.commands import AzCliCommandInvoker
from azure.cli.core.mock import DummyCli
from azure.cli.core.parser import AzCliCommandParser

from azext_amlarc.commands.az.loader import ArcCommandsLoader
from azext_amlarc.commands.az.table import COMMANDS

PREFIX = "ml arc"
# What has a meaning in a table of Markdown, outside of code.
_MARKED = re.compile(r"([\\*_<>\[\]|])")


def pages() -> dict[str, str]:
    """Each page by its name: the commands that begin with the same word, in the order of the table."""
    names = sorted((command.name for command in COMMANDS), key=lambda name: name.split()[0])
    groups = groupby(names, key=lambda name: name.split()[0])
    return {word: _page(word, [_help(f"{PREFIX} {name}") for name in group]) for word, group in groups}


def _help(name: str) -> Any:
    """What az would print for `--help` of a command, as its own object."""
    cli = DummyCli(commands_loader_cls=AzCommandsLoader)
    cli.invocation = AzCliCommandInvoker(cli_ctx=cli, commands_loader_cls=AzCommandsLoader)
    parser = AzCliCommandParser(cli, cli_help=AzCliHelp(cli))
    parser.load_command_table(_loaded(cli, name))
    found = CliCommandHelpFile(parser.cli_help, name, parser.subparser_map[name])
    found.load(parser.subparser_map[name])
    return found


def _loaded(cli: Any, name: str) -> ArcCommandsLoader:
    """Our loader with one command, as az has it: texts of options may depend on which command is asked for."""
    loader = ArcCommandsLoader(cli_ctx=cli)
    loader.skip_applicability = True
    cli.invocation.commands_loader = loader
    loader.load_command_table(None)
    loader.command_table = {name: loader.command_table[name]}
    loader.command_name = name
    loader.command_table[name].load_arguments()
    with loader.argument_context("") as context:
        context.ignore("cmd")
    loader.load_arguments(name)
    loader._update_command_definitions()
    return loader


def _page(word: str, commands: list[Any]) -> str:
    title = f"# az {PREFIX} {word}\n"
    if len(commands) == 1 and commands[0].delimiters == f"{PREFIX} {word}":
        return title + _entry(commands[0])
    return title + "".join(f"\n## az {command.delimiters}\n{_entry(command)}" for command in commands)


def _entry(command: Any) -> str:
    parts = [
        _plain(command.short_summary),
        _plain(command.long_summary),
        *_tables(command.parameters),
        *(f"{_plain(one.short_summary)}:\n\n```console\n{one.command}\n```" for one in command.examples),
    ]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _tables(arguments: list[Any]) -> Iterator[str]:
    """A table for each group of arguments: those that have none first, what is required first."""
    shown = [one for one in arguments if one.group_name != "Global Arguments"]
    for title, group in groupby(sorted(shown, key=_place), key=lambda one: one.group_name or "Arguments"):
        yield "\n".join([f"| {title} | |", "|---|---|", *map(_row, group)])


def _place(argument: Any) -> tuple[str, bool, str]:
    return argument.group_name or "", not argument.required, argument.name


def _row(argument: Any) -> str:
    names = " ".join(f"`{name}`" for name in sorted(argument.name_source, key=lambda name: (name.count("-"), name)))
    return f"| {names}{' (required)' if argument.required else ''} | {_described(argument)} |"


def _described(argument: Any) -> str:
    parts = [
        argument.short_summary,
        argument.long_summary,
        f"Allowed values: {', '.join(sorted(map(str, argument.choices)))}." if argument.choices else "",
        f"Default: {argument.default}." if argument.default not in (None, "", [], False) else "",
    ]
    return _plain(" ".join(part.strip() for part in parts if part))


def _plain(text: str | None) -> str:
    """The text as it stands, but for code, which stays code."""
    pieces = re.split(r"(`[^`]*`)", " ".join((text or "").split()))
    return "".join(piece if piece.startswith("`") else _MARKED.sub(r"\\\1", piece) for piece in pieces)


def main(folder: Path) -> None:
    """Write every page into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for word, text in pages().items():
        (folder / f"{word}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
