"""A run as a table for a spreadsheet: one line per action and one per hold, or one per comparison and currency.

An update is followed by one line for each field that it changes, and a hold over a draft that a person has edited by one
for each field with its three versions.

UTF-8 with a byte-order mark, so that Excel reads å, ä and ö; commas between cells, decimal points in numbers, CRLF after
each line (RFC 4180). No text can become a formula. Warnings stand in the other reports.
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.report.shapes import ReconcileDocument, money_text
from sfspiris.report.view import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sfspiris.report.shapes import ActionFacts, HoldFacts, LineFacts, RunDocument, SieLineFacts

_BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"

# What a spreadsheet may take for the beginning of a formula, also behind spaces: OWASP's list for CSV injection, which
# names tab, line ends, NUL and the full-width forms as well.
_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")

_RUN_COLUMNS: Final = (
    "line",
    "kind",
    "outcome",
    "company",
    "deal",
    "deal_name",
    "customer",
    "customer_number",
    "currency",
    "net",
    "vat",
    "rounding",
    "total",
    "target_id",
    "correlation_id",
    "code",
    "field",
    "value",
    "message",
    "fix",
    "owner",
    "since",
    "salesforce",
    "before",
    "after",
    "written",
    "in_salesforce",
    "in_spiris",
)
_FIGURES: Final = (
    "sold",
    "drafted",
    "invoiced",
    "credited",
    "billed",
    "credited_gross",
    "paid",
    "remaining",
)
_RECONCILE_COLUMNS: Final = (
    "finding",
    "code",
    "also",
    "company",
    "deal",
    "deal_name",
    "document_id",
    "document_number",
    "field",
    "in_salesforce",
    "in_spiris",
    "message",
    "reasons",
    "fix",
    "currency",
    *_FIGURES,
    "salesforce",
    "settled",
)


def csv_report(document: RunDocument) -> str:
    """The table as text, ready to be written as UTF-8."""
    if isinstance(document, ReconcileDocument):
        sie = document.sie.lines if document.sie else ()
        company = document.sie.company if document.sie else None
        return table(
            _RECONCILE_COLUMNS,
            (
                *(row for one in document.lines for row in _lines(one)),
                *(_sie_line(one, company) for one in sie),
            ),
        )
    return table(
        _RUN_COLUMNS,
        (
            *(line for one in document.actions for line in (_action(one), *_changes(one))),
            *(line for one in document.holds for line in (_hold(one), *_versions(one))),
        ),
    )


def safe_cell(value: str | Decimal | None) -> str:
    """The cell's text; a text that a spreadsheet would calculate gets an apostrophe in front. Amounts stay numbers."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money_text(value)
    return f"'{value}" if _FORMULA.match(value) else value


def table(columns: tuple[str, ...], lines: Iterable[Mapping[str, str | Decimal | None]]) -> str:
    """A table with these columns, each cell made safe; ready to be written as UTF-8."""
    text = io.StringIO()
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(line.get(column)) for column in columns] for line in lines)
    return text.getvalue()


def _action(one: ActionFacts) -> dict[str, str | Decimal | None]:
    totals = one.draft.totals if one.draft else None
    return {
        "line": "action",
        "kind": one.kind,
        "outcome": one.outcome,
        "company": one.company,
        "deal": one.deal,
        "deal_name": one.deal_name,
        "customer": one.customer.name if one.customer else None,
        "customer_number": one.customer.number if one.customer else None,
        "currency": one.currency,
        "net": one.net,
        "vat": totals.vat if totals else None,
        "rounding": totals.rounding if totals else None,
        "total": totals.total if totals else None,
        "target_id": one.target_id,
        "correlation_id": one.correlation_id,
        "salesforce": one.links.salesforce,
    }


def _changes(one: ActionFacts) -> list[dict[str, str | Decimal | None]]:
    """The fields of an update; what a creation writes is all new, and stands in the other reports."""
    if not one.intended.startswith("update_"):
        return []
    about: dict[str, str | Decimal | None] = {
        "line": "change",
        "kind": one.kind,
        "outcome": one.outcome,
        "company": one.company,
        "deal": one.deal,
        "deal_name": one.deal_name,
    }
    return [
        about | {"field": change.field, "before": change.before, "after": change.after}
        for change in one.changes
    ]


def _versions(one: HoldFacts) -> list[dict[str, str | Decimal | None]]:
    about: dict[str, str | Decimal | None] = {
        "line": "version",
        "outcome": "held",
        "company": one.company,
        "deal": one.deal,
        "deal_name": one.deal_name,
        "code": one.code,
    }
    return [
        about
        | {
            "field": version.field,
            "written": version.written,
            "in_salesforce": version.salesforce,
            "in_spiris": version.spiris,
        }
        for version in one.versions
    ]


def _hold(one: HoldFacts) -> dict[str, str | Decimal | None]:
    return {
        "line": "hold",
        "outcome": "held",
        "company": one.company,
        "deal": one.deal,
        "deal_name": one.deal_name,
        "code": one.code,
        "field": one.field,
        "value": one.value,
        "message": one.message,
        "fix": one.fix,
        "owner": one.owner,
        "since": f"{one.since:%Y-%m-%dT%H:%M:%SZ}",
        "correlation_id": one.correlation_id,
        "salesforce": one.links.salesforce,
    }


def _lines(one: LineFacts) -> list[dict[str, str | Decimal | None]]:
    """The comparison, with the figures of its currency; those of a second currency on a line of their own."""
    about: dict[str, str | Decimal | None] = {
        "finding": FINDINGS[one.symbol],
        "code": one.code,
        "also": " ".join(one.also) or None,
        "company": one.company,
        "deal": one.deal,
        "deal_name": one.deal_name,
        "document_id": one.document_id,
        "document_number": one.document_number,
    }
    told = about | {
        "field": one.field,
        "in_salesforce": one.salesforce,
        "in_spiris": one.spiris,
        "message": one.message,
        "reasons": " ".join(one.reasons) or None,
        "settled": "yes" if one.settled else None,
        "fix": one.fix,
        "salesforce": one.links.salesforce,
    }
    if not one.figures:
        return [told]
    return [
        (about if position else told)
        | {"currency": figures.currency}
        | {name: getattr(figures, name) for name in _FIGURES}
        for position, figures in enumerate(one.figures)
    ]


def _sie_line(one: SieLineFacts, company: str | None) -> dict[str, str | Decimal | None]:
    return {
        "finding": "SIE file differs",
        "code": one.code,
        "company": company,
        "document_number": one.invoice_number or one.voucher,
        "field": "sie",
        "in_spiris": one.in_ledger,
        "message": one.message,
        "fix": one.fix,
    }
