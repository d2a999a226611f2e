"""Record ids in both their lengths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.adapters.salesforce.ids import is_id, long_id

PUBLISHED = [
    ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
    ("00D000000000001", "00D000000000001EAA"),
    ("abcdefghijklmno", "abcdefghijklmnoAAA"),
    ("ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNO555"),
]
short_ids = st.from_regex(r"[0-9A-Za-z]{15}", fullmatch=True)


@pytest.mark.parametrize(("short", "long"), PUBLISHED)
def test_a_short_id_gets_its_checksum(short: str, long: str) -> None:
    assert long_id(short) == long


@given(short_ids)
def test_a_long_id_stays_as_it_is(short: str) -> None:
    assert long_id(long_id(short)) == long_id(short)
    assert is_id(short)
    assert is_id(long_id(short))


@given(short_ids)
def test_ids_that_differ_by_case_alone_stay_apart_when_case_is_forgotten(short: str) -> None:
    twin = short.swapcase()
    assert (long_id(twin).lower() == long_id(short).lower()) == (twin == short)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "006",
        "001A0000006Vm9",
        "001A0000006Vm9rIA",
        "001A0000006Vm9rIACC",
        "001A0000006Vm9rIAD",  # a wrong checksum
        "001a0000006vm9riac",  # case was lost
        "001A0000006Vm9 ",
        "001A0000006Vm9'",
        "001A0000006Vm9å",
        "001A0000006Vm9r\n",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(ValueError, match="not a Salesforce record id"):
        long_id(text)
