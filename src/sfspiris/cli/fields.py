"""`sfspiris salesforce fields`: what we add to the org, shown beside what it has, written as source, or deployed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sfspiris.cli.options import Common, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.ports.fields import Deployed, FieldState

PLACES: Final = (
    "The org's own page layouts are left as they are. To show the fields there, in Setup, Object Manager, Opportunity (likewise "
    "Account): Page Layouts, Page Layout Assignment, choose “Opportunity with Spiris”; or open your own layout, or the Lightning "
    "page with dynamic forms, and drag the Spiris fields into a section."
)
"""What an administrator does by hand, once: a deployed layout would replace the org's own whole."""

app = typer.Typer(help="What sfspiris adds to your Salesforce org.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """What sfspiris adds to your Salesforce org."""


@app.command("fields")
@with_common
def fields(
    common: Common,
    *,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Put them into the org, and give them to the integration user.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write a Salesforce DX project here instead; asks no org.", show_default=False),
    ] = None,
) -> None:
    """The fields, the invoice object, views, reports and permission sets: which of them the org has, and what is missing.

    Ends with 3 when something is missing or cannot be written; everything else works without these fields.
    """
    if deploy and out is not None:
        raise UsageError(
            "--deploy and --out cannot be given together.",
            remedy="Write the source with --out and deploy it with the sf tool, or leave --out away.",
        )
    if out is not None:
        _write(common, out)
        return
    from sfspiris.cli.desk import open_desk

    with open_desk(common, read_only=not deploy) as desk:
        desk.salesforce_org()  # refuses another kind of org than configured
        deployed = desk.deploy_fields() if deploy else None
        states = desk.field_states()
    _show(common, states, deployed)
    if any(one.problem for one in states):
        raise typer.Exit(3)


def _write(common: Common, folder: Path) -> None:
    from sfspiris.cli.desk import fields_source

    files = fields_source()
    try:
        for path, text in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{error.filename} cannot be written: {error.strerror}.",
            remedy="Give --out a folder that you may write.",
        ) from error
    if common.json:
        _print_json({"schema_version": 1, "folder": str(folder), "files": sorted(files)})
    elif not common.quiet:
        typer.echo(
            f"{len(files)} files in {folder}. Deploy them with `sf project deploy start` from there, and assign the "
            f"permission set Spiris_Sync to the integration user. {PLACES}"
        )


def _show(common: Common, states: tuple[FieldState, ...], deployed: Deployed | None) -> None:
    if common.json:
        _print_json(
            {
                "schema_version": 1,
                "deployed": None
                if deployed is None
                else {
                    "created": list(deployed.created),
                    "changed": list(deployed.changed),
                    "permission_set_assigned": deployed.assigned,
                },
                "fields": [
                    {
                        "object": one.object,
                        "field": one.name,
                        "type": one.type,
                        "help": one.help,
                        "problem": one.problem,
                    }
                    for one in states
                ],
            }
        )
        return
    if common.quiet:
        return
    if deployed is not None:
        permissions = ", permission set given to the integration user" if deployed.assigned else ""
        typer.echo(f"Deployed: {len(deployed.created)} made, {len(deployed.changed)} changed{permissions}.")
        typer.echo(f"{PLACES}\n")
    for object_ in dict.fromkeys(one.object for one in states):
        typer.echo(object_)
        for one in states:
            if one.object == object_:
                typer.echo(f"  {'!' if one.problem else '='} {one.name:34} {one.problem or one.help}")
        typer.echo("")
    lacking = sum(one.problem is not None for one in states)
    typer.echo(
        f"All {len(states)} fields are there and can be written."
        if not lacking
        else f"{lacking} of {len(states)} fields are missing or cannot be written; the rest is used without them. "
        "`sfspiris salesforce fields --deploy` adds them."
    )


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
