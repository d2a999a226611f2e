"""Keys and prints by which both sides are tied together."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sfspiris.core.identity import (
    Marker,
    action_id,
    content_hash,
    correlation_id,
    customer_key,
    markers_in,
    org_tag,
)
from shorthand import TAG, deal, deal_id, line

MARKER = Marker(deal_id("D1"), 1, TAG)


def test_a_marker_fits_the_shortest_field_that_may_carry_it() -> None:
    assert len(str(Marker(deal_id("D1"), 999, TAG))) <= 35


def test_a_marker_is_found_among_words_that_a_person_wrote_around_it() -> None:
    assert markers_in(f"Anna Ek, ring! {MARKER} (se bilaga)") == (MARKER,)


def test_ids_that_differ_by_case_alone_are_different_deals() -> None:
    lower = Marker(deal_id("D1").lower(), 1, TAG)
    assert lower not in markers_in(str(MARKER))


@pytest.mark.parametrize(
    "text", [None, "", f"X{MARKER}", f"{MARKER}9", str(MARKER)[:-1], str(MARKER).replace(":1:", ":2:")]
)
def test_a_damaged_or_foreign_marker_is_not_ours(text: str | None) -> None:
    assert MARKER not in markers_in(text)


def test_a_marker_refuses_an_id_that_could_not_be_read_back() -> None:
    with pytest.raises(ValueError, match="cannot be a marker"):
        Marker("006", 1, TAG)


def test_a_sandbox_copy_with_the_same_ids_has_another_tag() -> None:
    assert org_tag("00D000000000001AAA") == org_tag("00D000000000001")
    assert org_tag("00D000000000001AAA") != org_tag("00D000000000002AAA")


def test_ids_are_the_same_in_every_run_and_differ_by_what_they_name() -> None:
    assert correlation_id(TAG, "se", "a", 1) == correlation_id(TAG, "se", "a", 1)
    assert len({correlation_id(TAG, company, one, 1) for company in ("se", "int") for one in "ab"}) == 4
    assert action_id("create_draft", "se", "a") != action_id("adopt", "se", "a")


def test_a_customers_key_shows_no_number() -> None:
    assert "5560125790" not in customer_key(TAG, "se", "5560125790")


def test_the_content_is_the_same_when_only_the_owner_changed() -> None:
    before = deal("D1", "2 x 500 KONS")
    assert content_hash(
        replace(before, our_reference="Bo", owner_name="Bo", name="Nytt namn")
    ) == content_hash(before)


@pytest.mark.parametrize(
    "changes",
    [
        {"purchase_order": "PO-1"},
        {"payment_terms_days": "10"},
        {"currency": "EUR"},
        {"lines": (line("2 x 501 KONS"),)},
        {"lines": (line("3 x 500 KONS"),)},
        {"lines": (line("2 x 500 KONS -5%"),)},
        {"lines": (line("2 x 500 KONS", text="Annan text"),)},
        {"buyer": None},
    ],
    ids=str,
)
def test_the_content_changes_with_whatever_belongs_on_an_invoice(changes: dict[str, object]) -> None:
    before = deal("D1", "2 x 500 KONS")
    assert content_hash(replace(before, **changes)) != content_hash(before)  # type: ignore[arg-type]


def test_the_same_number_written_with_more_zeros_is_the_same_content() -> None:
    before = deal("D1", "2 x 500 KONS")
    after = replace(
        before, lines=(replace(before.lines[0], unit_price=Decimal("500.00"), quantity=Decimal("2.0")),)
    )
    assert content_hash(after) == content_hash(before)
