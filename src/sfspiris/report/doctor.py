"""What `sfspiris doctor` found, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sfspiris.report.language import words
from sfspiris.report.page import Page
from sfspiris.report.searchlag import SearchLagFacts  # noqa: TC001 - pydantic reads the annotations
from sfspiris.report.shapes import SCHEMA_VERSION, Facts
from sfspiris.report.view import how_many
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from sfspiris.core.doctor import Finding
    from sfspiris.report.helping import Language

_SIGNS: Final = {
    "ok": ("=", ""),
    "warn": ("~", "yellow"),
    "bad": ("!", "bold red"),
    "unknown": ("?", "yellow"),
}

_AREAS: Final = {"state": say("state"), "review": say("review")}
"""The areas that are called by a word; the others bear names."""


class FindingFacts(Facts):
    """One thing that was looked at."""

    area: str
    check: str
    state: Literal["ok", "warn", "bad", "unknown"]
    message: str
    remedy: str


class DoctorDocument(Facts):
    """What `sfspiris doctor --json` prints."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["doctor"] = "doctor"
    version: str
    findings: tuple[FindingFacts, ...]
    search_lags: tuple[SearchLagFacts, ...] = ()


def doctor_document(
    findings: Sequence[Finding],
    *,
    version: str,
    search_lags: Sequence[SearchLagFacts] = (),
    language: Language = "en",
) -> DoctorDocument:
    """The findings as a document, with sentences in `language`."""
    told = words(language).sentence
    return DoctorDocument(
        version=version,
        findings=tuple(
            FindingFacts(
                area=one.area,
                check=told(one.check),
                state=one.state.value,
                message=told(one.message),
                remedy=told(one.remedy),
            )
            for one in findings
        ),
        search_lags=tuple(search_lags),
    )


def print_doctor(console: Console, document: DoctorDocument, language: Language = "en") -> None:
    """Print what is in order and what is not, by area, with what to do. The findings are in `language` already."""
    page = Page(console, language)
    for area in dict.fromkeys(one.area for one in document.findings):
        page.title(_AREAS.get(area, area))
        for one in document.findings:
            if one.area == area:
                sign, style = _SIGNS[one.state]
                page.say(f"{one.check}: {one.message}", sign=sign, sign_style=style)
                if one.remedy and one.state != "ok":
                    page.say(f"{page.arrow} {one.remedy}", indent=4)
    bad = sum(one.state == "bad" for one in document.findings)
    doubtful = sum(one.state in {"warn", "unknown"} for one in document.findings)
    things = how_many(len(document.findings), "thing")
    page.last(
        say(
            "%(things)s looked at: %(bad)s to mend before runs can do all their work, %(doubtful)s to know about.",
            things=things,
            bad=bad,
            doubtful=doubtful,
        )
        if bad or doubtful
        else say("%(things)s looked at; all is in order.", things=things)
    )
