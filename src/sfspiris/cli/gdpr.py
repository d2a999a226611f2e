"""`sfspiris gdpr`: what the memory on this machine holds about one account, for the data subject's rights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sfspiris.cli.options import Common, DryRun, Lang, with_common
from sfspiris.errors import SafetyStop, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sfspiris.core.erasing import Judged
    from sfspiris.sentences import Sentence
    from sfspiris.state.store import State
    from sfspiris.state.subjects import About, Row

app = typer.Typer(
    help="Personal data: what the memory on this machine holds about one account, given out and forgotten. Asks neither system.",
    no_args_is_help=True,
)

Account = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT",
        help="The account, or the contact who buys without one: its Salesforce id or the address of its page.",
    ),
]
_BUYERS: Final = ("001", "003")
"""How the ids of accounts and of contacts begin."""
_NAMED: Final = 5  # deals in a refusal; all are in `gdpr export`


@app.command("export")
@with_common
def export(
    common: Common,
    *,
    account: Account,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help="Write the document there, and print what is in it.", show_default=False
        ),
    ] = None,
    lang: Lang = "en",
) -> None:
    """Everything that the memory holds about an account, as one JSON document on stdout, or in a file with --out.

    With one paragraph, in the language, on what stands elsewhere. An account that nothing is known of gives an empty document.
    """
    from dataclasses import replace

    from sfspiris.cli.answers import answer
    from sfspiris.cli.memory import open_memory
    from sfspiris.report import files
    from sfspiris.report.gdpr import export_document, print_exported
    from sfspiris.report.json import to_json

    buyer_id = _buyer_id(common, account)
    if out is not None:
        files.check_report(out, (".json",))
    with open_memory(common) as memory:
        about, now = memory.state.subjects.about(buyer_id), memory.now
    document = export_document(buyer_id, about.rows, about.others, now=now, language=lang)
    if out is None:
        answer(replace(common, json=True), document, lambda _console: None)
        return
    files.write_text(out, to_json(document))
    answer(common, document, lambda console: print_exported(console, document, str(out)))


@app.command("erase")
@with_common
def erase(common: Common, *, account: Account, dry_run: DryRun = False, lang: Lang = "en") -> None:
    """Forget what the memory holds about an account and need not keep. The processing history stays, for as long as the law says.

    Refuses while a deal of the account is under way. Nobody is parted: an account that comes back finds its customer again.
    """
    from sfspiris.cli.answers import answer
    from sfspiris.cli.memory import open_memory, recorded
    from sfspiris.report.gdpr import erase_document, print_erased

    buyer_id = _buyer_id(common, account)
    with open_memory(common, None if dry_run else "gdpr erase") as memory:
        subjects = memory.state.subjects
        about = subjects.about(buyer_id)
        if not about.is_known:
            raise UsageError(
                f"Nothing is remembered of account {buyer_id}, so there is nothing to erase.",
                remedy="Copy the id from the account's page in Salesforce. What stands elsewhere is told by "
                f"`sfspiris gdpr export {buyer_id}`.",
                record=buyer_id,
            )
        judged = _judge(about)
        if judged.under_way:
            raise _refusal(about, judged)
        gone: dict[str, int] = {}
        is_left = bool(_forgettable(about, judged))
        if is_left and dry_run:
            gone = subjects.forget(buyer_id, judged.deals)
        elif is_left:
            with recorded(memory, "gdpr erase"):
                gone = subjects.forget(buyer_id, judged.deals)
        document = erase_document(
            buyer_id,
            before=about.rows,
            gone=gone,
            kept_until=judged.kept_until,
            notes=(*_notes(about), *_nobodys(memory.state)),
            now=memory.now,
            run_id=memory.run_id if is_left and not dry_run else None,
            dry=dry_run,
            language="en" if common.json else lang,
        )
    answer(common, document, lambda console: print_erased(console, document, lang))


def _buyer_id(common: Common, told: str) -> str:
    """The one account or contact that is meant, by its id of 18 characters."""
    from sfspiris.cli.wiring import record_ids

    if common.companies:
        raise UsageError(
            "An account is one person or firm for all companies, and is looked at in all of them.",
            remedy="Leave --company out.",
        )
    found = [one for one in record_ids(told) if one.startswith(_BUYERS)]
    if len(found) != 1:
        raise UsageError(
            f"“{told}” is no id of an account or contact.",
            remedy="Copy it from the address of its page in Salesforce: 15 or 18 characters that begin with 001 or 003.",
        )
    return found[0]


def _judge(about: About) -> Judged:
    from sfspiris.core.erasing import Document, Held, Write, judge
    from sfspiris.state.subjects import customer_of

    rows = about.rows
    return judge(
        [
            Document(one["deal_id"], (one["company"], one["customer_id"]), one["status"], one["target"])
            for one in rows["links"]
        ],
        [Write(one["deal_id"], one["kind"], one["state"], customer_of(one)) for one in rows["intents"]],
        [Held(one["deal_id"], one["code"]) for one in rows["holds"]],
        shared={(one["company"], one["customer_id"]) for one in about.others},
        entries=_entries(about),
    )


def _entries(about: About) -> Iterator[datetime]:
    """When each thing happened that is kept."""
    for one in about.rows["links"]:
        yield one["created_at"]
    for table in ("journal", "reviews", "link_events", "shown_events"):
        for one in about.rows[table]:
            yield one["at"]


def _refusal(about: About, judged: Judged) -> SafetyStop:
    named = [f"{deal_id} ({why})" for deal_id, why in judged.under_way]
    more = f", and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    others = sorted({one["buyer_id"] for one in about.others})
    shared = f" Its customer is also that of account {', '.join(others)}." if others else ""
    return SafetyStop(
        f"Account {about.buyer_id} cannot be erased yet, since something of it is under way: {', '.join(named[:_NAMED])}{more}."
        f"{shared} Erasing it now could make a second customer. Nothing was changed.",
        remedy="Let finance issue or delete the drafts and orders and see the invoices paid or credited, settle what is held "
        "(`sfspiris review list`), then run `sfspiris sync` and this again.",
        record=about.buyer_id,
        code="ACCOUNT_UNDER_WAY",
    )


def _forgettable(about: About, judged: Judged) -> list[Row]:
    """The rows that an erasure would take."""
    rows = about.rows
    of_deals = (*rows["holds"], *rows["review_reasons"], *rows["seen_deals"])
    return [
        *rows["customer_links"],
        *rows["customer_bases"],
        *(one for one in rows["mirrored"] if about.buyer_id in {one["key"], one["document"].get("account")}),
        *(one for one in of_deals if one["deal_id"] in judged.deals),
    ]


def _notes(about: About) -> Iterator[Sentence]:
    """What to know about each of the customers."""
    from sfspiris.report.gdpr import by_hand_note, shared_note
    from sfspiris.state.links import BY_HAND

    for one in about.rows["customer_links"]:
        same = (one["company"], one["customer_id"])
        others = sorted(
            {other["buyer_id"] for other in about.others if (other["company"], other["customer_id"]) == same}
        )
        if others:
            yield shared_note(one["company"], one["number"], others)
        if one["evidence"] == BY_HAND:
            yield by_hand_note(one["company"], one["number"])


def _nobodys(state: State) -> Iterator[Sentence]:
    """That deals wait of which the memory does not know whose they are: one of them may be this account's."""
    from sfspiris.report.gdpr import nobodys_note

    if count := len(state.holds.deal_ids() - {one.deal_id for one in state.links.all()}):
        yield nobodys_note(count)
