"""Record ids: 15 and 18 characters."""

import pytest

from sfspiris.sandbox.salesforce import ids

# Pairs as the vendor's own documentation and public tools show them.
PAIRS = {
    "0013000000Atqqd": "0013000000AtqqdAAB",
    "00D300000006aaa": "00D300000006aaaEAA",
    "001A0000006Vm9r": "001A0000006Vm9rIAC",
}


@pytest.mark.parametrize(("short", "long"), PAIRS.items())
def test_the_last_three_characters_are_a_checksum_of_letter_case(short: str, long: str) -> None:
    assert ids.canonical(short) == long
    assert ids.canonical(long) == long


def test_an_id_that_lost_its_case_is_repaired_from_its_checksum() -> None:
    assert ids.canonical("001a0000006vm9riac") == "001A0000006Vm9rIAC"


@pytest.mark.parametrize("text", ["", "001", "001A0000006Vm9!", "001A0000006Vm9rIAB", "001A0000006Vm9rIACx"])
def test_what_cannot_be_an_id_is_none(text: str) -> None:
    assert ids.canonical(text) is None


def test_ids_are_made_in_order_unlike_each_other_and_whole() -> None:
    made = [ids.mint("006", number) for number in range(1, 5000)]
    assert len({one.lower() for one in made}) == len(made)
    assert made == sorted(made)
    assert all(ids.canonical(one) == one and ids.prefix_of(one) == "006" for one in made)
