"""Keeps the customers of a plan in step with their accounts, each at most once, and tells what a person should know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfspiris.core.actions import UpdateCustomer
from sfspiris.core.holds import WarningCode
from sfspiris.core.planning.buyers import screen_buyer
from sfspiris.core.planning.findings import Findings
from sfspiris.core.planning.updates import meet, with_changes
from sfspiris.core.policy import Owner
from sfspiris.sentences import joined, say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sfspiris.core.actions import Change
    from sfspiris.core.model import (
        Customer,
        CustomerBase,
        Deal,
        DealLink,
        LedgerCustomer,
        LedgerView,
    )
    from sfspiris.core.planning.updates import Meeting
    from sfspiris.core.policy import Policy


def account_of(deal: Deal, link: DealLink, policy: Policy, *, today: date) -> Customer | None:
    """The account of a Deal that is in the ledger already, as its customer should be; None when a rule stops it.

    What is wrong with the account then is told when it is next to be invoiced. `today` is a Swedish day.
    """
    company = policy.companies.get(link.company)
    if company is None or deal.buyer is None:
        return None
    found = Findings(deal, policy, company)
    return screen_buyer(deal.buyer, company, link.currency, found, today=today)[0]


@dataclass(slots=True)
class CustomerCare:
    """Remembers which customers the plan has looked at; `remembered` is what was seen and needs no write."""

    ledgers: Mapping[str, LedgerView]
    bases: Mapping[tuple[str, str], CustomerBase]
    remembered: list[CustomerBase] = field(default_factory=list)
    met: set[tuple[str, str]] = field(default_factory=set)
    planned: dict[tuple[str, str], tuple[Change, ...]] = field(default_factory=dict)

    def expected(self, customer: Customer, customer_id: str, found: Findings) -> LedgerCustomer | None:
        """The customer as the ledger will have it when the plan's draft is made: VAT follows from that, not from today's.

        That is as it stands, with the fields of the update that the plan holds already or that `update` would add.
        """
        company, buyer = found.company, found.deal.buyer
        if company is None or buyer is None:
            return None
        key = (company.key, customer_id)
        standing = self._known(*key)
        if standing is None:
            return None
        if key in self.met:
            return with_changes(standing, self.planned.get(key, ()))
        known = self.bases.get(key)
        if not standing.is_active or (known is not None and known.buyer_id != buyer.id):
            return standing
        return with_changes(standing, meet(customer, standing, known, company, buyer.id).wanted)

    def update(
        self, customer: Customer, customer_id: str, found: Findings, correlation: str
    ) -> UpdateCustomer | None:
        """The update that the customer needs, or None; a customer that another account speaks for is left alone."""
        company, buyer = found.company, found.deal.buyer
        if company is None or buyer is None:
            return None
        key = (company.key, customer_id)
        known = self.bases.get(key)
        standing = self._standing(*key)
        if standing is None or key in self.met or (known is not None and known.buyer_id != buyer.id):
            return None
        self.met.add(key)
        meeting = meet(customer, standing, known, company, buyer.id)
        _tell(meeting, standing, found)
        if not meeting.wanted:
            if meeting.base.fields:
                self.remembered.append(meeting.base)
            return None
        self.planned[key] = meeting.wanted
        return UpdateCustomer(
            company=company.key,
            customer_id=customer_id,
            number=standing.number,
            name=text.one_line(standing.name),
            buyer_id=buyer.id,
            deal_id=found.deal.id,
            deal_name=text.one_line(found.deal.name),
            correlation_id=correlation,
            wanted=meeting.wanted,
            base=meeting.base,
        )

    def _standing(self, company: str, customer_id: str) -> LedgerCustomer | None:
        """The customer as the ledger has it, unless finance has closed it."""
        known = self._known(company, customer_id)
        return known if known is not None and known.is_active else None

    def _known(self, company: str, customer_id: str) -> LedgerCustomer | None:
        view = self.ledgers.get(company)
        return next((one for one in view.customers if one.id == customer_id), None) if view else None


def _tell(meeting: Meeting, standing: LedgerCustomer, found: Findings) -> None:
    ledger = found.company.ledger if found.company else say("the ledger")
    shown = f"{standing.number} {text.one_line(standing.name)}"
    apart = [
        one for one in meeting.differs if one.field != "name"
    ]  # matching tells of another name in every run
    if apart:
        fields = joined(
            (
                say(
                    "%(field)s: %(ours)s, %(ledger)s %(theirs)s",
                    field=found.crm_field(one.field),
                    ours=_said(one.after),
                    ledger=ledger,
                    theirs=_said(one.before),
                )
                for one in apart
            ),
            "; ",
        )
        found.warn(
            WarningCode.CUSTOMER_DIFFERS,
            say(
                "Customer %(shown)s was made in %(ledger)s and differs from Salesforce (%(fields)s). %(ledger)s keeps what it has; "
                "what changes in Salesforce from now on is carried over.",
                shown=shown,
                ledger=ledger,
                fields=fields,
            ),
        )
    for one in meeting.losses:
        winner, loser = ("Salesforce", ledger) if one.kept_by is Owner.SALESFORCE else (ledger, "Salesforce")
        found.warn(
            WarningCode.CUSTOMER_CHANGED_TWICE,
            say(
                "%(field)s of customer %(shown)s was changed on both sides: %(winner)s says "
                "%(kept)s, which stands ([companies.%(company)s.ownership]); "
                "%(loser)s said %(lost)s.",
                field=found.crm_field(one.field),
                shown=shown,
                winner=winner,
                kept=_said(one.kept),
                company=found.company.key if found.company else "…",
                loser=loser,
                lost=_said(one.lost),
            ),
        )


def _said(value: str | None) -> str:
    return "“" + value.replace("\n", ", ") + "”" if value else say("nothing")
