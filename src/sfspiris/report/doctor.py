"""What `sfspiris doctor` found, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts
from sfspiris.report.view import how_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from sfspiris.core.doctor import Finding

_SIGNS: Final = {
    "ok": ("=", ""),
    "warn": ("~", "yellow"),
    "bad": ("!", "bold red"),
    "unknown": ("?", "yellow"),
}


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


def doctor_document(findings: Sequence[Finding], *, version: str) -> DoctorDocument:
    """The findings as a document."""
    return DoctorDocument(
        version=version,
        findings=tuple(
            FindingFacts(
                area=one.area,
                check=one.check,
                state=one.state.value,
                message=one.message,
                remedy=one.remedy,
            )
            for one in findings
        ),
    )


def print_doctor(console: Console, document: DoctorDocument) -> None:
    """Print what is in order and what is not, by area, with what to do."""
    page = Page(console)
    for area in dict.fromkeys(one.area for one in document.findings):
        page.title(area)
        for one in document.findings:
            if one.area == area:
                sign, style = _SIGNS[one.state]
                page.say(f"{one.check}: {one.message}", sign=sign, sign_style=style)
                if one.remedy and one.state != "ok":
                    page.say(f"{page.arrow} {one.remedy}", indent=4)
    bad = sum(one.state == "bad" for one in document.findings)
    doubtful = sum(one.state in {"warn", "unknown"} for one in document.findings)
    page.last(
        f"{how_many(len(document.findings), 'thing')} looked at: "
        f"{bad} to mend before runs can do all their work, {doubtful} to know about."
        if bad or doubtful
        else f"{how_many(len(document.findings), 'thing')} looked at; all is in order."
    )
