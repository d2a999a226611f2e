"""When a person has settled a held Deal, and when it must come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import payload_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfspiris.core.holds import Hold

UNRESOLVABLE: Final = frozenset({HoldCode.OUTCOME_UNKNOWN})
"""What only the ledger can settle: a person's word must not end the search for a write that may have been carried out."""

_ABOUT_CONTENT: Final = frozenset(
    {HoldCode.DEAL_CHANGED_AFTER_INVOICE, HoldCode.DRAFT_DELETED, HoldCode.DRAFT_EDITED_BY_FINANCE}
)
"""Holds whose reason is what the Deal says now, so that a further change is another reason."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One Deal's codes in the last run and today; without codes today it `becomes` something, or is `gone`.

    `is_gone` says that it is no longer won, or not in the CRM any more.
    """

    deal_id: str
    deal_name: str
    before: tuple[HoldCode, ...]
    today: tuple[HoldCode, ...]
    becomes: Literal["create_draft", "create_order", "adopt"] | None = None
    is_gone: bool = False


def reason_print(holds: Iterable[Hold], content: str) -> str | None:
    """A print of why a Deal waits, the same as long as its reasons are; None when it does not wait.

    `content` is the print of what the Deal says, which counts where the change itself is the reason.
    """
    reasons = sorted(
        (str(one.code), one.field or "", one.value or "", one.message)
        + ((content,) if one.code in _ABOUT_CONTENT else ())
        for one in holds
    )
    return payload_hash([list(one) for one in reasons]) if reasons else None
