"""Puts the print of each invoice beside its record in the CRM, once for each status.

An insert of a file is not idempotent: its answer lost, it may be there. So what is about to be sent is remembered durably before, with
the time; what has no answer is left alone for the settle window, and everything is looked for by its file name before it is
sent (`core.attachments`). A lost memory is no first time either: the look finds what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import WriteInvoice
from sfspiris.core.attachments import DONE, PRINTED, file_name, missing_prints
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.outcome import ActionResult, Outcome
from sfspiris.core.receivables import values
from sfspiris.errors import BrokenReply, ConfigError, Fatal, OutcomeUnknown, Refused, Retryable, SfspirisError
from sfspiris.ports.crm import NewFile
from sfspiris.sentences import joined, say
from sfspiris.state.receivables import ATTACHMENT, INVOICE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sfspiris.core.actions import AttachPdf, Mirrored
    from sfspiris.core.receivables import Value
    from sfspiris.engine.execute import Carried
    from sfspiris.engine.world import World
    from sfspiris.ports.crm import InvoiceFiles

    _Known = dict[str, dict[str, Value]]

MOST: Final = 200
"""Prints that one run makes; the rest follow in the next ones, so that the first pull of old books ends in time."""
_LOOKED_AT: Final = 2000
_AT_ONCE: Final = 20  # invoices per look: two calls
_NAMED: Final = 3


def attach(
    world: World,
    written: Iterable[Mirrored],
    companies: Collection[str],
    carried: Carried,
    *,
    most: int = MOST,
) -> None:
    """Make what is missing; in a dry run, say what would be. A print that fails stops no other and is tried again next time."""
    if not (world.policy.attaches_pdfs and world.policy.invoice_fields):
        return
    known = world.state.receivables.told(ATTACHMENT)
    missing = _missing(world, written, companies, known)
    if world.dry:
        carried.results += [ActionResult(one, Outcome.PLANNED) for one in missing[:most]]
        return
    if not missing or carried.stopped is not None:
        return
    failed: list[tuple[AttachPdf, SfspirisError]] = []
    made = 0
    try:
        for start in range(0, min(len(missing), _LOOKED_AT), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            files = _look(world, some)
            for one in some:
                if made >= most or _is_hopeless(failed, made):
                    return
                made += _one(world, one, files[one.external_id], known, carried=carried, failed=failed)
    except (Retryable, ConfigError) as error:
        carried.warnings.append(
            Warn(
                WarningCode.ATTACHMENT_FAILED,
                say(
                    "No further invoice was put on its record as PDF: %(error)s %(remedy)s",
                    error=error.message,
                    remedy=error.remedy or "",
                ),
            )
        )
    except Fatal as error:
        carried.stopped = error
    finally:
        carried.warnings += _told(failed)


def _is_hopeless(failed: Sequence[object], made: int) -> bool:
    """Whether everything that was tried has failed, often enough to believe that the rest would."""
    return len(failed) >= _NAMED and len(failed) == made


def _missing(
    world: World, written: Iterable[Mirrored], companies: Collection[str], known: _Known
) -> Sequence[AttachPdf]:
    shown = world.state.receivables.told(INVOICE)
    if world.dry:
        shown |= {
            one.record.external_id: values(one.record) for one in written if isinstance(one, WriteInvoice)
        }
    return missing_prints(
        shown,
        known,
        companies,
        now=world.clock.now(),
        settle=world.settle,
    )


def _look(world: World, some: Sequence[AttachPdf]) -> dict[str, InvoiceFiles]:
    names = {one.external_id: [file_name(one.external_id, status) for status in PRINTED] for one in some}
    return dict(world.crm.invoice_files(names))


def _one(
    world: World,
    action: AttachPdf,
    there: InvoiceFiles,
    known: _Known,
    *,
    carried: Carried,
    failed: list[tuple[AttachPdf, SfspirisError]],
) -> int:
    """Make one print unless it is there; how many were sent. Raises Retryable where the rest would fail as well."""
    name = file_name(action.external_id, action.status)
    if name in there.names:
        _remember(world, known, action, DONE)
        return 0
    if there.record_id is None:  # gone from the CRM, or not saved yet: the mirror makes it again
        return 0
    try:
        content = world.ledgers[action.company].invoice_pdf(action.invoice_id)
    except (Refused, BrokenReply) as error:
        carried.results.append(ActionResult(action, Outcome.FAILED))
        failed.append((action, error))
        return 1
    title = f"Invoice {action.number} ({action.status})"
    with world.unit():
        _remember(world, known, action, world.clock.now().isoformat())
        try:
            made = world.crm.attach(NewFile(name, title, content, there.record_id, there.document_id))
        except (OutcomeUnknown, BrokenReply) as error:  # an answer that is cut off may be that of a success
            carried.results.append(ActionResult(action, Outcome.UNKNOWN))
            failed.append((action, error))
            return 1
        except ConfigError as error:
            _remember(world, known, action, None)
            carried.results.append(ActionResult(action, Outcome.FAILED))
            failed.append((action, error))
            return 1
        except (Retryable, Fatal):  # not one byte was carried out
            _remember(world, known, action, None)
            raise
        _remember(world, known, action, DONE)
    carried.results.append(ActionResult(action, Outcome.DONE, made))
    return 1


def _remember(world: World, known: _Known, action: AttachPdf, what: str | None) -> None:
    prints = known.setdefault(action.external_id, {})
    prints[action.status] = what
    world.state.receivables.note_told(ATTACHMENT, {action.external_id: prints}, at=world.clock.now())


def _told(failed: Sequence[tuple[AttachPdf, SfspirisError]]) -> list[Warn]:
    if not failed:
        return []
    named = joined(
        (
            say(
                "invoice %(number)s (%(status)s): %(error)s",
                number=one.number,
                status=one.status,
                error=error.message.rstrip("."),
            )
            for one, error in failed[:_NAMED]
        ),
        "; ",
    )
    more = say("; and %(count)s more", count=len(failed) - _NAMED) if len(failed) > _NAMED else ""
    return [
        Warn(
            WarningCode.ATTACHMENT_FAILED,
            say(
                "%(count)s invoices were not put on their records as PDF: %(named)s%(more)s. The next run looks for them and "
                "tries again.",
                count=len(failed),
                named=named,
                more=more,
            ),
        )
    ]
