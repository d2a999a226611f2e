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
    apart_words,
    company_label,
    company_sums,
    deal_blocks,
    deal_names,
    headline,
    hold_groups,
    how_many,
    invoice_label,
    invoice_words,
    invoices,
    line_rows,
    lines_by_finding,
    lock_words,
    mirrored,
    nothing_compared,
    number,
    readiness_told,
    sentence_case,
    sie_words,
    status_writes,
    swedish_time,
    verdict,
)
from sfspiris.sentences import joined, say, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from sfspiris.report.helping import Language
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
        VersionFacts,
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


def print_run(
    console: Console, document: RunDocument, *, limit: int | None = None, language: Language = "en"
) -> None:
    """Print a plan, or what became of it. At most `limit` Deals are shown in full; the sums and the last line count all.

    The document's own sentences are in `language` already.
    """
    page = Page(console, language)
    _head(page, document)
    _deals(page, document, limit)
    _statuses(page, document, limit)
    _mirrored(page, document, limit)
    _holds(page, document)
    _warnings(page, document)
    _sums(page, document)
    _stopped(page, document)
    page.last(headline(document))


def print_reconciliation(
    console: Console, document: ReconcileDocument, *, show_same: bool = False, language: Language = "en"
) -> None:
    """Print a comparison, what needs a person first. Agreement is only counted unless `show_same` asks for it."""
    page = Page(console, language)
    _head(page, document)
    if document.period.start or document.period.end:
        start, end = document.period.start or "…", document.period.end or "…"
        page.entry(say("period"), say("%(start)s to %(end)s", start=start, end=end))
    for lock in document.locks:
        page.entry(say("books"), lock_words(document, lock))
    for symbol, lines in lines_by_finding(document).items():
        if symbol is Symbol.SAME and not show_same:
            continue
        page.title(joined((sentence_case(FINDINGS[symbol]), str(len(lines))), ": "))
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


def _or_empty(value: str | None) -> str:
    return say("(empty)") if value is None else value


def _change(page: Page, change: ChangeFacts) -> str:
    """A field's change in words; an empty side before is not drawn."""
    after = _or_empty(change.becomes)
    words = after if change.was is None else joined((change.was, page.arrow, after))
    return joined((page.field(change.field), words), ": ")


def _error(page: Page, error: ErrorFacts) -> None:
    page.say(error.message, sign="!", style="bold red")
    page.say(f"{error.remedy} ({error.code})", indent=2)


def _stopped(page: Page, document: RunDocument) -> None:
    if document.stopped is not None:
        page.gap()
        _error(page, document.stopped)


# --- parts of a run ------------------------------------------------------------------------------------------------


def _head(page: Page, document: RunDocument) -> None:
    what = (
        say("Dry run of %(command)s", command=document.command) if document.is_rehearsal else document.command
    )
    page.say(joined((what, swedish_time(document.started_at)), ", "), style="bold")
    page.entry(say("run"), document.run_id)
    if document.companies:
        named = joined((company_label(document, key) for key in document.companies), ", ")
        page.entry(say("companies"), named)


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
        more = how_many(len(blocks) - len(shown), "more deal")
        page.say(say("%(deals)s; --report FILE.html shows all of them.", deals=more), style="dim")


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
                _fact(page, action, say("customer"), joined((customer, say("new"), *_made(action)), ", "))
            case "create_article":
                told = {change.field: change.after for change in action.changes}
                words = say(
                    "%(number)s %(name)s, new, %(coding)s, by %(unit)s",
                    number=told.get("Number"),
                    name=told.get("Name"),
                    coding=told.get("Coding"),
                    unit=told.get("Unit"),
                )
                _fact(page, action, say("article"), joined((words, *_made(action)), ", "))
            case "create_draft" | "create_order":
                made = any(one.intended == "create_customer" for one in block.actions)
                _draft(page, action, makes_customer=made)
            case "delete_draft" | "delete_order":
                told = {change.field: change.was for change in action.changes}
                net = say("net %(net)s", net=told.get("Net"))
                is_done = action.outcome not in {Outcome.PLANNED, *NEXT_STEP}
                verb = say("deleted") if is_done else say("to be deleted")
                _fact(page, action, _document(action), joined((str(told.get("DraftId")), net, verb), ", "))
            case "update_draft" | "update_order" | "update_customer":
                _update(page, action)
            case other:
                words = joined((_change(page, change) for change in action.changes), "; ")
                _fact(page, action, whole(other.replace("_", " ")), joined((words, *_made(action)), ", "))


def _update(page: Page, action: ActionFacts) -> None:
    """Each field on a line of its own, before and after."""
    sign, style = _UPDATE_SIGN
    fields = say("%(fields)s changed", fields=how_many(len(action.changes), "field"))
    if action.intended == "update_customer" and action.customer is not None:
        _fact(page, action, say("customer"), joined((_existing(action.customer), fields), ", "))
    else:
        _fact(page, action, _document(action), joined((fields, *_made(action)), ", "))
    for change in action.changes:
        sides = joined((_or_empty(change.was), page.arrow, _or_empty(change.becomes)))
        words = joined((page.field(change.field), sides), ": ")
        page.say(words, sign=sign, indent=6, sign_style=style)


def _draft(page: Page, action: ActionFacts, *, makes_customer: bool) -> None:
    if action.customer is not None and action.customer.state == "existing":
        page.entry(say("customer"), _existing(action.customer), indent=4)
    elif action.customer is not None and not makes_customer:
        shared = say("%(name)s, new, made for another deal of this run", name=action.customer.name)
        page.entry(say("customer"), shared, indent=4)
    if action.draft is None:
        net = joined((plain(action.net), action.currency or "")) if action.net is not None else None
        told = (say("net %(net)s", net=net),) if net else ()
        _fact(page, action, _document(action), joined((*told, *_made(action)), ", "))
        return
    _fact(page, action, _document(action), joined((_sum_line(action.draft), *_made(action)), ", "))
    for reason in action.draft.vat_reasons:
        page.entry(say("no VAT"), reason, indent=4)
    references = (
        (say("ours"), action.draft.our_reference),
        (say("theirs"), action.draft.your_reference),
        (say("order"), action.draft.purchase_order),
    )
    named = [joined((label, value)) for label, value in references if value]
    if named:
        page.entry(say("references"), joined(named, ", "), indent=4)
    page.entry(say("due"), _due(action.draft), indent=4)


def _document(action: ActionFacts) -> str:
    """What the action's document is called: a draft, or an order."""
    return whole(action.intended.rpartition("_")[2])


def _due(draft: DraftFacts) -> str:
    """When the money is to be there, if the invoice is issued with the draft's date."""
    if draft.payment_terms_days is None:
        return say("by the customer's payment terms in Spiris")
    return say(
        "%(day)s, %(days)s after %(start)s",
        day=draft.invoice_date + timedelta(days=draft.payment_terms_days),
        days=how_many(draft.payment_terms_days, "day"),
        start=draft.invoice_date,
    )


def _existing(customer: CustomerFacts) -> str:
    named = say("%(name)s, number %(number)s", name=customer.name, number=customer.number)
    if not customer.evidence:
        return named
    return joined((named, say("found by %(evidence)s", evidence=whole(customer.evidence))), ", ")


def _sum_line(draft: DraftFacts) -> str:
    totals = draft.totals
    rates = "/".join(f"{number(rate.rate)}\N{NO-BREAK SPACE}%" for rate in totals.rates)
    parts = [
        how_many(line_rows(draft.rows), "row"),
        say("net %(net)s", net=plain(totals.net)),
        say("VAT %(rates)s %(vat)s", rates=rates, vat=plain(totals.vat)),
        *([say("rounding %(amount)s", amount=plain(totals.rounding))] if totals.rounding else []),
        say("total %(amount)s", amount=f"{plain(totals.total)}\N{NO-BREAK SPACE}{totals.currency}"),
    ]
    return joined(parts, ", ")


def _made(action: ActionFacts) -> tuple[str, ...]:
    """The id of what was made, and whether an earlier run had made it."""
    target = (say("id %(id)s", id=action.target_id),) if action.target_id else ()
    return (*target, say("found from an earlier run")) if action.kind == "adopt" else target


def _fact(page: Page, action: ActionFacts, label: str, text: str) -> None:
    page.entry(label, text, indent=4)
    if action.outcome in NEXT_STEP:
        page.entry(whole(action.outcome), NEXT_STEP[action.outcome], indent=4, style="red")


def _statuses(page: Page, document: RunDocument, limit: int | None) -> None:
    writes = status_writes(document)
    if not writes:
        return
    page.title(say("Status in Salesforce"))
    for action in writes[:limit]:
        name = f"{action.deal_name}  " if action.deal_name else ""
        sign, style = ("~", "yellow") if action.outcome not in NEXT_STEP else _SIGNS[action.outcome]
        page.say(f"{name}{action.deal}", sign=sign, indent=2, style="bold", sign_style=style)
        page.say(joined((_change(page, change) for change in action.changes), "; "), indent=4)
        if action.outcome in NEXT_STEP:
            again = joined((whole(action.outcome), say("the next run writes it again.")), ": ")
            page.say(again, indent=4, style="red")
    if limit is not None and len(writes) > limit:
        page.say(say("and %(more)s", more=how_many(len(writes) - limit, "more deal")), indent=2, style="dim")


def _mirrored(page: Page, document: RunDocument, limit: int | None) -> None:
    shown = invoices(document)
    if shown:
        page.title(say("Invoices"))
        for one in shown[:limit]:
            page.entry(invoice_label(one), invoice_words(one), indent=2)
        if limit is not None and len(shown) > limit:
            more = how_many(len(shown) - limit, "more invoice")
            page.say(say("and %(more)s", more=more), indent=2, style="dim")
    counted, accounts = mirrored(document)
    if counted or accounts:
        page.gap()
        what = say(
            "%(invoices)s and %(accounts)s",
            invoices=how_many(counted, "invoice"),
            accounts=how_many(accounts, "account"),
        )
        page.say(
            say("%(what)s to bring up to date in Salesforce.", what=what)
            if document.is_dry
            else say("%(what)s brought up to date in Salesforce.", what=what)
        )
    if told := readiness_told(document):
        page.gap()
        deals = how_many(told, "open deal")
        page.say(
            say("Whether it could be invoiced: to write on %(deals)s in Salesforce.", deals=deals)
            if document.is_dry
            else say("Whether it could be invoiced: written on %(deals)s in Salesforce.", deals=deals)
        )


def _holds(page: Page, document: RunDocument) -> None:
    if not document.holds:
        return
    held = how_many(document.summary.held, "deal")
    page.title(say("Held: %(deals)s waiting for a person", deals=held))
    for group in hold_groups(document):
        page.gap()
        _hold_group(page, document, group)


def _hold_group(page: Page, document: RunDocument, group: HoldGroup) -> None:
    page.say(joined((group.code, how_many(group.deals, "deal")), "  "), indent=2, style="yellow")
    if group.fix is not None:
        page.say(group.fix, sign=page.arrow, indent=2)
    for one in group.holds:
        page.say(f"{one.deal_name}  {one.deal}", indent=4, style="bold")
        page.say(one.message, indent=6)
        if one.field is not None:
            page.say(joined((one.field, _or_empty(one.shown)), ": "), indent=6)
        print_versions(page, one.versions, indent=6)
        if group.fix is None:
            page.say(one.fix, sign=page.arrow, indent=6)
        owner = (say("owner %(name)s", name=one.owner),) if one.owner else ()
        since = say("since %(time)s", time=swedish_time(one.since))
        page.say(joined((company_label(document, one.company), *owner, since), ", "), indent=6, style="dim")


def print_versions(page: Page, versions: Iterable[VersionFacts], *, indent: int) -> None:
    """Print each field that differs, as it was written and as it stands on both sides."""
    for version in versions:
        told = (
            joined((label, _or_empty(said)))
            for label, said in (
                (say("written"), version.written),
                ("Salesforce", version.salesforce),
                ("Spiris", version.spiris),
            )
        )
        words = joined((page.field(version.field), joined(told, ", ")), ": ")
        page.say(words, sign="*", indent=indent, sign_style="yellow")


def _warnings(page: Page, document: RunDocument) -> None:
    if not document.warnings:
        return
    page.title(say("Warnings"))
    names = deal_names(document)
    for one in document.warnings:
        about = f"{names.get(one.deal, one.deal)}: " if one.deal else ""
        page.say(f"{about}{one.message} ({one.code})", sign="!", indent=2, sign_style="yellow")


def _sums(page: Page, document: RunDocument) -> None:
    for one in company_sums(document):
        drafts = say(
            "%(drafts)s in %(currency)s", drafts=how_many(one.drafts, "draft"), currency=one.currency
        )
        page.title(joined((company_label(document, one.company), drafts), ": "))
        rows = [Row((say("VAT rate"), say("net"), say("VAT"), say("total")), "dim")]
        rows += [
            Row((f"{number(rate.rate)} %", plain(rate.net), plain(rate.vat), plain(rate.gross)))
            for rate in one.rates
        ]
        rows += [Row((say("rounding"), "", "", plain(one.rounding)))] if one.rounding else []
        rows += [Row((say("all"), plain(one.net), plain(one.vat), plain(one.total)), "bold")]
        page.columns(rows)


def _compared_sums(page: Page, document: ReconcileDocument) -> None:
    nothing = nothing_compared(document)
    if not document.sums and not document.apart and nothing is None:
        return
    page.title(say("Net on both sides"))
    if nothing is not None:
        page.say(nothing, indent=2)
    rows = [Row(("", "Salesforce", "Spiris", say("difference"), ""), "dim")]
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
    if document.sums:
        page.columns(rows)
    for words in apart_words(document):
        page.say(words, indent=2, style="dim")


def _money_trail(page: Page, document: ReconcileDocument) -> None:
    """From sale to money, one column per figure, each currency by itself."""
    summed = [one for one in document.sums if one.figures is not None]
    if not summed:
        return
    page.title(say("From sale to money"))
    for one in summed:
        page.say(joined((company_label(document, one.company), one.currency), ", "), indent=2, style="bold")
        page.columns(
            [Row((words, plain(getattr(one.figures, name)))) for name, words in MONEY_TRAIL], indent=4
        )


def _sie(page: Page, document: ReconcileDocument) -> None:
    """The cross-check against a SIE file."""
    sie = document.sie
    if sie is None:
        return
    page.title(say("Against the SIE file"))
    page.say(sie_words(document), indent=2)
    rows = [Row(("", say("file"), "Spiris", ""), "dim")]
    for name, words in SIE_SUMS:
        here, there = (getattr(sie, f"{name}_in_{place}") for place in ("file", "ledger"))
        rows.append(Row((words, plain(here), plain(there), sie.currency)))
    page.columns(rows)
    for one in sie.lines:
        page.say(f"{sentence_case(one.message)} ({one.code})", sign="*", indent=2, sign_style="yellow")
        page.entry(say("fix"), one.fix, indent=4)


def _comparison(page: Page, document: ReconcileDocument, line: LineFacts) -> None:
    document_name = line.document_number or line.document_id
    made = say("document %(id)s", id=document_name) if document_name else None
    subjects = [part for part in (line.deal_name, line.deal, made) if part]
    subject = joined(subjects, "  ") if subjects else company_label(document, line.company)
    page.say(subject, sign=line.symbol, indent=2, style="bold", sign_style=_SYMBOL_STYLES[line.symbol])
    if line.field is not None:
        sides = (
            joined((name, value or say("(empty)")))
            for name, value in (("Salesforce", line.salesforce), ("Spiris", line.spiris))
        )
        page.say(joined((line.field, joined(sides, ", ")), ": "), indent=4)
    codes = ", ".join((line.code, *line.also, *line.reasons)) if line.code else ""
    word = say("settled by a person") if line.settled else None
    place = joined((part for part in (codes, word, company_label(document, line.company)) if part), ", ")
    page.say(joined((line.message, joined(("(", place, ")"), ""))), indent=4)
    if line.fix:
        page.entry(say("fix"), line.fix, indent=4)
