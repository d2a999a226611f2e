"""`sfspiris help`: what a code means, why, what to do and who does it; asks no system."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from sfspiris.cli.options import Common, with_common
from sfspiris.errors import UsageError


@with_common
def show_help(
    common: Common,
    *,
    code: Annotated[
        str | None,
        typer.Argument(
            help="A code such as ORGNR_INVALID, or an exit code; all are listed without one.",
            show_default=False,
        ),
    ] = None,
    lang: Annotated[
        Literal["en", "sv"], typer.Option(envvar="SFSPIRIS_LANG", help="English or Swedish.")
    ] = "en",
) -> None:
    """Explain a code: what it means, why, what to do, and who does it."""
    from sfspiris.cli.answers import answer
    from sfspiris.report import helping

    if code is None:
        everything = helping.HelpDocument(pages=tuple(helping.help_pages(lang).values()))
        answer(common, everything, lambda console: helping.print_contents(console, lang))
        return
    page = helping.find_page(code, lang)
    if page is None:
        alike = helping.nearest_codes(code)
        raise UsageError(
            f"There is no code “{code}”.",
            remedy=f"Did you mean {' or '.join(alike)}? `sfspiris help` lists them all."
            if alike
            else "`sfspiris help` lists all codes.",
        )
    answer(common, helping.HelpDocument(pages=(page,)), lambda console: helping.print_page(console, page))
