"""`sfspiris explain`: one page on one deal."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from sfspiris.cli.options import Common, with_common


@with_common
def explain(
    common: Common,
    *,
    deal: Annotated[
        str, typer.Argument(metavar="DEAL", help="The deal's Salesforce id, or its correlation id.")
    ],
    lang: Annotated[
        Literal["en", "sv"],
        typer.Option(
            envvar="SFSPIRIS_LANG", help="English, or Swedish with the names that Spiris' screens use."
        ),
    ] = "en",
) -> None:
    """One deal laid open: gate, route, customer, every field with its source, VAT, history, next step. Writes nothing."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.wiring import open_session
    from sfspiris.engine.explain import explain as lay_open
    from sfspiris.report.explain import explain_document, print_explanation

    with open_session(common, "explain", dry=True) as session:
        found = lay_open(session.world, session.world.state.deal_behind(deal) or deal)
        document = explain_document(
            found,
            gate=session.settings.source.gate,
            url=session.record_url(found.deal.id),
            language=lang,
        )
    answer(common, document, lambda console: print_explanation(console, document, steps=common.verbose > 0))
