"""The tests notice planted bugs of the protocol; each is one that would make a second invoice, or lose a deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mutants import BUGS, PROTOCOL, RETRY, ROOT, SIGN_IN, Bug, survives

if TYPE_CHECKING:
    from pathlib import Path


QUICK = [bug for bug in BUGS if all("::" in one or one in {PROTOCOL, RETRY, SIGN_IN} for one in bug.tests)]
SAMPLE = QUICK[::5]
"""Planted in every run, for they take seconds; all others before a release."""


def test_there_are_enough_of_them() -> None:
    assert len(BUGS) >= 70
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert len(SAMPLE) >= 6


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "bug",
    [one if one in SAMPLE else pytest.param(one, marks=pytest.mark.release) for one in BUGS],
    ids=lambda bug: bug.name,
)
def test_a_planted_bug_is_noticed(bug: Bug, tmp_path: Path) -> None:
    assert not survives(bug, tmp_path), f"no test notices that {bug.name}"


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_still_has_its_place(bug: Bug) -> None:
    """The list is read in every run, so that it stays true; the bugs are planted before a release."""
    assert (ROOT / "src" / "sfspiris" / bug.file).read_text(encoding="utf-8").count(bug.before) == 1
    assert all((ROOT / one.partition("::")[0]).exists() for one in bug.tests)
