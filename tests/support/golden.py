"""Output contracts, pinned by files."""

import re
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"

VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<guid>"),
    (re.compile(r"\(\d:\d\d\)"), "(<elapsed>)"),
    (re.compile(r"(?<=amlarc-verify-k8s-compute-)[0-9a-f]{12}"), "<job>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*"), "<time>"),
)


def assert_golden(name: str, text: str) -> None:
    """Compare with tests/golden/NAME; delete the file and run again to renew it, then read the difference."""
    path = GOLDEN / name
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        raise AssertionError(f"{name} was missing and has been written: read it")
    assert text == path.read_text(encoding="utf-8")


def steady(text: str) -> str:
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def assert_steady(name: str, text: str) -> None:
    """The same for a text with parts that differ from run to run."""
    assert_golden(name, steady(text))
