"""What the local memory holds about one account, and what was forgotten of it: the data subject's rights (GDPR articles 15 and 17)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Any, Final, Literal

from sfspiris.report.language import words
from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import SCHEMA_VERSION, Amount, Facts, Id, Moment, Number, Words
from sfspiris.report.view import how_many
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from rich.console import Console

    from sfspiris.report.helping import Language
    from sfspiris.sentences import Sentence

    Rows = Mapping[str, Sequence[Mapping[str, Any]]]
    """Rows of the state by table."""

HERE: Final = say(
    "This is what the state file of sfspiris holds: ids, codes, prints (hashes), days and amounts. `who` is an operator's login "
    "name, and so another person's data."
)
ELSEWHERE: Final = say(
    "Names, addresses and numbers stand elsewhere, and none of it is read or changed here. Salesforce has the account, its contacts "
    "and deals, and what was written on them. Spiris has the customer with its documents and payments, and, on a customer that "
    "sfspiris made, a note with the account's id. Backups of the state, files that end in .aside, reports, plans, lists, exported "
    "histories and logs lie where they were written. A deal that waits and has neither customer nor document is known here by its "
    "own id alone: `sfspiris review list` shows whose it is."
)
KEPT_WHY: Final = say(
    "Kept is the processing history: what was written to the books, when and by which run, with the documents and decisions that it "
    "is about. It is accounting information and must be kept until the end of the seventh year after the calendar year in which the "
    "financial year ended (bokföringslagen 7 kap. 2 §), which GDPR article 17.3 b excepts from erasure. The day is told for a "
    "financial year that is the calendar year; a broken one may end a year later."
)
_COMES_BACK: Final = say(
    "What Salesforce and Spiris still say comes back with the next run that reads it: erase it there first. Backups of the state have "
    "what was forgotten here."
)


class CustomerLinkFacts(Facts):
    """The customer that stands for the account; `currency` is empty where it stands for deals in any."""

    company: Id
    customer_id: Id
    number: Id
    currency: Id
    evidence: Words
    at: Moment


class SharedFacts(Facts):
    """Another account that is the same customer: whose a deal of that customer is, the memory cannot tell."""

    company: Id
    customer_id: Id
    account: Id


class CustomerBaseFacts(Facts):
    """What both sides said of the customer when they last agreed, as prints: Salesforce's and Spiris' by field, never a value."""

    company: Id
    customer_id: Id
    prints: dict[Id, tuple[Id | None, ...]]
    at: Moment


class LinkEventFacts(Facts):
    """What a person said about the account's link."""

    company: Id
    before_id: Id | None
    after_id: Id | None
    at: Moment
    who: Words
    run_id: Id


class DealDocumentFacts(Facts):
    """A deal's draft or order, and the invoice that came of it. `content`, `source`, `wrote` and `stood` are prints."""

    company: Id
    deal_id: Id
    revision: int
    target: Id
    status: Id
    draft_id: Id
    customer_id: Id
    invoice_id: Id | None
    invoice_number: Id | None
    net: Amount
    currency: Id
    remaining: Amount | None
    due_on: date | None
    created_at: Moment
    code: Id | None
    message: Words | None
    correlation_id: Id
    content: Id
    source: Id | None
    wrote: Id | None
    stood: Id | None


class LedgerInvoiceFacts(Facts):
    """An invoice of the account's customer as it was last read, in `currency` unless told otherwise."""

    company: Id
    invoice_id: Id
    customer_id: Id
    number: Id
    issued_on: date
    due_on: date | None
    last_payment_on: date | None
    currency: Id
    net: Amount
    vat: Amount
    rounding: Amount
    gross: Amount
    remaining: Amount
    credited: Amount
    gross_in_books: Amount
    remaining_in_books: Amount
    rate: Number | None
    ocr: Id | None
    is_overdue: bool
    is_credit_note: bool
    credits_id: Id | None


class JournalFacts(Facts):
    """One thing that happened to a write."""

    at: Moment
    event: Id
    from_state: Id | None
    to_state: Id
    run_id: Id
    note: Words | None


class WriteFacts(Facts):
    """A write that was recorded before it was sent, and its journal. `payload_hash`, `source`, `wrote` and `basis` are prints."""

    kind: Id
    company: Id | None
    subject: Id
    deal_id: Id
    revision: int
    state: Id
    payload_hash: Id
    marker: Id | None
    customer_id: Id | None
    net: Amount | None
    currency: Id | None
    attempt: int
    sent_at: Moment | None
    remote_id: Id | None
    correlation_id: Id | None
    run_id: Id
    created_at: Moment
    updated_at: Moment
    source: Id | None
    wrote: Id | None
    basis: Id | None
    journal: tuple[JournalFacts, ...]


class ListLagFacts(Facts):
    """How soon a document was listed: `deal_id` is that of its write."""

    deal_id: Id
    made_at: Moment | None
    seen_at: Moment | None
    absent_at: Moment | None


class HeldDealFacts(Facts):
    """One reason for which a deal waits."""

    deal_id: Id
    code: Id
    field: Id
    company: Id | None
    first_seen: Moment
    last_seen: Moment
    run_id: Id
    correlation_id: Id | None


class ReasonPrintFacts(Facts):
    """The print of why a deal waits."""

    deal_id: Id
    reason: Id


class PersonsWordFacts(Facts):
    """What an operator decided about a deal, or about a document as `company:id`, in the words that were typed."""

    about: Id
    event: Id
    at: Moment
    who: Words
    words: Words | None
    reason: Id | None


class SeenFacts(Facts):
    """What a run decided about a deal that it wrote nothing for; `codes` with spaces between."""

    run_id: Id
    deal_id: Id
    outcome: Id
    company: Id | None
    codes: Words
    correlation_id: Id | None


class ShownFacts(Facts):
    """What Salesforce was last told, or said, of the account or an invoice, and what else stands beside a document."""

    kind: Id
    key: Id
    document: dict[Id, Words | bool | None]
    at: Moment


class ShownEventFacts(Facts):
    """A time at which that was written; `payload_hash` is the print of what."""

    at: Moment
    run_id: Id
    kind: Id
    key: Id
    payload_hash: Id


class GdprExportDocument(Facts):
    """What `sfspiris gdpr export` gives: everything in the local memory about one account or contact, by what it is.

    `customers_shared_with` names other accounts whose customer is the same. `elsewhere` says, in `language`, what this is and
    what stands elsewhere.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["gdpr export"] = "gdpr export"
    language: Literal["en", "sv"]
    account: Id
    at: Moment
    is_known: bool
    elsewhere: Words
    customers_shared_with: tuple[SharedFacts, ...]
    customer_links: tuple[CustomerLinkFacts, ...]
    customer_bases: tuple[CustomerBaseFacts, ...]
    link_events: tuple[LinkEventFacts, ...]
    documents: tuple[DealDocumentFacts, ...]
    invoices: tuple[LedgerInvoiceFacts, ...]
    writes: tuple[WriteFacts, ...]
    list_lags: tuple[ListLagFacts, ...]
    holds: tuple[HeldDealFacts, ...]
    review_reasons: tuple[ReasonPrintFacts, ...]
    decisions: tuple[PersonsWordFacts, ...]
    seen_deals: tuple[SeenFacts, ...]
    shown: tuple[ShownFacts, ...]
    shown_events: tuple[ShownEventFacts, ...]


NAMES: Final[Mapping[str, str]] = {
    "customer_links": "customer_links",
    "customer_bases": "customer_bases",
    "link_events": "link_events",
    "links": "documents",
    "receivables": "invoices",
    "intents": "writes",
    "search_lags": "list_lags",
    "holds": "holds",
    "review_reasons": "review_reasons",
    "reviews": "decisions",
    "seen_deals": "seen_deals",
    "mirrored": "shown",
    "shown_events": "shown_events",
}
"""The document's name for what stands in each table."""

_CALLED: Final[Mapping[str, Sentence]] = {
    "customer_links": say("links to customers"),
    "customer_bases": say("what both sides agreed on"),
    "link_events": say("what people said about links"),
    "documents": say("drafts, orders and invoices"),
    "invoices": say("invoices as last read"),
    "writes": say("writes, with their journal"),
    "list_lags": say("how soon they were listed"),
    "holds": say("reasons why deals wait"),
    "review_reasons": say("prints of such reasons"),
    "decisions": say("decisions of people"),
    "seen_deals": say("what runs decided of deals"),
    "shown": say("what Salesforce and Spiris were told"),
    "shown_events": say("when Salesforce was told"),
}


class GdprEraseDocument(Facts):
    """What `sfspiris gdpr erase` forgot, or would forget, and what it keeps: how many rows of each kind, by the export's names.

    `kept_until` is the last day on which the kept history must be there by law. `run_id` is the run under which the erasure stands in
    the processing history; null when nothing was written.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["gdpr erase"] = "gdpr erase"
    mode: Literal["dry-run", "apply"]
    account: Id
    at: Moment
    run_id: Id | None
    forgotten: dict[Id, int]
    kept: dict[Id, int]
    kept_until: date | None
    kept_why: Words
    notes: tuple[Words, ...]
    elsewhere: Words


def export_document(
    account: str,
    rows: Rows,
    others: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    language: Language = "en",
) -> GdprExportDocument:
    """Everything about an account; `rows` by table, `others` the links of other accounts to its customers, `now` UTC."""
    steps: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in rows["journal"]:
        steps[one["intent_id"]].append(one)
    deals = {one["id"]: one["deal_id"] for one in rows["intents"]}
    told: dict[str, Sequence[Mapping[str, Any]]] = {name: rows[table] for table, name in NAMES.items()}
    told["writes"] = [one | {"journal": steps[one["id"]]} for one in map(dict, rows["intents"])]
    told["list_lags"] = [one | {"deal_id": deals[one["intent_id"]]} for one in map(dict, rows["search_lags"])]
    told["decisions"] = [one | {"about": one["deal_id"]} for one in map(dict, rows["reviews"])]
    return GdprExportDocument.model_validate(
        {
            **told,
            "language": language,
            "account": account,
            "at": now,
            "is_known": any(rows.values()),
            "elsewhere": words(language).sentence(joined((HERE, ELSEWHERE))),
            "customers_shared_with": [one | {"account": one["buyer_id"]} for one in map(dict, others)],
        }
    )


def erase_document(
    account: str,
    *,
    before: Rows,
    gone: Mapping[str, int],
    kept_until: date | None,
    notes: Iterable[Sentence],
    now: datetime,
    run_id: str | None,
    dry: bool,
    language: Language = "en",
) -> GdprEraseDocument:
    """What was forgotten of what there was `before`, by table, with sentences in `language`; `now` is UTC."""
    said = words(language).sentence
    counts = {name: len(before[table]) - gone.get(table, 0) for table, name in NAMES.items()}
    return GdprEraseDocument(
        mode="dry-run" if dry else "apply",
        account=account,
        at=now,
        run_id=run_id,
        forgotten={name: gone[table] for table, name in NAMES.items() if gone.get(table)},
        kept={name: count for name, count in counts.items() if count},
        kept_until=kept_until,
        kept_why=said(KEPT_WHY),
        notes=tuple(said(one) for one in (*notes, _COMES_BACK)),
        elsewhere=said(ELSEWHERE),
    )


def shared_note(company: str, number: str, others: Sequence[str]) -> Sentence:
    """That a customer is other accounts' too, and what that means for an erasure."""
    return say(
        "Customer %(number)s of company %(company)s is also that of account %(others)s. Whose its deals are cannot be told, so "
        "what runs decided about them stays; Salesforce may show its invoices as the other account's from now on.",
        number=number,
        company=company,
        others=", ".join(others),
    )


def by_hand_note(company: str, number: str) -> Sentence:
    """That a link was made by a person, so that no run need find it again."""
    return say(
        "Customer %(number)s of company %(company)s was linked by hand. Should the account come back, a run finds it by its numbers "
        "alone: where Spiris has none of them, say it again with `sfspiris match link`.",
        number=number,
        company=company,
    )


def nobodys_note(deals: int) -> Sentence:
    """That so many deals wait without a document, and may be anybody's."""
    return say(
        "%(deals)s without a document in the queue: whose they are is not known here. Look with `sfspiris review list` whether one "
        "is this account's; it then finds its customer by its numbers.",
        deals=how_many(deals, "deal"),
    )


# --- pages ---------------------------------------------------------------------------------------------------------


def print_exported(console: Console, document: GdprExportDocument, file: str) -> None:
    """Print what was written to a file."""
    page = Page(console, document.language)
    page.say(say("What is remembered of account %(account)s", account=document.account), style="bold")
    counts = {name: len(getattr(document, name)) for name in _CALLED}
    _print_counts(page, counts)
    if not document.is_known:
        page.say(say("Nothing."), indent=2)
    page.gap()
    page.say(document.elsewhere)
    page.last(say("Written to %(file)s.", file=file))


def print_erased(console: Console, document: GdprEraseDocument, language: Language = "en") -> None:
    """Print what was forgotten and what is kept, and why. The document is in `language` already."""
    page = Page(console, language)
    page.say(say("What is remembered of account %(account)s", account=document.account), style="bold")
    is_dry = document.mode == "dry-run"
    if document.forgotten:
        page.title(say("Would be forgotten") if is_dry else say("Forgotten"))
        _print_counts(page, document.forgotten)
    if document.kept:
        until = document.kept_until
        page.title(say("Kept until %(day)s", day=until) if until else say("Kept"))
        _print_counts(page, document.kept)
        page.gap()
        page.say(document.kept_why)
    page.gap()
    for note in document.notes:
        page.say(note, sign="~", sign_style="yellow")
    page.say(document.elsewhere)
    count = how_many(sum(document.forgotten.values()), "row")
    if not document.forgotten:
        page.last(say("Nothing was left to forget. Nothing was changed."))
    elif is_dry:
        page.last(say("%(rows)s would be forgotten. Nothing was changed.", rows=count))
    else:
        page.last(say("%(rows)s forgotten in run %(run)s.", rows=count, run=document.run_id))


def _print_counts(page: Page, counts: Mapping[str, int]) -> None:
    rows = [Row((_CALLED[name], str(count))) for name, count in counts.items() if count]
    if rows:
        page.columns(rows)
