"""What was found about one Deal while its rules ran, and the one rule that every text must pass: it fits, whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.money import decimal_text
from sfspiris.swedish import text

if TYPE_CHECKING:
    from decimal import Decimal

    from sfspiris.core.model import Buyer, Deal
    from sfspiris.core.policy import CompanyPolicy, Policy
    from sfspiris.core.written import Versions


@dataclass(slots=True)
class Findings:
    """Collects what was found about one Deal while its rules run."""

    deal: Deal
    policy: Policy
    company: CompanyPolicy | None = None
    holds: list[Hold] = field(default_factory=list)
    warnings: list[Warn] = field(default_factory=list)

    def hold(
        self,
        code: HoldCode,
        message: str,
        fix: str,
        *,
        about: str | None = None,
        value: str | None = None,
        versions: tuple[Versions, ...] = (),
        amount: Decimal | None = None,
    ) -> None:
        """Note a reason to leave the Deal alone. `about` is our name of the field; the CRM's name is what is shown.

        An `amount`, in the Deal's currency, takes the place of `value`.
        """
        books = self.company.currency if self.company else None
        self.holds.append(
            Hold(
                deal_id=self.deal.id,
                deal_name=text.one_line(self.deal.name),
                company=self.company.key if self.company else None,
                code=code,
                message=message,
                fix=fix,
                field=self.policy.crm_field(about) if about else None,
                value=value if amount is None else decimal_text(amount),
                currency=None if amount is None else self.deal.currency or books,
                owner=self.deal.owner_name,
                versions=versions,
            )
        )

    def warn(self, code: WarningCode, message: str) -> None:
        """Note something that a person should see though the Deal passes."""
        self.warnings.append(Warn(code, message, self.deal.id))


_OF_THE_ACCOUNT: Final = frozenset({"name", "street", "postal_code", "city", "email", "phone"})
"""What a buyer says, in our words; everything else stands on the deal and its lines."""


def fitted(raw: str | None, limit: int, about: str, found: Findings) -> str | None:
    """The value on one line; None when empty or when it does not fit, which is a hold and never a cut."""
    value = text.one_line(raw or "")
    if text.length(value) > limit:
        too_long(found, about, value, limit)
        return None
    return value or None


def too_long(found: Findings, about: str, value: str, limit: int) -> None:
    """Hold the Deal because a value does not fit."""
    taker = found.company.ledger if found.company else "the ledger"
    buyer = found.deal.buyer
    owner = f" of {named(buyer)}" if buyer is not None and about in _OF_THE_ACCOUNT else ""
    found.hold(
        HoldCode.FIELD_TOO_LONG,
        f"{found.policy.crm_field(about)}{owner} has {text.length(value)} characters and {taker} takes {limit}: “{value}”.",
        f"Shorten it on the {'account' if owner else 'deal'} in Salesforce; nothing is ever cut off silently.",
        about=about,
        value=value,
    )


def named(buyer: Buyer) -> str:
    """The buyer as a message names it."""
    return f"{text.one_line(buyer.name) or 'the account'} ({buyer.id})"
