"""Command lines as az reads them: its parser over our table, then the rules about options; nothing runs."""

import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from azure.cli.core import AzCommandsLoader
from azure.cli.core._help import AzCliHelp
from azure.cli.core.commands import AzCliCommandInvoker
from azure.cli.core.mock import DummyCli
from azure.cli.core.parser import AzCliCommandParser

from azext_amlarc.commands.az.loader import ArcCommandsLoader
from azext_amlarc.commands.az.table import COMMANDS, PREFIXES


class Wrong(Exception):
    """How az would end, and what it would say."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Parser(AzCliCommandParser):  # type: ignore[misc]  # az has no types
    def error(self, message: str) -> None:
        raise Wrong(2, message)

    def validation_error(self, message: str) -> None:
        raise Wrong(2, message)

    def exit(self, status: int = 0, message: str | None = None) -> None:
        raise Wrong(status, message or "")


def read(line: str, defaults: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the command's function gets of a line such as `amlarc show -n k8s`; Wrong if az would refuse it.

    `defaults` are those of `az configure --defaults`.
    """
    from knack.util import CLIError

    words = shlex.split(line)
    for name, value in (defaults or {}).items():
        os.environ[f"AZURE_DEFAULTS_{name.upper()}"] = value
    try:
        # What is registered depends on the defaults; without any, a command is registered once.
        cli, parser = (_parser.__wrapped__ if defaults else _parser)(_name(words))
        parsed = parser.parse_args(words)
    finally:
        for name in defaults or {}:
            del os.environ[f"AZURE_DEFAULTS_{name.upper()}"]
    try:
        cli.invocation._validation(parsed)
    except CLIError as error:
        raise Wrong(1, "\n".join([str(error), *getattr(error, "recommendations", ())])) from error
    return {name: value for name, value in vars(parsed).items() if not name.startswith("_") and name != "func"}


def print_help(name: str) -> None:
    """What az prints for a command's `--help`, by az's own printer."""
    cli = DummyCli(commands_loader_cls=AzCommandsLoader)
    loader = _loaded(cli, name)
    loader.cmd_to_loader_map = {}  # where az would look for files of help, which we have none of
    parser = _Parser(cli, cli_help=AzCliHelp(cli))
    parser.load_command_table(loader)
    with suppress(Wrong):  # printing ends a parser
        parser.subparser_map[name].format_help()


def load(name: str) -> Any:
    """A command with its options, as az registers them."""
    return _loaded(DummyCli(commands_loader_cls=AzCommandsLoader), name).command_table[name]


def options_of(name: str) -> set[str]:
    """The options that a command of ours takes, in all their spellings."""
    _, parser = _parser(f"amlarc {name}")
    return set(parser.subparser_map[f"amlarc {name}"]._option_string_actions)


def _name(words: list[str]) -> str:
    """The command's name, with its group; StopIteration if there is no such command."""
    known = {f"{prefix} {command.name}" for prefix in PREFIXES for command in COMMANDS}
    return next(" ".join(words[:length]) for length in (4, 3, 2) if " ".join(words[:length]) in known)


@cache
def _parser(name: str) -> tuple[Any, Any]:
    """An az and its parser for a command."""
    cli = DummyCli(commands_loader_cls=AzCommandsLoader)
    parser = _Parser(cli)
    parser.load_command_table(_loaded(cli, name))
    return cli, parser


def _loaded(cli: Any, name: str) -> ArcCommandsLoader:
    loader = ArcCommandsLoader(cli_ctx=cli)
    loader.skip_applicability = True
    cli.invocation = AzCliCommandInvoker(cli_ctx=cli, commands_loader_cls=AzCommandsLoader)
    cli.invocation.commands_loader = loader
    loader.load_command_table(None)
    loader.command_table = {name: loader.command_table[name]}
    loader.command_name = name
    loader.command_table[name].load_arguments()
    with loader.argument_context("") as c:
        c.ignore("cmd")
    loader.load_arguments(name)
    loader._update_command_definitions()
    return loader
