"""Finds the customer that a Deal's buyer already is, by the steps that the company chose (`[companies.….match] steps`).

The first step that finds anybody who is invoiced in the Deal's currency decides. Two that are equally right are a hold,
never "the first one wins"; a customer that was deactivated because of a twin does not count beside the active one.
What we made ourselves is known by our note on it and by the journal, when nothing else tells.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.actions import ExistingCustomer
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.identity import customer_note
from sfspiris.core.policy import MatchStep
from sfspiris.sentences import say
from sfspiris.swedish import personal_shape, text
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sfspiris.core.model import Customer, LedgerCustomer
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.screening import Screened

    _Step = tuple[
        str, str | None, Callable[[LedgerCustomer], bool]
    ]  # evidence, what is looked for, who has it

_ABOUT: Final = {
    "agreed key": "customer_key",
    "organisation number": "orgnr",
    "VAT number": "vat_number",
    "customer number": "customer_number",
    "e-mail address": "email",
}
"""What each step looks at, as our field."""


class Matched(Enum):
    """What came of the search when it is not a customer."""

    NOBODY = "nobody"
    HELD = "held"


def match_customer(
    screened: Screened,
    customers: Sequence[LedgerCustomer],
    found: Findings,
    *,
    linked: str | None = None,
    made: str | None = None,
    parted: Collection[str] = (),
) -> ExistingCustomer | Literal[Matched.NOBODY, Matched.HELD]:
    """The buyer's customer in the ledger, NOBODY when it must be made, or HELD when a person must look.

    `linked` is the customer id that an earlier run agreed on, `made` the one that an earlier run made, `parted` are those of
    which a person said that the buyer is not them.
    """
    wanted = screened.customer
    notes = _notes(screened, found.policy.org_tag)
    key = text.one_line((screened.deal.buyer.customer_key if screened.deal.buyer else None) or "")
    is_keyed = bool(key) and any(_has_key(one, key) for one in customers)
    known: dict[MatchStep, _Step] = {
        # An account may have a customer for each department: its link is only right where no other carries the key.
        MatchStep.LINK: (
            say("link"),
            linked,
            lambda one: one.id == linked and (not is_keyed or _has_key(one, key)),
        ),
        MatchStep.KEY: (say("agreed key"), key, lambda one: _has_key(one, key)),
        MatchStep.ORGNR: (
            say("organisation number"),
            wanted.orgnr,
            lambda one: same_orgnr(one.orgnr, wanted.orgnr),
        ),
        MatchStep.VAT_NUMBER: (
            say("VAT number"),
            wanted.vat_number,
            lambda one: compact(one.vat_number) == compact(wanted.vat_number),
        ),
        MatchStep.CUSTOMER_NUMBER: (
            say("customer number"),
            screened.customer_number,
            lambda one: one.number.strip() == screened.customer_number,
        ),
        MatchStep.EMAIL: (
            say("e-mail address"),
            wanted.email,
            lambda one: (one.email or "").strip().casefold() == (wanted.email or "").casefold(),
        ),
    }
    steps: list[_Step] = [
        *(known[step] for step in screened.company.match_steps),
        (
            say("note"),
            " ".join(notes),
            lambda one: not notes.isdisjoint((one.note or "").split()),
        ),
        (say("journal"), made, lambda one: one.id == made),
    ]
    misfit: tuple[LedgerCustomer, str] | None = None
    closed: tuple[LedgerCustomer, str] | None = None
    for evidence, value, agrees in steps:
        if not value:
            continue
        hits = [one for one in customers if agrees(one)]
        active = [one for one in hits if one.is_active]
        fitting = [one for one in active if not one.currency or one.currency == screened.currency]
        if len(fitting) > 1 or (not active and len(hits) > 1):
            _hold_ambiguous(screened, fitting or hits, evidence, found)
            return Matched.HELD
        if active and not fitting:
            misfit = misfit or (active[0], evidence)
            of_currency = [one for one in hits if not one.is_active and one.currency == screened.currency]
            closed = closed or ((of_currency[0], evidence) if of_currency else None)
        elif hits:
            hit = (fitting or hits)[0]
            if hit.id in parted:
                _hold_parted(screened, hit, evidence, found)
                return Matched.HELD
            return _checked(screened, hit, evidence, found)
    if misfit is None:
        return Matched.NOBODY
    if screened.company.customer_per_currency and _may_be(misfit[0], wanted):
        return _checked(screened, *closed, found) if closed else Matched.NOBODY
    return _checked(screened, *misfit, found)


def _notes(screened: Screened, tag: str) -> frozenset[str]:
    """The words by which we know a customer that we made for this buyer, for Deals in this currency or in any."""
    buyer = screened.deal.buyer
    if buyer is None:
        return frozenset()
    return frozenset({customer_note(buyer.id, tag), customer_note(buyer.id, tag, screened.currency)})


def _may_be(hit: LedgerCustomer, wanted: Customer) -> bool:
    """Whether nothing contradicts that they are one buyer."""
    return not (wanted.orgnr and hit.orgnr) or same_orgnr(hit.orgnr, wanted.orgnr)


def same_orgnr(one: str | None, other: str | None) -> bool:
    """Whether two organisation numbers are the same digits, however they are written (12 digits, hyphen, spaces)."""
    return bool(one and other) and ten_digits(one or "") == ten_digits(other or "")


def _has_key(one: LedgerCustomer, key: str) -> bool:
    return key in (one.note or "").split()


def ten_digits(number: str) -> str:
    """The digits of an organisation number, however it is written; a century prefix is left out."""
    digits = "".join(one for one in number if one.isdigit())
    return digits[-10:] if len(digits) == 12 else digits  # noqa: PLR2004 - the authorities' form has a century prefix


def compact(number: str | None) -> str:
    """A VAT number in capitals, without spaces and marks; empty when there is none."""
    return "".join(one for one in (number or "").upper() if one.isalnum())


def _hold_ambiguous(
    screened: Screened, hits: Sequence[LedgerCustomer], evidence: str, found: Findings
) -> None:
    candidates = "; ".join(_candidate(one) for one in sorted(hits, key=lambda one: one.number))
    about = _ABOUT.get(evidence)
    found.hold(
        HoldCode.CUSTOMER_AMBIGUOUS,
        say(
            "%(count)s customers in %(ledger)s share the %(evidence)s of %(name)s: %(candidates)s.",
            count=len(hits),
            ledger=screened.company.ledger,
            evidence=evidence,
            name=screened.customer.name,
            candidates=candidates,
        ),
        say(
            "Deactivate the one in %(ledger)s that should not be used, then run again.",
            ledger=screened.company.ledger,
        ),
        about=about,
        value=_looked_for(screened, about),
    )


def _hold_parted(screened: Screened, hit: LedgerCustomer, evidence: str, found: Findings) -> None:
    buyer_id = screened.deal.buyer.id if screened.deal.buyer else ""
    about = _ABOUT.get(evidence)
    found.hold(
        HoldCode.CUSTOMER_AMBIGUOUS,
        say(
            "The %(evidence)s of %(customer)s leads to customer %(number)s %(name)s, but somebody said with `match unlink` "
            "that the account is another customer.",
            evidence=evidence,
            customer=screened.customer.name,
            number=hit.number,
            name=text.one_line(hit.name),
        ),
        say(
            "Say which one it is: `sfspiris match link %(buyer)s NUMBER`; or correct what leads to %(number)s.",
            buyer=buyer_id,
            number=hit.number,
        ),
        about=about,
        value=_looked_for(screened, about),
    )


def _candidate(one: LedgerCustomer) -> str:
    """Number, name and organisation number; a person's is masked."""
    number = text.one_line(one.orgnr or "")
    shown = PERSONAL_ID if personal_shape.in_text(text.identifier(number)) else number
    return f"{one.number} {text.one_line(one.name)}" + (f" ({shown})" if shown else "")


def _looked_for(screened: Screened, about: str | None) -> str | None:
    if about is None:  # found by our own memory, which is no field of the account
        return None
    if about in {"orgnr", "vat_number"}:
        value = screened.customer.orgnr if about == "orgnr" else screened.customer.vat_number
        return PERSONAL_ID if screened.customer.is_personal else value
    if about == "email":
        return screened.customer.email
    buyer = screened.deal.buyer
    return buyer.customer_key if buyer and about == "customer_key" else screened.customer_number


def _checked(
    screened: Screened, hit: LedgerCustomer, evidence: str, found: Findings
) -> ExistingCustomer | Literal[Matched.HELD]:
    wanted, ledger = screened.customer, screened.company.ledger
    shown = f"{hit.number} {text.one_line(hit.name)}"
    if not _may_be(hit, wanted):
        found.hold(
            HoldCode.CUSTOMER_AMBIGUOUS,
            say(
                "Customer %(shown)s was found by its %(evidence)s, but %(ledger)s and Salesforce have different organisation "
                "numbers for it.",
                shown=shown,
                evidence=evidence,
                ledger=ledger,
            ),
            say("Find out which is right and correct the other; then run again."),
            about="orgnr",
        )
        return Matched.HELD
    if not hit.is_active:
        about = _ABOUT.get(evidence)
        found.hold(
            HoldCode.CUSTOMER_INACTIVE,
            say(
                "Customer %(shown)s, found by its %(evidence)s, is inactive in %(ledger)s.",
                shown=shown,
                evidence=evidence,
                ledger=ledger,
            ),
            say("Activate the customer in %(ledger)s, or correct the account in Salesforce.", ledger=ledger),
            about=about,
            value=_looked_for(screened, about),
        )
        return Matched.HELD
    if hit.currency and hit.currency != screened.currency:
        found.hold(
            HoldCode.CURRENCY_MISMATCH,
            say(
                "The deal is in %(currency)s, but customer %(shown)s is invoiced in %(other)s; "
                "in %(ledger)s the customer decides the currency.",
                currency=screened.currency,
                shown=shown,
                other=hit.currency,
                ledger=ledger,
            ),
            say(
                "Create a second customer for %(currency)s in %(ledger)s and give the account its customer number, "
                'let it be made ([companies.%(company)s.customers] per_currency = "create"), '
                "or change the deal's currency.",
                currency=screened.currency,
                ledger=ledger,
                company=screened.company.key,
            ),
            about="currency",
            value=screened.currency,
        )
        return Matched.HELD
    if text.one_line(hit.name).casefold() != wanted.name.casefold():
        found.warn(
            WarningCode.CUSTOMER_NAME_DIFFERS,
            say(
                "Customer %(shown)s in %(ledger)s was found by its %(evidence)s; Salesforce calls it %(name)s.",
                shown=shown,
                ledger=ledger,
                evidence=evidence,
                name=wanted.name,
            ),
        )
    return ExistingCustomer(hit.id, hit.number, text.one_line(hit.name), evidence)
