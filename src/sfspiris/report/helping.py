"""The help pages: what a code means, why there is such a rule, what to do, and who does it. In Swedish and English.

The texts are data, in `help/en.toml` and `help/sv.toml`; nothing is asked of any system.
"""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Id

if TYPE_CHECKING:
    from rich.console import Console

Language = Literal["en", "sv"]
Kind = Literal["hold", "warning", "stop", "exit"]

KINDS: Final[tuple[Kind, ...]] = ("hold", "warning", "stop", "exit")

_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "hold": "the deal waits",
        "warning": "the deal passes, a person should look",
        "stop": "the run stops",
        "exit": "exit code",
        "holds": "Holds: the deal waits for a person",
        "warnings": "Warnings: the deal passes, but a person should look",
        "stops": "Stops: the run ends",
        "exits": "Exit codes",
        "means": "means",
        "why": "why",
        "do": "do",
        "who": "who",
        "last": "One page: sfspiris help CODE.",
    },
    "sv": {
        "hold": "affären väntar",
        "warning": "affären går igenom, någon bör se efter",
        "stop": "körningen stannar",
        "exit": "slutkod",
        "holds": "Väntar: affären väntar på en människa",
        "warnings": "Varningar: affären går igenom, men någon bör se efter",
        "stops": "Stopp: körningen slutar",
        "exits": "Slutkoder",
        "means": "betyder",
        "why": "varför",
        "do": "gör så",
        "who": "vem",
        "last": "En sida: sfspiris help KOD --lang sv.",
    },
}


class HelpPage(Facts):
    """One page. `code` is a code of a hold, warning or error, or an exit code's number; `steps` are in order."""

    code: Id
    kind: Kind
    language: Language
    title: str
    means: str
    why: str
    steps: tuple[str, ...]
    who: str


class HelpDocument(Facts):
    """What `sfspiris help --json` prints: one page, or all."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["help"] = "help"
    pages: tuple[HelpPage, ...]


@cache
def help_pages(language: Language) -> dict[str, HelpPage]:
    """Every page by its code, in the order in which they are listed."""
    source = files("sfspiris.report").joinpath("help", f"{language}.toml")
    texts = tomllib.loads(source.read_text(encoding="utf-8"))
    return {
        code: HelpPage(
            code=code,
            kind=kind,
            language=language,
            title=text["title"],
            means=text["means"],
            why=text["why"],
            steps=tuple(text["do"]),
            who=text["who"],
        )
        for kind in KINDS
        for code, text in texts[kind].items()
    }


def find_page(asked: str, language: Language) -> HelpPage | None:
    """The page for a code however it is spelled (`no-route`, `NO_ROUTE`, `3`); None when there is none."""
    return help_pages(language).get(_spelled(asked))


def nearest_codes(asked: str) -> list[str]:
    """Codes that look like what was asked for, the likeliest first."""
    return difflib.get_close_matches(_spelled(asked), help_pages("en"), n=3)


def print_page(console: Console, shown: HelpPage) -> None:
    """Print one page."""
    words, page = _WORDS[shown.language], Page(console)
    page.say(f"{shown.code}: {shown.title}", style="bold")
    page.entry("", words[shown.kind], style="dim")
    page.gap()
    page.entry(words["means"], shown.means)
    page.entry(words["why"], shown.why)
    for position, step in enumerate(shown.steps, start=1):
        number = f"{position}. " if len(shown.steps) > 1 else ""
        page.entry(words["do"] if position == 1 else "", f"{number}{step}")
    page.entry(words["who"], shown.who)


def print_contents(console: Console, language: Language) -> None:
    """Print every code with its title, by kind."""
    words, page = _WORDS[language], Page(console)
    pages = help_pages(language).values()
    widest = max(len(one.code) for one in pages)
    for position, kind in enumerate(KINDS):
        if position:
            page.gap()
        page.say(words[f"{kind}s"], style="bold")
        page.columns([Row((f"{one.code:<{widest}}  {one.title}",)) for one in pages if one.kind == kind])
    page.last(words["last"])


def _spelled(asked: str) -> str:
    return asked.strip().upper().replace("-", "_").replace(" ", "_")
