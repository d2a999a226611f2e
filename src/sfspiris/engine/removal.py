"""Deletes one draft or order, and finds out what became of a deletion that nobody answered: by reading, never by sending again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.identity import markers_in
from sfspiris.core.planning.documents import Documents
from sfspiris.errors import Fatal, OutcomeUnknown, Retryable

if TYPE_CHECKING:
    from sfspiris.core.actions import DeleteDraft
    from sfspiris.ports.ledger import Ledger


def remove(ledger: Ledger, action: DeleteDraft) -> bool:
    """Whether the draft was deleted; False when it was not any more as it was planned, and nothing was sent.

    A lost reply is answered by the draft itself. Raises as `Ledger.delete_draft`.
    """
    try:
        return ledger.delete_draft(action.draft_id, stood=action.stood, target=action.target)
    except OutcomeUnknown as unknown:
        try:
            if ledger.draft(action.draft_id, target=action.target) is None:
                return not was_issued(ledger, action.draft_id, action.marker)
        except (Retryable, Fatal):
            raise unknown from None
        raise


def was_issued(ledger: Ledger, draft_id: str, marker: str) -> bool:
    """Whether an invoice came of a draft or order that is there no more, by its origin or by its Deal's marker."""
    invoices, _ = ledger.invoices()
    own = [one for one in invoices if not one.is_credit_note]
    if any(draft_id in {one.draft_id, *one.order_ids} for one in own):
        return True
    return any(Documents.of((), own).marked(one) for one in markers_in(marker))
