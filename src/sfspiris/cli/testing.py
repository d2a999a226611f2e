"""`sfspiris test`: deals that the operator made up, and what each must become."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sfspiris.cli.exits import Exit
from sfspiris.cli.options import Common, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.cli.cases import Case, Mismatch

FOLDER: Final = "deal-tests"


@with_common
def check_deals(
    common: Common,
    *,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="Where the tests are; else deal-tests beside the configuration.",
            show_default=False,
        ),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Write two tests to begin with, where there are none yet.")
    ] = False,
) -> None:
    """Check made-up deals against the configuration: the payload or the hold that each must become. Asks no system."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.bench import open_bench
    from sfspiris.cli.cases import mismatches, read_cases
    from sfspiris.report.testing import print_tests, tests_document

    bench = open_bench(common)
    place = folder or bench.folder / FOLDER
    if example:
        _write_example(place)
    judged: list[tuple[Case, list[Mismatch]]] = [
        (case, mismatches(case.expect.facts(), bench.outcome(case))) for case in read_cases(place)
    ]
    document = tests_document(
        (case.file.name, case.name, [(one.field, one.expected, one.actual) for one in found])
        for case, found in judged
    )
    answer(common, document, lambda console: print_tests(console, document))
    raise typer.Exit(Exit.HELD if document.failed else Exit.DONE)


def _write_example(place: Path) -> None:
    """Copy the examples that ship with the package. Raises UsageError when the folder has something in it."""
    if place.exists() and any(place.iterdir()):
        raise UsageError(f"{place} is not empty.", remedy="Name another folder for the example.")
    place.mkdir(parents=True, exist_ok=True)
    for one in files("sfspiris.config").joinpath(FOLDER).iterdir():
        (place / one.name).write_text(one.read_text(encoding="utf-8"), encoding="utf-8")
