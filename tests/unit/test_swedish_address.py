"""Addresses find their two lines, and are never cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish.address import fit_lines
from sfspiris.swedish.verdict import Verdict


@pytest.mark.parametrize(
    ("raw", "street", "second"),
    [
        ("Storgatan 1, 3 tr", "Storgatan 1, 3 tr", ""),
        ("Storgatan 1\nc/o Andersson", "Storgatan 1", "c/o Andersson"),
        ("c/o Andersson\r\nStorgatan 1\n3 tr", "Storgatan 1", "c/o Andersson, 3 tr"),
        ("Box 12\n\n", "Box 12", ""),
        ("c/o Andersson", "c/o Andersson", ""),
        (
            "c/o Andersson & Söner Förvaltning, Storgatan 123 uppgång B, 3 tr",
            "Storgatan 123 uppgång B",
            "c/o Andersson & Söner Förvaltning, 3 tr",
        ),
        ("", "", ""),
    ],
)
def test_street_and_number_come_first_and_the_rest_second(raw: str, street: str, second: str) -> None:
    found = fit_lines(raw, 50)
    assert (found.canonical, found.second_line) == (street, second)
    assert not found.is_held


@pytest.mark.parametrize("raw", ["x" * 51, f"Storgatan 1\n{'y' * 51}", "c/o Andersson\nc/o Berg"])
def test_an_address_that_does_not_fit_is_held(raw: str) -> None:
    found = fit_lines(raw, 50)
    assert (found.verdict, found.problem, found.canonical) == (Verdict.HOLD, "length", None)


def test_an_address_that_was_in_order_is_accepted() -> None:
    assert fit_lines("Storgatan 1", 50).verdict is Verdict.ACCEPT


@given(st.text(st.characters(), max_size=200), st.integers(min_value=5, max_value=60))
def test_no_line_is_longer_than_the_field(raw: str, limit: int) -> None:
    found = fit_lines(raw, limit)
    assert found.is_held or max(len(found.canonical or ""), len(found.second_line)) <= limit
