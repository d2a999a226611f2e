"""`sfspiris audit`: the processing history of every write, for whoever audits the books."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfspiris.cli.options import Common, Lang, with_common
from sfspiris.errors import SafetyStop, UsageError

app = typer.Typer(
    help="The processing history (behandlingshistorik): exported as a chained file, and checked.",
    no_args_is_help=True,
)


@app.command("export")
@with_common
def export(
    common: Common,
    *,
    year: Annotated[
        int | None,
        typer.Option(
            min=2000, max=2999, help="Runs that began in this year in Sweden; else all.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A name that ends in .csv or .jsonl; else one with the year.",
            show_default=False,
        ),
    ] = None,
    lang: Lang = "en",
) -> None:
    """Write what every run and every person did, line by line, each line carrying a checksum of all before it. Asks no system."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.memory import open_memory
    from sfspiris.report import files
    from sfspiris.report.audit import (
        SUFFIXES,
        Choice,
        audit_csv,
        audit_document,
        audit_jsonl,
        audit_lines,
        print_audit,
    )
    from sfspiris.state.earlier import earlier_memories

    name = "behandlingshistorik" if lang == "sv" else "processing-history"
    target = out or Path(f"{name}{f'-{year}' if year else ''}.csv")
    files.check_report(target, SUFFIXES)
    with open_memory(common) as memory:
        _check_companies(common, tuple(memory.settings.companies))
        choice = Choice(
            memory.state.id,
            year,
            tuple(sorted(common.companies)),
            lang,
            earlier_memories(memory.state.catalog),
        )
        lines = audit_lines(memory.state.history.all(), choice)
    text = audit_csv(lines, lang) if target.suffix.lower() == ".csv" else audit_jsonl(lines)
    files.write_text(target, text)
    document = audit_document("audit export", target, lines, choice)
    answer(common, document, lambda console: print_audit(console, document, lang))


@app.command("verify")
@with_common
def verify(
    common: Common,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `audit export` wrote.")],
    expect: Annotated[
        str | None,
        typer.Option(
            metavar="CHECKSUM", help="The last line's, as somebody noted it down.", show_default=False
        ),
    ] = None,
    memory: Annotated[
        bool, typer.Option("--memory", help="Also compare every line with the memory on this machine.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """Check that no line of an exported history was changed, inserted or removed; the first one that was is named."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.memory import open_memory
    from sfspiris.report.audit import (
        audit_document,
        audit_lines,
        compare_with_memory,
        print_audit,
        read_audit,
    )

    lines, choice = read_audit(file)
    head = lines[-1]["hash"]
    if expect is not None and expect.strip().casefold() != head:
        raise SafetyStop(
            f"{file} hangs together, but its last line has the checksum {head}, not the one that was expected.",
            remedy="Take the file from where it was first put away: this is another one, or one that was made anew.",
            code="AUDIT_BROKEN",
        )
    if memory:
        with open_memory(common) as known:
            if known.state.id != choice.state_id:
                raise UsageError(
                    f"{file} tells of another memory than the one on this machine.",
                    remedy="Give its state with --state, or leave --memory out.",
                )
            compare_with_memory(file, lines, audit_lines(known.state.history.all(), choice))
    document = audit_document("audit verify", file, lines, choice, is_same=True if memory else None)
    answer(common, document, lambda console: print_audit(console, document, lang))


def _check_companies(common: Common, known: tuple[str, ...]) -> None:
    for asked in common.companies:
        if asked not in known:
            raise UsageError(
                f"There is no company “{asked}” in the configuration.",
                remedy=f"Choose among {', '.join(known)}.",
            )
