"""The traps of Spiris, one by one: what a client sees of each, and that it would see something else without it.

Every probe below runs twice: against a company that has the trap, and against one without, by a switch, a setting, what a
person does or what happens on the network; where none of that could take it away, the simulator suspends it from inside. A
probe that cannot tell the two apart proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from sfspiris.sandbox.kernel import callfile
from sfspiris.sandbox.spiris.traps import TRAPS
from spiris_sandbox import WORLD, Api, Sandbox, kr, sandbox

Probe = Callable[[Sandbox, Api], Any]
Change = Callable[[Sandbox], object]

MARKER = {"OurReference": "SF 006A"}


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap: what a client does, and what it sees."""

    probe: Probe
    seen: Any
    given: Change | None
    """What makes the company one that has the trap; None for any company."""
    otherwise: Change | None
    """What makes it one that has not; None when nothing can, so that the simulator must suspend it."""

    @property
    def name(self) -> str:
        return self.probe.__name__


TABLE: Final[list[Trap]] = []


def trap(
    *, seen: Any, given: Change | None = None, otherwise: Change | None = None
) -> Callable[[Probe], Probe]:
    """Enter a probe, named after its trap, into the table."""

    def entered(probe: Probe) -> Probe:
        TABLE.append(Trap(probe, seen, given, otherwise))
        return probe

    return entered


def switches(**values: Any) -> Change:
    return lambda office: office.switch(**values)


def settings(**values: Any) -> Change:
    return lambda office: office.does("PUT", "company?company=se", json=values)


def creates(effect: str) -> Change:
    """What happens on the way to every draft that is created."""
    rule = {"effect": effect, "method": "POST", "path": "/customerinvoicedrafts$"}
    return lambda office: office.does("POST", "faults", json=rule)


def nothing(_office: Sandbox) -> None:
    """The other company needs no change: it has no such trap as it is."""


def customer(number: str, **changes: Any) -> Change:
    """A world in which one of the customers is different."""
    world = deepcopy(WORLD)
    for one in world["spiris"]["companies"][0]["customers"]:
        if one["CustomerNumber"] == number:
            one.update(changes)
    return lambda office: office.reset(world)


def buyer(api: Api, **changes: Any) -> dict[str, Any]:
    return {
        "Name": "Ny AB", "InvoiceCity": "Lund", "InvoicePostalCode": "222 22", "IsActive": True, "IsPrivatePerson": False,
        "TermsOfPaymentId": api.where("/termsofpayments", "NumberOfDays eq 30")[0]["Id"], **changes,
    }  # fmt: skip


def status(api: Api, method: str, path: str, **options: Any) -> Any:
    """The status of an answer, with the `ErrorCode` of a refusal; None where no answer came."""
    try:
        answer = api.request(method, path, **options)
    except httpx.RemoteProtocolError:
        return None
    return (answer.status_code, answer.json()["ErrorCode"]) if answer.is_error else answer.status_code


def payment(api: Api, amount: Any) -> dict[str, Any]:
    return {
        "CompanyBankAccountId": api.all("/bankaccounts")[0]["Id"], "PaymentAmount": amount, "PaymentCurrency": "SEK",
        "PaymentType": 1, "PaymentDate": "2026-11-20",
    }  # fmt: skip


# creating exactly once


@trap(seen=(None, 1), given=creates("drop_after"), otherwise=creates("drop_before"))
def a_lost_reply_says_nothing_about_the_work(_office: Sandbox, api: Api) -> Any:
    """The client sees the same either way; only a search tells."""
    body = api.draft_body(**MARKER)
    told = status(api, "POST", "/customerinvoicedrafts", json=body)
    return told, len(api.where("/customerinvoicedrafts", "OurReference eq 'SF 006A'"))


@trap(seen=2, given=creates("repeat"), otherwise=nothing)
def what_is_sent_twice_is_made_twice(_office: Sandbox, api: Api) -> Any:
    api.ok(
        "POST",
        "/customerinvoicedrafts",
        json=api.draft_body(**MARKER),
        headers={"Idempotency-Key": "SF 006A", "If-None-Match": "*"},
    )
    return len(api.where("/customerinvoicedrafts", "OurReference eq 'SF 006A'"))


@trap(seen=[], given=switches(index_lag_seconds=30), otherwise=switches(index_lag_seconds=0))
def a_list_may_not_show_what_was_just_made(_office: Sandbox, api: Api) -> Any:
    api.draft(**MARKER)
    return [one["OurReference"] for one in api.all("/customerinvoicedrafts")]


@trap(
    seen="2026-11-21",
    given=switches(keep_original_draft_date="no"),
    otherwise=switches(keep_original_draft_date="yes"),
)
def the_date_of_a_draft_reads_as_today(office: Sandbox, api: Api) -> Any:
    draft = api.draft(InvoiceDate="2026-11-20")
    office.at("2026-11-21T08:00:00Z")
    return office.sign_in().ok("GET", f"/customerinvoicedrafts/{draft['Id']}")["InvoiceDate"]


@trap(seen=False)
def drafts_tell_no_time_of_change(_office: Sandbox, api: Api) -> Any:
    return "ModifiedUtc" in api.ok("GET", f"/customerinvoicedrafts/{api.draft()['Id']}")


@trap(seen=201, given=switches(unique_orgnr="no"), otherwise=switches(unique_orgnr="yes"))
def two_customers_may_share_a_corporate_number(_office: Sandbox, api: Api) -> Any:
    body = buyer(api, CorporateIdentityNumber="556016-0680")
    api.ok("POST", "/customers", json=body)
    return status(api, "POST", "/customers", json=body)


@trap(seen=(400, 4000))
def numbers_are_unique_whatever_their_case(_office: Sandbox, api: Api) -> Any:
    api.ok("POST", "/customers", json=buyer(api, CustomerNumber="0015g00000AbCdE"))
    return status(api, "POST", "/customers", json=buyer(api, CustomerNumber="0015g00000aBcDe"))


@trap(seen=(None, None))
def put_wipes_what_is_omitted(_office: Sandbox, api: Api) -> Any:
    made = api.ok("POST", "/customers", json=buyer(api, EmailAddress="faktura@ny.se", Note="001A"))
    kept = api.ok("PUT", f"/customers/{made['Id']}", json=buyer(api))
    return kept["EmailAddress"], kept["Note"]


@trap(seen=0)
def draft_rows_get_new_ids(_office: Sandbox, api: Api) -> Any:
    body = api.draft_body()
    before = api.ok("POST", "/customerinvoicedrafts", json=body)
    after = api.ok("PUT", f"/customerinvoicedrafts/{before['Id']}", json=body)
    return len({row["Id"] for row in before["Rows"]} & {row["Id"] for row in after["Rows"]})


# following a draft to its invoice


@trap(seen=404)
def drafts_vanish_when_issued(_office: Sandbox, api: Api) -> Any:
    draft = api.draft()
    api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
    return api.get(f"/customerinvoicedrafts/{draft['Id']}").status_code


@trap(seen=(400, 3000), given=switches(missing_draft="400-3000"), otherwise=switches(missing_draft="404"))
def a_missing_draft_may_be_a_bad_request(_office: Sandbox, api: Api) -> Any:
    draft = api.draft()
    api.ok("DELETE", f"/customerinvoicedrafts/{draft['Id']}")
    return status(api, "GET", f"/customerinvoicedrafts/{draft['Id']}")


@trap(
    seen=(None, 0),
    given=switches(created_from_draft_id=None),
    otherwise=switches(created_from_draft_id="filled"),
)
def an_invoice_may_not_name_its_draft(office: Sandbox, api: Api) -> Any:
    draft = api.draft()
    invoice = office.does("POST", f"drafts/{draft['Id']}/issue")
    found = api.where("/customerinvoices", f"CreatedFromDraftId eq {draft['Id']}")
    return invoice["CreatedFromDraftId"], len(found)


@trap(
    seen=None,
    given=switches(references_survive_issue="no"),
    otherwise=switches(references_survive_issue="yes"),
)
def a_marker_may_not_survive_issuing(office: Sandbox, api: Api) -> Any:
    return office.does("POST", f"drafts/{api.draft(**MARKER)['Id']}/issue")["OurReference"]


@trap(seen=(None, None, True), given=settings(UsesPaymentReferenceNumber=True),
      otherwise=settings(UsesPaymentReferenceNumber=False))  # fmt: skip
def number_and_ocr_exist_only_when_issued(office: Sandbox, api: Api) -> Any:
    draft = api.draft()
    invoice = office.does("POST", f"drafts/{draft['Id']}/issue")
    reference = invoice["PaymentReferenceNumber"] or ""
    return draft.get("InvoiceNumber"), draft.get("PaymentReferenceNumber"), reference.isdecimal()


# validation


@trap(seen=(400, 2000))
def lengths_are_limits(_office: Sandbox, api: Api) -> Any:
    return status(api, "POST", "/customers", json=buyer(api, Name="x" * 51))


@trap(seen=(400, 2000), given=switches(vies="down"), otherwise=switches(vies="up"))
def vies_blocks_every_later_save(office: Sandbox, api: Api) -> Any:
    """Also one that changes something else."""
    known = api.customer("1003")
    return status(api, "PUT", f"/customers/{known['Id']}", json=buyer(
        api, Name="Muster GmbH", InvoiceCountryCode="DE", VatNumber=known["VatNumber"], CurrencyCode="EUR",
    ))  # fmt: skip


@trap(seen=(400, 2000), given=nothing, otherwise=customer("1001", InvoiceCountryCode="NO"))
def prices_at_home_have_two_decimals(_office: Sandbox, api: Api) -> Any:
    return status(api, "POST", "/customerinvoicedrafts", json=api.draft_body(api.row(price=0.125)))


@trap(seen="SEK", given=nothing, otherwise=customer("1001", CurrencyCode="EUR"))
def the_customer_decides_the_currency(_office: Sandbox, api: Api) -> Any:
    return api.draft(InvoiceCurrencyCode="EUR")["InvoiceCurrencyCode"]


@trap(seen=(kr("0.00"), kr("100.00")), given=customer("1001", InvoiceCountryCode="NO"), otherwise=nothing)
def the_customers_country_decides_the_vat(_office: Sandbox, api: Api) -> Any:
    draft = api.draft(api.row(price=100, VatRate=0.25))
    return draft["Rows"][0]["VatRate"], draft["TotalAmount"]


@trap(seen=(400, 2000))
def an_article_row_is_needed(_office: Sandbox, api: Api) -> Any:
    row = {"IsTextRow": True, "ReversedConstructionServicesVatFree": False, "Text": "Tack!"}
    return status(api, "POST", "/customerinvoicedrafts", json=api.draft_body(row))


@trap(
    seen=(True, kr("100.00")),
    given=lambda office: (settings(ShowPricesExclVatPC=True)(office), switches(prices_excl_vat_private="as_documented")(office)),
    otherwise=lambda office: (settings(ShowPricesExclVatPC=True)(office), switches(prices_excl_vat_private="as_named")(office)),
)  # fmt: skip
def a_private_persons_prices_may_include_vat(_office: Sandbox, api: Api) -> Any:
    draft = api.draft(api.row(price=100), customer="1005")
    return draft["IncludesVat"], draft["TotalAmount"]


@trap(
    seen=[(kr("1.00"), kr("0.50")), (kr("3.00"), kr("0.50")), (kr("-1.00"), kr("-0.50"))],
    given=settings(DomesticCurrencyRounding=1),
    otherwise=settings(DomesticCurrencyRounding=0),
)
def totals_are_whole_kronor_and_halves_go_away_from_zero(_office: Sandbox, api: Api) -> Any:
    drafts = [api.draft(api.row("VARD", price=price)) for price in (0.5, 2.5, -0.5)]
    return [(draft["TotalAmount"], draft["TotalRoundings"]) for draft in drafts]


@trap(seen=(400, 2000), given=nothing, otherwise=customer(
    "1001", ReverseChargeOnConstructionServices=True, VatNumber="SE556016068001",
))  # fmt: skip
def construction_needs_the_flag_on_the_customer_too(_office: Sandbox, api: Api) -> Any:
    row = api.row(ReversedConstructionServicesVatFree=True)
    body = api.draft_body(row, ReverseChargeOnConstructionServices=True)
    return status(api, "POST", "/customerinvoicedrafts", json=body)


def _free_article(office: Sandbox) -> None:
    world = deepcopy(WORLD)
    world["spiris"]["companies"][0]["articles"][0]["NetPrice"] = 0
    office.reset(world)


@trap(seen=kr("1500.00"), given=nothing, otherwise=_free_article)
def a_price_of_zero_may_become_the_articles(_office: Sandbox, api: Api) -> Any:
    return api.draft(api.row(price=0), ReplaceUnitPriceWhenZero=True)["TotalAmount"]


@trap(seen=(400, 4002), given=nothing, otherwise=lambda office: office.at("2026-12-01T08:00:00Z"))
def a_future_date_is_refused_when_it_is_issued(_office: Sandbox, api: Api) -> Any:
    """Not when the draft is made."""
    draft = api.draft(InvoiceDate="2026-12-01")
    keep = {"keepOriginalDraftDate": "true", "overrideCompanyKeepOriginalDraftDate": "true"}
    return status(api, "POST", f"/customerinvoicedrafts/{draft['Id']}/convert", params=keep)


@trap(
    seen=(400, 4002),
    given=settings(NextCustomerInvoiceNumber=0),
    otherwise=settings(NextCustomerInvoiceNumber=1),
)
def a_number_series_of_zero_stops_issuing(_office: Sandbox, api: Api) -> Any:
    return status(api, "POST", f"/customerinvoicedrafts/{api.draft()['Id']}/convert")


@trap(
    seen=(400, 4026),
    given=settings(AccountingLockedTo="2026-11-30"),
    otherwise=settings(AccountingLockedTo="2026-10-31"),
)
def a_locked_period_stops_issuing(_office: Sandbox, api: Api) -> Any:
    return status(api, "POST", f"/customerinvoicedrafts/{api.draft()['Id']}/convert")


# reading


@trap(seen=(True, kr("75.00"), 1))
def part_payments_set_the_date(_office: Sandbox, api: Api) -> Any:
    invoice = api.invoice(api.row(price=100))
    api.ok("POST", f"/customerinvoices/{invoice['Id']}/payments", json=payment(api, 50))
    read = api.ok("GET", f"/customerinvoices/{invoice['Id']}")
    return read["PaymentDate"] is not None, read["RemainingAmount"], read["PaymentStatus"]


def _settled_by(action: str) -> Change:
    """An invoice over 125 kronor, closed by a person."""

    def change(office: Sandbox) -> None:
        invoice = office.sign_in().invoice()
        office.does("POST", f"invoices/{invoice['Id']}/{action}")

    return change


@trap(seen=(0, None, [kr("-125.00")]), given=_settled_by("credit"), otherwise=_settled_by("pay"))
def paid_may_mean_credited(_office: Sandbox, api: Api) -> Any:
    """A set-off closes an invoice as money would; only the credit invoice, which is negative, tells the two apart."""
    (invoice,) = api.where("/customerinvoices", "IsCreditInvoice eq false")
    notes = api.where("/customerinvoices", "IsCreditInvoice eq true")
    return invoice["PaymentStatus"], invoice["PaymentDate"], [one["TotalAmount"] for one in notes]


@trap(seen=(True, True), given=customer("1001", CurrencyCode="EUR"), otherwise=nothing)
def totals_of_drafts_and_invoices_are_in_different_currencies(_office: Sandbox, api: Api) -> Any:
    """`TotalAmount` is the document's currency on a draft, the books' on an invoice."""
    draft = api.draft(api.row(price=100))
    invoice = api.ok("POST", f"/customerinvoicedrafts/{draft['Id']}/convert")
    return (
        draft["TotalAmount"] == invoice["TotalAmountInvoiceCurrency"] != invoice["TotalAmount"],
        draft["TotalAmountBaseCurrency"] == invoice["TotalAmount"] != draft["TotalAmount"],
    )


@trap(seen=0, given=switches(payment_moves_modified="no"), otherwise=switches(payment_moves_modified="yes"))
def a_payment_may_not_show_as_a_change(office: Sandbox, api: Api) -> Any:
    invoice = api.invoice()
    office.at("2026-11-20T09:00:00Z")
    office.does("POST", f"invoices/{invoice['Id']}/pay")
    return len(api.all("/customerinvoices", params={"modifiedSinceUtc": "2026-11-20T09:00:00Z"}))


@trap(seen=0, given=switches(modified_since="exclusive"), otherwise=switches(modified_since="inclusive"))
def changed_since_may_leave_out_the_moment_itself(_office: Sandbox, api: Api) -> Any:
    since = api.invoice()["ModifiedUtc"]
    return len(api.all("/customerinvoices", params={"modifiedSinceUtc": since}))


@trap(
    seen=(400, 2000), given=switches(filterable_fields=["CustomerId"]), otherwise=switches(filterable_fields="all")
)  # fmt: skip
def a_field_may_be_answered_and_not_filtered_on(_office: Sandbox, api: Api) -> Any:
    wanted = {"$filter": "OurReference eq 'SF 006A'"}
    return status(api, "GET", "/customerinvoicedrafts", params=wanted)


@trap(
    seen=404, given=lambda office: office.at("2027-11-21T08:00:00Z"), otherwise=lambda office: office.at("2026-11-20T08:00:01Z")
)  # fmt: skip
def the_address_of_a_pdf_is_temporary(office: Sandbox, api: Api) -> Any:
    later = office.does("GET", "clock")["now"]
    office.at("2026-11-20T08:00:00Z")
    url = api.ok("GET", f"/customerinvoices/{api.invoice()['Id']}/pdf")["Url"]
    office.at(later)
    return httpx.get(url, trust_env=False).status_code


def _notes(count: int) -> Change:
    def change(office: Sandbox) -> None:
        api = office.sign_in()
        for place in range(count):
            api.ok("POST", "/notes", json={"Text": str(place)})

    return change


@trap(seen=(50, 2), given=_notes(51), otherwise=_notes(50))
def the_first_page_is_not_the_whole_list(_office: Sandbox, api: Api) -> Any:
    page = api.ok("GET", "/notes")
    return len(page["Data"]), page["Meta"]["TotalNumberOfPages"]


@trap(seen=1000, given=switches(large_page="capped"), otherwise=switches(large_page="refused"))
def a_page_of_more_than_a_thousand_may_be_cut(_office: Sandbox, api: Api) -> Any:
    answer = api.get("/articles", params={"$pagesize": "5000"})
    return answer.json()["Meta"]["PageSize"] if answer.is_success else answer.status_code


# signing in, and the quota


@trap(seen=(429, False), given=switches(rate_limit_per_minute=2, retry_after_header="no"),
      otherwise=switches(rate_limit_per_minute=2, retry_after_header="yes"))  # fmt: skip
def the_wait_may_stand_in_the_message_alone(_office: Sandbox, api: Api) -> Any:
    answers = [api.get("/units") for _ in range(3)]
    assert "Try again in" in answers[2].json()["DeveloperErrorMessage"]
    return answers[2].status_code, "Retry-After" in answers[2].headers


@trap(seen=400, given=switches(refresh_grace_seconds=0), otherwise=switches(refresh_grace_seconds=60))
def a_refresh_token_works_once(office: Sandbox, api: Api) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": office.tokens()["refresh_token"]}
    first, second = (
        office.control.post("/connect/token", data=form, auth=("sfspiris-sandbox", "sandbox-secret"))
        for _ in range(2)
    )
    assert first.status_code == 200
    return second.status_code


@trap(
    seen=302, given=switches(company_chooser="on_prompt"), otherwise=switches(company_chooser="always")
)  # fmt: skip
def a_sign_in_may_silently_take_the_default_company(office: Sandbox, api: Api) -> Any:
    """Unless it asks for the chooser."""
    asked = office.asked()
    del asked["prompt"]
    return office.control.get("/connect/authorize", params=asked).status_code


# both ways


@pytest.fixture(scope="module")
def served() -> Iterator[Sandbox]:
    """A sandbox whose calls are not judged after the run: without its traps it is not the vendor's any more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(callfile.FOLDER, raising=False)
        with sandbox() as running:
            yield running
            running.is_faulted = True


def look(served: Sandbox, one: Trap, change: Change | None) -> Any:
    served.reset(WORLD)
    served.does("DELETE", "faults")
    if change is not None:
        change(served)
    try:
        return one.probe(served, served.sign_in())
    finally:
        served.does("DELETE", "faults")


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.name)
def test_a_client_meets_the_trap_and_would_notice_if_it_were_not_there(served: Sandbox, one: Trap) -> None:
    assert look(served, one, one.given) == one.seen
    with ExitStack() as stack:
        if one.otherwise is None:
            stack.enter_context(served.simulator.traps.without(one.name))
        assert look(served, one, one.otherwise) != one.seen
        served.is_faulted = served.is_faulted or one.otherwise is None


def test_every_trap_that_the_simulator_can_suspend_has_a_probe() -> None:
    assert {one.name for one in TABLE if one.otherwise is None} == set(TRAPS)


def test_a_trap_that_does_not_exist_cannot_be_suspended(served: Sandbox) -> None:
    traps = served.simulator.traps
    with pytest.raises(KeyError, match="no such thing"), traps.without("no such thing"):
        pass
