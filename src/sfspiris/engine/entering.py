"""Enters customers and articles in the ledger's registers, and knows what a document of this plan can refer to then."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import (
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    ExistingCustomer,
    UpdateCustomer,
    UpdateDraft,
    article_key,
)
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.identity import customer_note, payload_hash
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.outcome import Outcome
from sfspiris.core.planning.updates import base_of
from sfspiris.sentences import say
from sfspiris.state.journal import IntentKind, NewIntent
from sfspiris.state.links import CustomerLink

if TYPE_CHECKING:
    from sfspiris.core.model import Draft
    from sfspiris.engine.work import Steps, Work

_TAX_FIELDS: Final = frozenset({"vat_number", "country"})
_NUMBER_TREATMENTS: Final = frozenset(
    {
        "EU_GOODS_IC",
        "EU_TRIANGULATION",
        "EU_SERVICES_RC",
        "SE_RC_CONSTRUCTION",
        "SE_RC_ELECTRONICS",
        "SE_RC_OTHER",
    }
)
"""Treatments without VAT whose condition is the buyer's VAT number."""


@dataclass(frozen=True, slots=True)
class _NotUpdated:
    """A customer that could not be updated: why, and which fields it does not have."""

    hold: Hold
    fields: frozenset[str]

    def concerns(self, draft: Draft) -> bool:
        """Whether the draft's VAT was foretold for another customer than the ledger now has, or rests on a doubtful number."""
        if self.fields & _TAX_FIELDS:
            return True
        doubtful = self.hold.code in {HoldCode.VIES_REFUSED, HoldCode.VIES_UNAVAILABLE}
        return doubtful and any(row.treatment in _NUMBER_TREATMENTS for row in draft.rows)


class Entering:
    """Makes and updates customers and articles, and remembers for the documents after them what came of it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._customers: dict[tuple[str, str], str | Hold] = {}  # what became of each CreateCustomer
        self._articles: dict[tuple[str, str], str | Hold] = {}  # what became of each CreateArticle
        self._not_updated: dict[tuple[str, str], _NotUpdated] = {}  # customers whose update failed

    # --- customers -------------------------------------------------------------------------------------------------

    def create_customer(self, action: CreateCustomer) -> Steps[None]:
        """Make a customer."""
        ledger = self._work.world.ledgers[action.company]
        intent = self._work.record(
            NewIntent(
                kind=IntentKind.CREATE_CUSTOMER,
                company=action.company,
                subject=action.key,
                deal_id=action.deal_id,
                payload_hash=payload_hash([action.key, action.customer.name, action.customer.currency]),
                correlation_id=action.correlation_id,
                marker=action.customer.note,
                basis=action.basis,
            )
        )
        made = yield from self._work.send(
            action, intent, lambda: ledger.create_customer(action.customer, terms_id=action.terms_id)
        )
        key = (action.company, action.key)
        if isinstance(made, Hold):
            self._customers[key] = made
            return
        intent, customer = made
        link = CustomerLink(
            action.company,
            action.buyer_id,
            customer.id,
            customer.number,
            "created",
            self._work.now(),
            action.customer.currency,
        )
        base = base_of(
            action.customer, company=action.company, customer_id=customer.id, buyer_id=action.buyer_id
        )
        self._work.world.state.confirm_customer(
            intent, link, at=self._work.now(), run_id=self._work.world.run_id, base=base
        )
        self._customers[key] = customer.id
        self._work.note(action, Outcome.DONE, customer.id)

    def update_customer(self, action: UpdateCustomer) -> Steps[None]:
        """Write the fields; a refusal is told and tried again in the next run, and the Deal's draft is made all the same."""
        world, ledger = self._work.world, self._work.world.ledgers[action.company]
        prints = {name: one.ours for name, one in action.base.fields.items()}
        intent = self._work.record(
            NewIntent(
                kind=IntentKind.UPDATE_CUSTOMER,
                company=action.company,
                subject=action.customer_id,
                deal_id=action.deal_id,
                payload_hash=payload_hash([action.customer_id, prints]),
                correlation_id=action.correlation_id,
                marker=customer_note(action.buyer_id, world.policy.org_tag),
                customer_id=action.customer_id,
                wrote=json.dumps({one.field: prints.get(one.field, "") for one in action.wanted}),
            )
        )
        written = yield from self._work.send(
            action, intent, lambda: ledger.update_customer(action.customer_id, action.wanted)
        )
        if isinstance(written, Hold):
            fields = frozenset(one.field for one in action.wanted)
            self._not_updated[action.company, action.customer_id] = _NotUpdated(written, fields)
            self._work.warn(
                Warn(
                    WarningCode.CUSTOMER_NOT_UPDATED,
                    say(
                        "Customer %(number)s %(name)s could not be updated: %(message)s %(fix)s "
                        "It is tried again in the next run.",
                        number=action.number,
                        name=action.name,
                        message=written.message,
                        fix=written.fix,
                    ),
                    action.deal_id,
                )
            )
            return
        world.state.confirm_update(written[0], action.base, at=self._work.now(), run_id=world.run_id)
        self._work.note(action, Outcome.DONE, action.customer_id)

    def customer_id(self, action: CreateDraft | UpdateDraft) -> str | Hold:
        """The ledger's id of the customer, or the hold of one that could not be made or brought up to date."""
        match action.customer:
            case ExistingCustomer(id=found):
                failed = self._not_updated.get((action.company, found))
                return failed.hold if failed is not None and failed.concerns(action.draft) else found
            case new:
                return self._customers[action.company, new.key]

    # --- articles --------------------------------------------------------------------------------------------------

    def create_article(self, action: CreateArticle) -> Steps[None]:
        """Make an article."""
        ledger, article = self._work.world.ledgers[action.company], action.article
        intent = self._work.record(
            NewIntent(
                kind=IntentKind.CREATE_ARTICLE,
                company=action.company,
                subject=action.key,
                deal_id=action.deal_id,
                payload_hash=payload_hash([article.number, article.name, article.coding.id, article.unit.id]),
                correlation_id=action.correlation_id,
                marker=article.number,
            )
        )
        made = yield from self._work.send(action, intent, lambda: ledger.create_article(article))
        key = (action.company, action.key)
        if isinstance(made, Hold):
            self._articles[key] = made
            return
        intent, created = made
        self._work.world.state.journal.move(
            intent,
            IntentEvent.CONFIRM,
            at=self._work.now(),
            run_id=self._work.world.run_id,
            remote_id=created.id,
        )
        self._articles[key] = created.id
        self._work.note(action, Outcome.DONE, created.id)

    def with_articles(self, action: CreateDraft | UpdateDraft) -> Draft | Hold:
        """The draft with the ids of articles that this run has made, or the hold of one that could not be made."""
        rows = []
        for row in action.draft.rows:
            if row.is_text or row.article_id is not None:
                rows.append(row)
                continue
            made = self._articles[action.company, article_key(row.article_number)]
            if isinstance(made, Hold):
                return made
            rows.append(replace(row, article_id=made))
        return replace(action.draft, rows=tuple(rows))
