"""Rows ↔ Deals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_org import ACCOUNT_ID, DEAL_ID, LINE_ID, NOW, OWNER_ID, SYNC, catalog, line_row, row, text
from sfspiris.adapters.salesforce import mapping
from sfspiris.adapters.salesforce.catalog import Field
from sfspiris.adapters.salesforce.source import Source, resolve
from sfspiris.core.model import Buyer, Deal, DealLine, SyncState
from sfspiris.errors import BrokenReply
from sfspiris.ports.crm import DealUpdate

SOURCE = resolve(Source(route_paths=("Account.BillingCountryCode", "Account.Payment_Terms__c")), catalog())


def deal_of(**changes: Any) -> Deal:
    return mapping.to_deal(row(**changes), SOURCE)


def line_of(**changes: Any) -> DealLine:
    return deal_of(OpportunityLineItems=[line_row(**changes)]).lines[0]


def test_a_row_becomes_the_deal_that_it_tells() -> None:
    assert deal_of() == Deal(
        id=DEAL_ID,
        name="Hissar till Exempel",
        buyer=Buyer(
            id=ACCOUNT_ID,
            name="Exempel AB",
            orgnr="556012-5790",
            street="Storgatan 1\r\nBox 7",
            postal_code="01234",
            city="Ekerö",
            country="SE",
        ),
        lines=(
            DealLine(
                id=LINE_ID,
                name="Konsulttimme",
                quantity=Decimal(2),
                unit_price=Decimal(1000),
                article="KONS",
                family="Services",
                text="Konsulttimme",
                discount_percent=Decimal(5),
                total=Decimal(1900),
            ),
        ),
        closed_on=date(2026, 11, 18),
        changed_at=datetime(2026, 11, 19, 22, 30, tzinfo=UTC),
        amount=Decimal(1900),
        owner_id=OWNER_ID,
        owner_name="Eva Säljare",
        your_reference="Exempel AB",
        our_reference="Eva Säljare",
        payment_terms_days="30",
        delivery_date=date(2026, 11, 18),
        values={"Account.BillingCountryCode": "SE", "Account.Payment_Terms__c": "30"},
    )


def test_a_person_account_is_a_person_at_its_billing_address_or_else_at_its_mailing_address() -> None:
    names = ("PersonEmail", "PersonMailingStreet", "PersonMailingPostalCode", "PersonMailingCity")
    more = [text(name) for name in (*names, "PersonMailingCountry", "Number__c", "IsPersonAccount")]
    source = resolve(
        Source(fields={"personal_number": ("Account.Number__c",)}), catalog(more={"Account": more})
    )
    person = {
        "Name": "Eva Berg",
        "IsPersonAccount": True,
        "PersonEmail": "eva@example.com",
        "PersonMailingStreet": "Ekgatan 2",
        "PersonMailingPostalCode": "222 22",
        "PersonMailingCity": "Lund",
        "PersonMailingCountry": "Sverige",
        "Number__c": "199006022397",
    }
    mailed = mapping.to_deal(row(Account=person), source).buyer
    assert mailed is not None
    assert mailed.is_person
    assert (mailed.name, mailed.email, mailed.personal_number) == (
        "Eva Berg",
        "eva@example.com",
        "199006022397",
    )
    assert (mailed.street, mailed.postal_code, mailed.city) == ("Ekgatan 2", "222 22", "Lund")
    assert mailed.country == "Sverige"
    billed = mapping.to_deal(row(Account=person | {"BillingCity": "Malmö"}), source).buyer
    assert billed is not None
    assert (billed.street, billed.postal_code, billed.city) == (None, None, "Malmö")
    business = mapping.to_deal(row(Account=person | {"IsPersonAccount": False}), source).buyer
    assert business is not None
    assert (business.is_person, business.email, business.personal_number) == (False, None, None)
    assert business.city is None


def test_the_first_path_that_is_not_empty_wins() -> None:
    contact = {"Name": "Karin Köpare"}
    deal = deal_of(Primary_Contact__r=contact, Payment_Terms__c=Decimal("10.0"), PO_Number__c="4711")
    assert (deal.your_reference, deal.payment_terms_days, deal.purchase_order) == (
        "Karin Köpare",
        "10",
        "4711",
    )


def test_short_ids_become_long_ones() -> None:
    deal = deal_of(Id=DEAL_ID[:15], AccountId=ACCOUNT_ID[:15], OwnerId=OWNER_ID[:15])
    assert deal.buyer is not None
    assert (deal.id, deal.buyer.id, deal.owner_id) == (DEAL_ID, ACCOUNT_ID, OWNER_ID)


def test_a_deal_without_an_account_has_no_buyer() -> None:
    assert deal_of(AccountId=None, Account=None).buyer is None


def test_a_deal_without_lines_has_none() -> None:
    assert deal_of(OpportunityLineItems=None).lines == ()


def test_lines_keep_the_order_in_which_they_came() -> None:
    lines = [line_row(Id=f"00kJ6000000000{letter}") for letter in "zab"]
    assert [line.id[14] for line in deal_of(OpportunityLineItems=lines).lines] == ["z", "a", "b"]


def test_a_country_is_its_code_or_else_its_text() -> None:
    account = row()["Account"]
    buyer = deal_of(Account={**account, "BillingCountryCode": None}).buyer
    assert buyer is not None
    assert buyer.country == "Sweden"


def test_no_discount_is_a_discount_of_nothing() -> None:
    assert line_of(Discount=None).discount_percent == 0


def test_a_lines_own_words_come_before_its_products() -> None:
    assert line_of(Description="Övertid").text == "Övertid"
    assert line_of(Description=None).text == "Konsulttimme"
    bare = line_of(Product2=None)
    assert (bare.text, bare.name, bare.article) == ("Hissar till Exempel Konsulttimme",) * 2 + (None,)


def test_the_currency_is_read_where_the_org_keeps_several() -> None:
    source = resolve(Source(), catalog(more={"Opportunity": [Field("CurrencyIsoCode", "picklist")]}))
    assert mapping.to_deal(row(CurrencyIsoCode="EUR"), source).currency == "EUR"
    assert deal_of(CurrencyIsoCode="EUR").currency is None


def test_a_delivery_told_as_a_moment_is_the_swedish_day() -> None:
    source = resolve(
        Source(fields={"delivery_date": ("Delivered__c",)}),
        catalog(more={"Opportunity": [Field("Delivered__c", "datetime")]}),
    )
    deal = mapping.to_deal(row(Delivered__c="2026-11-19T23:30:00.000+0000"), source)
    assert deal.delivery_date == date(2026, 11, 20)


def test_the_status_fields_are_read_back() -> None:
    told = dict.fromkeys(mapping.SYNC_FIELDS.values(), "x") | {"Spiris_Draft_Id__c": None}
    assert deal_of(**told).sync == replace(SyncState(*["x"] * 7), draft_id=None)


@pytest.mark.parametrize(
    ("value", "as_text"),
    [
        (True, "true"),
        (False, "false"),
        (Decimal("12.50"), "12.5"),
        (7, "7"),
        ("", None),
        ("  ", None),
        ("x ", "x "),
    ],
)
def test_a_route_sees_any_value_as_text(value: object, as_text: str | None) -> None:
    account = {**row()["Account"], "BillingCountryCode": value}
    assert deal_of(Account=account).values["Account.BillingCountryCode"] == as_text


@pytest.mark.parametrize(
    "changes",
    [
        {"Id": None},
        {"Id": "006"},
        {"CloseDate": None},
        {"CloseDate": "20 nov"},
        {"CloseDate": 20261120},
        {"SystemModstamp": None},
        {"SystemModstamp": "2026-11-19T22:30:00"},
        {"Amount": "1900"},
        {"Amount": True},
        {"AccountId": 7},
        {"OpportunityLineItems": [line_row(Quantity=None)]},
        {"OpportunityLineItems": [line_row(UnitPrice="1000")]},
    ],
)
def test_a_value_that_is_not_what_its_field_promises_breaks_the_reading(changes: dict[str, Any]) -> None:
    with pytest.raises(BrokenReply) as broken:
        deal_of(**changes)
    assert broken.value.record is not None


def test_the_refusal_names_the_record_and_the_field_but_no_value() -> None:
    with pytest.raises(BrokenReply) as broken:
        deal_of(Amount="hemligt")
    assert "Amount" in broken.value.message
    assert DEAL_ID in broken.value.message
    assert "hemligt" not in str(broken.value)


# --- writing -------------------------------------------------------------------------------------------------------

WRITABLE = {one.name: one for one in SYNC}
STATE = SyncState("Held", "ORGNR_MISSING", "Ett meddelande.", "K7Q2M", "se", None, "")


def test_an_update_says_everything_there_is_a_field_for() -> None:
    at = datetime(2026, 11, 20, 9, 0, 1, 999, tzinfo=timezone(timedelta(hours=1)))
    assert mapping.to_record(DealUpdate(DEAL_ID[:15], STATE, at), WRITABLE) == {
        "attributes": {"type": "Opportunity"},
        "Id": DEAL_ID,
        "Spiris_Sync_Status__c": "Held",
        "Spiris_Sync_Code__c": "ORGNR_MISSING",
        "Spiris_Sync_Message__c": "Ett meddelande.",
        "Spiris_Correlation_Id__c": "K7Q2M",
        "Spiris_Company__c": "se",
        "Spiris_Draft_Id__c": None,
        "Spiris_Invoice_Number__c": None,
        "Spiris_Sync_Time__c": "2026-11-20T08:00:01.000Z",
    }


def test_an_update_leaves_out_what_the_org_has_no_field_for() -> None:
    only_status = {"Spiris_Sync_Status__c": WRITABLE["Spiris_Sync_Status__c"]}
    record = mapping.to_record(DealUpdate(DEAL_ID, STATE, NOW), only_status)
    assert record == {"attributes": {"type": "Opportunity"}, "Id": DEAL_ID, "Spiris_Sync_Status__c": "Held"}


def test_only_fields_that_may_be_written_are() -> None:
    read_only = Field("Spiris_Sync_Code__c", "string", length=255, updateable=False)
    org = catalog(
        without=["Opportunity.Spiris_Company__c", "Opportunity.Spiris_Sync_Code__c"],
        more={"Opportunity": [read_only]},
    )
    assert mapping.missing_sync_fields(org) == ("Spiris_Sync_Code__c", "Spiris_Company__c")
    assert "Spiris_Sync_Code__c" in mapping.readable_sync_fields(org)
    assert "Spiris_Sync_Code__c" not in mapping.writable_sync_fields(org)


def test_a_long_message_is_shortened_and_the_code_stays_whole() -> None:
    state = replace(STATE, message="ord " * 100, code="K" * 300)
    record = mapping.to_record(DealUpdate(DEAL_ID, state, NOW), WRITABLE)
    assert record["Spiris_Sync_Message__c"] == ("ord " * 100)[:254] + "…"
    assert record["Spiris_Sync_Code__c"] == "K" * 300


@given(st.text(alphabet=st.sampled_from("aå😀 "), max_size=40), st.integers(min_value=1, max_value=30))
def test_a_shortened_text_fits_its_field_in_whole_characters(words: str, length: int) -> None:
    short = mapping.shortened(words, length)
    assert len(short.encode("utf-16-le")) // 2 <= length
    assert short == words or short.endswith("…")
    assert words.startswith(short.removesuffix("…"))


def test_a_field_that_tells_no_length_takes_every_word() -> None:
    assert mapping.shortened("ord" * 1000, 0) == "ord" * 1000
