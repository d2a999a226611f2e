"""What a command shows when it has come to its end: one document for programs, a page for people, a report on request."""

from __future__ import annotations

import logging
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from sfspiris.errors import UsageError
from sfspiris.report import files
from sfspiris.report.document import reconcile_document, run_document
from sfspiris.report.json import to_json
from sfspiris.report.page import terminal
from sfspiris.report.text import print_failure, print_reconciliation, print_run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sfspiris.cli.options import Common
    from sfspiris.cli.wiring import Session
    from sfspiris.core.drift import Reconciliation
    from sfspiris.core.outcome import RunResult
    from sfspiris.core.planning.saved import SavedPlan
    from sfspiris.core.review import Difference
    from sfspiris.engine.preflight import Preflight
    from sfspiris.report.helping import Language
    from sfspiris.report.memory import RebuildDocument
    from sfspiris.report.shapes import ReconcileDocument, RunDocument


log = logging.getLogger(__name__)

_DEALS_SHOWN: Final = 50  # in full, at a terminal; the sums count all, and -v or a report shows all


def check_report(report: Path | None) -> None:
    """Refuse a report that could not be written before anything is done."""
    if report is not None:
        files.check_report(report)


def check_plan(out: Path | None, *, dry: bool) -> None:
    """Refuse to save a plan where there is none, or where it could not be written, before anything is done."""
    if out is None:
        return
    if not dry:
        raise UsageError(
            "--out saves a plan, and only a dry run makes one.",
            remedy="Add --dry-run, then carry the plan out with `sfspiris apply`.",
        )
    files.check_file(out)


def show_run(
    common: Common,
    session: Session,
    result: RunResult,
    *,
    report: Path | None,
    lang: Language = "en",
    out: Path | None = None,
    saved: SavedPlan | None = None,
) -> None:
    """Show what a run planned or did, and write the plan where it is to be saved."""
    session.progress.clear()
    facts = partial(
        run_document,
        result,
        record_url=session.record_url,
        companies=session.company_names,
        deal_names=result.deal_names,
    )
    document = facts()
    told = document if lang == "en" else facts(plan_hash=document.plan_hash, language=lang)
    if out is not None and saved is not None:
        from sfspiris.report.saved import plan_document

        files.write_text(out, to_json(plan_document(document, saved)))
    _tell(common, document, report, lang, told)


def rebuild_document(session: Session, result: RunResult, *, kept_aside: Path | None) -> RebuildDocument:
    """What a memory that was made anew has taken over, and where the one before it is now."""
    from sfspiris.report.memory import RebuildDocument

    session.progress.clear()
    document = run_document(
        result,
        record_url=session.record_url,
        companies=session.company_names,
        deal_names=result.deal_names,
    )
    aside = str(kept_aside) if kept_aside else None
    return RebuildDocument.model_validate(document.model_dump() | {"kept_aside": aside})


def show_rebuild(common: Common, document: RebuildDocument) -> None:
    """Show it, once it stands in the old one's place."""
    _tell(common, document, None)


def show_without_session(
    common: Common, result: RunResult, *, report: Path | None, lang: Language = "en"
) -> None:
    """Show the result of a run that opened neither system, and so has no records to point at."""
    facts = partial(run_document, result, record_url=lambda _: "", companies={}, deal_names={})
    document = facts()
    told = document if lang == "en" else facts(plan_hash=document.plan_hash, language=lang)
    _tell(common, document, report, lang, told)


def show_replay(
    common: Common,
    session: Session,
    result: RunResult,
    differences: Iterable[Difference],
    *,
    report: Path | None,
    lang: Language = "en",
) -> None:
    """Show what had changed for held deals, and then what a push of them planned or did."""
    from sfspiris.report.review import print_differences, replay_document

    facts = partial(
        run_document,
        result,
        record_url=session.record_url,
        companies=session.company_names,
        deal_names=result.deal_names,
    )
    changed = tuple(differences)
    replayed, told = (replay_document(facts(language=language), changed) for language in ("en", lang))
    if not common.quiet:
        console = terminal(sys.stderr if common.json else sys.stdout, plain=common.no_color)
        print_differences(console, replayed, lang)
    _tell(common, replayed, report, lang, told.model_copy(update={"plan_hash": replayed.plan_hash}))


def show_preflight(
    common: Common, session: Session, found: Preflight, *, report: Path | None, lang: Language = "en"
) -> None:
    """Show what would be held if every deal were pushed now."""
    from sfspiris.report.preflight import preflight_document

    document, told = (
        preflight_document(
            found.result,
            open_ids=found.open_ids,
            checked=found.checked,
            record_url=session.record_url,
            companies=session.company_names,
            language=language,
        )
        for language in ("en", lang)
    )
    _tell(common, document, report, lang, told)


def show_reconciliation(
    common: Common,
    session: Session,
    result: RunResult,
    found: Reconciliation,
    *,
    report: Path | None,
    lang: Language = "en",
) -> None:
    """Show what a comparison found."""
    session.progress.clear()
    document, told = (
        reconcile_document(
            result, found, record_url=session.record_url, companies=session.company_names, language=language
        )
        for language in ("en", lang)
    )
    _tell(common, document, report, lang, told)


def _tell(
    common: Common,
    document: RunDocument | ReconcileDocument,
    report: Path | None,
    lang: Language = "en",
    told: RunDocument | ReconcileDocument | None = None,
) -> None:
    """Write the report and show the result. `told` is the same document with its sentences in `lang`, for people.

    A report that cannot be written any more is told, and no more than that: the run is over, and its result must be seen
    with the exit code that belongs to it.
    """
    try:
        if report is not None:
            files.write_report(report, document, lang, told or document)
    except UsageError as error:
        log.error(  # noqa: TRY400 - told to a person, who has no use for a traceback
            "%s %s", error.message, error.remedy, extra={"code": error.code}
        )
    try:
        _show(common, document, lang, told or document)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(
            f"The result of run {document.run_id} could not be written to where it was sent: {error.strerror}.",
            remedy=f"The run itself ended with status {document.status} and is recorded; see `sfspiris runs list`.",
            code="OUTPUT_LOST",
        ) from error


def _show(
    common: Common,
    document: RunDocument | ReconcileDocument,
    lang: Language,
    told: RunDocument | ReconcileDocument,
) -> None:
    from sfspiris.report.memory import RebuildDocument, print_rebuild
    from sfspiris.report.shapes import FailureDocument, PreflightDocument, ReconcileDocument

    if common.json:
        sys.stdout.write(to_json(document))
        sys.stdout.flush()
    if common.quiet:
        if told.stopped is not None:
            print_failure(terminal(sys.stderr, plain=common.no_color), FailureDocument(error=told.stopped))
        return
    console = terminal(sys.stderr if common.json else sys.stdout, plain=common.no_color)
    limit = None if common.verbose else _DEALS_SHOWN
    if isinstance(told, PreflightDocument):
        from sfspiris.report.preflight import print_preflight

        print_preflight(console, told, limit=limit, language=lang)
    elif isinstance(told, RebuildDocument):
        print_rebuild(console, told, limit=limit)
    elif isinstance(told, ReconcileDocument):
        print_reconciliation(console, told, show_same=common.verbose > 0, language=lang)
    else:
        print_run(console, told, limit=limit, language=lang)
