"""`sfspiris init`: a first configuration, commented, that can look but not write."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from sfspiris.cli.options import Common, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

NEXT: Final = (
    "Fill in what still says “…” or “example”; the comments say what each line means.",
    "sfspiris auth salesforce, then sfspiris auth spiris",
    "sfspiris push-closed-won --dry-run --report plan.html",
    "sfspiris test --example writes tests of your own rules, to begin with.",
)
_LOGIN: Final = {"production": "https://login.salesforce.com", "sandbox": "https://test.salesforce.com"}


@with_common
def init(
    common: Common,
    *,
    non_interactive: Annotated[
        bool, typer.Option("--non-interactive", help="Ask nothing; write the example as it is.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Where to write it; else ./sfspiris.toml.", show_default=False)
    ] = None,
) -> None:
    """Ask a few questions and write a commented sfspiris.toml, in read-only mode."""
    from sfspiris.cli.answers import answer
    from sfspiris.config.starting import example_text, filled
    from sfspiris.report.page import Page
    from sfspiris.report.shapes import StartDocument

    place = (out or common.config or Path("sfspiris.toml")).absolute()
    _check(place)
    text = filled(example_text(), {} if non_interactive else _asked())
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"The configuration {place} could not be written: {error.strerror}.",
            remedy="Name another file with --out.",
        ) from error
    document = StartDocument(path=str(place), mode="read-only", next=NEXT)

    def show(page: Page) -> None:
        page.say(f"Wrote {place}. It can look at both systems and write to neither.", style="bold")
        for position, step in enumerate(NEXT, start=1):
            page.say(step, sign=f"{position}.")

    answer(common, document, lambda console: show(Page(console)))


def _check(place: Path) -> None:
    if place.exists():
        raise UsageError(
            f"{place} is there already, and is never overwritten.", remedy="Name another file with --out."
        )
    if not place.parent.is_dir():
        raise UsageError(f"There is no folder {place.parent}.", remedy="Make it, or name another with --out.")


def _asked() -> dict[tuple[str, str], str]:
    """What the operator answers, by section and key of the configuration."""
    kind = _ask("Real systems, or their test environments (production, sandbox)", _environment, "production")
    own = "companies.se"
    return {
        ("", "start_date"): _ask("First closing day to invoice from (YYYY-MM-DD)", _day, None),
        ("salesforce", "environment"): kind,
        ("salesforce", "login_url"): _ask("Salesforce sign-in address", _text, _LOGIN[kind]),
        ("salesforce", "client_id"): _ask("Consumer key of the external client app", _text, "…"),
        ("salesforce", "username"): _ask("User that the integration signs in as", _text, None),
        (own, "environment"): kind,
        (own, "orgnr"): _ask("Organisation number of the invoicing company", _orgnr, None),
        (own, "name"): _ask("What reports call the company", _text, None),
        (own, "client_id"): _ask("Client id from Spiris", _text, "…"),
        (own, "currency"): _ask("Currency of its books", _currency, "SEK"),
    }


def _ask(question: str, checked: Callable[[str], str], default: str | None) -> str:
    """The answer to one question, asked on stderr until it can be right."""
    told: str = typer.prompt(question, default=default, value_proc=checked, err=True)
    return told


def _text(told: str) -> str:
    if not told.strip():
        raise typer.BadParameter("it may not be empty")
    return told.strip()


def _environment(told: str) -> Literal["production", "sandbox"]:
    match told.strip().lower():
        case "production":
            return "production"
        case "sandbox":
            return "sandbox"
        case _:
            raise typer.BadParameter("answer production or sandbox")


def _day(told: str) -> str:
    try:
        return date.fromisoformat(told.strip()).isoformat()
    except ValueError:
        raise typer.BadParameter("write it as 2026-11-01") from None


def _currency(told: str) -> str:
    from sfspiris.core.money import is_currency

    if not is_currency(told.strip().upper()):
        raise typer.BadParameter("write a code such as SEK")
    return told.strip().upper()


def _orgnr(told: str) -> str:
    from sfspiris.cli.machine import utc_now
    from sfspiris.swedish import orgnr

    found = orgnr.parse(told, today=utc_now().date())
    if found.canonical is None:
        raise typer.BadParameter(found.reason)
    return found.canonical
