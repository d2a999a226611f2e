"""`sfspiris auth`: signing in, looking who is signed in, and forgetting it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sfspiris.cli.options import Common, with_common

if TYPE_CHECKING:
    from sfspiris.cli.signin import SignedIn

app = typer.Typer(
    help="Sign in to Salesforce and Spiris, see who is signed in, sign out.", no_args_is_help=True
)

NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Print the address and read the redirected one from stdin.")
]


@app.command("salesforce")
@with_common
def salesforce(common: Common, *, no_browser: NoBrowser = False) -> None:
    """Sign in to Salesforce, by the way that the configuration names, and check which org it opened."""
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.signin import sign_in_salesforce

    with open_desk(common) as desk:
        show_sign_ins(common, "auth salesforce", [sign_in_salesforce(desk, no_browser=no_browser)])


@app.command("spiris")
@with_common
def spiris(common: Common, *, no_browser: NoBrowser = False) -> None:
    """Sign in to Spiris in the browser, once per company, and check which company it opened."""
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.signin import sign_in_spiris

    with open_desk(common) as desk:
        found = [sign_in_spiris(desk, company, no_browser=no_browser) for company in desk.chosen_companies()]
    show_sign_ins(common, "auth spiris", found)


@app.command("status")
@with_common
def status(common: Common) -> None:
    """Who is signed in where, with which scopes, and how old the tokens are. Asks nobody; reads what is kept."""
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.signin import signed_in

    with open_desk(common) as desk:
        found = signed_in(desk)
    show_sign_ins(common, "auth status", found)
    if any(one.identity is None for one in found):
        raise typer.Exit(5)


@app.command("refresh")
@with_common
def refresh(
    common: Common,
    *,
    keepalive: Annotated[
        bool,
        typer.Option(
            "--keepalive",
            help="Only those that were not renewed for a week, so that none ends for want of use; for a schedule.",
        ),
    ] = False,
) -> None:
    """Renew the sign-ins without a person: all of them, or those of the companies named with --company.

    Every run renews what it uses. This is for machines that run seldom, and to see that a sign-in can still be renewed.
    """
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.signin import refresh as renew

    with open_desk(common, read_only=True) as desk:
        found, failure = renew(desk, keepalive=keepalive)
    show_sign_ins(common, "auth refresh", found)
    if failure is not None:
        raise typer.Exit(failure.exit_code)


@app.command("logout")
@with_common
def logout(common: Common) -> None:
    """Revoke and forget the sign-ins: all of them, or those of the companies named with --company."""
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.signin import sign_out

    with open_desk(common) as desk:
        show_sign_ins(common, "auth logout", sign_out(desk))


def show_sign_ins(common: Common, command: str, found: list[SignedIn]) -> None:
    """Show who is signed in; never a token."""
    if common.json:
        document: dict[str, Any] = {
            "schema_version": 1,
            "command": command,
            "sign_ins": [one.facts() for one in found],
        }
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    elif not common.quiet:
        for one in found:
            typer.echo(one.sentence())
