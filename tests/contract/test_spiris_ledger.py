"""Spiris keeps the promises of ports.ledger, and finance keeps the last word."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kept import KeptInMemory
from sfspiris.adapters.consent import Listener, Pledge
from sfspiris.adapters.spiris import oauth
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.spiris.oauth import Addresses, FreshToken, TokenCalls
from sfspiris.adapters.transport import Pace, Transport
from sfspiris.core.actions import Change
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.identity import Marker, customer_note, markers_in
from sfspiris.core.model import Customer, DeliveryAddress, Draft, DraftRow, LedgerDraft, Target, Totals
from sfspiris.core.written import draft_fields
from sfspiris.errors import (
    BrokenReply,
    ConfigError,
    OutcomeUnknown,
    OutOfQuota,
    Refused,
    SafetyStop,
    SfspirisError,
    SignInNeeded,
    Unreachable,
)
from spiris_office import CLIENT, ORGNR, Office, company, consent, customer, office

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sfspiris.ports.ledger import Ledger

MARKER = Marker("006000000000001AAA", 1, "K7Q2M")
BUYER = Customer(
    name="Åkes Rör & Värme AB",
    postal_code="582 22",
    city="Linköping",
    country="SE",
    currency="SEK",
    orgnr="556012-5790",
    address1="Storgatan 1",
    email="faktura@example.com",
    phone="013-12 34 56",
    note=customer_note("001000000000001AAA", "K7Q2M"),
)


def is_marked(texts: Iterable[str | None]) -> bool:
    """Whether one of the texts of a document carries the deal's marker."""
    return any(MARKER in markers_in(text) for text in texts)


@pytest.fixture
def spiris() -> Iterator[Office]:
    with office() as one:
        yield one


@pytest.fixture
def ledger(spiris: Office) -> Iterator[Ledger]:
    with spiris.ledger() as one:
        yield one


def terms_id(ledger: Ledger, days: int = 30) -> str:
    return next(one.id for one in ledger.payment_terms() if one.days == days)


def row(ledger: Ledger, number: str, quantity: str = "1", price: str = "100.00", **changes: Any) -> DraftRow:
    article = next(one for one in ledger.articles() if one.number == number)
    return DraftRow(article.name, article.id, number, Decimal(quantity), Decimal(price), **changes)


def draft_of(*rows: DraftRow, **changes: Any) -> Draft:
    base: dict[str, Any] = {
        "currency": "SEK",
        "rows": rows,
        "invoice_date": date(2026, 11, 20),
        "marker": str(MARKER),
        "our_reference": str(MARKER),
    }
    return Draft(**base | changes)


def made(
    ledger: Ledger, draft: Draft | None = None, field: MarkerField = MarkerField.OUR_REFERENCE
) -> LedgerDraft:
    """A draft for a new customer."""
    buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
    return ledger.create_draft(
        draft or draft_of(row(ledger, "KONS")), customer_id=buyer.id, marker_field=field
    )


# --- the company ---------------------------------------------------------------------------------------------------


def test_the_company_introduces_itself(ledger: Ledger) -> None:
    found = ledger.profile()
    assert (found.name, found.orgnr, found.currency, found.rounds_to_krona) == (
        "Exempel AB",
        "5590000013",
        "SEK",
        False,
    )
    assert ledger.company == "se"


def test_another_company_than_the_configured_one_stops_the_run() -> None:
    """The person picked the wrong company in the chooser."""
    with office(company(), company("int", orgnr="559000-0021", name="Annat AB")) as spiris:  # noqa: SIM117 - two worlds
        with spiris.ledger("se", choose="int") as ledger:
            with pytest.raises(SafetyStop, match="Annat AB") as stop:
                ledger.profile()
            assert "559000-0021" in str(stop.value)
            assert ORGNR in str(stop.value)
            assert "sfspiris auth spiris --company se" in stop.value.remedy


def test_a_sole_traders_number_is_not_shown_when_the_company_is_another() -> None:
    with office(company(orgnr="900602-2397")) as spiris, spiris.ledger() as ledger:
        with pytest.raises(SafetyStop) as stop:
            ledger.profile()
        assert "900602" not in str(stop.value)


def test_a_company_that_rounds_to_whole_kronor_says_so() -> None:
    settings = company()["settings"] | {"DomesticCurrencyRounding": 1}
    with office(company(settings=settings)) as spiris, spiris.ledger() as ledger:
        assert ledger.profile().rounds_to_krona
        totals = made(ledger, draft_of(row(ledger, "KONS", "1", "100.30"))).totals
        assert totals == Totals(
            Decimal("100.30"), Decimal("25.08"), Decimal("-0.38"), Decimal("125.00"), "SEK"
        )


def test_a_consent_is_given_in_the_browser_and_looked_through_before_it_is_kept(spiris: Office) -> None:
    """The whole way: listener, authorize address, the person's choice, code, tokens, the company they open."""
    pledge, addresses = Pledge(), Addresses.local(spiris.url)
    transport = Transport(service="Spiris", pace=Pace(time.sleep, time.monotonic, lambda: 0.0))
    calls = TokenCalls(transport, addresses, CLIENT, company="se", now=spiris.now)
    with Listener(pledge, port=0) as listener:
        url = oauth.authorize_url(addresses, CLIENT, redirect_uri=listener.redirect_uri, pledge=pledge)
        assert httpx.get(consent(url, "se")).status_code == 200
        tokens = calls.exchange_code(
            listener.wait(60), verifier=pledge.verifier, redirect_uri=listener.redirect_uri, identity=ORGNR
        )
    client = SpirisClient(transport, addresses.api, FreshToken(tokens, company="se"), company="se")
    assert (
        SpirisLedger(client, company="se", orgnr=ORGNR, kept=KeptInMemory(), now=spiris.now).profile().name
        == "Exempel AB"
    )
    calls.revoke(tokens)
    with pytest.raises(SignInNeeded):
        SpirisLedger(client, company="se", orgnr=ORGNR, kept=KeptInMemory(), now=spiris.now).profile()
    transport.close()


def test_vat_rates_are_remembered_for_minutes_and_articles_read_each_time(ledger: Ledger) -> None:
    ledger.articles()
    calls = ledger.calls
    ledger.articles()
    assert ledger.calls == calls + 1
    ledger.articles(fresh=True)
    assert ledger.calls == calls + 3


# --- registers -----------------------------------------------------------------------------------------------------


def test_articles_carry_the_rate_of_their_coding_and_inactive_ones_are_told_too(ledger: Ledger) -> None:
    assert {one.number: (one.vat_rate, one.is_active) for one in ledger.articles()} == {
        "KONS": (Decimal(25), True),
        "LUNCH": (Decimal(12), True),
        "BOK": (Decimal(6), True),
        "KURS": (Decimal(0), True),
        "GAMMAL": (Decimal(25), False),
    }


def test_terms_are_those_that_count_days(ledger: Ledger) -> None:
    assert {10, 20, 30} <= {one.days for one in ledger.payment_terms()}


def test_customers_are_all_told_over_all_pages() -> None:
    """Only the first page read: the known cause of duplicate customers."""
    many = [customer(number, IsActive=number != 7) for number in range(2301)]
    with office(company(customers=many)) as spiris, spiris.ledger() as ledger:
        spiris.later(minutes=1)  # what is made in the very second of the reading makes it be read again
        found = ledger.customers()
        assert len({one.id for one in found}) == 2301
        assert [one.name for one in found if not one.is_active] == ["Kund 7 AB"]
        assert spiris.sent("GET") == ["GET /v2/customers"] * 3


def test_nothing_is_asked_for_that_was_not_wanted(spiris: Office, ledger: Ledger) -> None:
    ledger.drafts()
    ledger.invoices()
    assert spiris.sent("GET") == ["GET /v2/customerinvoicedrafts", "GET /v2/customerinvoices"]
    assert ledger.calls == 3  # and the code that was exchanged for tokens


# --- creating ------------------------------------------------------------------------------------------------------


def test_a_created_customer_is_found_again_with_everything_it_was_given(
    spiris: Office, ledger: Ledger
) -> None:
    created = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
    assert ledger.customers() == [created]
    assert created.number
    assert (created.name, created.orgnr, created.currency, created.country) == (
        BUYER.name,
        BUYER.orgnr,
        "SEK",
        "SE",
    )
    assert created.note == BUYER.note
    stored = spiris.stored("customers")[0]
    assert stored["InvoicePostalCode"] == "582 22"
    assert stored["EmailAddress"] == "faktura@example.com"
    assert stored["Telephone"] == "013-12 34 56"
    assert stored["IsPrivatePerson"] is False


def test_a_draft_is_made_at_every_rate_and_comes_to_what_the_rows_say(ledger: Ledger) -> None:
    rows = (
        row(ledger, "KONS", "2.5", "900.10", discount=Decimal("0.1")),
        row(ledger, "LUNCH", "3", "145.00"),
        row(ledger, "BOK", "1", "320.00"),
        row(ledger, "KURS", "1", "950.00"),
        DraftRow("Enligt överenskommelse"),
    )
    created = made(ledger, draft_of(*rows))
    assert created.totals == Totals(
        net=Decimal("3730.23"),
        vat=Decimal("577.71"),
        rounding=Decimal(0),
        gross=Decimal("4307.94"),
        currency="SEK",
    )
    assert ledger.drafts() == [created]


def test_a_private_person_is_one_in_spiris_and_vat_is_added_to_its_prices(ledger: Ledger) -> None:
    eva = replace(
        BUYER, name="Eva Berg", orgnr="199006022397", vat_number=None, is_private=True, is_personal=True
    )
    created = ledger.create_customer(eva, terms_id=terms_id(ledger))
    assert created.is_private
    assert [one for one in ledger.customers() if one.id == created.id] == [created]
    draft = ledger.create_draft(
        draft_of(row(ledger, "KONS")), customer_id=created.id, marker_field=MarkerField.OUR_REFERENCE
    )
    assert (draft.totals.net, draft.totals.vat) == (Decimal(100), Decimal(25))


@pytest.fixture
def dimensioned() -> Iterator[Ledger]:
    """A company with cost centres and projects."""
    part = company(
        settings={"UsesCostCenter": True, "UsesProject": True},
        costcenters=[
            {"Name": "Ort", "IsActive": True, "Items": [{"ShortName": "STHLM", "Name": "Stockholm"}]},
            {"Name": "Slag", "IsActive": True, "Items": [{"ShortName": "BYGG", "Name": "Bygg"}]},
            {"Name": "Av", "IsActive": False, "Items": [{"ShortName": "GAMMAL", "Name": "Gammal"}]},
        ],
        projects=[
            {"Number": "100", "Name": "Bron", "Status": 1},
            {"Number": "90", "Name": "Vägen", "Status": 2},
        ],
    )
    with office(part) as spiris, spiris.ledger() as one:
        yield one


def test_cost_centres_projects_place_and_reference_stand_on_the_draft_and_leave_it_again(
    dimensioned: Ledger,
) -> None:
    ledger = dimensioned
    profile = ledger.profile()
    assert (profile.uses_cost_centres, profile.uses_projects) == (True, True)
    centres = {one.code: one for one in ledger.cost_centres()}
    assert {code: (one.group, one.is_active) for code, one in centres.items()} == {
        "STHLM": (1, True),
        "BYGG": (2, True),
        "GAMMAL": (3, False),
    }
    projects = {one.number: one for one in ledger.projects()}
    assert {number: one.is_ongoing for number, one in projects.items()} == {"100": True, "90": False}
    place = DeliveryAddress("Verkstaden", "Port 4", "Våning 2", "405 08", "Göteborg", "SE")
    told = row(ledger, "KONS", cost_centres=(centres["STHLM"], centres["BYGG"]), project=projects["100"])
    wanted = draft_of(told, delivery=place, electronic_reference="ZZ 4711")
    created = made(ledger, wanted)
    assert created.draft is not None
    assert created.draft.delivery == place
    fields = {
        "ElectronicReference": "ZZ 4711",
        "DeliveryCity": "Göteborg",
        "Rows[1].CostCentre": f"{centres['STHLM'].id}, {centres['BYGG'].id}",
        "Rows[1].Project": projects["100"].id,
    }
    assert fields.items() <= draft_fields(created.draft).items()
    assert draft_fields(wanted).items() <= (draft_fields(created.draft) | {"Rows[1].Article": "KONS"}).items()
    plain = ledger.update_draft(
        created.id,
        draft_of(row(ledger, "KONS")),
        customer_id=created.customer_id,
        marker_field=MarkerField.OUR_REFERENCE,
        stood=created.print or "",
    )
    assert plain is not None
    assert plain.draft is not None
    assert not fields.keys() & draft_fields(plain.draft).keys()


def test_a_draft_in_another_currency_is_told_in_that_currency(ledger: Ledger) -> None:
    abroad = Customer(
        name="Muster GmbH",
        postal_code="20457",
        city="Hamburg",
        country="DE",
        currency="EUR",
        vat_number="DE136695976",
    )
    buyer = ledger.create_customer(abroad, terms_id=terms_id(ledger))
    draft = draft_of(row(ledger, "KONS", "2", "115.1234"), currency="EUR")
    totals = ledger.create_draft(draft, customer_id=buyer.id, marker_field=MarkerField.OUR_REFERENCE).totals
    assert (totals.net, totals.vat, totals.currency) == (Decimal("230.25"), Decimal(0), "EUR")


@pytest.mark.parametrize(
    ("field", "attribute"),
    [
        (MarkerField.OUR_REFERENCE, "our_reference"),
        (MarkerField.YOUR_REFERENCE, "your_reference"),
        (MarkerField.CONTRACT_NUMBER, "contract_number"),
        (MarkerField.SUBSCRIPTION_NUMBER, "subscription_number"),
        (MarkerField.BUYERS_ORDER_REFERENCE, "purchase_order"),
        (MarkerField.TEXT_ROW, None),
    ],
)
def test_a_marker_is_found_again_wherever_the_company_wants_it(
    ledger: Ledger, field: MarkerField, attribute: str | None
) -> None:
    places = {"our_reference": None} | ({attribute: str(MARKER)} if attribute else {})
    created = made(ledger, draft_of(row(ledger, "KONS"), **places), field)
    assert is_marked(created.texts)
    assert is_marked(ledger.drafts()[0].texts)


def test_creating_books_sends_and_deletes_nothing(spiris: Office, ledger: Ledger) -> None:
    made(ledger)
    assert spiris.sent("POST") == [
        "POST /connect/token",
        "POST /v2/customers",
        "POST /v2/customerinvoicedrafts",
    ]
    assert not spiris.sent("PUT") + spiris.sent("DELETE")
    assert spiris.stored("invoices") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"postal_code": "582 22 582 22"}, "InvoicePostalCode"),
        ({"name": "x" * 51}, "Name"),
        ({"vat_number": "SE1"}, "VatNumber"),
    ],
)
def test_a_customer_that_spiris_refuses_is_not_there_and_the_field_is_named(
    spiris: Office, ledger: Ledger, change: dict[str, str], field: str
) -> None:
    values = {name: getattr(BUYER, name) for name in Customer.__slots__} | change
    with pytest.raises(Refused) as refused:
        ledger.create_customer(Customer(**values), terms_id=terms_id(ledger))
    assert field in refused.value.details
    assert refused.value.vendor_code == "2000"
    assert not any(value in str(refused.value) for value in change.values())
    assert spiris.stored("customers") == []


def test_a_draft_of_an_inactive_article_is_refused_and_is_not_there(spiris: Office, ledger: Ledger) -> None:
    with pytest.raises(Refused) as refused:
        made(ledger, draft_of(row(ledger, "GAMMAL")))
    assert refused.value.vendor_code
    assert spiris.stored("drafts") == []


def test_a_run_that_only_reads_cannot_create(spiris: Office) -> None:
    with spiris.ledger(read_only=True) as ledger:
        terms = terms_id(ledger)
        with pytest.raises(SafetyStop):
            ledger.create_customer(BUYER, terms_id=terms)
    assert "POST /v2/customers" not in spiris.sent()


# --- what people do in the product ---------------------------------------------------------------------------------


def test_an_issued_draft_is_gone_and_its_invoice_names_it(spiris: Office, ledger: Ledger) -> None:
    created = made(ledger)
    spiris.control("POST", f"drafts/{created.id}/issue", {"date": "2026-11-20"})
    assert ledger.drafts() == []
    (invoice,), read_at = ledger.invoices()
    assert invoice.draft_id == created.id
    assert invoice.totals == created.totals
    assert is_marked(invoice.texts)
    assert invoice.number.isdecimal()
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 11, 20), date(2026, 12, 20))
    assert (invoice.remaining, invoice.credited, invoice.paid_on) == (Decimal(125), Decimal(0), None)
    assert abs(read_at - spiris.now()) < timedelta(seconds=5)


def test_a_booked_invoice_says_what_its_draft_said_read_alone_or_from_the_list(
    spiris: Office, ledger: Ledger
) -> None:
    rows = (row(ledger, "KONS", "2.5", "100.25", discount=Decimal("0.1")), DraftRow("Enligt avtal"))
    created = made(ledger, draft_of(*rows, your_reference="Kajsa", delivery=DeliveryAddress(city="Kiruna")))
    assert created.draft is not None
    issued = spiris.control("POST", f"drafts/{created.id}/issue", {"date": "2026-11-20"})["Id"]
    (alone,) = ledger.invoice_contents({issued}).values()
    assert alone.draft is not None
    assert draft_fields(alone.draft) == draft_fields(created.draft)
    assert (alone.customer_id, alone.totals) == (created.customer_id, created.totals)
    unknown = {f"00000000-0000-4000-8000-{number:012}" for number in range(20)}
    assert ledger.invoice_contents({issued, *unknown}) == {issued: alone}
    assert ledger.invoice_contents({min(unknown)}) == {}


def test_payments_are_followed_from_none_to_all(spiris: Office, ledger: Ledger) -> None:
    issued = spiris.control("POST", f"drafts/{made(ledger).id}/issue", {"date": "2026-11-20"})
    spiris.control("POST", f"invoices/{issued['Id']}/pay", {"amount": 25, "date": "2026-11-20"})
    (part,), _ = ledger.invoices()
    assert (part.remaining, part.paid_on) == (Decimal(100), None)
    spiris.control("POST", f"invoices/{issued['Id']}/pay", {"date": "2026-11-20"})
    (paid,), _ = ledger.invoices()
    assert (paid.remaining, paid.paid_on) == (Decimal(0), date(2026, 11, 20))


def test_an_invoice_past_its_day_is_overdue(spiris: Office, ledger: Ledger) -> None:
    spiris.control("POST", f"drafts/{made(ledger).id}/issue", {"date": "2026-11-20"})
    spiris.later(days=31)
    (invoice,), _ = ledger.invoices()
    assert invoice.is_overdue


def test_a_credited_invoice_and_its_credit_note_are_told_apart(spiris: Office, ledger: Ledger) -> None:
    issued = spiris.control("POST", f"drafts/{made(ledger).id}/issue", {"date": "2026-11-20"})
    spiris.control("POST", f"invoices/{issued['Id']}/credit", {})
    found, _ = ledger.invoices()
    invoice, note = sorted(found, key=lambda one: one.is_credit_note)
    assert (invoice.id, invoice.credited, invoice.remaining) == (issued["Id"], Decimal(125), Decimal(0))
    assert note.is_credit_note
    assert note.totals.gross == Decimal(-125)


def test_only_what_changed_since_is_told_and_the_moment_itself_counts(spiris: Office, ledger: Ledger) -> None:
    spiris.control("POST", f"drafts/{made(ledger).id}/issue", {"date": "2026-11-20"})
    (first,), _ = ledger.invoices()
    assert first.modified_at is not None
    spiris.control("PUT", "switches", {"modified_since": "exclusive"})
    assert len(ledger.invoices(modified_since=first.modified_at)[0]) == 1
    assert ledger.invoices(modified_since=first.modified_at + timedelta(seconds=1))[0] == []
    assert len(ledger.invoices(modified_since=datetime(2026, 1, 1, tzinfo=UTC))[0]) == 1


def test_a_server_that_passes_over_the_filter_is_checked_row_by_row(spiris: Office, ledger: Ledger) -> None:
    """It answers with everything, and nothing in the answer says so."""
    spiris.control("POST", f"drafts/{made(ledger).id}/issue", {"date": "2026-11-20"})
    (first,), _ = ledger.invoices()
    assert first.modified_at is not None
    everything = spiris.control("GET", "requests")[-1]["response"]
    assert len(everything["Data"]) == 1
    spiris.fault("status", method="GET", path="/v2/customerinvoices$", code=200, body=everything)
    assert ledger.invoices(modified_since=first.modified_at + timedelta(days=1))[0] == []


# --- faults --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "arguments", "is_made"),
    [
        ("drop_before", {}, False),
        ("drop_after", {}, True),
        ("truncate", {}, True),
        ("garbage", {}, True),
        ("html", {"code": 200}, True),
        ("html", {"code": 502}, True),
        ("empty", {}, True),
        ("status", {"code": 500, "body": ""}, False),
        ("status", {"code": 503, "body": "", "headers": {"Retry-After": "1"}}, False),
        ("status_after", {"code": 500, "body": ""}, True),
        ("status_after", {"code": 504, "body": "<html>"}, True),
        ("status", {"code": 429, "body": "<html>slow down</html>"}, False),
        ("status", {"code": 400, "body": "<html>bad request</html>"}, False),
    ],
)
def test_a_draft_without_a_trustworthy_answer_is_unknown_sent_once_and_can_be_looked_for(
    spiris: Office, ledger: Ledger, effect: str, arguments: dict[str, Any], is_made: bool
) -> None:
    spiris.fault(effect, path="/v2/customerinvoicedrafts", **arguments)
    with pytest.raises(OutcomeUnknown):
        made(ledger)
    assert spiris.sent("POST").count("POST /v2/customerinvoicedrafts") == 1
    assert spiris.pauses == []
    assert [is_marked(one.texts) for one in ledger.drafts()] == [True] * is_made


def test_a_page_that_says_404_does_not_prove_that_a_draft_is_gone(spiris: Office, ledger: Ledger) -> None:
    """Only Spiris itself can say so: a machine in between knows nothing of drafts."""
    created = made(ledger)
    spiris.fault(
        "status", method="GET", path="/v2/customerinvoicedrafts/", code=404, body="<html>not found</html>"
    )
    with pytest.raises(BrokenReply, match="404"):
        ledger.draft(created.id)
    assert ledger.draft(created.id) is not None


def test_a_draft_that_finance_edited_meanwhile_is_neither_replaced_nor_deleted(
    spiris: Office, ledger: Ledger
) -> None:
    """It is read again just before: what stands there must be what the plan was made for."""
    created = made(ledger)
    assert created.print is not None
    spiris.control("POST", f"drafts/{created.id}/edit", {"YourReference": "Anna"})
    edited = ledger.draft(created.id)
    assert edited is not None
    assert edited.print != created.print
    wanted = draft_of(row(ledger, "KONS", "2"))
    updated = ledger.update_draft(
        created.id,
        wanted,
        customer_id=created.customer_id,
        marker_field=MarkerField.OUR_REFERENCE,
        stood=created.print,
    )
    assert updated is None
    assert ledger.delete_draft(created.id, stood=created.print) is False
    assert ledger.draft(created.id) == edited
    assert edited.print is not None
    assert ledger.delete_draft(created.id, stood=edited.print) is True
    assert ledger.draft(created.id) is None


@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("is_deletion", [False, True])
@pytest.mark.parametrize("target", [Target.DRAFT, Target.ORDER])
def test_what_finance_edits_while_a_write_waits_for_the_quota_is_seen_before_it_leaves(
    target: Target, *, is_deletion: bool, is_edited: bool
) -> None:
    """The wait comes before the last look, so that nothing lies between what was compared and what is written."""
    kind, path = ("orders", "orders") if target is Target.ORDER else ("drafts", "customerinvoicedrafts")
    with office() as spiris, spiris.ledger(quota=2) as ledger:
        buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
        draft = draft_of(row(ledger, "KONS"))
        where: dict[str, Any] = {"marker_field": MarkerField.OUR_REFERENCE, "target": target}
        created = ledger.create_draft(draft, customer_id=buyer.id, **where)
        assert created.print is not None
        if is_edited:
            spiris.meanwhile = lambda: spiris.control(
                "POST", f"{kind}/{created.id}/edit", {"YourReference": "Anna"}
            )
        written: object
        if is_deletion:
            written = ledger.delete_draft(created.id, stood=created.print, target=target)
        else:
            more = draft_of(row(ledger, "KONS", "2"))
            written = ledger.update_draft(
                created.id, more, customer_id=buyer.id, stood=created.print, **where
            )
        assert sum(spiris.pauses) > 50
        assert bool(written) is not is_edited
        write = f"{'DELETE' if is_deletion else 'PUT'} /v2/{path}/{created.id}"
        calls = [one for one in spiris.sent() if created.id in one and one.startswith(("GET", "PUT", "DEL"))]
        assert calls == [f"GET /v2/{path}/{created.id}"] + [write] * (not is_edited)
        if is_edited:
            assert spiris.stored(kind)[0]["YourReference"] == "Anna"


OVER_QUOTA = {
    "ErrorCode": 4010,
    "DeveloperErrorMessage": "API calls quota exceeded! Try again in 55 seconds.",
    "Errors": [],
}
PHONE = Change("phone", "013-12 34 56", "08-200")
FINANCES = {"DiscountPercentage": Decimal("0.15"), "Note": "Ring Lena"}


def puts(spiris: Office) -> int:
    return len([one for one in spiris.sent("PUT") if one.startswith("PUT /v2/customers/")])


def edit_customer(spiris: Office, customer_id: str, **fields: Any) -> None:
    spiris.control("POST", f"customers/{customer_id}/edit", fields)


@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "status", "code": 429, "body": OVER_QUOTA},
        {"effect": "status", "code": 502, "body": "<html>"},
        {"effect": "status_after", "code": 503, "body": "<html>"},
        {"effect": "status_after", "code": 500, "body": ""},
    ],
)
def test_an_update_that_waits_before_it_goes_again_keeps_what_finance_wrote_meanwhile(
    spiris: Office, ledger: Ledger, fault: dict[str, Any]
) -> None:
    """The whole record is sent, so an old copy of it would take finance's discount and note away."""
    buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
    spiris.fault(method="PUT", path="/v2/customers/", **fault)
    spiris.meanwhile = lambda: edit_customer(spiris, buyer.id, **FINANCES)
    ledger.update_customer(buyer.id, [PHONE])
    assert len(spiris.pauses) == 1
    assert puts(spiris) == 2
    (stored,) = spiris.stored("customers")
    assert stored["Telephone"] == "08-200"
    assert {name: stored[name] for name in FINANCES} == FINANCES


@pytest.mark.parametrize("is_waiting", [False, True])
def test_an_update_of_a_field_that_finance_changed_meanwhile_is_refused(
    spiris: Office, ledger: Ledger, *, is_waiting: bool
) -> None:
    buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))

    def edit() -> None:
        edit_customer(spiris, buyer.id, Telephone="08-900")

    if is_waiting:
        spiris.fault("status", method="PUT", path="/v2/customers/", code=429, body=OVER_QUOTA)
        spiris.meanwhile = edit
    else:
        edit()
    with pytest.raises(Refused, match="Somebody changed phone") as refused:
        ledger.update_customer(buyer.id, [PHONE])
    assert refused.value.vendor_code == "MOVED"
    assert puts(spiris) == is_waiting
    assert spiris.stored("customers")[0]["Telephone"] == "08-900"


def test_a_field_that_finance_has_set_to_the_same_is_no_contradiction(spiris: Office, ledger: Ledger) -> None:
    buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
    edit_customer(spiris, buyer.id, Telephone="08-200")
    ledger.update_customer(buyer.id, [PHONE, Change("city", "Linköping", "Kiruna")])
    (stored,) = spiris.stored("customers")
    assert (stored["Telephone"], stored["InvoiceCity"]) == ("08-200", "Kiruna")


@pytest.mark.parametrize(
    ("effect", "arguments", "is_done"),
    [
        ("drop_before", {}, False),
        ("drop_after", {}, True),
        ("truncate", {}, True),
        ("garbage", {}, True),
        ("html", {"code": 200}, True),
        ("empty", {}, True),
        ("status", {"code": 200, "body": "<html>Sign in to the network</html>"}, False),
        ("status", {"code": 403, "body": "<html>forbidden</html>"}, False),
        ("status", {"code": 302, "body": ""}, False),
    ],
)
def test_an_update_without_a_trustworthy_answer_is_sent_once_and_the_customer_itself_is_asked(
    spiris: Office, ledger: Ledger, effect: str, arguments: dict[str, Any], *, is_done: bool
) -> None:
    buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
    spiris.fault(effect, method="PUT", path="/v2/customers/", **arguments)
    if is_done:
        ledger.update_customer(buyer.id, [PHONE])
    else:
        with pytest.raises(OutcomeUnknown):
            ledger.update_customer(buyer.id, [PHONE])
    assert puts(spiris) == 1
    assert spiris.stored("customers")[0]["Telephone"] == ("08-200" if is_done else "013-12 34 56")


def test_an_update_that_cannot_be_looked_at_afterwards_stays_unknown(spiris: Office, ledger: Ledger) -> None:
    buyer = ledger.create_customer(BUYER, terms_id=terms_id(ledger))
    spiris.fault("drop_after", method="PUT", path="/v2/customers/")
    spiris.fault("drop_before", method="GET", path="/v2/customers/", nth=2, times=10)
    with pytest.raises(OutcomeUnknown):
        ledger.update_customer(buyer.id, [PHONE])
    assert puts(spiris) == 1


@pytest.mark.parametrize("effect", ["drop_before", "truncate", "html", "status"])
def test_a_list_that_fails_for_a_moment_is_read_again(spiris: Office, ledger: Ledger, effect: str) -> None:
    spiris.fault(
        effect,
        method="GET",
        path="/v2/customers",
        **({"code": 503} if effect in {"html", "status"} else {}),
    )
    assert ledger.customers() == []
    assert spiris.sent("GET").count("GET /v2/customers") == 2


def test_a_quota_is_waited_for_as_long_as_spiris_says_in_words(spiris: Office, ledger: Ledger) -> None:
    words = "API calls quota exceeded! Maximum admitted 600 per minute. Try again in 55 seconds."
    body = {"ErrorCode": 4010, "DeveloperErrorMessage": words, "Errors": []}
    spiris.fault("status", method="GET", path="/v2/customerinvoicedrafts", code=429, body=body)
    assert ledger.drafts() == []
    assert spiris.pauses == [55]


def test_a_create_over_quota_is_known_not_to_be_done(spiris: Office, ledger: Ledger) -> None:
    terms = terms_id(ledger)
    spiris.control("PUT", "switches", {"rate_limit_per_minute": 1, "retry_after_header": "no"})
    ledger.create_customer(BUYER, terms_id=terms)
    with pytest.raises(OutOfQuota) as over:
        ledger.create_customer(BUYER, terms_id=terms)
    assert 0 < over.value.retry_after <= 60
    assert len(spiris.stored("customers")) == 1
    assert spiris.pauses == []


def test_an_unreachable_spiris_says_so(spiris: Office, ledger: Ledger) -> None:
    spiris.fault("drop_before", method="GET", path="/v2/articles", times=10)
    with pytest.raises(Unreachable, match="run the same command again"):
        ledger.articles()


# --- tokens --------------------------------------------------------------------------------------------------------


def test_an_expired_token_is_refreshed_on_the_way_to_a_create(spiris: Office, ledger: Ledger) -> None:
    terms = terms_id(ledger)
    spiris.later(hours=2)
    ledger.create_customer(BUYER, terms_id=terms)
    assert spiris.sent("POST") == ["POST /connect/token"] * 2 + ["POST /v2/customers"]


def test_a_token_that_expires_sooner_than_told_costs_one_create_call_more_and_makes_one_customer(
    spiris: Office, ledger: Ledger
) -> None:
    terms = terms_id(ledger)
    body = {"ErrorCode": 4005, "DeveloperErrorMessage": "denied", "Errors": []}
    spiris.fault("status", path="/v2/customers", code=401, body=body)
    ledger.create_customer(BUYER, terms_id=terms)
    assert spiris.sent("POST").count("POST /v2/customers") == 2
    assert len(spiris.stored("customers")) == 1


def test_a_write_that_goes_again_with_a_new_token_looks_again_at_what_it_rests_on(
    spiris: Office, ledger: Ledger
) -> None:
    created = made(ledger)
    assert created.print is not None
    body = {"ErrorCode": 4005, "DeveloperErrorMessage": "denied", "Errors": []}
    spiris.fault("status", method="DELETE", path="/v2/customerinvoicedrafts/", code=401, body=body)
    assert ledger.delete_draft(created.id, stood=created.print) is True
    last = [one.partition(" ")[0] for one in spiris.sent()[-5:]]
    assert last == ["GET", "DELETE", "POST", "GET", "DELETE"]


def test_refresh_tokens_are_used_once_each_over_a_long_day(spiris: Office, ledger: Ledger) -> None:
    for _ in range(5):
        spiris.later(hours=2)
        ledger.drafts()
    assert spiris.sent("POST") == ["POST /connect/token"] * 6


def test_a_lost_refresh_ends_in_a_request_to_sign_in(spiris: Office, ledger: Ledger) -> None:
    spiris.later(hours=2)
    spiris.fault("drop_after", path="/connect/token")
    with pytest.raises(SignInNeeded, match="company se"):
        ledger.drafts()
    with pytest.raises(SignInNeeded):
        ledger.drafts()
    assert (
        spiris.sent("POST").count("POST /connect/token") == 3
    )  # the code, the lost refresh, the refused one


def test_a_refresh_that_never_arrived_is_no_reason_to_bother_anybody(spiris: Office, ledger: Ledger) -> None:
    spiris.later(hours=2)
    spiris.fault("drop_before", path="/connect/token")
    assert ledger.drafts() == []


# --- set-up --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scopes": ["ea:api", "offline_access"]}, "ea:sales"),
        ({"settings": company()["settings"] | {"ActivatedModules": []}}, "module"),
    ],
)
def test_a_company_that_is_not_set_up_says_what_is_missing(changes: dict[str, Any], words: str) -> None:
    with office(company(**changes)) as spiris, spiris.ledger() as ledger:
        with pytest.raises(ConfigError) as failure:
            ledger.customers()
        assert words in str(failure.value)


def test_every_failure_is_told_without_secrets_or_peoples_values(spiris: Office, ledger: Ledger) -> None:
    tokens = spiris.store.load("spiris:se")
    assert tokens is not None
    for effect in ("drop_after", "garbage", "html", "empty"):
        spiris.fault(effect, path="/v2/customers")
        with pytest.raises(SfspirisError) as failure:
            ledger.create_customer(BUYER, terms_id=terms_id(ledger))
        told = f"{failure.value}{failure.value.__cause__}"
        for secret in (tokens.access_token, CLIENT.client_secret, BUYER.name, BUYER.orgnr or "-"):
            assert secret not in told
