"""Retries of these tests pause a thousandth of what users wait: what counts is how often, and after what."""

import pytest

from azext_amlarc.azure.connection import retries


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "SECOND", 0.001)
