"""Keeps the CRM's picture of invoices, and of what accounts owe, equal to the ledgers'."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import WriteAccount, WriteInvoice
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.mirroring import CustomerOf, MirrorInputs, decide_mirror
from sfspiris.core.receivables import values
from sfspiris.errors import Fatal, Retryable
from sfspiris.sentences import joined, say
from sfspiris.state.receivables import ACCOUNT, INVOICE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sfspiris.core.actions import Shown
    from sfspiris.core.model import DealLink, Invoice
    from sfspiris.core.receivables import Value
    from sfspiris.engine.execute import Carried
    from sfspiris.engine.world import World
    from sfspiris.sentences import Sentence

COMPLETE_AT_LEAST: Final = timedelta(hours=24)
"""How often all invoices are read although only some have moved: a payment need not move an invoice's time stamp."""
_AT_ONCE: Final = 200  # records per write: one call
_TAMPERED_SHOWN: Final = 5


def is_on(world: World) -> bool:
    """Whether the CRM has, and the operator wants, anything to show of what customers owe."""
    return bool(world.policy.invoice_fields or world.policy.account_fields)


def feed(company: str) -> str:
    """The cursor that tells when all of a company's invoices were last read."""
    return f"receivables:{company}"


def must_read_all(world: World, company: str) -> bool:
    """Whether a reading of what has moved since the last one is not enough any more."""
    if not is_on(world):
        return False
    last = world.state.cursors.get(feed(company))
    return last is None or world.clock.now() - last >= COMPLETE_AT_LEAST


def remember(
    world: World, company: str, invoices: Sequence[Invoice], *, complete: bool, read_at: datetime
) -> None:
    """Keep what was read of a company's invoices."""
    if not is_on(world):
        return
    world.state.receivables.keep(company, invoices, complete=complete)
    if complete:
        world.state.cursors.move(feed(company), read_at, at=world.clock.now())


def plan(
    world: World, companies: Iterable[str], links: Sequence[DealLink], *, full: bool
) -> tuple[tuple[Shown, ...], tuple[Warn, ...]]:
    """What to write to the CRM, and what was found changed there by others when `full` had it read."""
    if not is_on(world):
        return (), ()
    wanted = sorted(set(companies))
    state = world.state
    found = [
        CustomerOf(
            company,
            link.buyer_id if world.crm.is_account(link.buyer_id) else None,
            link.customer_id,
            link.number,
        )
        for company in wanted
        for link in state.links.all_customers(company)
    ]
    customers = list(dict.fromkeys(found))  # one customer may stand for deals in several currencies
    warnings = _look(world, customers) if full else ()
    inputs = MirrorInputs(
        invoices={company: state.receivables.of(company) for company in wanted},
        links=links,
        customers=customers,
        told_invoices=state.receivables.told(INVOICE),
        told_accounts=state.receivables.told(ACCOUNT),
        currencies={key: one.currency for key, one in world.policy.companies.items()},
        invoice_fields=world.policy.invoice_fields,
        account_fields=world.policy.account_fields,
        today=world.clock.today(),
    )
    return decide_mirror(inputs), warnings


def carry_out(world: World, actions: Sequence[Shown], carried: Carried) -> None:
    """Write them, many in a call; one that cannot be saved does not stop the rest, and is tried again by the next run."""
    invoices = [one for one in actions if isinstance(one, WriteInvoice)]
    accounts = [one for one in actions if isinstance(one, WriteAccount)]
    refused: Counter[str] = Counter()
    at_once = world.crm.invoices_at_once(len(invoices))
    for start in range(0, len(invoices), at_once):
        _write(world, invoices[start : start + at_once], INVOICE, carried, refused)
    for start in range(0, len(accounts), _AT_ONCE):
        _write(world, accounts[start : start + _AT_ONCE], ACCOUNT, carried, refused)
    carried.warnings += [
        Warn(
            WarningCode.WRITE_BACK_FAILED,
            say(
                "Salesforce did not save %(count)s of the invoices and accounts: %(error)s. They are tried again in the next run.",
                count=count,
                error=error.rstrip("."),
            ),
        )
        for error, count in sorted(refused.items())
    ]


def _write(
    world: World, actions: Sequence[Shown], kind: str, carried: Carried, refused: Counter[str]
) -> None:
    if carried.stopped is not None:
        carried.results += [ActionResult(one, Outcome.SKIPPED) for one in actions]
        return
    try:
        if kind == INVOICE:
            results = world.crm.write_invoices(
                [one.record for one in actions if isinstance(one, WriteInvoice)]
            )
        else:
            results = world.crm.write_accounts(
                [one.summary for one in actions if isinstance(one, WriteAccount)]
            )
    except (Retryable, Fatal) as error:
        carried.stopped = error
        carried.results += [ActionResult(one, Outcome.UNKNOWN) for one in actions]
        return
    told: dict[str, Mapping[str, Value]] = {}
    for action, result in zip(actions, results, strict=True):
        if result.error is None:
            shown = action.record if isinstance(action, WriteInvoice) else action.summary
            told[result.deal_id] = values(shown)
            carried.results.append(ActionResult(action, Outcome.DONE, result.deal_id))
        else:
            refused[result.error] += 1
            carried.results.append(ActionResult(action, Outcome.FAILED, result.deal_id))
    world.state.receivables.note_told(kind, told, at=world.clock.now(), run_id=world.run_id)


def _look(world: World, customers: Sequence[CustomerOf]) -> tuple[Warn, ...]:
    """Read what the CRM really shows and go by that from now on; what others changed there is told."""
    found: list[Sentence] = []
    looks: list[tuple[str, Mapping[str, Mapping[str, Value]], frozenset[str]]] = []
    if world.policy.invoice_fields:
        looks.append((INVOICE, world.crm.read_invoices(), world.policy.invoice_fields))
    accounts = sorted({one.account for one in customers if one.account is not None})
    if world.policy.account_fields:
        looks.append((ACCOUNT, world.crm.read_accounts(accounts), world.policy.account_fields))
    for kind, shown, names in looks:
        told = world.state.receivables.told(kind)
        if kind == ACCOUNT:  # only those that were asked for
            told = {key: said for key, said in told.items() if key in accounts}
        for key, said in told.items():
            now = shown.get(key)
            if now is None:
                found.append(say("%(record)s is gone", record=f"{kind} {key}"))
                continue
            changed = sorted(name for name in names & said.keys() if now.get(name) != said[name])
            if changed:
                found.append(joined((kind, f"{key}:", ", ".join(changed))))
        world.state.receivables.forget_told(kind, told.keys() - shown.keys())
        world.state.receivables.note_told(
            kind,
            {key: _as_told(said, names, told.get(key)) for key, said in shown.items()},
            at=world.clock.now(),
        )
    if not found:
        return ()
    some = found[:_TAMPERED_SHOWN]
    what = joined(some, "; ")
    if len(found) > len(some):
        what = say("%(some)s, and %(count)s more", some=what, count=len(found) - len(some))
    return (
        Warn(
            WarningCode.MIRROR_RESTORED,
            say(
                "Somebody else changed in Salesforce what only sfspiris writes: %(what)s. "
                "It is written again as the ledger has it.",
                what=what,
            ),
        ),
    )


def _as_told(
    said: Mapping[str, Value], names: frozenset[str], told: Mapping[str, Value] | None
) -> Mapping[str, Value]:
    """What the CRM says of the fields it has; of the others, what was told about them."""
    return {**(told or {}), **{name: said.get(name) for name in names}}
