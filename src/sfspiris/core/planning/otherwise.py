"""In which fields a Deal says something else by now than the invoice, or the order, that was made from it and stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.core import written
from sfspiris.core.actions import CreateCustomer
from sfspiris.core.model import Target
from sfspiris.core.planning.changed import as_it_stands, named_versions

if TYPE_CHECKING:
    from sfspiris.core.model import DealLink, LedgerDraft, LedgerView
    from sfspiris.core.planning.changed import Wanted

_MAY_BE_LOST: Final = frozenset(
    {
        "OurReference",
        "YourReference",
        "PurchaseOrder",
        "ElectronicReference",
        "ContractNumber",
        "SubscriptionNumber",
    }
)
"""References, which a ledger may leave behind when it makes the invoice: only a change of the Deal's own is told."""

_NOT_ON_AN_INVOICE: Final = frozenset({"ReverseCharge"})
"""What rows of an invoice do not say. Source: Spiris' API document, CustomerInvoiceRowApi."""


def otherwise(
    link: DealLink, stands: LedgerDraft, wanted: Wanted, ledger: LedgerView
) -> tuple[written.Versions, ...]:
    """What differs, field by field in three versions: as we wrote it, as the Deal has it now, and as it stands.

    What the document took from its customer, because the Deal said nothing, is no difference.
    """
    customer = wanted.customer
    customer_id = f"new:{customer.key}" if isinstance(customer, CreateCustomer) else customer.id
    ours = written.draft_fields(wanted.draft, customer=customer_id)
    theirs = as_it_stands(stands, terms=ledger.terms, articles=ledger.articles)
    changed = (
        written.changed_fields(link.wrote, ours, link.deal_id) if link.wrote is not None else tuple(ours)
    )
    found = tuple(
        one
        for one in written.versions(link.wrote, ours, theirs, link.deal_id)
        if one.crm != one.ledger
        and _counts(one, is_changed=one.field in changed, is_order=stands.target is Target.ORDER)
    )
    return named_versions(found, ledger, customer_id, wanted.customer_name)


def _counts(one: written.Versions, *, is_changed: bool, is_order: bool) -> bool:
    name = one.field.rpartition(".")[2]
    if one.crm is None and name in written.FROM_THE_CUSTOMER:
        return is_changed
    if not is_order and name in _NOT_ON_AN_INVOICE:
        return False
    return is_changed or name not in _MAY_BE_LOST
