"""Keeps the CRM's picture of invoices, and of what accounts owe, equal to the ledgers'."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import WriteAccount, WriteInvoice
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.planning.mirroring import (
    CustomerOf,
    MirrorInputs,
    Moved,
    decide_mirror,
    overwritten,
    restored,
)
from sfspiris.core.receivables import company_of, values
from sfspiris.errors import Fatal, Retryable
from sfspiris.sentences import say
from sfspiris.state.receivables import ACCOUNT, INVOICE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sfspiris.core.actions import Shown
    from sfspiris.core.model import DealLink, Invoice
    from sfspiris.core.planning.mirroring import Overwritten
    from sfspiris.core.receivables import Value
    from sfspiris.engine.execute import Carried
    from sfspiris.engine.world import World

COMPLETE_AT_LEAST: Final = timedelta(hours=24)
"""How often all invoices are read although only some have moved: a payment need not move an invoice's time stamp."""
_AT_ONCE: Final = 200  # records per write: one call
LOOK_OVERLAP: Final = timedelta(minutes=15)
"""How far each look at the CRM reads back behind the last one: a change can be committed minutes after the stamp it carries."""


def is_on(world: World) -> bool:
    """Whether the CRM has, and the operator wants, anything to show of what customers owe."""
    return bool(world.policy.invoice_fields or world.policy.account_fields)


def unshown(world: World) -> tuple[Warn, ...]:
    """What the CRM lacks to show all of what customers owe."""
    lacking = world.crm.missing_receivable_fields(
        invoices=world.policy.shows_invoices, accounts=world.policy.shows_accounts
    )
    if not lacking:
        return ()
    return (
        Warn(
            WarningCode.WRITE_BACK_UNAVAILABLE,
            say(
                "Salesforce has no %(fields)s that the integration user may write, so that is not shown there of invoices and "
                "accounts; `sfspiris salesforce fields --deploy` adds it. Everything else works.",
                fields=", ".join(lacking),
            ),
        ),
    )


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
    """What to write to the CRM, and what was found changed there by others; `full` looks at all that it shows."""
    if not is_on(world):
        return (), ()
    wanted = sorted(set(companies))
    if not wanted:
        return (), ()
    state = world.state
    customers = _customers(world, wanted)
    moved = _look(world, wanted, customers, full=full)
    inputs = _inputs(
        world,
        {company: state.receivables.of(company) for company in wanted},
        links,
        customers,
        told_invoices=state.receivables.told(INVOICE),
        told_accounts=state.receivables.told(ACCOUNT),
    )
    actions = decide_mirror(inputs)
    return actions, restored(moved, actions)


def compare(
    world: World, books: Mapping[str, Sequence[Invoice]], shown: Mapping[str, Mapping[str, Value]]
) -> tuple[tuple[Shown, ...], tuple[Overwritten, ...]]:
    """What to write so that the CRM shows these books, read in whole, and what of it somebody else has changed there.

    `shown` are the invoices as the CRM has them. Accounts that buy from a company whose books were not read are left out.
    """
    if not is_on(world):
        return (), ()
    state, customers = world.state, _customers(world, world.policy.companies)
    elsewhere = {one.account for one in customers if one.company not in books}
    told = {kind: state.receivables.told(kind) for kind in (INVOICE, ACCOUNT)}
    own = {one.account for one in customers if one.account is not None} - elsewhere
    seen = own & told[ACCOUNT].keys() if world.policy.account_fields else ()
    sums = world.crm.read_accounts(sorted(seen)) if seen else {}
    actions = decide_mirror(
        _inputs(
            world,
            books,
            list(state.links.latest().values()),
            customers,
            told_invoices={key: dict(said) for key, said in shown.items()},
            told_accounts={key: dict(said) for key, said in sums.items()},
        )
    )
    actions = tuple(
        one for one in actions if isinstance(one, WriteInvoice) or one.summary.account not in elsewhere
    )
    invoices = [one for one in actions if isinstance(one, WriteInvoice)]
    accounts = [one for one in actions if isinstance(one, WriteAccount) and one.summary.account in sums]
    found = (
        *overwritten(invoices, told[INVOICE], shown),
        *overwritten(accounts, told[ACCOUNT], sums),
    )
    return actions, found


def _inputs(
    world: World,
    invoices: Mapping[str, Sequence[Invoice]],
    links: Sequence[DealLink],
    customers: Sequence[CustomerOf],
    *,
    told_invoices: Mapping[str, dict[str, Value]],
    told_accounts: Mapping[str, dict[str, Value]],
) -> MirrorInputs:
    return MirrorInputs(
        invoices=invoices,
        links=links,
        customers=customers,
        told_invoices=told_invoices,
        told_accounts=told_accounts,
        currencies={key: one.currency for key, one in world.policy.companies.items()},
        invoice_fields=world.policy.invoice_fields,
        account_fields=world.policy.account_fields,
        today=world.clock.today(),
    )


def _customers(world: World, companies: Iterable[str]) -> list[CustomerOf]:
    """Each account and customer once; one customer may stand for deals in several currencies."""
    found = [
        CustomerOf(
            company,
            link.buyer_id if world.crm.is_account(link.buyer_id) else None,
            link.customer_id,
            link.number,
        )
        for company in companies
        for link in world.state.links.all_customers(company)
    ]
    return list(dict.fromkeys(found))


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


def _look(
    world: World, companies: Collection[str], customers: Sequence[CustomerOf], *, full: bool
) -> list[Moved]:
    """Read what the CRM really shows and go by that from now on; gives what it had been told otherwise.

    Ordinarily only what somebody has changed there since the last look, our own writes among it: a call for invoices and one
    for accounts. What leaves no trace, such as a record that is past the recycle bin, is found once a day, when all is read.
    """
    cursors, now = world.state.cursors, world.clock.now()
    looked = [(cursors.get(_looked(one)), cursors.get(_looked_at_all(one))) for one in companies]
    places = [
        lately
        for lately, at_all in looked
        if lately is not None and at_all is not None and now - at_all < COMPLETE_AT_LEAST
    ]
    since = None if full or len(places) < len(looked) else min(places) - LOOK_OVERLAP
    own = {one.account for one in customers if one.account is not None}
    known = {kind: world.state.receivables.told(kind) for kind in (INVOICE, ACCOUNT)}
    shown = world.crm.read_shown(changed_since=since, accounts=sorted(own & known[ACCOUNT].keys()))
    moved: list[Moved] = []
    for kind, said, gone, names in (
        (INVOICE, shown.invoices, shown.gone, world.policy.invoice_fields),
        (ACCOUNT, shown.accounts, frozenset[str](), world.policy.account_fields),
    ):
        if not names:
            continue
        ours = (
            own if kind == ACCOUNT else {key for key in (*known[kind], *said) if company_of(key) in companies}
        )
        told = {key: before for key, before in known[kind].items() if key in ours}
        is_lost = kind == INVOICE and since is None  # an account that is gone cannot be written again
        lost = frozenset(told.keys() - said.keys() if is_lost else told.keys() & gone)
        moved += [Moved(key, told[key], None) for key in sorted(lost)]
        other = {
            key: {**told.get(key, {}), **{name: one.get(name) for name in names}}
            for key, one in said.items()
            if key in told or (since is None and key in ours and any(one.values()))
        }
        other = {key: one for key, one in other.items() if told.get(key) != one}
        moved += [Moved(key, told[key], one) for key, one in sorted(other.items()) if key in told]
        world.state.receivables.forget_told(kind, lost)
        world.state.receivables.note_told(kind, other, at=now)
    for one in companies:
        cursors.move(_looked(one), shown.read_at, at=now)
        if since is None:
            cursors.move(_looked_at_all(one), shown.read_at, at=now)
    return moved


def _looked(company: str) -> str:
    """The cursor that tells when it was last looked what the CRM shows of a company's invoices and their accounts."""
    return f"shown:{company}"


def _looked_at_all(company: str) -> str:
    """The cursor that tells when all that the CRM shows of them was last read."""
    return f"shown_all:{company}"
