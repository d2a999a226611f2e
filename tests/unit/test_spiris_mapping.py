"""Spiris' documents ↔ ours, read and written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import spiris_document
from sfspiris.adapters import exactjson
from sfspiris.adapters.reply import Reply
from sfspiris.adapters.spiris import mapping, refusals, wire, writing
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.identity import Marker
from sfspiris.core.model import Customer, Draft, DraftRow, PaymentTerms, Totals
from sfspiris.errors import ConfigError, OutOfQuota, SafetyStop

ID = "0a1b2c3d-0000-4000-8000-00000000000{}"
MARKER = str(Marker("006000000000001AAA", 1, "K7Q2M"))

A_DRAFT: dict[str, Any] = {
    "Id": ID.format(1),
    "CustomerId": ID.format(2),
    "CreatedUtc": "2026-11-20T08:00:00.1234567Z",
    "InvoiceCurrencyCode": "EUR",
    "OurReference": MARKER,
    "YourReference": "Anna Ek",
    "BuyersOrderReference": "PO-7",
    "ContractNumber": "K-1",
    "SubscriptionNumber": "S-1",
    "TotalAmount": Decimal("125.50"),
    "TotalVatAmount": Decimal("25.00"),
    "TotalRoundings": Decimal("0.50"),
    "TotalAmountBaseCurrency": Decimal("1400.00"),
    "TotalVatAmountBaseCurrency": Decimal("280.00"),
    "Rows": [{"Text": "Konsulttimme"}, {"Text": None}, {"Text": "Tack!"}],
}
AN_INVOICE: dict[str, Any] = {
    **A_DRAFT,
    "Id": ID.format(3),
    "CurrencyCode": "EUR",
    "InvoiceNumber": 1042,
    "IsCreditInvoice": False,
    "TotalAmount": Decimal("1400.00"),
    "TotalVatAmount": Decimal("280.00"),
    "TotalRoundings": Decimal(0),
    "TotalAmountInvoiceCurrency": Decimal("125.00"),
    "TotalVatAmountInvoiceCurrency": Decimal("25.00"),
    "RemainingAmountInvoiceCurrency": Decimal("125.00"),
    "SetOffAmountInvoiceCurrency": Decimal(0),
    "PaymentStatus": 1,
    "InvoiceDate": "2026-11-20",
    "DueDate": "2026-12-20T00:00:00Z",
    "PaymentDate": None,
    "CreatedFromDraftId": ID.format(1).upper(),
    "ModifiedUtc": "2026-11-21T09:30:00Z",
}


def a_draft(**changes: Any) -> wire.Draft:
    return wire.Draft.model_validate(A_DRAFT | changes)


def an_invoice(**changes: Any) -> wire.Invoice:
    return wire.Invoice.model_validate(AN_INVOICE | changes)


# --- what Spiris tells ---------------------------------------------------------------------------------------------


def test_a_drafts_totals_are_taken_in_its_own_currency() -> None:
    """Base currency has the suffix on a draft: 125,50 EUR, not the 1 400 SEK beside it."""
    assert mapping.draft(a_draft()).totals == Totals(
        net=Decimal("100.00"),
        vat=Decimal("25.00"),
        rounding=Decimal("0.50"),
        gross=Decimal("125.50"),
        currency="EUR",
    )


def test_an_invoices_totals_are_taken_in_its_own_currency() -> None:
    """The document's currency has the suffix on an invoice: the names are crosswise to a draft's."""
    assert mapping.invoice(an_invoice()).totals == Totals(
        net=Decimal("100.00"),
        vat=Decimal("25.00"),
        rounding=Decimal(0),
        gross=Decimal("125.00"),
        currency="EUR",
    )


def test_an_invoices_rounding_is_told_in_base_currency_only_and_follows_its_totals() -> None:
    domestic = {"TotalAmount": Decimal("126.00"), "TotalAmountInvoiceCurrency": Decimal("126.00")}
    assert mapping.invoice(an_invoice(**domestic, TotalRoundings=Decimal("0.40"))).totals.rounding == Decimal(
        "0.40"
    )
    foreign = mapping.invoice(an_invoice(TotalRoundings=Decimal("5.60"))).totals
    assert foreign.rounding == Decimal("0.50")
    assert foreign.net + foreign.vat + foreign.rounding == foreign.gross


def test_an_invoice_of_nothing_has_no_rate_to_divide_by() -> None:
    nothing = {name: Decimal(0) for name in AN_INVOICE if name.startswith("Total")}
    assert mapping.invoice(an_invoice(**nothing)).totals.gross == 0


def test_every_place_where_a_marker_may_stand_is_read() -> None:
    assert mapping.draft(a_draft()).texts == (
        MARKER,
        "Anna Ek",
        "K-1",
        "S-1",
        "PO-7",
        "Konsulttimme",
        "Tack!",
    )
    nowhere = dict.fromkeys(
        (
            "OurReference",
            "YourReference",
            "BuyersOrderReference",
            "ContractNumber",
            "SubscriptionNumber",
            "Rows",
        )
    )
    assert mapping.draft(a_draft(**nowhere)).texts == ()


def test_a_credit_note_has_absolute_amounts_beside_its_negative_totals() -> None:
    note = mapping.invoice(
        an_invoice(
            IsCreditInvoice=True,
            TotalAmountInvoiceCurrency=Decimal("-125.00"),
            TotalVatAmountInvoiceCurrency=Decimal("-25.00"),
            RemainingAmountInvoiceCurrency=Decimal("-125.00"),
            SetOffAmountInvoiceCurrency=Decimal("-1.00"),
        )
    )
    assert note.is_credit_note
    assert (note.totals.gross, note.remaining, note.credited) == (
        Decimal("-125.00"),
        Decimal("125.00"),
        Decimal(1),
    )


def test_a_payment_date_is_the_day_of_payment_only_when_nothing_remains() -> None:
    """Spiris fills the date after a part payment too."""
    part = an_invoice(PaymentDate="2026-12-01T00:00:00Z", RemainingAmountInvoiceCurrency=Decimal("25.00"))
    paid = an_invoice(PaymentDate="2026-12-01T00:00:00Z", RemainingAmountInvoiceCurrency=Decimal("0.00"))
    assert mapping.invoice(part).paid_on is None
    assert mapping.invoice(paid).paid_on == date(2026, 12, 1)


@pytest.mark.parametrize(("status", "is_overdue"), [(0, False), (1, False), (2, True)])
def test_overdue_is_what_spiris_calls_so(status: int, is_overdue: bool) -> None:
    assert mapping.invoice(an_invoice(PaymentStatus=status)).is_overdue is is_overdue


def test_ids_compare_whatever_their_case() -> None:
    assert mapping.invoice(an_invoice()).draft_id == mapping.draft(a_draft()).id


@pytest.mark.parametrize("absent", [None, wire.EMPTY_GUID])
def test_an_invoice_made_by_hand_comes_from_no_draft(absent: str | None) -> None:
    assert mapping.invoice(an_invoice(CreatedFromDraftId=absent)).draft_id is None


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-11-20T08:00:00Z", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T09:00:00+01:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
        ("2026-11-20T08:00:00.1234567Z", datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)),
        (None, None),
    ],
)
def test_moments_are_utc_however_they_are_written(told: str | None, instant: datetime | None) -> None:
    assert mapping.draft(a_draft(CreatedUtc=told)).created_at == instant


@pytest.mark.parametrize("told", ["2026-12-20", "2026-12-20T00:00:00", "2026-12-20T23:30:00Z"])
def test_a_day_is_what_its_first_ten_characters_say(told: str) -> None:
    assert mapping.invoice(an_invoice(DueDate=told)).due_on == date(2026, 12, 20)


@pytest.mark.parametrize("told", [None, "", "0001-01-01T00:00:00"])
def test_an_absent_day_is_none_however_it_is_written(told: str | None) -> None:
    assert mapping.invoice(an_invoice(DueDate=told)).due_on is None


_MAY_BE_NULL = {
    "BuyersOrderReference",
    "ContractNumber",
    "CreatedUtc",
    "OurReference",
    "SubscriptionNumber",
    "YourReference",
}


@pytest.mark.parametrize("missing", sorted(_MAY_BE_NULL))
def test_a_field_that_may_be_null_may_be_absent_too(missing: str) -> None:
    told = wire.Draft.model_validate({name: value for name, value in A_DRAFT.items() if name != missing})
    assert mapping.draft(told) == mapping.draft(wire.Draft.model_validate(A_DRAFT | {missing: None}))


@pytest.mark.parametrize(
    "missing", sorted(set(A_DRAFT) - _MAY_BE_NULL - {"TotalAmountBaseCurrency", "TotalVatAmountBaseCurrency"})
)
def test_a_draft_that_lacks_something_we_use_is_not_understood_by_halves(missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        wire.Draft.model_validate({name: value for name, value in A_DRAFT.items() if name != missing})


@pytest.mark.parametrize(
    "damage",
    [
        {"TotalAmount": "125.50"},
        {"TotalAmount": 125.5},
        {"TotalAmount": True},
        {"TotalAmount": None},
        {"TotalAmount": Decimal("1E+20")},
        {"Id": "1"},
        {"Id": None},
        {"CreatedUtc": "yesterday"},
        {"CreatedUtc": 20261120},
        {"OurReference": 7},
        {"Rows": {}},
    ],
)
def test_a_draft_with_something_of_another_kind_is_not_understood_by_halves(damage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_draft(**damage)


@pytest.mark.parametrize(
    "damage", [{"InvoiceDate": None}, {"InvoiceDate": 20261120}, {"InvoiceNumber": None}]
)
def test_an_invoice_without_its_day_or_number_is_not_understood(damage: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        an_invoice(**damage)


def test_fields_that_are_new_or_of_no_use_are_let_through() -> None:
    assert mapping.draft(a_draft(IntroducedNextYear={"Any": "thing"})) == mapping.draft(a_draft())


@pytest.mark.parametrize(
    ("told", "percent"),
    [("25", "25"), ("0.25", "25"), ("12", "12"), ("0.06", "6"), ("6.0", "6"), ("0", "0")],
)
def test_a_codings_rate_is_percent_whether_written_so_or_as_a_fraction(told: str, percent: str) -> None:
    coding = wire.Coding.model_validate({"Id": ID.format(4), "VatRatePercent": Decimal(told)})
    assert mapping.vat_rate(coding) == Decimal(percent)


def test_an_articles_rate_is_that_of_its_coding_and_none_without_one() -> None:
    told = {
        "Id": ID.format(5),
        "Number": "KONS",
        "Name": "Konsulttimme",
        "IsActive": True,
        "ChangedUtc": "2026-11-20T08:00:00Z",
    }
    rates = {ID.format(4): Decimal(25)}
    coded = mapping.article(wire.Article.model_validate(told | {"CodingId": ID.format(4)}), rates)
    strange = mapping.article(wire.Article.model_validate(told | {"CodingId": ID.format(6)}), rates)
    bare = mapping.article(wire.Article.model_validate(told | {"CodingId": None}), rates)
    assert (coded.vat_rate, strange.vat_rate, bare.vat_rate) == (Decimal(25), None, None)


def terms(**changes: Any) -> PaymentTerms | None:
    told = {
        "Id": ID.format(7),
        "Name": "30 dagar netto",
        "NumberOfDays": 30,
        "TermsOfPaymentTypeId": 0,
        "AvailableForSales": True,
    }
    return mapping.payment_terms(wire.TermsOfPayment.model_validate(told | changes))


def test_terms_for_sales_that_count_days_from_the_invoice_date_can_be_used() -> None:
    assert terms() == PaymentTerms(ID.format(7), "30 dagar netto", 30)
    assert terms(AvailableForSales=False) is None
    assert terms(TermsOfPaymentTypeId=1) is None  # counts from the end of the month
    assert terms(TermsOfPaymentTypeId=2, NumberOfDays=0) is None  # cash


@pytest.mark.parametrize(
    ("registered", "digits"),
    [
        ("556012-5790", "5560125790"),
        ("5560125790", "5560125790"),
        ("16556012-5790", "5560125790"),
        ("19121212-1212", "1212121212"),
        (None, ""),
    ],
)
def test_a_companys_number_is_its_last_ten_digits(registered: str | None, digits: str) -> None:
    settings = wire.CompanySettings.model_validate(
        {
            "Name": "Exempel AB",
            "CorporateIdentityNumber": registered,
            "CurrencyCode": "SEK",
            "DomesticCurrencyRounding": 1,
        }
    )
    assert mapping.profile(settings).orgnr == digits
    assert mapping.profile(settings).rounds_to_krona


# --- what we tell Spiris -------------------------------------------------------------------------------------------

CUSTOMER = Customer(
    name="Exempel AB",
    postal_code="111 22",
    city="Stockholm",
    country="SE",
    currency="SEK",
    orgnr="556012-5790",
    vat_number="SE556012579001",
    address1="Storgatan 1",
    address2="c/o Ek",
    email="faktura@example.com",
    phone="08-123 45 67",
    note="SF:001000000000001AAA:K7Q2M",
)
HOURS = DraftRow(
    "Konsulttimme", ID.format(5), "KONS", Decimal("2.5"), Decimal("900.10"), Decimal("0.125"), Decimal(25)
)
DRAFT = Draft(
    currency="SEK",
    rows=(HOURS, DraftRow("Tack!")),
    invoice_date=date(2026, 11, 20),
    marker=MARKER,
    delivery_date=date(2026, 11, 30),
    terms_id=ID.format(7),
    our_reference=MARKER,
    your_reference="Anna Ek",
    purchase_order="PO-7",
    contract_number="K-1",
    subscription_number="S-1",
)


def test_a_customer_is_made_as_an_active_business_numbered_by_spiris() -> None:
    assert writing.customer_body(CUSTOMER, terms_id=ID.format(7)) == {
        "Name": "Exempel AB",
        "CorporateIdentityNumber": "556012-5790",
        "VatNumber": "SE556012579001",
        "InvoiceAddress1": "Storgatan 1",
        "InvoiceAddress2": "c/o Ek",
        "InvoicePostalCode": "111 22",
        "InvoiceCity": "Stockholm",
        "InvoiceCountryCode": "SE",
        "CurrencyCode": "SEK",
        "EmailAddress": "faktura@example.com",
        "Telephone": "08-123 45 67",
        "TermsOfPaymentId": ID.format(7),
        "Note": "SF:001000000000001AAA:K7Q2M",
        "IsPrivatePerson": False,
        "IsActive": True,
    }


def test_what_a_customer_lacks_is_not_sent_at_all() -> None:
    bare = Customer(name="Exempel AB", postal_code="111 22", city="Stockholm", country="SE", currency="SEK")
    assert set(writing.customer_body(bare, terms_id=ID.format(7))) == {
        "Name", "InvoicePostalCode", "InvoiceCity", "InvoiceCountryCode", "CurrencyCode", "TermsOfPaymentId",
        "IsPrivatePerson", "IsActive",
    }  # fmt: skip


def test_a_draft_is_made_for_ordinary_sales_with_zero_prices_left_alone() -> None:
    body = writing.draft_body(DRAFT, customer_id=ID.format(2), marker_field=MarkerField.OUR_REFERENCE)
    assert body == {
        "CustomerId": ID.format(2),
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "ReplaceUnitPriceWhenZero": False,
        "InvoiceDate": "2026-11-20",
        "DeliveryDate": "2026-11-30",
        "TermsOfPaymentId": ID.format(7),
        "OurReference": MARKER,
        "YourReference": "Anna Ek",
        "BuyersOrderReference": "PO-7",
        "ContractNumber": "K-1",
        "SubscriptionNumber": "S-1",
        "Rows": [
            {
                "IsTextRow": False,
                "ReversedConstructionServicesVatFree": False,
                "ArticleId": ID.format(5),
                "Text": "Konsulttimme",
                "Quantity": Decimal("2.5"),
                "UnitPrice": Decimal("900.10"),
                "DiscountPercentage": Decimal("0.125"),
            },
            {"IsTextRow": True, "ReversedConstructionServicesVatFree": False, "Text": "Tack!"},
        ],
    }
    assert b'"UnitPrice":900.10' in exactjson.dumps(body)


def test_a_marker_that_lives_in_a_text_row_gets_one_of_its_own_at_the_end() -> None:
    plain = replace(DRAFT, our_reference="Eva Lund", delivery_date=None, terms_id=None)
    body = writing.draft_body(plain, customer_id=ID.format(2), marker_field=MarkerField.TEXT_ROW)
    assert [row["Text"] for row in body["Rows"]] == ["Konsulttimme", "Tack!", MARKER]
    assert body["Rows"][-1]["IsTextRow"] is True
    assert body["OurReference"] == "Eva Lund"
    assert not {"DeliveryDate", "TermsOfPaymentId"} & set(body)


# --- what Spiris refuses -------------------------------------------------------------------------------------------


def refusal(code: int, words: str = "", **errors: str) -> wire.ErrorBody:
    document = {
        "ErrorCode": code,
        "DeveloperErrorMessage": words,
        "ErrorId": ID.format(9),
        "Errors": [{"Field": name, "ErrorCode": "Invalid", "Message": said} for name, said in errors.items()],
    }
    reply = Reply(400, {"content-type": "application/json"}, json.dumps(document).encode(), "Spiris")
    body = refusals.error_body(reply)
    assert body is not None
    return body


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (
            refusal(4002, "ForbiddenRequestException - No access to module: api_standard"),
            ConfigError,
            "api_standard",
        ),
        (refusal(4003), ConfigError, "start-up guide"),
        (refusal(4004), ConfigError, "not active"),
        (refusal(4006), ConfigError, "ea:sales"),
        (refusal(4010), OutOfQuota, "55 seconds"),
        (refusal(4011), ConfigError, "sfspiris auth spiris --company se"),
        (refusal(4034), SafetyStop, "client_id"),
    ],
)
def test_a_refusal_of_the_company_says_what_to_set_right(
    body: wire.ErrorBody, kind: type[Exception], words: str
) -> None:
    error = refusals.of_company(body, company="se", retry_after=55)
    assert isinstance(error, kind)
    assert words in str(error)


@pytest.mark.parametrize("code", [2000, 3000, 4000, 4002, 4026])
def test_a_refusal_of_one_record_leaves_the_company_alone(code: int) -> None:
    assert refusals.of_company(refusal(code, "cannot be created"), company="se", retry_after=60) is None


@pytest.mark.parametrize("amount", ["9999999999.99", "12 500 000,00", "1000000.5"])
def test_an_amount_in_the_vendors_reason_stays_readable(amount: str) -> None:
    said = f"Quantity times price is more than {amount} for 5560125790"
    refused = refusals.of_record(refusal(2000, said), what="draft", sent={})
    assert refused.details == f"Quantity times price is more than {amount} for …"


def test_a_refused_record_is_told_by_field_and_without_its_values() -> None:
    body = refusal(
        2000,
        InvoiceCity="Stockholm is too far away",
        CorporateIdentityNumber="19121212-1212 has a bad check digit",
    )
    refused = refusals.of_record(
        body, what="customer", sent=writing.customer_body(CUSTOMER, terms_id=ID.format(7))
    )
    assert refused.vendor_code == "2000"
    assert (
        refused.details == "InvoiceCity: … is too far away; CorporateIdentityNumber: … has a bad check digit"
    )
    assert "Spiris refused the customer" in str(refused)


def test_a_refusal_without_named_fields_is_told_in_the_developers_words() -> None:
    rows = {"Rows": [{"Text": "Hemlig rad"}]}
    refused = refusals.of_record(refusal(4026, "Period of Hemlig rad is locked"), what="draft", sent=rows)
    assert refused.details == "Period of … is locked"
    assert "Open the bookkeeping period" in refused.remedy


def test_a_locked_period_is_told_with_its_days_and_a_persons_number_never() -> None:
    said = "2026-11-20 is in a locked period, locked to 2026-10-31; seen 19900602-2397, 900602-2397 and 199006022397"
    refused = refusals.of_record(refusal(4026, said), what="draft", sent={"InvoiceDate": "2026-11-20"})
    assert refused.details == "2026-11-20 is in a locked period, locked to 2026-10-31; seen …, … and …"


def test_what_the_vendor_says_can_neither_break_a_line_nor_colour_a_terminal() -> None:
    refused = refusals.of_record(refusal(2000, "one\ntwo\x1b[31mthree\r"), what="draft", sent={})
    assert refused.details == "one two[31mthree"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(400, {"content-type": "text/html"}, b"<html>"),
        Reply(400, {"content-type": "application/json"}, b'{"message": "gateway"}'),
        Reply(400, {"content-type": "application/json"}, b'{"ErrorCode": "many"}'),
        Reply(400, {"content-type": "application/json"}, b"[]"),
    ],
)
def test_a_page_of_something_in_between_is_not_taken_for_the_vendors_refusal(reply: Reply) -> None:
    assert refusals.error_body(reply) is None


# --- the vendor's own document -------------------------------------------------------------------------------------


def vendors_fields(schema: str) -> set[str]:
    return set(spiris_document.document()["components"]["schemas"][schema]["properties"])


@pytest.mark.parametrize(
    ("model", "schema"),
    [
        (wire.CompanySettings, "CompanySettingsApi"),
        (wire.TermsOfPayment, "TermsOfPaymentApi"),
        (wire.Coding, "ArticleAccountCodingApi"),
        (wire.Article, "ArticleApi"),
        (wire.Customer, "CustomerApi"),
        (wire.Draft, "CustomerInvoiceDraftApi"),
        (wire.Invoice, "CustomerInvoiceApi"),
        (wire.Row, "CustomerInvoiceRowApi"),
        (wire.Meta, "CommonPaginationMetadata"),
        (wire.ErrorBody, "CommonExtendedBadRequest"),
        (wire.Violation, "CommonError"),
    ],
)
def test_every_field_that_we_read_is_one_that_the_vendor_documents(
    model: type[BaseModel], schema: str
) -> None:
    assert {field.alias for field in model.model_fields.values()} <= vendors_fields(schema)


def test_every_field_that_we_send_is_one_that_the_vendor_documents() -> None:
    draft = writing.draft_body(DRAFT, customer_id=ID.format(2), marker_field=MarkerField.TEXT_ROW)
    assert set(writing.customer_body(CUSTOMER, terms_id=ID.format(7))) <= vendors_fields("CustomerApi")
    assert set(draft) <= vendors_fields("CustomerInvoiceDraftApi")
    for row in draft["Rows"]:
        assert set(row) <= vendors_fields("CustomerInvoiceDraftRowApi")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("The number is not valid according to VIES.", "VIES_REFUSED"),
        ("VAT number could not be found in VIES", "VIES_REFUSED"),
        ("The number could not be checked; the VIES service does not answer.", "VIES_UNAVAILABLE"),
        ("VIES is unavailable", "VIES_UNAVAILABLE"),
        ("Request to vies timed out", "VIES_UNAVAILABLE"),
        ("The number must be a country code followed by 8-12 digits.", "LEDGER_REFUSED"),
    ],
)
def test_a_vat_number_that_vies_does_not_confirm_is_told_from_one_that_it_could_not_be_asked_about(
    words: str, code: str
) -> None:
    refused = refusals.of_record(refusal(2000, VatNumber=words), what="customer", sent={})
    assert refused.code == code
    assert f"VatNumber: {words}" in refused.message
