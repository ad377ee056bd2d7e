"""A program that has imported az's modules and forks an az for every request; `tests.support.forked` is its client.

An az spends two thirds of its time on starting Python and on importing its own modules, which are the same each time.
This runs in az's environment, as `python -c TEXT SOCKET`, with the environment variables that each az is to have: what
modules read of them at import is right for all. (Of files they read az's `config`, where extensions are, too.) Neither
the extension nor what was installed with it is imported here: az finds and loads it, as ever.

A request is a message on the socket (the folder to start in, the arguments, and more environment variables, as JSON)
with what are to be stdin, stdout and stderr. The answers are the id of the process, and its exit code when it has
ended. One at a time; this ends when the other side closes the socket.
"""

import gc
import importlib
import json
import os
import runpy
import socket
import sys
import threading

# az imports all of these in every command that asks Azure something, and the last two in every one that fails, in this
# order. What is imported on occasion only is not here: an az would have it that should not.
MODULES = (
    "azure.cli.core.telemetry",
    "azure.cli.core",
    "azure.cli.core.intercept_survey",
    "azure.cli.core.azlogging",
    "azure.cli.core.breaking_change",
    "azure.cli.core.command_recommender",
    "azure.cli.core.parser",
    "azure.cli.core._help",
    "azure.cli.core._output",
    "azure.cli.core.commands.arm",
    "azure.cli.core.commands.transform",
    "azure.cli.core.cloud",
    "azure.cli.core.extension.operations",
    "azure.cli.core.commands.command_operation",
    "azure.cli.core._completers",
    "azure.cli.core._profile",
    "azure.cli.core.auth.identity",
    "azure.cli.core.auth.binary_cache",
    "azure.core.pipeline.transport._requests_basic",
    "azure.core.tracing.decorator",
    "azure.mgmt.core.polling.arm_polling",
    "isodate",
    "jmespath",
    "msrest",
)
_LONGEST = 200_000  # characters of a request: what Linux takes for a message


def _forked(requests: socket.socket) -> list[str]:
    """Returns in each child, with its arguments, and never here."""
    while True:
        message, files, _, _ = socket.recv_fds(requests, _LONGEST, 3)
        if not message:
            os._exit(0)
        folder, arguments, variables = json.loads(message)
        child = os.fork()
        if not child:
            requests.close()
            _take(folder, files)
            os.environ.update(variables)
            return list(arguments)
        for file in files:
            os.close(file)
        requests.send(str(child).encode())
        _, status = os.waitpid(child, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def _take(folder: str, files: list[int]) -> None:
    """A folder and standard streams, as a process has them that was begun with them."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    sys.path[0] = os.getcwd()  # where `python -m` looks first


if __name__ == "__main__":
    for module in MODULES:
        importlib.import_module(module)
    assert threading.active_count() == 1, "a fork has one thread only"
    gc.freeze()
    sys.argv[1:] = _forked(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("azure.cli", run_name="__main__", alter_sys=True)
