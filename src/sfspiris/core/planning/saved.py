"""A plan that was saved, held against today's: what may be carried out as it was approved, and what has moved since.

A saved plan is no list of orders. It says what was seen and approved; today's plan for the same Deals is made from today's
data, and only the actions that are still the same in both are carried out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from sfspiris.core.actions import (
    Action,
    Adopt,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    ExistingCustomer,
    NewCustomer,
    UpdateCustomer,
    UpdateDraft,
    WriteDeal,
    kind,
)
from sfspiris.core.changes import changes
from sfspiris.core.identity import action_id, field_print, print_of
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sfspiris.core.actions import Plan
    from sfspiris.core.model import Customer
    from sfspiris.core.policy import Policy
    from sfspiris.sentences import Sentence

_FIELDS_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class SavedItem:
    """One action as it is recognised again.

    `intent` is the print of all that it would write, `content` that of what its Deal sold, `rests_on` that of the ledger's
    facts under it. `fields` has a print for each field that it would write, so short that no value can be told from it.
    """

    id: str
    kind: str
    deal_id: str
    company: str | None
    intent: str
    content: str | None
    rests_on: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What must be the same for a plan to be carried out: org, companies (orgnr by key), rules, and each action.

    `asked` and `fresh` say how the Deals were looked at: also those that the ledger had refused, and with every register
    read again.
    """

    org: str
    companies: Mapping[str, str]
    rules: str
    asked: bool
    fresh: bool
    deals: tuple[str, ...]
    items: tuple[SavedItem, ...]

    def of(self, companies: Collection[str]) -> SavedPlan:
        """The part of the plan that concerns these companies; all of it when none is named."""
        if not companies:
            return self
        items = tuple(one for one in self.items if one.company in companies)
        deals = {one.deal_id for one in items}
        return replace(self, items=items, deals=tuple(one for one in self.deals if one in deals))


@dataclass(frozen=True, slots=True)
class Stale:
    """An action of a saved plan that is not carried out, and the sentence that says why."""

    deal_id: str
    kind: str
    why: Sentence


@dataclass(frozen=True, slots=True)
class Weighed:
    """`plan` is what is still the same; `stale` what has moved; `left` the Deals that a later push must look at again."""

    plan: Plan
    stale: tuple[Stale, ...]
    left: frozenset[str]


def save(
    actions: Iterable[Action],
    held: Iterable[str],
    policy: Policy,
    *,
    made: Mapping[tuple[str, str], str],
    asked: bool,
    fresh: bool,
) -> SavedPlan:
    """The plan as it is recognised again. `held` are its held Deals; `made` the customers that we made, by company and key."""
    items = tuple(_item(one, made) for one in actions)
    return SavedPlan(
        org=policy.org_tag,
        companies={key: one.orgnr for key, one in sorted(policy.companies.items())},
        rules=rules_print(policy),
        asked=asked,
        fresh=fresh,
        deals=tuple(sorted({one.deal_id for one in items} | set(held))),
        items=items,
    )


def rules_print(policy: Policy) -> str:
    """A print of the configuration as far as it decides what deals become; what the CRM has fields for is left out."""
    nothing: frozenset[str] = frozenset()
    return print_of(
        replace(policy, crm_fields={}, sync_fields=nothing, invoice_fields=nothing, account_fields=nothing)
    )


def weigh(
    saved: SavedPlan, plan: Plan, *, made: Mapping[tuple[str, str], str], won: Collection[str]
) -> Weighed:
    """Today's plan for the saved plan's Deals, reduced to what was saved and is still the same.

    `won` are the Deals that can be invoiced today. A Deal that an earlier run has finished is no item any more. A customer
    is made only for a draft that is made, and a draft only with its customer.
    """
    scale = _Scale(plan, made, won)
    for item in saved.items:
        if item.kind in _NEEDED:
            scale.weigh_needed(item)
    for item in saved.items:
        if item.kind in _DOCUMENTS:
            scale.weigh_document(item)
        elif item.kind == "update_customer":
            scale.weigh_update(item)
    for item in saved.items:
        if item.kind == "write_deal":
            scale.weigh_status(item)
    return scale.weighed()


_DOCUMENTS: Final = frozenset({"create_draft", "update_draft", "create_order", "update_order", "adopt"})
_NEEDED: Final = frozenset({"create_customer", "create_article"})
"""What is made only because a draft needs it."""


class _Scale:
    def __init__(self, plan: Plan, made: Mapping[tuple[str, str], str], won: Collection[str]) -> None:
        self._plan = plan
        self._made = made
        self._won = won
        self._actions = {one.id: one for one in plan.actions}
        self._today = {one.id: _item(one, made) for one in plan.actions}
        self._codes = {hold.deal_id: hold.code for hold in reversed(plan.holds)}
        self._makable: set[str] = set()  # ids of the customers and articles that are as saved
        self._kept: set[str] = set()
        self._settled: set[str] = set()  # Deals whose document is as saved, or made already
        self._stale: dict[str, Stale] = {}
        self._moved: set[str] = set()  # Deals with a document that has moved

    def weigh_needed(self, item: SavedItem) -> None:
        """Whether the customer or article would be made as planned; the drafts that need it tell when not."""
        now = self._today.get(item.id)
        if now is not None and now.intent == item.intent:
            self._makable.add(item.id)

    def weigh_document(self, item: SavedItem) -> None:
        """Whether the draft would be made, changed or taken over as planned, or has been already."""
        now = self._today.get(item.id)
        if now is None and item.deal_id in self._plan.unchanged:
            self._settled.add(item.deal_id)
        elif now is None or now.intent != item.intent:
            self._refuse(item, self._why(item, now))
        elif not self._needs(item.id) <= self._makable:
            self._refuse(item, say("Its customer or an article would not be made as planned any more."))
        else:
            self._kept |= {item.id, *self._needs(item.id)}
            self._settled.add(item.deal_id)

    def weigh_update(self, item: SavedItem) -> None:
        """Whether the customer would be changed as planned. Without a difference left there is nothing to do."""
        now = self._today.get(item.id)
        if now is not None and now.intent == item.intent:
            self._kept.add(item.id)
        elif now is not None:
            self._refuse(item, self._why(item, now))

    def weigh_status(self, item: SavedItem) -> None:
        """What the CRM is told follows the document; where there is none it must be what was planned."""
        now = self._today.get(item.id)
        if now is None or item.deal_id in self._moved:
            return
        if item.deal_id in self._settled or now.intent == item.intent:
            self._kept.add(item.id)
        else:
            self._refuse(item, say("What Salesforce would be told about it has changed."))

    def weighed(self) -> Weighed:
        kept = tuple(
            one for one in self._plan.actions if one.id in self._kept or self._tells_what_is_made(one)
        )
        deals = {one.deal_id for one in kept} | set(self._plan.unchanged) | self._plan.held_deals
        planned = {one.deal_id for one in self._plan.actions if kind(one) in _DOCUMENTS}
        left = frozenset(planned - self._settled - self._plan.held_deals)
        warnings = tuple(one for one in self._plan.warnings if one.deal_id is None or one.deal_id in deals)
        return Weighed(
            replace(self._plan, actions=kept, warnings=warnings), tuple(self._stale.values()), left
        )

    def _tells_what_is_made(self, action: Action) -> bool:
        return isinstance(action, WriteDeal) and action.deal_id in self._settled

    def _refuse(self, item: SavedItem, why: Sentence) -> None:
        self._stale[item.id] = Stale(item.deal_id, item.kind, why)
        if item.kind in _DOCUMENTS:
            self._moved.add(item.deal_id)

    def _needs(self, action: str) -> set[str]:
        """The ids of the creations that this action cannot do without."""
        draft = self._actions[action]
        if not isinstance(draft, CreateDraft | UpdateDraft):
            return set()
        made = {
            action_id("create_article", draft.company, row.article_number.casefold())
            for row in draft.draft.rows
            if row.article_number is not None and row.article_id is None
        }
        if isinstance(draft.customer, NewCustomer):
            made.add(action_id("create_customer", draft.company, draft.customer.key))
        return made

    def _why(self, item: SavedItem, now: SavedItem | None) -> Sentence:
        if item.deal_id not in self._won:
            return say("The deal is not won any more, or the integration user may not see it.")
        if item.deal_id in self._codes:
            return say("The deal is held now (%(code)s).", code=self._codes[item.deal_id])
        if now is None:
            return say("Today's plan does not contain it any more.")
        names = [
            name for name in {**item.fields, **now.fields} if item.fields.get(name) != now.fields.get(name)
        ]
        if names:
            some: str = ", ".join(names[:_FIELDS_NAMED])
            if len(names) > _FIELDS_NAMED:
                some = say("%(some)s and %(count)s more", some=some, count=len(names) - _FIELDS_NAMED)
            return say("Not as in the plan any more: %(fields)s.", fields=some)
        if item.rests_on != now.rests_on:
            return say(
                "The customer, an article, the payment terms or the draft itself is another one in Spiris now."
            )
        return say("The deal has changed in Salesforce.")


# --- one action as it is recognised --------------------------------------------------------------------------------


def _item(action: Action, made: Mapping[tuple[str, str], str]) -> SavedItem:
    known = {(company, number): key for (company, key), number in made.items()}
    intent, rests_on = _prints(action, known)
    company = action.company or ""
    return SavedItem(
        id=action.id,
        kind=kind(action),
        deal_id=action.deal_id,
        company=action.company,
        intent=intent,
        content=action.content if isinstance(action, CreateDraft | UpdateDraft | Adopt) else None,
        rests_on=rests_on,
        fields={
            one.field: field_print(company, action.id, one.field, one.after or "")
            for one in ([] if isinstance(action, WriteDeal) else changes(action))
        },
    )


def _prints(  # noqa: PLR0911 - one for each kind
    action: Action, known: Mapping[tuple[str, str], str]
) -> tuple[str, str]:
    """The print of what the action writes, and that of the ledger's facts that it rests on.

    Neither holds anything that differs between two runs which intend the same, nor a number that may be a person's.
    """
    match action:
        case CreateCustomer():
            customer = _without_numbers(action.company, action.key, action.customer)
            return print_of(action.key, customer, action.terms_id), print_of(action.terms_id)
        case CreateArticle():
            return print_of(action.article), print_of()
        case UpdateCustomer():
            shown = [(one.field, one.before, one.after) for one in changes(action)]
            return print_of(action.customer_id, shown), print_of(
                action.customer_id, [before for _, before, _ in shown]
            )
        case CreateDraft():
            facts = (
                _buyer(action, known),
                action.draft.terms_id,
                [row.article_id for row in action.draft.rows],
            )
            return _draft_print(action, facts), print_of(facts)
        case UpdateDraft():
            rows = [row.article_id for row in action.draft.rows]
            under = (_buyer(action, known), action.draft.terms_id, rows, action.draft_id, action.stood)
            return _draft_print(action, under), print_of(under)
        case DeleteDraft():
            return print_of(action.revision, action.marker, action.draft_id), print_of(
                action.draft_id, action.stood
            )
        case Adopt():
            number = action.invoice.number if action.invoice else None
            found = (action.draft_id, number, action.customer_id, action.net, action.currency)
            return print_of(action.revision, action.marker, action.content, found), print_of(found)
        case WriteDeal():
            return print_of(action.after, action.answers_retry), print_of()
    assert_never(action)


def _draft_print(action: CreateDraft | UpdateDraft, facts: tuple[object, ...]) -> str:
    return print_of(
        action.revision,
        action.buyer_id,
        action.customer_name,
        action.draft,
        action.net,
        action.content,
        facts,
    )


def _buyer(action: CreateDraft | UpdateDraft, known: Mapping[tuple[str, str], str]) -> tuple[str, str]:
    """Who is invoiced: a customer that we make, or made when an earlier attempt was cut short, by its key."""
    if isinstance(action.customer, ExistingCustomer):
        key = known.get((action.company, action.customer.id))
        return ("made", key) if key else ("existing", action.customer.id)
    return "made", action.customer.key


def _without_numbers(company: str, key: str, customer: Customer) -> Customer:
    """The customer with nothing but the shortest print of numbers that are a person's."""
    if not customer.is_personal:
        return customer
    return replace(
        customer,
        orgnr=field_print(company, key, "orgnr", customer.orgnr or ""),
        vat_number=field_print(company, key, "vat_number", customer.vat_number or ""),
    )
