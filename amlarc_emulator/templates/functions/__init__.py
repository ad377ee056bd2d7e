"""The functions that need nothing but what they are given, by name in lower case."""

from collections.abc import Callable, Mapping
from typing import Any

from amlarc_emulator.templates.functions import collections, hashes, lambdas, logic, numbers, text
from amlarc_emulator.templates.values import Arguments

Function = Callable[[Arguments], Any]
TABLE: Mapping[str, Function] = {
    name.lower(): function
    for module in (text, collections, numbers, logic, hashes, lambdas)
    for name, function in module.FUNCTIONS.items()
}
