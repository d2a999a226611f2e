"""Verdicts have an order, and a finding cannot contradict itself."""

from dataclasses import FrozenInstanceError

import pytest

from sfspiris.sentences import say
from sfspiris.swedish.verdict import Finding, Verdict, rewritten


def test_verdicts_are_ordered_from_harmless_to_stop() -> None:
    assert sorted([Verdict.HOLD, Verdict.WARN, Verdict.ACCEPT, Verdict.NORMALISE]) == [
        Verdict.ACCEPT,
        Verdict.NORMALISE,
        Verdict.WARN,
        Verdict.HOLD,
    ]
    assert max(Verdict.NORMALISE, Verdict.WARN) is Verdict.WARN
    assert Verdict.HOLD >= Verdict.HOLD


def test_a_verdict_is_not_compared_with_anything_else() -> None:
    with pytest.raises(TypeError):
        _ = Verdict.ACCEPT < "hold"


def test_a_hold_names_its_problem() -> None:
    with pytest.raises(ValueError, match="names a problem exactly when"):
        Finding(verdict=Verdict.HOLD, canonical=None, reason=say("held for no stated reason"))


def test_only_a_hold_names_a_problem() -> None:
    with pytest.raises(ValueError, match="names a problem exactly when"):
        Finding(verdict=Verdict.WARN, canonical="x", reason=say("fine"), problem="length")


def test_a_finding_cannot_be_changed_afterwards() -> None:
    finding = Finding(verdict=Verdict.ACCEPT, canonical="x", reason=say("fine"))
    with pytest.raises(FrozenInstanceError):
        finding.canonical = "y"  # type: ignore[misc]


def test_a_value_that_already_was_canonical_is_accepted_and_any_other_normalised() -> None:
    assert rewritten("114 18", "114 18") is Verdict.ACCEPT
    assert rewritten("114 18", "11418") is Verdict.NORMALISE
