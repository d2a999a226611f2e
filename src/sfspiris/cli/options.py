"""The options that every command accepts, declared once and added to each command's signature."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_type_hints

import typer

from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

LogFormat = Literal["text", "json"]

SHORT_ID: Final = 15  # characters of an id in older addresses of Salesforce; the 18 of ours begin with them

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing, anywhere.")]
Report = Annotated[
    Path | None,
    typer.Option(help="Also write the plan or result as .html, .md, .csv or .json.", show_default=False),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="With --dry-run: save the plan as a file for `sfspiris apply`.",
        metavar="PLAN.json",
        show_default=False,
    ),
]
Lang = Annotated[
    Literal["en", "sv"],
    typer.Option(
        "--lang",
        envvar="SFSPIRIS_LANG",
        help="The language of what people read: this page, and .html and .md reports.",
    ),
]
Deals = Annotated[
    list[str] | None,
    typer.Option(
        help="Only this deal, by its Salesforce id; may be given several times.", show_default=False
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="A backfill: deals closed on or after this day.", show_default=False
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], help="A backfill: deals closed on or before this day.", show_default=False
    ),
]
Limit = Annotated[
    int | None, typer.Option(min=1, help="At most so many drafts; the rest waits.", show_default=False)
]
Full = Annotated[bool, typer.Option("--full", help="Read every record again, not only changed ones.")]
AllowLarge = Annotated[
    bool, typer.Option("--allow-large", help="Make more than \\[limits] max_changes in one run.")
]
FailFast = Annotated[
    bool,
    typer.Option(
        "--fail-fast", help='Stop at the first write that fails, as \\[limits] on_error = "stop" does always.'
    ),
]
AllowHeld = Annotated[bool, typer.Option("--allow-held", help="Exit 0 even when deals are held.")]
DetailedExitcode = Annotated[
    bool, typer.Option("--detailed-exitcode", help="Exit 4 when a dry run finds something to do.")
]


@dataclass(frozen=True, slots=True)
class Common:
    """What every command is told."""

    config: Annotated[
        Path | None,
        typer.Option(
            envvar="SFSPIRIS_CONFIG",
            help="The configuration; else ./sfspiris.toml, then the one in your config folder.",
            show_default=False,
        ),
    ] = None
    state: Annotated[
        str | None,
        typer.Option(
            envvar="SFSPIRIS_STATE",
            help="Overrides \\[state] url; a path is a SQLite file.",
            show_default=False,
        ),
    ] = None
    company: Annotated[
        list[str] | None,
        typer.Option(help="Only this company; may be given several times.", show_default=False),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, also on failure.")] = (
        False
    )
    log_format: Annotated[
        LogFormat, typer.Option(envvar="SFSPIRIS_LOG_FORMAT", help="How log lines on stderr look.")
    ] = "text"
    verbose: Annotated[
        int, typer.Option("-v", "--verbose", count=True, help="More on stderr; -vv for every call.")
    ] = 0
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Less: no summary for people.")] = False
    no_color: Annotated[bool, typer.Option("--no-color", envvar="NO_COLOR", help="Plain text.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something breaks.")] = False

    @property
    def companies(self) -> tuple[str, ...]:
        """The companies that the run is limited to; none means all."""
        return tuple(self.company or ())


def days(since: datetime | None, until: datetime | None) -> tuple[date | None, date | None]:
    """The first and the last day that --since and --until mean, both included; None where it is open."""
    if since and until and since > until:
        raise UsageError(
            f"--since {since:%Y-%m-%d} is after --until {until:%Y-%m-%d}.",
            remedy="Give the earlier day to --since.",
        )
    return (since.date() if since else None), (until.date() if until else None)


def with_common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command, whose first parameter is a `Common`, all of Common's options after its own."""
    signature = inspect.signature(command)
    hints = get_type_hints(command, include_extras=True)
    own = [one.replace(annotation=hints[one.name]) for one in list(signature.parameters.values())[1:]]
    shared_hints = get_type_hints(Common, include_extras=True)
    shared = [
        inspect.Parameter(
            one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=shared_hints[one.name]
        )
        for one in fields(Common)
    ]

    @wraps(command)
    def told(**options: Any) -> None:
        common = Common(**{one.name: options.pop(one.name) for one in fields(Common)})
        command(common, **options)

    told.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
        [*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *shared]
    )
    told.__annotations__ = {one.name: one.annotation for one in [*own, *shared]}
    return told
