"""The pages of both sandboxes over real HTTP, as a browser without scripts uses them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from plainhttp import TRUST
from sfspiris.sandbox.kernel.app import start_over
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.salesforce.simulator import SalesforceSimulator
from sfspiris.sandbox.server import running
from sfspiris.sandbox.spiris import drafts
from sfspiris.sandbox.spiris.simulator import SpirisSimulator

NOW = "2026-11-20T08:00:00Z"
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;"""
SPACE = "\N{NO-BREAK SPACE}"

ROWS = [
    {"article": "KONS", "Text": "Konsulttimme", "Quantity": 10, "UnitPrice": 1200},
    {"article": "BOK", "Text": "Handbok", "Quantity": 2, "UnitPrice": 100},
]
WORLD: dict[str, Any] = {
    "now": NOW,
    "spiris": {
        "companies": [
            {
                "key": "se",
                "name": "Exempel AB",
                "orgnr": "559000-0013",
                "settings": {"Address1": "Storgatan 1", "PostalCode": "111 22", "City": "Stockholm"},
                "customers": [{"CustomerNumber": "1001", "Name": "Acme AB", "terms": 30}],
                "articles": [
                    {"Number": "KONS", "Name": "Konsulttimme", "unit": "tim", "NetPrice": 1200},
                    {"Number": "BOK", "Name": "Handbok", "coding": "goods-6", "NetPrice": 100},
                ],
            },
            {"key": "two", "name": "Andra AB", "orgnr": "559000-0021"},
        ]
    },
    "salesforce": {
        "org": {"Name": "Exempel"},
        "schema": {
            "Opportunity": {
                "fields": [
                    {"name": "PO_Number__c", "type": "string", "length": 80},
                    {"name": "Spiris_Sync_Status__c", "type": "string", "length": 40},
                    {"name": "Spiris_Retry__c", "type": "boolean"},
                ]
            }
        },
        "records": {
            "Account": [{"_ref": "acme", "Name": "Acme AB"}],
            "Opportunity": [
                {
                    "_ref": "deal",
                    "Name": "Hissar till Acme",
                    "AccountId": "@acme",
                    "StageName": "Closed Won",
                    "CloseDate": "2026-11-18",
                    "Amount": 12200,
                    "Spiris_Sync_Status__c": "Held",
                },
                {
                    "Name": "Nästa år",
                    "AccountId": "@acme",
                    "StageName": "Prospecting",
                    "CloseDate": "2027-01-18",
                },
            ],
        },
    },
}


class Browser(httpx.Client):
    """A browser without scripts: follows redirects, presses buttons, and says which page a form stood on."""

    def page(self, address: str) -> str:
        """The page's HTML; it must be there."""
        answer = self.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return answer.text

    def press(self, page: str, action: str, **fields: str) -> httpx.Response:
        """The answer to the form on `page` whose action ends so, before any redirect is followed."""
        text = self.page(page)
        actions = [html.unescape(one) for one in re.findall(r'<form method="post" action="([^"]+)"', text)]
        found = [one for one in actions if one.partition("?")[0].endswith(action)]
        assert found, f"{page} has no form {action}, but {actions}"
        referer = str(self.base_url.join(page))
        return self.post(found[0], data=fields, headers={"Referer": referer}, follow_redirects=False)

    def does(self, page: str, action: str, **fields: str) -> tuple[str, str]:
        """Press the button, and give the address and HTML of the page that one is led to."""
        answer = self.press(page, action, **fields)
        assert answer.status_code == 303
        shown = answer.headers["location"]
        return shown, self.page(shown)


@dataclass(frozen=True)
class Office:
    """A simulator, and a browser that looks at it."""

    browser: Browser
    simulator: SpirisSimulator | SalesforceSimulator

    def control(self, method: str, path: str, document: Any = None) -> Any:
        answer = self.browser.request(method, f"/_sandbox/{path}", json=document)
        assert answer.is_success, answer.text
        return answer.json()

    def stored(self, what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "state")["companies"][0][what]
        return found

    def records(self, what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "state")["records"][what]
        return found


@contextmanager
def office(
    simulator: SpirisSimulator | SalesforceSimulator, world: dict[str, Any] = WORLD
) -> Iterator[Office]:
    start_over(simulator, world)
    with (
        running(simulator) as (url,),
        Browser(base_url=url, timeout=10, follow_redirects=True, verify=TRUST) as browser,
    ):
        yield Office(browser, simulator)


@pytest.fixture
def spiris() -> Iterator[Office]:
    with office(SpirisSimulator(Clock(), Records())) as made:
        yield made


@pytest.fixture
def salesforce() -> Iterator[Office]:
    with office(SalesforceSimulator(Clock(), Records())) as made:
        yield made


def with_draft(office: Office, **fields: Any) -> str:
    """A draft of two rows for the first customer, made in the simulator itself. Gives the address of its page."""
    simulator = office.simulator
    assert isinstance(simulator, SpirisSimulator)
    books = simulator.books("se")
    articles = {one["Number"]: one["Id"] for one in books.all("articles")}
    rows = [
        {
            "ArticleId": articles[row["article"]],
            "IsTextRow": False,
            "ReversedConstructionServicesVatFree": False,
            **{name: value for name, value in row.items() if name != "article"},
        }
        for row in ROWS
    ]
    sent = {
        "CustomerId": books.all("customers")[0]["Id"],
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "YourReference": "Anna Ek",
        "Rows": rows,
        **fields,
    }
    return f"/_pages/drafts/{drafts.save(books, sent)['Id']}?company=se"


def with_invoice(office: Office) -> str:
    """A booked invoice of 15 212 kronor. Gives the address of its page."""
    shown, _ = office.browser.does(with_draft(office), "/issue")
    return shown


def texts(page: str) -> str:
    """What the page says: tags gone, space between words single."""
    return re.sub(r"[ \n]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


# What every page has


@pytest.mark.parametrize(
    "address", ["/", "/_pages/requests", "/_pages/behaviour", "/_pages/nowhere", "/_pages/style.css"]
)
def test_every_answer_forbids_scripts_and_everything_from_elsewhere(spiris: Office, address: str) -> None:
    answer = spiris.browser.get(address)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
    assert "unsafe" not in policy
    assert "script" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/_pages/customers",
        "/_pages/articles",
        "/_pages/payments",
        "/_pages/requests",
        "/_pages/behaviour",
    ],
)
def test_a_page_has_no_script_no_inline_style_and_loads_nothing_from_elsewhere(
    spiris: Office, address: str
) -> None:
    page = spiris.browser.page(address)
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", page)
    for linked in re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page):
        assert spiris.browser.get(html.unescape(linked)).status_code == 200


def test_a_vendor_path_is_still_the_vendors(spiris: Office, salesforce: Office) -> None:
    assert spiris.browser.get("/v2/customers").status_code == 401
    assert salesforce.browser.get("/services/data").json()[0]["url"].startswith("/services/data/v")
    assert salesforce.browser.post("/").headers["content-type"].startswith("application/json")
    assert salesforce.browser.get("/nowhere").headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("address", ["/", "/favicon.ico", "/_pages/customers", "/_pages/nowhere"])
def test_looking_at_a_page_is_not_a_vendor_call(spiris: Office, address: str) -> None:
    """It is not in the log, and neither latency nor a fault for every call touches it."""
    spiris.control("PUT", "switches", {"latency_ms": 30_000})
    spiris.control("POST", "faults", {"effect": "drop_before", "times": None})
    assert spiris.browser.get(address).status_code in (200, 404)
    assert spiris.control("GET", "requests") == []
    assert spiris.control("GET", "faults")[0]["matched"] == 0


def test_an_unknown_page_is_told_in_a_page(spiris: Office) -> None:
    answer = spiris.browser.get("/_pages/invoices/none?company=se")
    assert answer.status_code == 404
    assert "Exempel AB has no such invoice." in texts(answer.text)
    assert "There is no company" in texts(spiris.browser.get("/?company=nobody").text)


def test_an_empty_sandbox_says_what_to_do() -> None:
    with office(SpirisSimulator(Clock(), Records()), {}) as empty:
        assert "has no company" in texts(empty.browser.page("/"))
    with office(SalesforceSimulator(Clock(), Records()), {}) as bare:
        assert "There is no deal." in texts(bare.browser.page("/"))


# Spiris: looking


def test_the_first_page_tells_what_waits(spiris: Office) -> None:
    with_draft(spiris)
    with_invoice(spiris)
    said = texts(spiris.browser.page("/"))
    assert "1 draft waits to be issued. 1 invoice waits to be paid." in said
    assert f"15{SPACE}212,00{SPACE}SEK" in said
    assert "Unpaid" in said


def test_what_is_overdue_follows_the_clock(spiris: Office) -> None:
    with_invoice(spiris)
    spiris.control("PUT", "clock", {"now": "2027-01-02T08:00:00Z"})
    said = texts(spiris.browser.page("/"))
    assert "1 of them overdue" in said
    assert "2027-01-02 09:00" in said


def test_each_company_has_its_own_pages(spiris: Office) -> None:
    with_draft(spiris)
    assert "Acme AB" in spiris.browser.page("/_pages/customers?company=se")
    other = spiris.browser.page("/_pages/customers?company=two")
    assert "Acme AB" not in other
    assert "The company has no customers yet." in other
    assert 'href="/?company=se"' in other


def test_a_draft_is_shown_as_it_would_look(spiris: Office) -> None:
    said = texts(spiris.browser.page(with_draft(spiris, BuyersOrderReference="PO-7")))
    for part in ("Fakturautkast", "Acme AB", "Anna Ek", "PO-7", "30 dagar", "Förfallodatum"):
        assert part in said
    assert f"10 tim 1{SPACE}200,00 25{SPACE}% 12{SPACE}000,00" in said
    assert f"Moms 25{SPACE}% på 12{SPACE}000,00 3{SPACE}000,00" in said
    assert f"Moms 6{SPACE}% på 200,00 12,00" in said
    assert f"Att betala, SEK 15{SPACE}212,00" in said


def test_registers_and_their_records_can_be_looked_at(spiris: Office) -> None:
    for register, name in (("customers", "Acme AB"), ("articles", "KONS")):
        page = spiris.browser.page(f"/_pages/{register}?company=se")
        link = re.search(rf'href="(/_pages/{register}/[^"]+)"><bdi>{name}', page)
        assert link is not None
        assert "Fields" in spiris.browser.page(html.unescape(link[1]))


def test_documents_can_be_had_as_pdf(spiris: Office) -> None:
    for page in (with_draft(spiris), with_invoice(spiris)):
        answer = spiris.browser.get(page.replace("?", ".pdf?"))
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    assert spiris.browser.get("/_pages/customers/x.pdf").status_code == 404


def test_a_hostile_name_stays_a_name_on_every_page(spiris: Office) -> None:
    customer = spiris.stored("customers")[0]["Id"]
    spiris.control(
        "POST", f"customers/{customer}/edit?company=se", {"Name": HOSTILE[:50], "InvoiceCity": "<b>x</b>"}
    )
    draft = with_draft(spiris, YourReference=HOSTILE)
    invoice = with_invoice(spiris)
    spiris.browser.get(f"/v2/{HOSTILE}", params={"$filter": HOSTILE})
    for address in (
        "/",
        draft,
        invoice,
        "/_pages/customers",
        f"/_pages/customers/{customer}",
        "/_pages/requests",
        "/_pages/requests/1",
    ):
        page = spiris.browser.page(address)
        assert "&lt;" in page, address
        assert not re.search(r"<script|<img src=x|<b>x", page), address


# Spiris: doing


def test_issuing_a_draft_leads_to_its_invoice(spiris: Office) -> None:
    draft = with_draft(spiris)
    shown, page = spiris.browser.does(draft, "/issue", date="2026-11-19")
    assert f"Invoice 1001 is issued: 15{SPACE}212,00{SPACE}SEK, due 2026-12-19." in texts(page)
    (invoice,) = spiris.stored("invoices")
    assert invoice["Id"] in shown
    assert invoice["InvoiceDate"] == "2026-11-19"
    assert spiris.stored("drafts") == []
    assert "may have been issued" in texts(spiris.browser.get(draft).text)


def test_reloading_after_a_button_repeats_nothing(spiris: Office) -> None:
    shown, _ = spiris.browser.does(with_draft(spiris), "/issue")
    for _ in range(2):
        spiris.browser.page(shown)
    assert len(spiris.stored("invoices")) == 1


def test_a_draft_can_be_issued_from_the_list(spiris: Office) -> None:
    with_draft(spiris)
    spiris.browser.does("/?company=se", "/issue")
    assert len(spiris.stored("invoices")) == 1


def test_references_are_edited_and_can_be_emptied(spiris: Office) -> None:
    draft = with_draft(spiris)
    _, page = spiris.browser.does(
        draft, "/edit", YourReference="", OurReference=" Åsa ", BuyersOrderReference="7"
    )
    assert "The references are saved." in texts(page)
    (stored,) = spiris.stored("drafts")
    assert (stored["YourReference"], stored["OurReference"], stored["BuyersOrderReference"]) == (
        None,
        "Åsa",
        "7",
    )


def test_a_deleted_draft_is_gone(spiris: Office) -> None:
    shown, page = spiris.browser.does(with_draft(spiris), "/delete")
    assert shown.startswith("/?company=se")
    assert "The draft is deleted." in texts(page)
    assert spiris.stored("drafts") == []


@pytest.mark.parametrize("typed", ["1 000,50", f"1{SPACE}000,50", "1000.50", " 1000,5 "])
def test_an_amount_is_read_as_people_write_it(spiris: Office, typed: str) -> None:
    _, page = spiris.browser.does(with_invoice(spiris), "/pay", amount=typed)
    assert f"The payment is registered. 14{SPACE}211,50{SPACE}SEK remain." in texts(page)
    assert "Partly paid" in texts(page)


def test_paying_without_an_amount_pays_all_of_it(spiris: Office) -> None:
    _, page = spiris.browser.does(with_invoice(spiris), "/pay", amount="", date="")
    assert "Nothing remains." in texts(page)
    assert spiris.stored("invoices")[0]["PaymentStatus"] == 0
    assert "Acme AB" in spiris.browser.page("/_pages/payments?company=se")


def test_crediting_makes_a_credit_invoice_and_both_name_each_other(spiris: Office) -> None:
    invoice = with_invoice(spiris)
    shown, page = spiris.browser.does(invoice, "/credit", amount="212")
    assert f"Credit invoice 1002 is made: −212,00{SPACE}SEK." in texts(page)
    assert ">1001<" in page
    assert ">1002<" in spiris.browser.page(invoice)
    assert spiris.stored("invoices")[1]["Id"] in shown


def test_voiding_goes_by_the_products_rules(spiris: Office) -> None:
    spiris.control("PUT", "switches", {"void_shows_as_credit": "no"})
    invoice = with_invoice(spiris)
    _, page = spiris.browser.does(invoice, "/void")
    assert "Invoice 1001 is void." in texts(page)
    assert "What you can do" not in page
    paid = with_invoice(spiris)
    spiris.browser.does(paid, "/pay", amount="1")
    shown, page = spiris.browser.does(paid, "/void")
    assert "it has payments" in texts(page)
    assert shown.startswith(paid.partition("?")[0])


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("/issue", {"date": "2030-01-01"}, "in the future"),
        ("/issue", {"date": "i morgon"}, "must be a date"),
        ("/edit", {"BuyersOrderReference": "x" * 36}, "BuyersOrderReference"),
    ],
)
def test_a_refusal_is_said_where_the_form_stood(
    spiris: Office, action: str, fields: dict[str, str], said: str
) -> None:
    draft = with_draft(spiris)
    shown, page = spiris.browser.does(draft, action, **fields)
    assert shown.partition("?")[0] == draft.partition("?")[0]
    assert re.search(rf'role="alert">[^<]*{said}', page)
    assert len(spiris.stored("drafts")) == 1


@pytest.mark.parametrize("typed", ["mycket", "12,345", "99999999", "NaN", "1e400"])
def test_an_impossible_amount_changes_nothing(spiris: Office, typed: str) -> None:
    _, page = spiris.browser.does(with_invoice(spiris), "/pay", amount=typed)
    assert 'role="alert"' in page
    assert spiris.stored("payments") == []


def test_a_form_from_another_site_does_nothing(spiris: Office) -> None:
    draft = with_draft(spiris).replace("?", "/issue?")
    for origin in ("https://elsewhere.example", "null"):
        answer = spiris.browser.post(draft, headers={"Origin": origin})
        assert answer.status_code == 403
    assert len(spiris.stored("drafts")) == 1


def test_a_forged_referer_leads_nowhere_else(spiris: Office) -> None:
    host = spiris.browser.base_url.netloc.decode()
    draft = with_draft(spiris).replace("?", "/issue?")
    for referer in ("https://elsewhere.example/", f"http://{host}//elsewhere.example/", "nonsense"):
        answer = spiris.browser.post(
            draft, data={"date": "x"}, headers={"Referer": referer}, follow_redirects=False
        )
        assert re.match(r"/(?!/)", answer.headers["location"])


def test_buttons_are_not_vendor_calls_either(spiris: Office) -> None:
    spiris.control("POST", "faults", {"effect": "status", "times": None})
    with_invoice(spiris)
    assert spiris.control("GET", "requests") == []


# The request log


def test_the_log_shows_the_latest_call_first_and_each_can_be_opened(spiris: Office) -> None:
    spiris.browser.get("/v2/customers", params={"$filter": "Name eq 'Åsa'"})
    spiris.browser.get("/v2/articles")
    page = texts(spiris.browser.page("/_pages/requests"))
    assert page.index("/v2/articles") < page.index("/v2/customers")
    assert "$filter=Name eq 'Åsa'" in page
    call = texts(spiris.browser.page("/_pages/requests/1"))
    for part in ("GET /v2/customers", "401", "Name eq 'Åsa'", "ErrorCode"):
        assert part in call
    assert spiris.browser.get("/_pages/requests/3").status_code == 404
    assert spiris.browser.get("/_pages/requests/0").status_code == 404


def test_the_log_is_paged_by_the_hundred(spiris: Office) -> None:
    for _ in range(203):
        spiris.browser.get("/v2/customers")
    first = texts(spiris.browser.page("/_pages/requests"))
    assert "1–100 of 203" in first
    last = texts(spiris.browser.page("/_pages/requests?page=3"))
    assert "201–203 of 203" in last
    for wrong in ("0", "99", "-1", "x", "9" * 400, "²"):
        assert spiris.browser.get("/_pages/requests", params={"page": wrong}).status_code == 200


def test_the_log_hides_the_secrets_of_a_sign_in(spiris: Office) -> None:
    spiris.browser.get("/connect/authorize", params={"code": "secret-1", "client_id": "x"})
    spiris.browser.post("/connect/token", data={"client_secret": "secret-2", "code": "secret-3"})
    for address in ("/_pages/requests", "/_pages/requests/1", "/_pages/requests/2"):
        assert "secret-" not in spiris.browser.page(address)


def test_a_call_without_an_answer_is_told_as_such(spiris: Office) -> None:
    spiris.control("POST", "faults", {"effect": "drop_before"})
    with pytest.raises(httpx.RemoteProtocolError):
        spiris.browser.get("/v2/customers")
    assert "no answer" in spiris.browser.page("/_pages/requests")
    assert "no answer" in spiris.browser.page("/_pages/requests/1")


def test_behaviour_shows_switches_faults_and_the_clock(spiris: Office) -> None:
    spiris.control("PUT", "switches", {"vies": "down"})
    spiris.control("POST", "faults", {"effect": "delay", "path": "/drafts", "nth": 2, "times": 3})
    page = spiris.browser.page("/_pages/behaviour")
    said = texts(page)
    assert 'class="tag hold">down<' in page
    assert "VIES" in said
    assert "matching call 2 and 2 after it" in said
    assert "The clock was set" in said


# Salesforce


def test_deals_are_listed_with_stage_amount_and_what_we_wrote(salesforce: Office) -> None:
    page = salesforce.browser.page("/")
    said = texts(page)
    for part in ("Hissar till Acme", "Acme AB", "Closed Won", f"12{SPACE}200,00", "Held", "Nästa år"):
        assert part in said
    won = salesforce.browser.page("/?stage=Closed+Won")
    assert "Hissar till Acme" in won
    assert "Nästa år" not in won


def test_accounts_and_products_have_their_lists_and_other_objects_do_not(salesforce: Office) -> None:
    assert "Acme AB" in salesforce.browser.page("/_pages/objects/Account")
    assert "no such record" in salesforce.browser.page("/_pages/objects/Product2")
    assert salesforce.browser.get("/_pages/objects/Spiris_Invoice__c").status_code == 404
    assert salesforce.browser.get("/_pages/objects/User").status_code == 404


def test_a_record_shows_every_field_and_leads_to_others(salesforce: Office) -> None:
    (deal, account) = salesforce.records("Opportunity")[0], salesforce.records("Account")[0]
    page = salesforce.browser.page(f"/_pages/records/Opportunity/{deal['Id']}")
    for name in ("PO_Number__c", "Spiris_Retry__c", "CloseDate", "SystemModstamp"):
        assert name in page
    assert f'href="/_pages/records/Account/{account["Id"]}"' in page
    assert "Hissar till Acme" in salesforce.browser.page(f"/_pages/records/Account/{account['Id']}")
    assert salesforce.browser.get(f"/_pages/records/Nothing/{deal['Id']}").status_code == 404
    assert salesforce.browser.get("/_pages/records/Account/001").status_code == 404


def test_a_person_changes_a_field(salesforce: Office) -> None:
    page = f"/_pages/records/Opportunity/{salesforce.records('Opportunity')[0]['Id']}"
    salesforce.browser.does(page, "/edit", field="PO_Number__c", value=" 4500 ")
    salesforce.browser.does(page, "/edit", field="Spiris_Retry__c", value="yes")
    _, said = salesforce.browser.does(page, "/edit", field="Amount", value="")
    assert "Amount is changed." in texts(said)
    deal = salesforce.records("Opportunity")[0]
    assert (deal["PO_Number__c"], deal["Spiris_Retry__c"], deal["Amount"]) == ("4500", True, None)


@pytest.mark.parametrize(
    ("field", "value"), [("CloseDate", "i morgon"), ("Colour", "red"), ("Name", "x" * 200)]
)
def test_a_refused_change_is_said_and_changes_nothing(salesforce: Office, field: str, value: str) -> None:
    before = salesforce.records("Opportunity")[0]
    page = f"/_pages/records/Opportunity/{before['Id']}"
    _, said = salesforce.browser.does(page, "/edit", field=field, value=value)
    assert 'role="alert"' in said
    assert salesforce.records("Opportunity")[0] == before


def test_a_hostile_deal_stays_a_deal(salesforce: Office) -> None:
    deal = salesforce.records("Opportunity")[0]["Id"]
    salesforce.control("PATCH", f"records/Opportunity/{deal}", {"Name": HOSTILE, "PO_Number__c": HOSTILE})
    for address in ("/", f"/_pages/records/Opportunity/{deal}"):
        page = salesforce.browser.page(address)
        assert "&lt;script&gt;" in page
        assert not re.search(r"<script|<img src=x", page)


def test_a_deleted_record_is_told_as_deleted(salesforce: Office) -> None:
    deal = salesforce.records("Opportunity")[0]["Id"]
    salesforce.browser.delete(f"/_sandbox/records/Opportunity/{deal}").raise_for_status()
    assert "recycle bin" in salesforce.browser.get(f"/_pages/records/Opportunity/{deal}").text
    assert "Hissar till Acme" not in salesforce.browser.page("/")
