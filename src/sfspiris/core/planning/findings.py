"""What was found about one Deal while its rules ran, and the one rule that every text must pass: it fits, whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.money import decimal_text
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from decimal import Decimal

    from sfspiris.core.model import Buyer, Deal
    from sfspiris.core.policy import CompanyPolicy, Policy
    from sfspiris.core.written import Versions
    from sfspiris.sentences import Sentence


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
        message: Sentence,
        fix: Sentence,
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
                field=self.crm_field(about) if about else None,
                value=value if amount is None else decimal_text(amount),
                currency=None if amount is None else self.deal.currency or books,
                owner=self.deal.owner_name,
                versions=versions,
            )
        )

    def crm_field(self, about: str) -> str:
        """The CRM's name of one of our fields; a buyer who is only a contact has its own."""
        buyer = self.deal.buyer
        own = f"contact_{about}"
        is_own = buyer is not None and buyer.is_contact and own in self.policy.crm_fields
        return self.policy.crm_field(own if is_own else about)

    def warn(self, code: WarningCode, message: Sentence) -> None:
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
    taker = found.company.ledger if found.company else say("the ledger")
    buyer = found.deal.buyer
    is_of_account = buyer is not None and about in _OF_THE_ACCOUNT
    field = found.crm_field(about)
    found.hold(
        HoldCode.FIELD_TOO_LONG,
        say(
            "%(field)s has %(length)s characters and %(ledger)s takes %(limit)s: “%(value)s”.",
            field=say("%(field)s of %(buyer)s", field=field, buyer=named(buyer))
            if buyer is not None and is_of_account
            else field,
            length=text.length(value),
            ledger=taker,
            limit=limit,
            value=value,
        ),
        say(
            "Shorten it on the %(record)s in Salesforce; nothing is ever cut off silently.",
            record=record(buyer) if buyer is not None and is_of_account else say("deal"),
        ),
        about=about,
        value=value,
    )


def named(buyer: Buyer) -> Sentence:
    """The buyer as a message names it."""
    return say(
        "%(name)s (%(id)s)",
        name=text.one_line(buyer.name) or say("the %(record)s", record=record(buyer)),
        id=buyer.id,
    )


def record(buyer: Buyer) -> Sentence:
    """The kind of record that says who the buyer is, as a message calls it."""
    return say("contact") if buyer.is_contact else say("account")
