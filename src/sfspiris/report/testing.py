"""The result of the operator's own tests: which passed, and what came out otherwise than expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sfspiris.report.page import Page
from sfspiris.report.shapes import SCHEMA_VERSION, Facts, Words
from sfspiris.report.view import how_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console


class MismatchFacts(Facts):
    """One place where what came out is not what was expected; null is nothing there."""

    field: str
    expected: Words | None
    actual: Words | None


class CaseFacts(Facts):
    """One test by its file and name; it passed when nothing came out otherwise."""

    file: str
    name: Words
    passed: bool
    mismatches: tuple[MismatchFacts, ...]


class TestsDocument(Facts):
    """What `sfspiris test --json` prints."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["test"] = "test"
    passed: int
    failed: int
    cases: tuple[CaseFacts, ...]


Told = tuple[str, str, "Sequence[tuple[str, str | None, str | None]]"]


def tests_document(judged: Iterable[Told]) -> TestsDocument:
    """The facts of tests: each one's file, name, and (field, expected, actual) of what came out otherwise."""
    cases = tuple(
        CaseFacts(
            file=file,
            name=name,
            passed=not found,
            mismatches=tuple(
                MismatchFacts(field=field, expected=expected, actual=actual)
                for field, expected, actual in found
            ),
        )
        for file, name, found in judged
    )
    failed = sum(not one.passed for one in cases)
    return TestsDocument(passed=len(cases) - failed, failed=failed, cases=cases)


def print_tests(console: Console, document: TestsDocument) -> None:
    """Print each test with its verdict, and under a failed one what was expected and what came out."""
    page = Page(console)
    for one in document.cases:
        page.say(
            f"{one.file}: {one.name}",
            sign="ok  " if one.passed else "FAIL",
            style="" if one.passed else "bold red",
        )
        for found in one.mismatches:
            page.say(found.field, indent=5)
            page.say(
                found.expected if found.expected is not None else "(nothing)", sign="-", indent=7, style="red"
            )
            page.say(
                found.actual if found.actual is not None else "(nothing)", sign="+", indent=7, style="green"
            )
    page.last(f"{how_many(document.passed, 'test').capitalize()} passed, {document.failed} failed.")
