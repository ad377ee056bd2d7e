"""What CI systems take for commands in what a job prints, as their sources read it; and texts that try to be some.

GitHub: src/Runner.Common/ActionCommand.cs and src/Runner.Worker/ActionCommandManager.cs of actions/runner.
Azure Pipelines: src/Agent.Worker/WorkerCommandManager.cs and Command.TryParse of microsoft/azure-pipelines-agent.
"""

import re
from collections.abc import Iterator

_GITHUB = {
    *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher"),
    *("save-state", "set-env", "set-output", "stop-commands", "warning"),
}

HOSTILE = (
    "::error file=a,line=1::stolen",
    "harmless\n::add-mask::a",
    "harmless\r\n \t::warning::b",
    "\u3000::stop-commands::token",
    "within a line ##[error]c",
    "###[add-mask]d",
    "##vso[task.setvariable variable=PATH]e",
    "word " * 30 + "::set-output name=x::" + " word" * 30,
    "over\r::notice::f",
    "\x1b[2J\x1b]0;title\x07::debug::g",
    "\u202e\u2066 h",
)


def commands(printed: str) -> Iterator[tuple[str, str]]:
    """The commands in it, as a name and all the rest."""
    for line in re.split(r"\r\n|\r|\n", printed):
        found = _anchored(line.lstrip()) or _anywhere(line) or _of_azure(line)
        if found:
            yield found


def _anchored(line: str) -> tuple[str, str] | None:
    info, separator, data = line[2:].partition("::")
    name = info.partition(" ")[0]
    is_one = line.startswith("::") and separator and name.lower() in _GITHUB
    return (name, f"{info} {data}") if is_one else None


def _anywhere(line: str) -> tuple[str, str] | None:
    info, bracket, data = line.partition("##[")[2].partition("]")
    name = info.partition(" ")[0]
    return (name, f"{info} {data}") if bracket and name.lower() in _GITHUB else None


def _of_azure(line: str) -> tuple[str, str] | None:
    info, bracket, data = line.partition("##vso[")[2].partition("]")
    return (info.partition(" ")[0], f"{info} {data}") if bracket and "." in info else None


def is_still(printed: str) -> bool:
    """Whether nothing in it moves the cursor, or turns what follows around."""
    return all(char.isprintable() or char in "\n\t" for char in printed)
