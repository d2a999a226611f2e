"""`sfspiris runs`: what each run did, record by record, from the local memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfspiris.cli.options import SHORT_ID, Common, Lang, with_common
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from sfspiris.report.history import RecordFacts, RunFacts
    from sfspiris.state.journal import Intent
    from sfspiris.state.runs import Run, SeenDeal
    from sfspiris.state.store import State

app = typer.Typer(help="What each run did, from the local memory; asks neither system.", no_args_is_help=True)


@app.command("list")
@with_common
def list_runs(
    common: Common,
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    lang: Lang = "en",
) -> None:
    """The latest runs, newest first."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.memory import open_memory
    from sfspiris.report.history import RunsDocument, print_runs

    with open_memory(common) as memory:
        found = memory.state.runs.recent(limit)
    document = RunsDocument(runs=tuple(_run(one) for one in found))
    answer(common, document, lambda console: print_runs(console, document, lang))


@app.command("show")
@with_common
def show_run(
    common: Common,
    *,
    run_id: Annotated[
        str, typer.Argument(metavar="ID", help="The run's id, as in logs, reports and `runs list`.")
    ],
    record: Annotated[
        str | None,
        typer.Option(
            help="Only this record: a deal, draft or customer by its id, or a deal by its correlation id.",
            show_default=False,
        ),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Also write every step to this .csv file.", show_default=False)
    ] = None,
    lang: Lang = "en",
) -> None:
    """One run: how every write that it recorded ended, and every deal that it held, with why, or left as it was. -v: each step."""
    from sfspiris.cli.answers import answer
    from sfspiris.cli.memory import open_memory
    from sfspiris.report.files import write_text
    from sfspiris.report.history import RunHistoryDocument, SeenDealFacts, history_csv, print_history
    from sfspiris.state.runs import SEEN_KEPT

    if export is not None and export.suffix.lower() != ".csv":
        raise UsageError(f"{export.name} is no .csv file.", remedy="Give it a name that ends in .csv.")
    with open_memory(common) as memory:
        run = memory.state.runs.get(run_id)
        if run is None:
            raise UsageError(
                f"No run {run_id} is recorded in this state.",
                remedy="`sfspiris runs list` shows those that are.",
            )
        written = [one for one in memory.state.journal.of_run(run_id) if _is_about(one, record)]
        seen = [one for one in memory.state.runs.seen(run_id) if _names(one, record)]
        if record is not None and not written and not seen:
            raise UsageError(
                f"The run {run_id} says nothing of a record {record}: it neither wrote one, nor held or left such a deal.",
                remedy=f"`sfspiris runs show {run_id}` shows all that it wrote, held and left; what it left is known for "
                f"{SEEN_KEPT.days} days.",
            )
        document = RunHistoryDocument(
            run=_run(run),
            records=tuple(_record(memory.state, one) for one in written),
            deals=tuple(
                SeenDealFacts(
                    deal=one.deal_id,
                    outcome=one.outcome.value,
                    company=one.company,
                    codes=one.codes,
                    correlation_id=one.correlation_id,
                )
                for one in seen
            ),
        )
    if export is not None:
        write_text(export, history_csv(document))
    answer(
        common,
        document,
        lambda console: print_history(console, document, lang, steps=common.verbose > 0),
    )


def _is_about(intent: Intent, record: str | None) -> bool:
    return record is None or any(
        one is not None and (one == record or (len(record) == SHORT_ID and one.startswith(record)))
        for one in (
            intent.deal_id,
            intent.subject,
            intent.remote_id,
            intent.customer_id,
            intent.correlation_id,
        )
    )


def _names(one: SeenDeal, record: str | None) -> bool:
    return (
        record is None
        or record in {one.deal_id, one.correlation_id}
        or (len(record) == SHORT_ID and one.deal_id.startswith(record))
    )


def _run(run: Run) -> RunFacts:
    from sfspiris.report.history import RunCountFacts, RunFacts

    return RunFacts(
        run_id=run.run_id,
        command=run.command,
        started_at=run.started_at,
        finished_at=run.finished_at,
        status=run.status.value if run.status else None,
        ended_by=run.ended_by,
        counts=RunCountFacts.model_validate(run.counts, from_attributes=True),
    )


def _record(state: State, intent: Intent) -> RecordFacts:
    from sfspiris.report.history import RecordFacts, StepFacts

    return RecordFacts(
        kind=intent.kind,
        company=intent.company,
        deal=intent.deal_id,
        revision=intent.revision,
        state=intent.state,
        target_id=intent.remote_id,
        correlation_id=intent.correlation_id,
        marker=intent.marker,
        net=intent.net,
        currency=intent.currency,
        steps=tuple(
            StepFacts(at=one.at, event=one.event, to_state=one.to_state, run_id=one.run_id, note=one.note)
            for one in state.journal.history(intent.id)
        ),
    )
