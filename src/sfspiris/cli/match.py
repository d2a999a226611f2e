"""`sfspiris match`: which account is which existing customer, looked for once and then said by a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, DryRun, Lang, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.core.pairing import Pair
    from sfspiris.core.planning.linking import LinkRow
    from sfspiris.report.helping import Language

app = typer.Typer(
    help="First-time pairing of accounts in Salesforce with customers that Spiris has already.",
    no_args_is_help=True,
)

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's Salesforce id.")]
_DEFAULT_NAME = "sfspiris-match.csv"
_Command = Literal["match import", "match link", "match unlink"]


@app.command("export")
@with_common
def export(
    common: Common,
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help=f"The list's name; else {_DEFAULT_NAME}.", show_default=False),
    ] = None,
    lang: Lang = "en",
) -> None:
    """Write a list of accounts and customers with candidates, score and evidence, to be edited in a spreadsheet. Writes nothing else."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.pairing import look
    from sfspiris.report import files
    from sfspiris.report.match import match_csv, match_document, print_match

    target = out or Path(_DEFAULT_NAME)
    files.check_report(target, (".csv",))
    if target.exists():
        raise UsageError(
            f"{target} exists already, and somebody may have worked in it.",
            remedy="Give another name with --out; nothing is overwritten.",
        )
    with open_session(common, "match export", dry=True) as session:
        found = look(session.world, common.companies)
    document = match_document("match export", found, file=target)
    files.write_text(target, match_csv(document))
    answer(common, document, lambda console: print_match(console, document, lang))


@app.command("find")
@with_common
def find(
    common: Common,
    *,
    text: Annotated[
        str | None,
        typer.Argument(metavar="TEXT", help="A part of a name, on either side.", show_default=False),
    ] = None,
    orgnr: Annotated[str | None, typer.Option(help="By organisation number.", show_default=False)] = None,
    number: Annotated[
        str | None, typer.Option(help="By the customer's number in Spiris.", show_default=False)
    ] = None,
    lang: Lang = "en",
) -> None:
    """Find a customer or an account by name, organisation number or customer number, with its link and what it may be."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.core.pairing import Wanted, is_wanted
    from sfspiris.engine.pairing import look
    from sfspiris.report.match import match_document, print_found

    wanted = Wanted(text=text, orgnr=orgnr, number=number)
    if len([one for one in (text, orgnr, number) if one and one.strip()]) != 1:
        raise UsageError(
            "Say what to look for: one of a name, --orgnr or --number.",
            remedy='For example `sfspiris match find "exempel"` or `sfspiris match find --number 1042`.',
        )
    with open_session(common, "match find", dry=True) as session:
        found: tuple[Pair, ...] = tuple(
            one for one in look(session.world, common.companies, idle=True) if is_wanted(one, wanted)
        )
    document = match_document("match find", found, language="en" if common.json else lang)
    answer(common, document, lambda console: print_found(console, document, lang))


@app.command("import")
@with_common
def import_list(
    common: Common,
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="A list that `match export` wrote and a person edited.")
    ],
    dry_run: DryRun = False,
    lang: Lang = "en",
) -> None:
    """Make the links that an edited list asks for: all of them, or none when a row is refused. Writes nothing to Spiris."""
    from sfspiris.report.match import read_rows

    _carry_out(common, "match import", read_rows(file), dry=dry_run, lang=lang)


@app.command("link")
@with_common
def link(
    common: Common,
    *,
    account: AccountId,
    number: Annotated[
        str, typer.Argument(metavar="CUSTOMER-NUMBER", help="The customer's number in Spiris.")
    ],
    share: Annotated[
        bool, typer.Option("--share", help="Another account is this customer too, and that is right.")
    ] = False,
    dry_run: DryRun = False,
    lang: Lang = "en",
) -> None:
    """Say which customer an account is, for the next plan and all later ones; kept with your login name."""
    from sfspiris.core.planning.linking import LinkRow

    row = LinkRow(0, "share" if share else "link", "", account.strip(), number.strip())
    _carry_out(common, "match link", (row,), dry=dry_run, lang=lang)


@app.command("unlink")
@with_common
def unlink(common: Common, *, account: AccountId, dry_run: DryRun = False, lang: Lang = "en") -> None:
    """Say that an account is not the customer that it is linked to; kept with your login name."""
    from sfspiris.core.planning.linking import LinkRow

    row = LinkRow(0, "unlink", "", account.strip(), "")
    _carry_out(common, "match unlink", (row,), dry=dry_run, lang=lang)


def _carry_out(
    common: Common, command: _Command, rows: tuple[LinkRow, ...], *, dry: bool, lang: Language
) -> None:
    from dataclasses import replace

    from sfspiris.cli.answers import answer
    from sfspiris.cli.machine import login_name
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.pairing import say
    from sfspiris.report.match import link_document, print_links

    with open_session(common, command, dry=dry, remembers=True) as session:
        if command != "match import":
            rows = tuple(
                replace(one, company=_company(common, tuple(session.settings.companies))) for one in rows
            )
        done = say(
            session.world,
            rows,
            who=login_name(),
            companies=common.companies,
            tells=not session.settings.is_read_only,
        )
        session.progress.clear()
        document = link_document(
            command, session.world.run_id, done, dry=dry, language="en" if common.json else lang
        )
    if command != "match import" and done.plan.refused:
        (refused,) = done.plan.refused
        raise UsageError(refused.message, remedy=refused.fix, record=rows[0].account)
    answer(common, document, lambda console: print_links(console, document, lang))
    raise typer.Exit(Exit.HELD if document.refused or document.warnings else Exit.DONE)


def _company(common: Common, known: tuple[str, ...]) -> str:
    """The one company that is meant.

    Raises UsageError when it is not clear which: the same number may be a customer in each of them.
    """
    chosen = common.companies or known
    if len(chosen) != 1:
        raise UsageError(
            f"There are several companies: {', '.join(chosen)}. The same customer number may stand for another customer in each.",
            remedy=f"Say which one you mean with --company {chosen[0]}.",
        )
    return chosen[0]
