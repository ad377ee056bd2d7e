"""Policies judged without a process of their own, for tests of what is judged and not of how."""

import json

import pytest

from azext_amlarc.validation.guardrails import apart, judging


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what needs no process: starting one takes longer than all the rest."""
    monkeypatch.setattr(apart, "judge", lambda schema, data: json.loads(json.dumps(judging.respond(schema, data))))
