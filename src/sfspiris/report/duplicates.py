"""What exists twice in the books, as a document and as a page."""

from __future__ import annotations

from collections import Counter
from datetime import date  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Literal

from sfspiris.core.money import Money
from sfspiris.core.planning.duplicates import TwinClass  # noqa: TC001 - pydantic reads it
from sfspiris.report.language import words
from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Amount, Facts, Id, Words
from sfspiris.report.view import how_many
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from sfspiris.core.planning.duplicates import Scan, Twin
    from sfspiris.report.helping import Language


class TwinFacts(Facts):
    """One record: a customer, a draft or an invoice; `name` is the customer's."""

    kind: Literal["customer", "draft", "order", "invoice"]
    id: Id
    number: Id | None
    name: Words
    day: date | None
    net: Amount | None
    currency: Id | None


class TwinGroupFacts(Facts):
    """Records of one company that may be the same thing, and by what they were found."""

    code: TwinClass
    company: Id
    message: Words
    fix: Words
    records: tuple[TwinFacts, ...]


class DuplicatesDocument(Facts):
    """What `sfspiris duplicates scan` found; `unreadable` are companies with the reason, `counts` the groups by code."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["duplicates scan"] = "duplicates scan"
    customers: int
    documents: int
    counts: dict[TwinClass, int]
    groups: tuple[TwinGroupFacts, ...]
    unreadable: dict[Id, Words]


def duplicates_document(found: Scan, *, language: Language = "en") -> DuplicatesDocument:
    """The facts of a scan, with sentences in `language`."""
    told = words(language).sentence
    return DuplicatesDocument(
        customers=found.customers,
        documents=found.documents,
        counts=dict(Counter(one.code for one in found.groups)),
        groups=tuple(
            TwinGroupFacts(
                code=one.code,
                company=one.company,
                message=told(one.message),
                fix=told(one.fix),
                records=tuple(_facts(twin) for twin in one.records),
            )
            for one in found.groups
        ),
        unreadable=dict(found.unreadable),
    )


def _facts(twin: Twin) -> TwinFacts:
    return TwinFacts.model_validate(twin, from_attributes=True)


def print_duplicates(
    console: Console,
    document: DuplicatesDocument,
    companies: Mapping[str, str],
    language: Language = "en",
) -> None:
    """Print every group, company by company. The groups are told in `language` already."""
    page = Page(console, language)
    page.say(
        say(
            "%(customers)s and %(documents)s looked through.",
            customers=how_many(document.customers, "customer"),
            documents=how_many(document.documents, "document"),
        ),
        style="bold",
    )
    for company, why in document.unreadable.items():
        name = companies.get(company, company)
        unread = say("%(company)s could not be read: %(why)s", company=name, why=why)
        page.say(unread, sign="!", style="bold red")
    shown = None
    for group in document.groups:
        if group.company != shown:
            shown = group.company
            page.title(companies.get(shown, shown))
        page.say(f"{group.message} ({group.code})", sign="*", indent=2, sign_style="yellow", style="bold")
        for one in group.records:
            page.say(_words(one), indent=4)
        page.entry(say("fix"), group.fix, indent=4)
    groups = how_many(len(document.groups), "group")
    page.last(
        say("%(groups)s of twins found. Nothing was changed.", groups=groups)
        if document.groups
        else say("Nothing is there twice.")
    )


def _words(one: TwinFacts) -> str:
    if one.kind == "customer":
        return f"{one.number} {one.name}"
    amount = (
        say("%(net)s net", net=Money(one.net, one.currency)) if one.net is not None and one.currency else ""
    )
    what = say("invoice %(number)s", number=one.number) if one.number else say("draft %(id)s", id=one.id)
    return joined((part for part in (what, one.name, str(one.day or ""), amount) if part), ", ")
