"""Which prints of invoices the CRM lacks: one for each invoice and each status that it has been seen in.

A document in the CRM has no key of its own that keeps a second one out, so its file name is the key: company, invoice and status
stand in it, nobody can change it afterwards, and it can be searched for. A status that an invoice had before is not
printed again when it comes back.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import AttachPdf
from sfspiris.core.model import DealStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from sfspiris.core.receivables import Value

DONE: Final = "there"
"""What is remembered of a print that the CRM has; of one that was sent and not answered for, when (UTC, ISO) that was."""

PRINTED: Final = (
    DealStatus.ISSUED,
    DealStatus.PARTLY_PAID,
    DealStatus.PAID,
    DealStatus.OVERDUE,
    DealStatus.PARTLY_CREDITED,
    DealStatus.CREDITED,
)
"""The statuses that an invoice can have."""


def file_name(external_id: str, status: str) -> str:
    """What the print of an invoice in a status is called, for ever: `sfspiris-se-<id>-partly-paid.pdf`."""
    return f"sfspiris-{external_id.replace(':', '-')}-{status.lower().replace(' ', '-')}.pdf"


def missing_prints(
    shown: Mapping[str, Mapping[str, Value]],
    remembered: Mapping[str, Mapping[str, Value]],
    companies: Collection[str],
    *,
    now: datetime,
    settle: timedelta,
) -> tuple[AttachPdf, ...]:
    """The prints to put beside their records, newest invoice first; both mappings are by external id.

    A print that was sent without an answer is left alone until `settle` has passed, and looked for then like any other.
    """
    found = []
    for external_id, record in shown.items():
        company, _, invoice_id = external_id.partition(":")
        status = str(record.get("status") or "")
        if company not in companies or status not in PRINTED:
            continue
        before = (remembered.get(external_id) or {}).get(status)
        if before == DONE or (before and now < datetime.fromisoformat(str(before)) + settle):
            continue
        found.append(
            AttachPdf(
                company=company,
                deal_id=str(record.get("opportunity") or ""),
                invoice_id=invoice_id,
                external_id=external_id,
                number=str(record.get("invoice_number") or ""),
                status=DealStatus(status),
            )
        )
    dates = {key: str(one.get("invoice_date") or "") for key, one in shown.items()}
    return tuple(sorted(found, key=lambda one: (dates[one.external_id], one.external_id), reverse=True))
