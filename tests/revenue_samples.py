"""A revenue report over most of a year, as a Swedish group with one foreign currency might see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core.model import Totals
from sfspiris.core.outcome import RunResult
from sfspiris.core.revenue import (
    Dimension,
    LeadTime,
    Measure,
    Median,
    Revenue,
    deal_entries,
    draft_entry,
    families,
    invoice_entries,
    tabulate,
)
from sfspiris.report.revenue import RevenueDocument, revenue_document
from shorthand import NOW, POLICY, TODAY, buyer, deal, invoice, ledger_draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.core.model import Invoice
    from sfspiris.core.revenue import Entry

RATE = Decimal("11.25")
NETS = (182_400, 214_950, 96_300, 61_200, 248_700, 301_150, 277_480, 339_000)  # from April
EUROS = (0, 8_400, 0, 3_150, 12_600, 9_616, 4_200, 11_900)


def realistic_revenue() -> RevenueDocument:
    """Eight months of two companies: most is paid, some is late, one invoice is credited in part."""
    entries = [*_deals(), *_drafts(), *_booked("se", _domestic()), *_booked("int", _foreign())]
    return _document(entries)


def _domestic() -> list[Invoice]:
    made = []
    for position, net in enumerate(NETS):
        issued = date(2026, 4 + position, 12)
        gross = Decimal(net) * Decimal("1.25")
        left = {4: Decimal(31_250), 6: gross / 2, 7: gross}.get(position, Decimal(0))
        made.append(
            invoice(
                str(1000 + position),
                str(net),
                str(gross - net),
                issued_on=issued,
                due_on=issued + timedelta(days=30),
                remaining=left,
                credited=Decimal(12_500) if position == 1 else Decimal(0),
            )
        )
    note = invoice(
        "1100", "-10000", "-2500", is_credit_note=True, issued_on=date(2026, 6, 2), remaining=Decimal(0)
    )
    return [*made, replace(note, credits_id="inv-1001")]


def _foreign() -> list[Invoice]:
    made = []
    for position, amount in enumerate(EUROS):
        if not amount:
            continue
        net = Decimal(amount)
        issued = date(2026, 4 + position, 20)
        left = net if position > 5 else Decimal(0)
        made.append(
            replace(
                invoice(str(2000 + position), issued_on=issued, due_on=issued + timedelta(days=30)),
                totals=Totals(net, Decimal(0), Decimal(0), net, "EUR"),
                remaining=left,
                net_in_books=net * RATE,
                gross_in_books=net * RATE,
                remaining_in_books=left * RATE,
                rate=RATE,
            )
        )
    return made


def _booked(company: str, invoices: list[Invoice]) -> Iterator[Entry]:
    for one, family in families(invoices):
        yield from invoice_entries(one, family, company=company, base_currency="SEK", today=TODAY)


def _drafts() -> list[Entry]:
    euros = replace(
        ledger_draft("d2", "0"), totals=Totals(Decimal(2190), Decimal(0), Decimal(0), Decimal(2190), "EUR")
    )
    day = date(2026, 11, 18)
    return [
        draft_entry(ledger_draft("d1", "68390.90"), day, company="se", base_currency="SEK"),
        draft_entry(euros, day, company="int", base_currency="SEK"),
    ]


def _deals() -> Iterator[Entry]:
    base = {"se": "SEK", "int": "SEK"}
    ahead = [
        deal("D1", amount=Decimal(92_375), closed_on=date(2026, 11, 28)),
        deal("D2", amount=Decimal(310_000), closed_on=date(2026, 12, 15)),
        deal("D3", amount=Decimal(185_500), closed_on=date(2027, 1, 20)),
        deal(
            "D4",
            amount=Decimal(17_800),
            currency="EUR",
            buyer=buyer(country="DE"),
            closed_on=date(2026, 12, 10),
        ),
    ]
    won = [deal("D5", amount=Decimal(114_759)), deal("D6", amount=Decimal(9_800), buyer=buyer(country=None))]
    yield from deal_entries(ahead, Measure.PIPELINE, policy=POLICY, base_currencies=base)
    yield from deal_entries(won, Measure.WON, policy=POLICY, base_currencies=base)


def _document(entries: list[Entry]) -> RevenueDocument:
    result = RunResult(
        command="report revenue",
        run_id="20261120T080000-5c1e07",
        dry=True,
        started_at=NOW,
        finished_at=NOW,
        results=(),
        holds=(),
        warnings=(),
        unchanged=(),
        api_calls={"salesforce": 4, "spiris": 8},
    )
    found = Revenue(
        rows=tabulate(entries, tuple(Dimension)),
        totals=tabulate(entries, (Dimension.COMPANY, Dimension.CURRENCY)),
        base_totals=tabulate(entries, (Dimension.COMPANY,)),
        lead_times=tuple(
            LeadTime(
                f"2026-{month:02}",
                Median(6, Decimal(1)),
                Median(6, Decimal(month - 5) / 2 + 2),
                Median(5, Decimal(33)),
            )
            for month in range(7, 11)
        ),
        by=tuple(Dimension),
    )
    names = {"se": "Norrsken Sverige AB", "int": "Norrsken International AB"}
    return revenue_document(result, found, companies=names)
