"""`sfspiris review`: the queue of held deals, planned again from today's data."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import SHORT_ID, AllowHeld, AllowLarge, Common, DryRun, Lang, Report, with_common
from sfspiris.core.holds import HoldCode
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from sfspiris.report.helping import Language
    from sfspiris.report.review import DecisionFacts
    from sfspiris.state.reviews import Review
    from sfspiris.state.store import State

app = typer.Typer(
    help="The queue of held deals: what waits and why, trying again, settling, handing over.",
    no_args_is_help=True,
)

DealId = Annotated[str, typer.Argument(metavar="ID", help="The deal's Salesforce id, or its correlation id.")]
Code = Annotated[HoldCode | None, typer.Option(help="Only deals held for this reason.", show_default=False)]
_LONGEST_NOTE = 1000  # characters


@app.command("list")
@with_common
def list_held(common: Common, *, code: Code = None, lang: Lang = "en") -> None:
    """Every held deal with code, field, value, what to do, owner and age, found anew from today's data."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.review import plan_again, waiting
    from sfspiris.report.review import print_review, review_document

    with open_session(common, "review list", dry=True) as session:
        queue = plan_again(session.world, waiting(session.world, code))
        document = review_document(
            "review list",
            queue.plan,
            queue.differences,
            now=session.world.clock.now(),
            record_url=session.record_url,
            assignees=session.world.state.reviews.assignees(),
            owner=session.settings.review.owner,
            language="en" if common.json else lang,
        )
    answer(common, document, lambda console: print_review(console, document, lang))


@app.command("show")
@with_common
def show_held(common: Common, *, deal: DealId, lang: Lang = "en") -> None:
    """One held deal: its reasons today, and what was decided about it before."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.review import plan_again, waiting
    from sfspiris.report.review import print_review, review_document

    with open_session(common, "review show", dry=True) as session:
        state = session.world.state
        known = waiting(session.world) | state.reviews.resolved().keys()
        deal_id = _known(deal, known, state)
        queue = plan_again(session.world, {deal_id})
        document = review_document(
            "review show",
            queue.plan,
            queue.differences,
            now=session.world.clock.now(),
            record_url=session.record_url,
            assignees=state.reviews.assignees(),
            decisions=tuple(_facts(one) for one in state.reviews.history(deal_id)),
            is_settled=deal_id in state.reviews.resolved() and not queue.plan.holds,
            owner=session.settings.review.owner,
            language="en" if common.json else lang,
        )
    answer(common, document, lambda console: print_review(console, document, lang))


@app.command("replay")
@with_common
def replay(
    common: Common,
    *,
    deals: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID",
            help="These deals, by Salesforce id or correlation id; all that are held without one.",
            show_default=False,
        ),
    ] = None,
    code: Code = None,
    dry_run: DryRun = False,
    report: Report = None,
    lang: Lang = "en",
    allow_large: AllowLarge = False,
    allow_held: AllowHeld = False,
) -> None:
    """Plan held deals again from today's data, show what has changed, and push them as any other deal."""
    from sfspiris.cli.flows import require_push
    from sfspiris.cli.output import check_report, show_replay
    from sfspiris.cli.policies import guard_of
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.review import plan_again, push_only, waiting

    check_report(report)
    require_push(common, "review replay")
    with open_session(common, "review replay", dry=True) as session:
        state = session.world.state
        known = waiting(session.world, code)
        every = waiting(session.world) | state.reviews.resolved().keys()
        wanted = {_known(one, every, state) for one in deals} if deals else set(known)
        state.reviews.reopen(wanted & state.reviews.resolved().keys(), at=session.world.clock.now(), who="")
        queue = plan_again(session.world, wanted & known if code else wanted)
        if dry_run:
            show_replay(common, session, queue.plan, queue.differences, report=report, lang=lang)
            raise typer.Exit(exits.of_run(queue.plan, allow_held=allow_held, detailed=False))
    with open_session(common, "review replay", dry=False) as session:
        state = session.world.state
        state.reviews.reopen(
            sorted(set(queue.still_won) & state.reviews.resolved().keys()),
            at=session.world.clock.now(),
            who=getpass.getuser(),
        )
        guard = guard_of(session.settings, allow_large=allow_large)
        result = push_only(session.world, queue.still_won, guard)
        show_replay(common, session, result, queue.differences, report=report, lang=lang)
    raise typer.Exit(exits.of_run(result, allow_held=allow_held, detailed=False))


@app.command("resolve")
@with_common
def resolve(
    common: Common,
    *,
    deal: DealId,
    note: Annotated[str, typer.Option(help="Why nothing more is to be done; kept for whoever asks.")],
    lang: Lang = "en",
) -> None:
    """Settle a held deal without an invoice: it comes back only when its reason changes."""
    from sfspiris.cli.memory import open_memory
    from sfspiris.core.review import UNRESOLVABLE

    words = _words(note, "--note")
    with open_memory(common, "review resolve") as memory:
        state = memory.state
        deal_id = _known(deal, state.holds.deal_ids(), state)
        for held in state.holds.all():
            if held.deal_id == deal_id and held.code in UNRESOLVABLE:
                raise UsageError(
                    f"Deal {deal_id} cannot be resolved by hand: {held.code}. Something may have been made in Spiris, "
                    "and only Spiris knows.",
                    remedy="Run again; each run asks Spiris. `sfspiris help OUTCOME_UNKNOWN` says more.",
                )
        reason = state.reviews.reason(deal_id)
        if reason is None:
            raise UsageError(
                f"Why deal {deal_id} waits was not recorded yet.",
                remedy=f"Run `sfspiris review replay {deal_id}` once, then resolve it.",
            )
        made = state.reviews.resolve(deal_id, reason=reason, at=memory.now, who=getpass.getuser(), note=words)
        state.holds.clear([deal_id])
    _tell(common, made, lang)


@app.command("assign")
@with_common
def assign(
    common: Common,
    *,
    deal: DealId,
    to: Annotated[str, typer.Option("--to", help="Who takes care of it.")],
    lang: Lang = "en",
) -> None:
    """Hand a held deal over to somebody."""
    from sfspiris.cli.memory import open_memory

    words = _words(to, "--to")
    with open_memory(common, "review assign") as memory:
        deal_id = _known(deal, memory.state.holds.deal_ids(), memory.state)
        made = memory.state.reviews.assign(deal_id, to=words, at=memory.now, who=getpass.getuser())
    _tell(common, made, lang)


@app.command("link")
@with_common
def link(
    common: Common,
    *,
    deal: DealId,
    invoice: Annotated[
        str | None,
        typer.Option(help="The number of the invoice that came from the draft.", show_default=False),
    ] = None,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="The draft was deleted; no invoice came from it.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Say what became of a draft that is gone: which invoice came from it, or that it was deleted. Salesforce is told."""
    from sfspiris.cli.output import show_run
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.byhand import tell_what_became_of

    if (invoice is None) is not deleted:
        raise UsageError(
            "Say either which invoice came from the draft, or that it was deleted.",
            remedy="Give --invoice NUMBER or --deleted.",
        )
    with open_session(common, "review link", dry=False) as session:
        result = tell_what_became_of(session.world, deal, invoice_number=invoice)
        show_run(common, session, result, report=None, lang=lang)
    raise typer.Exit(exits.of_run(result, allow_held=False, detailed=False))


def note_words(note: str) -> str:
    """A note on one line; errors as in `review resolve`."""
    return _words(note, "--note")


def _words(told: str, option: str) -> str:
    """What an operator wrote, on one line, with numbers of persons masked.

    Raises UsageError when it says nothing, or more than a note should.
    """
    from sfspiris.report.clean import private, visible

    words = private(visible(told)).strip()
    if not words or len(words) > _LONGEST_NOTE:
        raise UsageError(
            f"{option} is empty." if not words else f"{option} has {len(words)} characters.",
            remedy=f"Say it in at most {_LONGEST_NOTE} characters.",
        )
    return words


def _known(asked: str, known: Collection[str], state: State) -> str:
    """The 18-character id of a held deal, however it was given: by its id of 15 or 18 characters, or its correlation id.

    Raises UsageError for one that does not wait, and for what cannot be an id at all.
    """
    for deal_id in known:
        if asked == deal_id or (len(asked) == SHORT_ID and deal_id.startswith(asked)):
            return deal_id
    meant = state.deal_behind(asked)
    if meant is not None and meant in known:
        return meant
    if meant is None and not _may_be_id(asked):
        raise UsageError(
            f"“{asked}” is no Salesforce id, and no correlation id that is known here.",
            remedy="Copy it from the deal's address in the browser: 15 or 18 letters and digits, for an opportunity beginning "
            "with 006.",
        )
    raise UsageError(
        f"Deal {asked} does not wait for anybody.",
        remedy="`sfspiris review list` shows those that do; `sfspiris explain` tells about any deal.",
    )


def _may_be_id(asked: str) -> bool:
    return len(asked) in {SHORT_ID, SHORT_ID + 3} and asked.isascii() and asked.isalnum()


def _facts(one: Review) -> DecisionFacts:
    from sfspiris.report.review import DecisionFacts

    return DecisionFacts(deal=one.deal_id, event=one.event.value, at=one.at, who=one.who, words=one.words)


def _tell(common: Common, made: Review, lang: Language) -> None:
    from sfspiris.cli.answers import answer
    from sfspiris.report.review import DecisionDocument, print_decision

    document = DecisionDocument(
        command="review resolve" if made.event.value == "resolved" else "review assign", decision=_facts(made)
    )
    answer(common, document, lambda console: print_decision(console, document, lang))
