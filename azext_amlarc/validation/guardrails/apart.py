"""Has a policy judged in a process of its own, which is stopped if it does not end.

A policy is a program that others wrote: a pattern may take longer than the universe is old, references may multiply,
and within this process neither can be interrupted on every system and in every thread. So jsonschema is imported only
there.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Seconds, and one more for each megabyte that is judged; a usual policy takes a tenth of a second.
PATIENCE = 10.0

# -S and -I: neither the folder that the user is in nor a variable says what is imported there, only our own sys.path.
_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.stdin.readline())
from azext_amlarc.validation.guardrails.judging import answer
answer()
"""


_SLOW = "look for patterns with repetitions in repetitions, such as (a+)+, and for references that multiply"
_UNUSABLE = "look for a keyword whose value jsonschema cannot use"


class Unjudged(Exception):
    """Why there is no judgement, and what to do."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.fix = fix


def is_possible() -> bool:
    """Whether jsonschema is installed; it is not imported."""
    return find_spec("jsonschema") is not None


def judge(schema: dict[str, Any], data: list[Any]) -> dict[str, Any]:
    """What judging.respond says; Unjudged if it does not end in time, or ends without an answer."""
    question = f"{json.dumps(_places())}\n{json.dumps({'schema': schema, 'data': data})}\n"
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM]
    limit = PATIENCE + len(question) / 1e6
    try:
        done = subprocess.run(command, input=question.encode(), capture_output=True, timeout=limit, check=False)
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise Unjudged(f"judging by it does not end within {limit:.0f} seconds", _SLOW) from None
    except (OSError, ValueError):
        raise Unjudged("judging by it fails", _UNUSABLE) from None
    return answer


def _places() -> list[str]:
    """Where this process imports from, this package first."""
    own = str(Path(__file__).resolve().parents[3])
    return [own, *(os.path.abspath(place) for place in sys.path if place and os.path.exists(place))]
