"""The table of commands as az has it: what is true of every command and option, whatever it does."""

import argparse
from collections.abc import Iterator
from typing import Any

import pytest
from azure.cli.core import AzCommandsLoader
from azure.cli.core.mock import DummyCli

from azext_amlarc.commands.az.loader import ArcCommandsLoader
from azext_amlarc.commands.az.table import PREFIXES


@pytest.fixture(scope="module")
def loader() -> ArcCommandsLoader:
    loader = ArcCommandsLoader(cli_ctx=DummyCli(commands_loader_cls=AzCommandsLoader))
    loader.skip_applicability = True
    loader.load_command_table(None)
    return loader


def options(loader: ArcCommandsLoader) -> Iterator[tuple[str, Any, Any]]:
    """Every option of every command as az's parser gets it: the command's name, the command, the option."""
    for name, command in loader.command_table.items():
        command.load_arguments()
        loader.command_name = name
        loader.load_arguments(name)
        for key, argument in command.arguments.items():
            overrides = loader.argument_registry.get_cli_argument(name, key)
            command.update_argument(key, overrides)
            yield name, command, argument


def test_the_table_has_every_command_twice(loader: ArcCommandsLoader) -> None:
    assert len(loader.command_table) % 2 == 0
    assert {name.removeprefix(prefix).strip() for prefix in PREFIXES for name in loader.command_table if
            name.startswith(f"{prefix} ")} >= {"extension create", "attach", "config convert"}  # fmt: skip


def test_an_option_that_takes_several_values_adds_up_when_it_is_given_twice(loader: ArcCommandsLoader) -> None:
    lists = {}
    for name, _, argument in options(loader):
        settings = argument.type.settings
        if settings.get("nargs") in ("+", "*"):
            lists[f"{name} {settings.get('options_list') or argument.name}"] = settings.get("action")
    assert len(lists) >= 2 * 10
    assert {name: action for name, action in lists.items() if action != "extend"} == {}


def test_extending_is_what_argparse_does_with_both_forms() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", nargs="+", action="extend")
    given = parser.parse_args(["--config", "a=1", "b=2", "--config", "c=3"])
    assert given.config == ["a=1", "b=2", "c=3"]


def test_no_command_gets_a_default_in_the_wrapping_that_az_prints_as_an_object(loader: ArcCommandsLoader) -> None:
    wrapped: dict[str, set[str]] = {}
    for _, command, argument in options(loader):
        default = argument.type.settings.get("default")
        if type(default).__module__ == "knack.validators":
            wrapped.setdefault(command.name, set()).add(argument.name)
    assert wrapped["amlarc config convert"] == {"namespace"}
    assert len(wrapped) > 10
    for name in wrapped:
        command = loader.command_table[name]
        got: dict[str, Any] = {}
        command.handler = got.update
        command({argument.name: argument.type.settings.get("default") for argument in command.arguments.values()})
        assert {type(value).__module__ for value in got.values()} <= {"builtins", "azure.cli.core.util"}
