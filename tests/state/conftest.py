"""Tests of the state make each one as a first run does, step by step."""

from __future__ import annotations

import pytest

import sooner


@pytest.fixture(autouse=True)
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    sooner.share_no_migrations(monkeypatch)
