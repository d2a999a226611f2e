"""A run for people at a terminal: what will happen or has happened, Deal by Deal, and one last line that says it all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.drift import Symbol
from sfspiris.core.money import plain
from sfspiris.core.outcome import Outcome
from sfspiris.report.page import Page, Row
from sfspiris.report.view import (
    FINDINGS,
    MONEY_TRAIL,
    NEXT_STEP,
    SIE_SUMS,
    company_label,
    company_sums,
    deal_blocks,
    deal_names,
    headline,
    hold_groups,
    how_many,
    invoice_words,
    invoices,
    line_rows,
    lines_by_finding,
    lock_words,
    mirrored,
    number,
    readiness_told,
    sentence_case,
    sie_words,
    status_writes,
    swedish_time,
    verdict,
)

if TYPE_CHECKING:
    from rich.console import Console

    from sfspiris.report.shapes import (
        ActionFacts,
        ChangeFacts,
        CustomerFacts,
        DraftFacts,
        ErrorFacts,
        FailureDocument,
        LineFacts,
        ReconcileDocument,
        RunDocument,
    )
    from sfspiris.report.view import DealBlock, HoldGroup

_SIGNS: Final = {
    Outcome.PLANNED: ("+", "green"),
    Outcome.DONE: ("+", "green"),
    Outcome.SKIPPED: ("-", "dim"),
    Outcome.FAILED: ("!", "bold red"),
    Outcome.UNKNOWN: ("?", "bold red"),
}
_UPDATE_SIGN: Final = ("~", "yellow")
_DELETE_SIGN: Final = ("-", "red")
_SYMBOL_STYLES: Final = {
    Symbol.SAME: "dim",
    Symbol.ONLY_IN_CRM: "green",
    Symbol.ONLY_IN_LEDGER: "red",
    Symbol.DIFFERS: "yellow",
    Symbol.UNREADABLE: "bold red",
}


def print_run(console: Console, document: RunDocument, *, limit: int | None = None) -> None:
    """Print a plan, or what became of it. At most `limit` Deals are shown in full; the sums and the last line count all."""
    page = Page(console)
    _head(page, document)
    _deals(page, document, limit)
    _statuses(page, document, limit)
    _mirrored(page, document, limit)
    _holds(page, document)
    _warnings(page, document)
    _sums(page, document)
    _stopped(page, document)
    page.last(headline(document))


def print_reconciliation(console: Console, document: ReconcileDocument, *, show_same: bool = False) -> None:
    """Print a comparison, what needs a person first. Agreement is only counted unless `show_same` asks for it."""
    page = Page(console)
    _head(page, document)
    if document.period.start or document.period.end:
        page.entry("period", f"{document.period.start or '…'} to {document.period.end or '…'}")
    for lock in document.locks:
        page.entry("books", lock_words(document, lock))
    for symbol, lines in lines_by_finding(document).items():
        if symbol is Symbol.SAME and not show_same:
            continue
        page.title(f"{sentence_case(FINDINGS[symbol])}: {len(lines)}")
        for line in lines:
            _comparison(page, document, line)
    _compared_sums(page, document)
    _money_trail(page, document)
    _sie(page, document)
    _statuses(page, document, None)
    _warnings(page, document)
    _stopped(page, document)
    page.last(verdict(document))


def print_failure(console: Console, failure: FailureDocument) -> None:
    """Print why a command could not do its work, and what to do next."""
    _error(Page(console), failure.error)


def _change(page: Page, change: ChangeFacts) -> str:
    """A field's change in words; an empty side before is not drawn."""
    after = change.becomes if change.becomes is not None else "(empty)"
    return (
        f"{change.field}: {after}"
        if change.was is None
        else f"{change.field}: {change.was} {page.arrow} {after}"
    )


def _error(page: Page, error: ErrorFacts) -> None:
    page.say(error.message, sign="!", style="bold red")
    page.say(f"{error.remedy} ({error.code})", indent=2)


def _stopped(page: Page, document: RunDocument) -> None:
    if document.stopped is not None:
        page.gap()
        _error(page, document.stopped)


# --- parts of a run ------------------------------------------------------------------------------------------------


def _head(page: Page, document: RunDocument) -> None:
    what = f"Dry run of {document.command}" if document.is_rehearsal else document.command
    page.say(f"{what}, {swedish_time(document.started_at)}", style="bold")
    page.entry("run", document.run_id)
    if document.companies:
        page.entry("companies", ", ".join(company_label(document, key) for key in document.companies))


def _deals(page: Page, document: RunDocument, limit: int | None) -> None:
    blocks = deal_blocks(document)
    shown = blocks if limit is None else blocks[:limit]
    company: str | None = None
    for block in shown:
        if block.company != company:
            company = block.company
            page.title(company_label(document, company))
        _deal(page, block)
    if len(shown) < len(blocks):
        page.gap()
        page.say(
            f"{how_many(len(blocks) - len(shown), 'more deal')}; --report FILE.html shows all of them.",
            style="dim",
        )


def _deal(page: Page, block: DealBlock) -> None:
    sign, style = _SIGNS[block.outcome]
    if block.is_update and block.outcome not in NEXT_STEP:
        sign, style = _UPDATE_SIGN
    elif block.is_deletion and block.outcome not in NEXT_STEP:
        sign, style = _DELETE_SIGN
    page.say(f"{block.name}  {block.deal}", sign=sign, indent=2, style="bold", sign_style=style)
    for action in block.actions:
        match action.intended:
            case "create_customer":
                customer = action.customer.name if action.customer else ""
                _fact(page, action, "customer", f"{customer}, new{_made(action)}")
            case "create_article":
                told = {change.field: change.after for change in action.changes}
                words = f"{told.get('Number')} {told.get('Name')}, new, {told.get('Coding')}, by {told.get('Unit')}"
                _fact(page, action, "article", f"{words}{_made(action)}")
            case "create_draft" | "create_order":
                made = any(one.intended == "create_customer" for one in block.actions)
                _draft(page, action, makes_customer=made)
            case "delete_draft" | "delete_order":
                told = {change.field: change.was for change in action.changes}
                verb = "to be deleted" if action.outcome is Outcome.PLANNED else "deleted"
                words = verb if action.outcome not in NEXT_STEP else "to be deleted"
                _fact(
                    page, action, _document(action), f"{told.get('DraftId')}, net {told.get('Net')}, {words}"
                )
            case "update_draft" | "update_order" | "update_customer":
                _update(page, action)
            case other:
                words = "; ".join(_change(page, change) for change in action.changes)
                _fact(page, action, other.replace("_", " "), f"{words}{_made(action)}")


def _update(page: Page, action: ActionFacts) -> None:
    """Each field on a line of its own, before and after."""
    sign, style = _UPDATE_SIGN
    fields = f"{how_many(len(action.changes), 'field')} changed"
    if action.intended == "update_customer" and action.customer is not None:
        _fact(page, action, "customer", f"{_existing(action.customer)}, {fields}")
    else:
        _fact(page, action, _document(action), f"{fields}{_made(action)}")
    for change in action.changes:
        before = change.was if change.was is not None else "(empty)"
        after = change.becomes if change.becomes is not None else "(empty)"
        words = f"{change.field}: {before} {page.arrow} {after}"
        page.say(words, sign=sign, indent=6, sign_style=style)


def _draft(page: Page, action: ActionFacts, *, makes_customer: bool) -> None:
    if action.customer is not None and action.customer.state == "existing":
        page.entry("customer", _existing(action.customer), indent=4)
    elif action.customer is not None and not makes_customer:
        page.entry("customer", f"{action.customer.name}, new, made for another deal of this run", indent=4)
    if action.draft is None:
        net = f"net {plain(action.net)} {action.currency}" if action.net is not None else ""
        _fact(page, action, _document(action), f"{net}{_made(action)}")
        return
    _fact(page, action, _document(action), f"{_sum_line(action.draft)}{_made(action)}")
    for reason in action.draft.vat_reasons:
        page.entry("no VAT", reason, indent=4)
    references = (
        ("ours", action.draft.our_reference),
        ("theirs", action.draft.your_reference),
        ("order", action.draft.purchase_order),
    )
    named = ", ".join(f"{label} {value}" for label, value in references if value)
    if named:
        page.entry("references", named, indent=4)
    page.entry("due", _due(action.draft), indent=4)


def _document(action: ActionFacts) -> str:
    """What the action's document is called: a draft, or an order."""
    return action.intended.rpartition("_")[2]


def _due(draft: DraftFacts) -> str:
    """When the money is to be there, if the invoice is issued with the draft's date."""
    if draft.payment_terms_days is None:
        return "by the customer's payment terms in Spiris"
    days = how_many(draft.payment_terms_days, "day")
    return (
        f"{draft.invoice_date + timedelta(days=draft.payment_terms_days)}, {days} after {draft.invoice_date}"
    )


def _existing(customer: CustomerFacts) -> str:
    found = f", found by {customer.evidence}" if customer.evidence else ""
    return f"{customer.name}, number {customer.number}{found}"


def _sum_line(draft: DraftFacts) -> str:
    totals = draft.totals
    rates = "/".join(f"{number(rate.rate)}\N{NO-BREAK SPACE}%" for rate in totals.rates)
    parts = [
        how_many(line_rows(draft.rows), "row"),
        f"net {plain(totals.net)}",
        f"VAT {rates} {plain(totals.vat)}",
        *([f"rounding {plain(totals.rounding)}"] if totals.rounding else []),
        f"total {plain(totals.total)}\N{NO-BREAK SPACE}{totals.currency}",
    ]
    return ", ".join(parts)


def _made(action: ActionFacts) -> str:
    target = f", id {action.target_id}" if action.target_id else ""
    return f"{target}, found from an earlier run" if action.kind == "adopt" else target


def _fact(page: Page, action: ActionFacts, label: str, text: str) -> None:
    page.entry(label, text, indent=4)
    if action.outcome in NEXT_STEP:
        page.entry(action.outcome, NEXT_STEP[action.outcome], indent=4, style="red")


def _statuses(page: Page, document: RunDocument, limit: int | None) -> None:
    writes = status_writes(document)
    if not writes:
        return
    page.title("Status in Salesforce")
    for action in writes[:limit]:
        name = f"{action.deal_name}  " if action.deal_name else ""
        sign, style = ("~", "yellow") if action.outcome not in NEXT_STEP else _SIGNS[action.outcome]
        page.say(f"{name}{action.deal}", sign=sign, indent=2, style="bold", sign_style=style)
        page.say("; ".join(_change(page, change) for change in action.changes), indent=4)
        if action.outcome in NEXT_STEP:
            page.say(f"{action.outcome}: the next run writes it again.", indent=4, style="red")
    if limit is not None and len(writes) > limit:
        page.say(f"and {how_many(len(writes) - limit, 'more deal')}", indent=2, style="dim")


def _mirrored(page: Page, document: RunDocument, limit: int | None) -> None:
    shown = invoices(document)
    if shown:
        page.title("Invoices")
        for one in shown[:limit]:
            page.entry(f"invoice {one.number}", invoice_words(one), indent=2)
        if limit is not None and len(shown) > limit:
            page.say(f"and {how_many(len(shown) - limit, 'more invoice')}", indent=2, style="dim")
    counted, accounts = mirrored(document)
    if counted or accounts:
        page.gap()
        verb = "to bring" if document.is_dry else "brought"
        page.say(
            f"{how_many(counted, 'invoice')} and {how_many(accounts, 'account')} {verb} up to date in Salesforce."
        )
    if told := readiness_told(document):
        page.gap()
        verb = "to write" if document.is_dry else "written"
        page.say(f"Whether it could be invoiced: {verb} on {how_many(told, 'open deal')} in Salesforce.")


def _holds(page: Page, document: RunDocument) -> None:
    if not document.holds:
        return
    page.title(f"Held: {how_many(document.summary.held, 'deal')} waiting for a person")
    for group in hold_groups(document):
        page.gap()
        _hold_group(page, document, group)


def _hold_group(page: Page, document: RunDocument, group: HoldGroup) -> None:
    page.say(f"{group.code}  {how_many(group.deals, 'deal')}", indent=2, style="yellow")
    if group.fix is not None:
        page.say(group.fix, sign=page.arrow, indent=2)
    for one in group.holds:
        page.say(f"{one.deal_name}  {one.deal}", indent=4, style="bold")
        page.say(one.message, indent=6)
        if one.field is not None:
            page.say(f"{one.field}: {one.shown if one.shown is not None else '(empty)'}", indent=6)
        for version in one.versions:
            told = (
                f"{label} {said if said is not None else '(empty)'}"
                for label, said in (
                    ("written", version.written),
                    ("Salesforce", version.salesforce),
                    ("Spiris", version.spiris),
                )
            )
            page.say(f"{version.field}: {', '.join(told)}", sign="*", indent=6, sign_style="yellow")
        if group.fix is None:
            page.say(one.fix, sign=page.arrow, indent=6)
        owner = f"owner {one.owner}, " if one.owner else ""
        since = f"since {swedish_time(one.since)}"
        page.say(f"{company_label(document, one.company)}, {owner}{since}", indent=6, style="dim")


def _warnings(page: Page, document: RunDocument) -> None:
    if not document.warnings:
        return
    page.title("Warnings")
    names = deal_names(document)
    for one in document.warnings:
        about = f"{names.get(one.deal, one.deal)}: " if one.deal else ""
        page.say(f"{about}{one.message} ({one.code})", sign="!", indent=2, sign_style="yellow")


def _sums(page: Page, document: RunDocument) -> None:
    for one in company_sums(document):
        page.title(
            f"{company_label(document, one.company)}: {how_many(one.drafts, 'draft')} in {one.currency}"
        )
        rows = [Row(("VAT rate", "net", "VAT", "total"), "dim")]
        rows += [
            Row((f"{number(rate.rate)} %", plain(rate.net), plain(rate.vat), plain(rate.gross)))
            for rate in one.rates
        ]
        rows += [Row(("rounding", "", "", plain(one.rounding)))] if one.rounding else []
        rows += [Row(("all", plain(one.net), plain(one.vat), plain(one.total)), "bold")]
        page.columns(rows)


def _compared_sums(page: Page, document: ReconcileDocument) -> None:
    if not document.sums:
        return
    page.title("Net on both sides")
    rows = [Row(("", "Salesforce", "Spiris", "difference", ""), "dim")]
    rows += [
        Row(
            (
                company_label(document, one.company),
                plain(one.salesforce),
                plain(one.spiris),
                plain(one.difference),
                one.currency,
            ),
            "red" if one.difference else "green",
        )
        for one in document.sums
    ]
    page.columns(rows)


def _money_trail(page: Page, document: ReconcileDocument) -> None:
    """From sale to money, one column per figure, each currency by itself."""
    summed = [one for one in document.sums if one.figures is not None]
    if not summed:
        return
    page.title("From sale to money")
    for one in summed:
        page.say(f"{company_label(document, one.company)}, {one.currency}", indent=2, style="bold")
        page.columns(
            [Row((words, plain(getattr(one.figures, name)))) for name, words in MONEY_TRAIL], indent=4
        )


def _sie(page: Page, document: ReconcileDocument) -> None:
    """The cross-check against a SIE file."""
    sie = document.sie
    if sie is None:
        return
    page.title("Against the SIE file")
    page.say(sie_words(document), indent=2)
    rows = [Row(("", "file", "Spiris", ""), "dim")]
    for name, words in SIE_SUMS:
        here, there = (getattr(sie, f"{name}_in_{place}") for place in ("file", "ledger"))
        rows.append(Row((words, plain(here), plain(there), sie.currency)))
    page.columns(rows)
    for one in sie.lines:
        page.say(f"{sentence_case(one.message)} ({one.code})", sign="*", indent=2, sign_style="yellow")
        page.entry("fix", one.fix, indent=4)


def _comparison(page: Page, document: ReconcileDocument, line: LineFacts) -> None:
    document_name = line.document_number or line.document_id
    subjects = (line.deal_name, line.deal, f"document {document_name}" if document_name else None)
    subject = "  ".join(part for part in subjects if part) or company_label(document, line.company)
    page.say(subject, sign=line.symbol, indent=2, style="bold", sign_style=_SYMBOL_STYLES[line.symbol])
    if line.field is not None:
        sides = f"Salesforce {line.salesforce or '(empty)'}, Spiris {line.spiris or '(empty)'}"
        page.say(f"{line.field}: {sides}", indent=4)
    codes = ", ".join((line.code, *line.also, *line.reasons)) if line.code else ""
    place = ", ".join(part for part in (codes, company_label(document, line.company)) if part)
    page.say(f"{line.message} ({place})", indent=4)
    if line.fix:
        page.entry("fix", line.fix, indent=4)
