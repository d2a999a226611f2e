"""What `sfspiris selftest` found, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import SCHEMA_VERSION, Facts

if TYPE_CHECKING:
    from rich.console import Console


class ClassFacts(Facts):
    """One class of disturbance: its trials and what they came to.

    `duplicates` are documents too many of which nobody was told, `lost` deals with neither document nor hold, `held` deals
    that wait for a person, `differing` worlds that are otherwise not an undisturbed run's.
    """

    name: str
    tried: int
    duplicates: int
    lost: int
    held: int
    differing: int
    seconds: float


class SelftestDocument(Facts):
    """What `sfspiris selftest crash --json` prints."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["selftest crash"] = "selftest crash"
    classes: tuple[ClassFacts, ...]


def print_selftest(console: Console, document: SelftestDocument) -> None:
    """Print the classes as a table, and the sum of what must be nought."""
    page = Page(console)
    page.columns(
        [Row(("disturbance", "tried", "duplicates", "lost", "held", "differing", "seconds"), style="dim")]
        + [
            Row(
                (
                    one.name,
                    str(one.tried),
                    str(one.duplicates),
                    str(one.lost),
                    str(one.held),
                    str(one.differing),
                    f"{one.seconds:.1f}",
                )
            )
            for one in document.classes
        ],
        indent=0,
    )
    tried = sum(one.tried for one in document.classes)
    duplicates, lost = (
        sum(getattr(one, name) for one in document.classes) for name in ("duplicates", "lost")
    )
    page.last(f"{tried} trials: {duplicates} duplicates, {lost} deals lost.")
