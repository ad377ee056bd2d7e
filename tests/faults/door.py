"""The commands' functions in this process, behind az's real login, with their errors as az would print them."""

import io
import logging
from contextlib import redirect_stderr
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from azure.cli.core import get_default_cli
from azure.cli.core.azclierror import AzCLIError, CLIInternalError

from azext_amlarc.commands import check, compute, extension
from azext_amlarc.commands.az.errors import raise_for_az
from tests.faults.commands import Command


@dataclass(frozen=True)
class Outcome:
    """How a command ended: `said` is its error as az prints it, empty where it ended well."""

    said: str = ""
    is_ours: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether it ended well, or in an error that is no fault of ours."""
        return not self.is_ours and "Traceback" not in self.said


class Door:
    """Runs commands with the login and the cloud that AZURE_CONFIG_DIR has."""

    def __init__(self) -> None:
        cli = get_default_cli()
        cli.config.set_value("core", "disable_progress_bar", "true")
        self._cmd = SimpleNamespace(cli_ctx=cli)
        # What --debug would show: everything that anybody logs.
        self._log = io.StringIO()
        logging.getLogger().addHandler(logging.StreamHandler(self._log))
        logging.getLogger().setLevel(logging.DEBUG)

    def heard(self) -> str:
        """What has been logged since the last call."""
        heard = self._log.getvalue()
        self._log.seek(0)
        self._log.truncate()
        return heard

    def run(self, command: Command, **more: Any) -> Outcome:
        """Run a command, with further parameters."""
        noun, _, verb = command.words.rpartition(" ")
        function = getattr(check if verb == "check" else extension if noun else compute, verb)
        said = io.StringIO()
        try:
            with redirect_stderr(said):
                found = function(self._cmd, **command.parameters, **more)
        except Exception as error:  # noqa: BLE001  (the wall, as az has it around every command)
            return _printed(error)
        is_settled = verb != "check" or (_is_settled(found) and "Not made: " not in said.getvalue())
        return Outcome("" if is_settled else said.getvalue())

    def must(self, *commands: Command) -> None:
        """Run commands that have to end well."""
        for command in commands:
            outcome = self.run(command)
            assert not outcome.said, f"{command}: {outcome.said}"


def _is_settled(results: list[dict[str, Any]]) -> bool:
    """Whether checks have found nothing that is left to mend."""
    return all(result["status"] in ("pass", "skipped") for result in results)


def _printed(error: Exception) -> Outcome:
    try:
        raise_for_az(error)
    except AzCLIError as shown:
        return Outcome("\n".join([str(shown), *shown.recommendations]), isinstance(shown, CLIInternalError))
