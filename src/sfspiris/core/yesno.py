"""Yes and no as people write them into a CRM's field of text or choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.swedish import text

if TYPE_CHECKING:
    from sfspiris.core.model import Deal

_YES: Final = frozenset({"yes", "y", "ja", "j", "true", "1", "x"})
_NO: Final = frozenset({"no", "n", "nej", "false", "0", "none", "ingen", "inget"})


def answer(raw: str | None) -> bool | None:
    """Yes or no as a CRM's field says it, in Swedish or English; None for anything else."""
    word = text.one_line(raw or "").casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def prices_include_vat(deal: Deal) -> bool:
    """Whether the Deal says that its prices and amounts include VAT; a word that says neither is held by `check_deal`."""
    return answer(deal.prices_include_vat) is True
