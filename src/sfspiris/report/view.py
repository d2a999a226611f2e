"""The groupings, sums and sentences that all layouts share, so that every report of a run tells the same story."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sfspiris.core.drift import ApartReason, Symbol
from sfspiris.core.money import ZERO, Money, plain
from sfspiris.core.outcome import Outcome
from sfspiris.report.shapes import IN_CRM
from sfspiris.report.values import status_words
from sfspiris.sentences import Sentence, as_told, joined, listed, say, whole
from sfspiris.swedish import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from sfspiris.report.shapes import (
        ActionFacts,
        HoldFacts,
        InvoiceFacts,
        LineFacts,
        LockFacts,
        ReconcileDocument,
        RowFacts,
        RunDocument,
    )

SWEDEN: Final = clock.SWEDEN

_IN_THE_BOOKS: Final = {Outcome.PLANNED, Outcome.DONE}

NEXT_STEP: Final = {
    Outcome.FAILED: say(
        "Refused, nothing was written. Its hold says what to mend; the next run plans it again."
    ),
    Outcome.UNKNOWN: say(
        "Sent, but no answer came back that can be trusted. The next run asks Spiris for it before "
        "anything is sent again, so do not create it by hand."
    ),
    Outcome.SKIPPED: say(
        "Not tried, because something it needs did not come about. The next run plans it again."
    ),
}
"""What happens to an action that did not come about, in words for the reader."""

FINDINGS: Final = {
    Symbol.DIFFERS: say("differs"),
    Symbol.ONLY_IN_CRM: say("only in Salesforce"),
    Symbol.ONLY_IN_LEDGER: say("only in Spiris"),
    Symbol.UNREADABLE: say("could not be read"),
    Symbol.SAME: say("same"),
}
"""What each symbol of a comparison says, what needs a person first."""


def company_label(document: RunDocument, key: str | None) -> str:
    """A company as the reader knows it, with the key that the configuration uses."""
    if not key:
        return say("no company")
    name = document.companies.get(key, key)
    return key if name == key else f"{name} ({key})"


def swedish_time(moment: datetime) -> str:
    """A time as a Swedish reader's clock showed it, with the zone's name: `2026-11-20 09:00 CET`."""
    return clock.swedish_time(moment)


def swedish_day(moment: datetime) -> date:
    """The day on a Swedish reader's calendar."""
    return moment.astimezone(SWEDEN).date()


def swedish_clock(moment: datetime, *, seconds: bool = False) -> str:
    """The time of day as a Swedish reader's clock showed it: `09:00`, or `09:00:01`."""
    return f"{moment.astimezone(SWEDEN):{'%H:%M:%S' if seconds else '%H:%M'}}"


def number(value: Decimal) -> str:
    """A quantity or rate the Swedish way, with no more decimals than it needs."""
    return plain(value, decimals=0)


def sentence_case(text: str) -> str:
    """The text with a capital first letter and the rest as it was."""
    return say("%(Text)s", Text=text) if isinstance(text, Sentence) else text[:1].upper() + text[1:]


def how_many(count: int, noun: str) -> Sentence:
    """`1 draft`, `2 drafts`, `no drafts`."""
    return say(f"%(count)s {noun}{'' if count == 1 else 's'}", count=count or say("no"))


# --- sums ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RateSum:
    """Net, VAT and their sum at one rate in percent."""

    rate: Decimal
    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        """Net and VAT together."""
        return self.net + self.vat


@dataclass(frozen=True, slots=True)
class CompanySum:
    """All drafts of one company in one currency, highest VAT rate first: `net` + `vat` + `rounding` = `total`."""

    company: str
    currency: str
    drafts: int
    rates: tuple[RateSum, ...]
    rounding: Decimal

    @property
    def net(self) -> Decimal:
        """Net of all rates."""
        return sum((one.net for one in self.rates), ZERO)

    @property
    def vat(self) -> Decimal:
        """VAT of all rates."""
        return sum((one.vat for one in self.rates), ZERO)

    @property
    def total(self) -> Decimal:
        """What the customers are to pay."""
        return self.net + self.vat + self.rounding


def company_sums(document: RunDocument) -> tuple[CompanySum, ...]:
    """What is to be drafted, or was: by company and currency, in that order.

    Drafts that were refused, skipped or whose outcome is unknown are left out, and so are documents that were only found
    again, since nobody foretold their VAT.
    """
    groups: dict[tuple[str, str], list[ActionFacts]] = defaultdict(list)
    for action in document.actions:
        if action.draft is not None and action.outcome in _IN_THE_BOOKS:
            groups[action.company or "", action.draft.totals.currency].append(action)
    return tuple(_company_sum(key, groups[key]) for key in sorted(groups))


def _company_sum(key: tuple[str, str], actions: Iterable[ActionFacts]) -> CompanySum:
    nets: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    vats: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    totals = [action.draft.totals for action in actions if action.draft is not None]
    for one in totals:
        for line in one.rates:
            nets[line.rate] += line.net
            vats[line.rate] += line.vat
    rates = tuple(RateSum(rate, nets[rate], vats[rate]) for rate in sorted(nets, reverse=True))
    return CompanySum(
        *key, drafts=len(totals), rates=rates, rounding=sum((one.rounding for one in totals), ZERO)
    )


def grand_totals(sums: Iterable[CompanySum]) -> dict[str, Decimal]:
    """The totals of all companies by currency; currencies are never added up."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in sums:
        found[one.currency] += one.total
    return dict(sorted(found.items()))


def line_rows(rows: Iterable[RowFacts]) -> int:
    """How many rows carry a price."""
    return sum(row.net is not None for row in rows)


# --- deals and holds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DealBlock:
    """Everything that a run does for one Deal, in the order of the plan."""

    deal: str
    name: str
    company: str | None
    link: str | None
    actions: tuple[ActionFacts, ...]

    @property
    def draft(self) -> ActionFacts | None:
        """The action that makes, finds, updates or deletes the Deal's draft."""
        documents = {
            f"{verb}_{target}" for verb in ("create", "update", "delete") for target in ("draft", "order")
        }
        return next((one for one in self.actions if one.intended in documents), None)

    @property
    def is_update(self) -> bool:
        """Whether nothing is made for the Deal, and something that exists is changed."""
        return all(one.intended.startswith("update_") for one in self.actions)

    @property
    def is_deletion(self) -> bool:
        """Whether something that exists is taken away."""
        return any(one.intended.startswith("delete_") for one in self.actions)

    @property
    def outcome(self) -> Outcome:
        """The worst of what became of its actions."""
        return max((one.outcome for one in self.actions), key=_SEVERITY.index)


_SEVERITY: Final = (Outcome.PLANNED, Outcome.DONE, Outcome.SKIPPED, Outcome.FAILED, Outcome.UNKNOWN)


def deal_blocks(document: RunDocument) -> tuple[DealBlock, ...]:
    """What the run does in the ledgers, Deal by Deal, by company and then in the order of the plan."""
    grouped: dict[tuple[str, str], list[ActionFacts]] = defaultdict(list)
    for action in document.actions:
        if action.intended not in IN_CRM:
            grouped[action.company or "", action.deal or action.id].append(action)
    ordered = sorted(grouped.items(), key=lambda one: one[0][0])
    return tuple(_block(tuple(actions)) for _, actions in ordered)


def _block(actions: tuple[ActionFacts, ...]) -> DealBlock:
    first = actions[0]
    name = next((one.deal_name for one in actions if one.deal_name), first.deal or first.id)
    return DealBlock(first.deal or first.id, name, first.company, first.links.salesforce, actions)


def status_writes(document: RunDocument) -> tuple[ActionFacts, ...]:
    """The Deals whose status in Salesforce changes for its own sake, rather than to mirror a creation or a hold."""
    mirrored = {one.deal for one in document.actions if one.intended not in IN_CRM}
    mirrored |= {one.deal for one in document.holds}
    return tuple(one for one in document.actions if one.intended == "write_deal" and one.deal not in mirrored)


def invoices(document: RunDocument) -> tuple[InvoiceFacts, ...]:
    """The invoices that this run brings, or would bring, up to date in Salesforce; what is open and due first comes first."""
    found = [
        one.invoice
        for one in document.actions
        if one.invoice is not None and one.outcome in {Outcome.PLANNED, Outcome.DONE}
    ]
    return tuple(sorted(found, key=lambda one: (not one.remaining, one.due_date or date.max, one.number)))


def invoice_words(one: InvoiceFacts) -> str:
    """What was asked for, what came in, what is open and when it is due, in one line; or what a credit note credits."""
    if one.is_credit_note:
        total = f"{plain(one.total)}\N{NO-BREAK SPACE}{one.currency}"
        credits_one = say("credits invoice %(number)s", number=one.credits_invoice)
        return joined(((credits_one,) if one.credits_invoice else ()) + (total,), ", ")
    parts = [
        status_words(one.status),
        say("total %(amount)s", amount=plain(one.total)),
        say("paid %(amount)s", amount=plain(one.paid)),
    ]
    parts += [say("credited %(amount)s", amount=plain(one.credited))] if one.credited else []
    parts += [say("open %(amount)s", amount=f"{plain(one.remaining)}\N{NO-BREAK SPACE}{one.currency}")]
    parts += [say("due %(day)s", day=one.due_date)] if one.due_date else []
    return joined(parts, ", ")


def invoice_label(one: InvoiceFacts) -> str:
    """What it is, and its number."""
    if one.is_credit_note:
        return say("credit note %(number)s", number=one.number)
    return say("invoice %(number)s", number=one.number)


def invoice_number(one: InvoiceFacts) -> str:
    """Its number where a column is headed by the word invoice: a credit note says that it is one."""
    if not one.is_credit_note:
        return whole(one.number)
    if one.credits_invoice:
        return say("%(number)s, credits %(invoice)s", number=one.number, invoice=one.credits_invoice)
    return say("%(number)s, a credit note", number=one.number)


def mirrored(document: RunDocument) -> tuple[int, int]:
    """How many invoices and how many accounts are, or would be, brought up to date in Salesforce."""
    counted = [one.intended for one in document.actions if one.outcome in {Outcome.PLANNED, Outcome.DONE}]
    return counted.count("write_invoice"), counted.count("write_account")


def readiness_told(document: RunDocument) -> int:
    """How many open deals are, or would be, told anew whether they could be invoiced."""
    told = (one for one in document.actions if one.intended == "write_readiness")
    return sum(one.outcome in {Outcome.PLANNED, Outcome.DONE} for one in told)


def deal_names(document: RunDocument) -> dict[str, str]:
    """The Deals' names by id, as far as the document tells them."""
    held = {one.deal: one.deal_name for one in document.holds}
    return held | {one.deal: one.deal_name for one in document.actions if one.deal and one.deal_name}


@dataclass(frozen=True, slots=True)
class HoldGroup:
    """All holds of one code. `fix` is set when the same next step helps all of them."""

    code: str
    holds: tuple[HoldFacts, ...]

    @property
    def deals(self) -> int:
        """How many Deals it concerns."""
        return len({one.deal for one in self.holds})

    @property
    def fix(self) -> str | None:
        """The next step, when all share it."""
        fixes = {one.fix for one in self.holds}
        return fixes.pop() if len(fixes) == 1 else None


def hold_groups(document: RunDocument) -> tuple[HoldGroup, ...]:
    """The holds by code, the code that stops most Deals first."""
    grouped: dict[str, list[HoldFacts]] = defaultdict(list)
    for one in document.holds:
        grouped[one.code].append(one)
    groups = (HoldGroup(code, tuple(holds)) for code, holds in grouped.items())
    return tuple(sorted(groups, key=lambda group: (-group.deals, group.code)))


def lines_by_finding(document: ReconcileDocument) -> dict[Symbol, tuple[LineFacts, ...]]:
    """The lines of a comparison by symbol, what needs a person first, agreement last; only symbols that occur."""
    grouped = {symbol: tuple(one for one in document.lines if one.symbol is symbol) for symbol in FINDINGS}
    return {symbol: lines for symbol, lines in grouped.items() if lines}


MONEY_TRAIL: Final = (
    ("sold", say("sold, net")),
    ("drafted", say("drafts, net")),
    ("invoiced", say("invoiced, net")),
    ("credited", say("credited, net")),
    ("billed", say("invoiced incl. VAT")),
    ("credited_gross", say("credited incl. VAT")),
    ("paid", say("paid")),
    ("remaining", say("open")),
)
"""The figures of a comparison in the order in which money comes, with what readers call them."""


def lock_words(document: ReconcileDocument, lock: LockFacts) -> str:
    """How far one company's books are locked, and what that means for the period."""
    name = company_label(document, lock.company)
    if lock.locked_until is None:
        return say("%(company)s: open.", company=name)
    period = {
        "locked": say("The period is locked: what differs in it is corrected on a later day."),
        "partly": say("Part of the period is locked."),
        "open": say("The period is open."),
    }
    locked = say("%(company)s: locked through %(day)s.", company=name, day=lock.locked_until)
    return joined((locked, period[lock.period])) if lock.period else locked


SIE_SUMS: Final = (("invoiced", say("invoiced less credited")), ("receivables", say("owed by customers")))
"""The sums of a cross-check, with what readers call them."""


def sie_words(document: ReconcileDocument) -> str:
    """What a cross-check against a SIE file came to, in one line."""
    sie = document.sie
    if sie is None:
        return ""
    return say(
        "%(company)s, %(start)s to %(end)s: %(vouchers)s, %(invoices)s found in them, %(found)s.",
        company=company_label(document, sie.company),
        start=sie.start,
        end=sie.end,
        vouchers=how_many(sie.vouchers, "voucher"),
        invoices=how_many(sie.matched, "invoice"),
        found=how_many(len(sie.lines), "difference") if sie.lines else say("everything agrees"),
    )


_APART: Final[Mapping[ApartReason, Sentence]] = {
    ApartReason.NO_ACCOUNT: say("of customers that no account in Salesforce is linked to"),
    ApartReason.BEFORE_START: say("dated before the first day that counts (start_date)"),
    ApartReason.OTHER_ORG: say("with the marker of another Salesforce org's deals"),
}


def apart_words(document: ReconcileDocument) -> tuple[Sentence, ...]:
    """What else there is in Spiris for the period, which the sums do not count: a sentence for each company, reason and currency."""
    return tuple(
        say(
            "%(company)s: %(documents)s %(why)s, %(net)s net together, not compared.",
            company=company_label(document, one.company),
            documents=how_many(one.documents, "document"),
            why=_APART[one.reason],
            net=Money(one.net, one.currency),
        )
        for one in document.apart
    )


# --- sentences -----------------------------------------------------------------------------------------------------


def tally(document: RunDocument) -> Counter[tuple[str, Outcome]]:
    """How many actions there are of each kind and outcome; what was found done already counts as `adopt`."""
    return Counter((one.kind, one.outcome) for one in document.actions)


def total_of(counts: Counter[tuple[str, Outcome]], outcome: Outcome) -> int:
    """How many actions of any kind ended this way."""
    return sum(count for (_, became), count in counts.items() if became is outcome)


_SHORTFALLS: Final = {
    Outcome.FAILED: say("failed"),
    Outcome.UNKNOWN: say("without a trustworthy answer"),
    Outcome.SKIPPED: say("skipped"),
}


def headline(document: RunDocument) -> str:
    """The run in one line: `Plan: 3 customers and 7 drafts to create, 5 unchanged, 12 held. Nothing was written.`"""
    parts = [_creations(document), *_updates(document), *_deletions(document), *_writes(document)]
    counts = tally(document)
    found = sum(
        count for (kind, outcome), count in counts.items() if kind == "adopt" and outcome in _IN_THE_BOOKS
    )
    parts += [say("%(count)s found in Spiris from an earlier run", count=found)] if found else []
    parts += [
        _unchanged(document.summary.unchanged),
        say("%(count)s held%(of_them)s", count=document.summary.held, of_them=_of_them(document)),
    ]
    skipped = document.summary.out_of_scope
    parts += [say("%(count)s left out by a route", count=skipped)] if skipped else []
    held = {one.deal for one in document.holds}
    others = Counter(one.outcome for one in document.actions if one.deal not in held)
    parts += [
        joined((str(others[outcome]), words)) for outcome, words in _SHORTFALLS.items() if others[outcome]
    ]
    moved = sum(one.code == "PLAN_STALE" for one in document.warnings)
    parts += [say("%(items)s of the plan left alone", items=how_many(moved, "item"))] if moved else []
    what = joined((part for part in parts if part), ", ")
    if document.is_dry:
        told = say("Plan: %(what)s. Nothing was written.", what=what)
    elif document.stopped:
        told = say("Stopped early: %(what)s.", what=what)
    else:
        told = say("Done: %(what)s.", what=what)
    if not (more := document.summary.beyond_limit):
        return told
    left = (
        say("1 more deal is ready; run again with a larger --limit, or without.")
        if more == 1
        else say("%(count)s more deals are ready; run again with a larger --limit, or without.", count=more)
    )
    return joined((told, left))


def _unchanged(count: int) -> Sentence:
    """The count of deals that are what they should be; one of them is an adjective's singular in Swedish."""
    return say("%(one)s unchanged", one=count) if count == 1 else say("%(count)s unchanged", count=count)


def _of_them(document: RunDocument) -> str:
    """How many of the held deals wait because their own write came to nothing, so that none is counted twice."""
    held = {one.deal for one in document.holds}
    told = []
    for outcome, words in _SHORTFALLS.items():
        deals = {one.deal for one in document.actions if one.outcome is outcome and one.deal in held}
        told += [joined((str(len(deals)), words))] if deals else []
    return joined((" (", joined(told, ", "), ")"), "") if told else ""


def verdict(document: ReconcileDocument) -> str:
    """The comparison in one line: `Compared: 6 same, 1 only in Salesforce, …`"""
    counts = Counter(one.symbol for one in document.lines)
    found = [joined((str(counts[symbol]), FINDINGS[symbol])) for symbol in Symbol]
    compared = say("Compared: %(found)s.", found=joined(found, ", "))
    if not (settled := document.counts.settled):
        return compared
    by_a_person = (
        say("1 of the differences is settled by a person.")
        if settled == 1
        else say("%(count)s of the differences are settled by a person.", count=settled)
    )
    return joined((compared, by_a_person))


def nothing_compared(document: ReconcileDocument) -> str | None:
    """That there was nothing on either side, so that an empty page is not taken for one that says nothing; else None."""
    if document.lines:
        return None
    if document.period.start or document.period.end:
        return say(
            "Nothing to compare: the period has no won deal, and no document of a deal or of its customer."
        )
    return say("Nothing to compare: there is no won deal, and no document of a deal or of its customer.")


def _creations(document: RunDocument) -> str:
    counts = tally(document)
    made = {
        noun: sum(counts[kind, outcome] for outcome in _IN_THE_BOOKS)
        for noun, kind in (("customer", "create_customer"), ("draft", "create_draft"))
    }
    orders = sum(counts["create_order", outcome] for outcome in _IN_THE_BOOKS)
    if orders:
        made = {noun: count for noun, count in (made | {"order": orders}).items() if count}
    others = sum(
        count
        for (kind, outcome), count in counts.items()
        if outcome in _IN_THE_BOOKS
        and kind.startswith("create_")
        and kind not in {"create_customer", "create_draft", "create_order"}
    )
    if (
        not any(made.values())
        and not others
        and (status_writes(document) or _writes(document) or _updates(document) or _deletions(document))
    ):
        return ""
    named = [how_many(count, noun) for noun, count in made.items()] + (
        [how_many(others, "other record")] if others else []
    )
    if document.command == "pull-invoice-status" and not any(made.values()) and not others:
        return say("nothing to update")
    what = _and(named) if any(made.values()) or others else say("nothing")
    return say("%(what)s to create", what=what) if document.is_dry else say("%(what)s created", what=what)


def _and(parts: Sequence[str]) -> Sentence:
    """The parts with "and" between every two of them."""
    first, *rest = parts
    told = as_told(first)
    for one in rest:
        told = say("%(most)s and %(last)s", most=told, last=one)
    return told


def _updates(document: RunDocument) -> list[str]:
    counts = tally(document)
    updated = {
        noun: sum(counts[kind, outcome] for outcome in _IN_THE_BOOKS)
        for noun, kind in (
            ("customer", "update_customer"),
            ("draft", "update_draft"),
            ("order", "update_order"),
        )
    }
    named = [how_many(count, noun) for noun, count in updated.items() if count]
    if not named:
        return []
    what = _and(named)
    return [say("%(what)s to update", what=what) if document.is_dry else say("%(what)s updated", what=what)]


def _deletions(document: RunDocument) -> list[str]:
    counts = tally(document)
    deleted = {
        noun: sum(counts[f"delete_{noun}", outcome] for outcome in _IN_THE_BOOKS)
        for noun in ("draft", "order")
    }
    if not any(deleted.values()):
        return []
    named = listed(how_many(count, noun) for noun, count in deleted.items() if count)
    return [say("%(what)s to delete", what=named) if document.is_dry else say("%(what)s deleted", what=named)]


def _writes(document: RunDocument) -> list[str]:
    deals = sum(one.outcome in _IN_THE_BOOKS for one in status_writes(document))
    shown = zip((deals, *mirrored(document)), ("deal", "invoice", "account"), strict=True)
    named = [how_many(count, noun) for count, noun in shown if count]
    if not named:
        return []
    what = listed(named)
    return [
        say("%(deals)s to update in Salesforce", deals=what)
        if document.is_dry
        else say("%(deals)s updated in Salesforce", deals=what)
    ]
