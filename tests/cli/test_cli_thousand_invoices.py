"""More than a thousand invoices on every path of the status table, under every behaviour that the vendor leaves open.

One world, one push; then finance acts on each draft under one of the vendor's possible behaviours, so that every path meets
every one of them. Each record in Salesforce is compared, field by field, with what `thousand` computes from the ledger.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from playground import Json, Playground, sandbox_up
from sfspiris.sandbox.kernel.jsonio import encode
from thousand import (
    PATHS,
    READING,
    SWITCHED,
    TODAY,
    Books,
    Finance,
    finance_of,
    read,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE, AT_ONCE = 1000, 200
COMBINATIONS = tuple(product(PATHS, range(len(SWITCHED))))


@dataclass
class Story:
    """The world after finance has been at work. `fates` by deal: its path and switches; `invoices` what came of it."""

    demo: Playground
    people: Finance
    fates: dict[str, tuple[str, int]]
    customers: dict[str, str]
    """By deal, the customer whom its draft was made out to."""
    invoices: dict[str, str | None] = field(default_factory=dict)
    today: str = TODAY

    def pull(self, *arguments: str) -> Json:
        self.demo.forget_calls()
        ended = self.demo.sfspiris("pull-invoice-status", "--json", *arguments)
        assert ended.code in {0, 3}, ended.out + ended.err
        return ended.document

    def day(self, today: str, time: str = "08:00") -> None:
        self.today = today
        for side in ("salesforce", "spiris"):
            self.demo.control(side, "PUT", "clock", {"now": f"{today}T{time}:00Z"})


@pytest.fixture(
    scope="module",
    params=[
        pytest.param({}, id="usual"),
        *(pytest.param(one, id=name, marks=pytest.mark.release) for name, one in READING.items()),
    ],
)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("thousand")
    (folder / "world.json").write_bytes(encode(world()))
    with sandbox_up(folder / "at", world=str(folder / "world.json")) as demo, finance_of(demo) as people:
        configure(demo, "[limits]\nspiris_calls_per_minute = 1000000")
        demo.control("spiris", "PUT", "switches", {"rate_limit_per_minute": None, **request.param})
        for side in ("salesforce", "spiris"):
            demo.control(side, "PUT", "clock", {"now": f"{TODAY}T09:00:00Z"})
        pushed = demo.sfspiris("push-closed-won", "--json", "--allow-large")
        assert pushed.code == 0, pushed.out + pushed.err
        made = {
            one["target_id"]: one["deal"]
            for one in pushed.document["actions"]
            if one["kind"] == "create_draft"
        }
        demo.sfspiris("pull-invoice-status")  # so that what follows is told by what has moved since
        told = Story(demo, people, {}, {})
        for key in ("se", "int"):
            walk_all(told, demo.company(key), made)
        yield told


def configure(demo: Playground, section: str) -> None:
    path = demo.folder / "sfspiris.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{section}\n", encoding="utf-8")


def walk_all(story: Story, company: Json, made: dict[str, str]) -> None:
    drafts = sorted((one for one in company["drafts"] if one["Id"] in made), key=lambda one: made[one["Id"]])
    buyers = list(dict.fromkeys(one["CustomerId"] for one in drafts))
    before: Any = None
    fates = [COMBINATIONS[place % len(COMBINATIONS)] for place in range(len(drafts))]
    for draft, (path, switched) in sorted(
        zip(drafts, fates, strict=True), key=lambda one: (one[1][1], made[one[0]["Id"]])
    ):
        if switched != before:
            before = switched
            story.people.switch(**SWITCHED[switched])
        deal = made[draft["Id"]]
        story.fates[deal] = (path, switched)
        story.customers[deal] = draft["CustomerId"]
        other = next(one for one in buyers if one != draft["CustomerId"])
        story.invoices[deal] = story.people.walk(company["key"], draft, path, other=other)
    story.people.switch()


def check(story: Story) -> int:
    """Every record, every deal and every account; how many invoices there were."""
    demo = story.demo
    records = demo.control("salesforce", "GET", "state")["records"]
    shown = {one["External_Id__c"]: one for one in records["Spiris_Invoice__c"]}
    companies = demo.control("spiris", "GET", "state")["companies"]
    accounts = {one["Spiris_Customer_Number__c"]: one for one in records["Account"]}
    deal_of = {invoice: deal for deal, invoice in story.invoices.items() if invoice}
    wanted: set[str] = set()
    for company in companies:
        books = Books(company, story.today)
        numbers = {one["Id"]: one["CustomerNumber"] for one in company["customers"]}
        for one in books.invoices.values():
            number = numbers[one["CustomerId"]]
            if number not in accounts:
                continue  # nobody in Salesforce buys as this customer
            key = f"{books.key}:{one['Id']}"
            wanted.add(key)
            origin = one["ReferringInvoiceId"] or one["Id"]
            expected = books.record(
                one,
                story.people.money[one["Id"]] or by_hand(books, one, deal_of),
                account=accounts[number]["Id"],
                deal=deal_of.get(origin),
            )
            assert read(shown[key], expected) == expected, (key, story.fates.get(deal_of.get(origin, "")))
        for customer, number in numbers.items():
            if number in accounts:
                expected = books.account(customer, number)
                assert read(accounts[number], expected) == expected, number
        check_deals(story, books, records["Opportunity"])
    assert shown.keys() == wanted
    return len(wanted)


def by_hand(books: Books, one: Json, deal_of: dict[str, str]) -> Decimal:
    """What came in for an invoice that finance had written before: it is paid, credited or neither, never two of them."""
    if one["IsCreditInvoice"] or one["Id"] in deal_of or one["SetOffAmountInvoiceCurrency"]:
        return Decimal("0.00")
    total, left = one["TotalAmountInvoiceCurrency"], one["RemainingAmountInvoiceCurrency"]
    return Decimal(str(total - left)).quantize(Decimal("0.01"))


def check_deals(story: Story, books: Books, deals: list[Json]) -> None:
    for deal in deals:
        if deal["Spiris_Company__c"] != books.key:
            continue
        invoice = books.invoices.get(story.invoices[deal["Id"]] or "")
        told = (deal["Spiris_Sync_Status__c"], deal.get("Spiris_Invoice_Number__c"))
        fate = story.fates[deal["Id"]]
        if invoice is not None:
            assert told == (books.status(invoice), str(invoice["InvoiceNumber"])), fate
        else:
            assert told == ("Draft" if fate[0] == "draft" else "Deleted", None), fate


def check_calls(story: Story, told: Json) -> None:
    """At most pages + writes / 200 + 5 calls; a job takes seven.

    A draft that is on no list is asked for by itself before it is called deleted, and invoices once more after that.
    What was asked with a token that had died meanwhile belongs to signing in and is left out.
    """
    companies = story.demo.control("spiris", "GET", "state")["companies"]
    pages = sum(-(-(len(one[name]) or 1) // PAGE) for one in companies for name in ("drafts", "invoices"))
    writes = Counter(one["kind"] for one in told["actions"])
    calls = [*story.demo.calls("spiris"), *story.demo.calls("salesforce")]
    said = [(one["method"], one["path"]) for one in calls if one["status"] != 401]
    jobs = [path for _, path in said if "/jobs/" in path]
    assert len(jobs) in {0, 7}, jobs
    gone = Counter(one["company"] for one in told["holds"] if one["code"] == "DRAFT_DELETED")
    most = pages + sum(-(-count // AT_ONCE) for count in writes.values()) + 5 + gone.total() + len(gone)
    assert len(said) - len(jobs) <= most, "\n".join(map(str, said))


def check_quiet(story: Story) -> None:
    again = story.pull()
    assert again["actions"] == []
    assert story.demo.writes() == []


def check_revenue(story: Story) -> None:
    """The revenue report, the ledgers, and the accounts together with those who are none, say the same to the öre."""
    report = story.demo.sfspiris("report", "revenue", "--json").document
    said = {one["company"]: one["figures"] for one in report["base_totals"]}
    accounts = {
        one["Spiris_Customer_Number__c"]: one
        for one in story.demo.control("salesforce", "GET", "state")["records"]["Account"]
    }
    for company in story.demo.control("spiris", "GET", "state")["companies"]:
        books = Books(company, story.today)
        numbers = {one["Id"]: one["CustomerNumber"] for one in company["customers"]}
        sums = [
            books.account(customer, number) for customer, number in numbers.items() if books.buys(customer)
        ]
        figures = {name: Decimal(one["base"]) for name, one in said[books.key].items() if one["base"]}
        for name, wanted in (
            ("Spiris_Invoiced_Total__c", figures["invoiced_with_vat"] + figures["credited_with_vat"]),
            ("Spiris_Collected_Total__c", figures["collected"]),
            ("Spiris_Open_Balance__c", figures["remaining"]),
            ("Spiris_Overdue_Balance__c", figures["overdue"]),
        ):
            assert sum(one[name] for one in sums) == wanted, (books.key, name)
            shown = sum(
                read(accounts[number], [name])[name] for number in numbers.values() if number in accounts
            )
            strangers = sum(one[name] for one in sums if one["Spiris_Customer_Number__c"] not in accounts)
            assert shown + strangers == wanted, (books.key, name)


def open_invoices(story: Story) -> list[tuple[str, Json]]:
    """Invoices of deals with something left to pay, of both companies, in a stable order."""
    deals = {invoice for invoice in story.invoices.values() if invoice}
    return [
        (company["key"], one)
        for company in story.demo.control("spiris", "GET", "state")["companies"]
        for one in sorted(company["invoices"], key=lambda one: str(one["InvoiceNumber"]))
        if one["Id"] in deals and one["RemainingAmountInvoiceCurrency"]
    ]


@pytest.mark.timeout(300)
def test_each_record_says_what_the_ledger_holds_on_every_path_under_every_behaviour(story: Story) -> None:
    """One story: what has moved, what moved without a trace, what only the calendar moved, and what others moved."""
    assert set(story.fates.values()) == set(COMBINATIONS)
    story.day("2026-11-22")
    told = story.pull()
    assert check(story) > 1000
    deleted = {deal for deal, (path, _) in story.fates.items() if path == "deleted"}
    assert {(one["code"], one["deal"]) for one in told["holds"]} == {
        ("DRAFT_DELETED", deal) for deal in deleted
    }, "origin or reference: each alone leads to the invoice"
    check_calls(story, told)
    check_quiet(story)

    # A few payments on the same day: they are found among what has moved, and nothing else is read or written.
    paid = open_invoices(story)[:40]
    for company, one in paid[:20]:
        story.people.pay(company, one["Id"], "2026-11-22")
    moved = story.pull()
    check_calls(story, moved)
    story.day("2026-11-22", "08:05")  # a list that lags behind shows some of them only now
    moved_late = story.pull()
    check(story)
    written = [one["kind"] for told in (moved, moved_late) for one in told["actions"]]
    assert written.count("write_invoice") == 20

    # Others leave no trace on their invoice: the first pull of the next day reads all, and finds them.
    story.people.switch(payment_moves_modified="no")
    for company, one in paid[20:]:
        story.people.pay(company, one["Id"], "2026-11-22")
    assert story.pull()["actions"] == []
    story.day("2026-11-24")
    found = story.pull()
    check(story)
    assert sum(one["kind"] == "write_invoice" for one in found["actions"]) == 20
    check_quiet(story)

    # Time passes and moves nothing in either system; so many records turn that they go as one job.
    configure(story.demo, "[write_back]\nbulk_above = 200")
    story.day("2027-02-01")
    late = story.pull()
    check(story)
    assert sum(one["kind"] == "write_invoice" for one in late["actions"]) > 200
    assert any(one["path"].endswith("/batches") for one in story.demo.calls("salesforce"))
    check_calls(story, late)
    check_quiet(story)
    check_revenue(story)

    # Somebody has been at it in Salesforce: the next pull finds it, says so, and writes no more than that.
    shown = story.demo.control("salesforce", "GET", "state")["records"]
    one, other = shown["Spiris_Invoice__c"][:2]
    account = next(one for one in shown["Account"] if one["Spiris_Open_Balance__c"])
    edits = {
        f"Spiris_Invoice__c/{one['Id']}": {"Balance__c": 1, "Status__c": "Paid"},
        f"Account/{account['Id']}": {"Spiris_Open_Balance__c": 0},
    }
    for place, values in edits.items():
        story.demo.control("salesforce", "PATCH", f"records/{place}", values)
    story.demo.control("salesforce", "DELETE", f"records/Spiris_Invoice__c/{other['Id']}")
    healed = story.pull()
    check(story)
    check_calls(story, healed)
    assert Counter(one["kind"] for one in healed["actions"]) == {"write_invoice": 2, "write_account": 1}
    [restored] = [one["message"] for one in healed["warnings"] if one["code"] == "MIRROR_RESTORED"]
    for name in (one["External_Id__c"], other["External_Id__c"], account["Id"]):
        assert name in restored
    check_quiet(story)
