"""From a run's result to the one document that all its reports are made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, assert_never

from sfspiris.core.actions import (
    Adopt,
    AttachPdf,
    CreateArticle,
    CreateCustomer,
    CreateDraft,
    DeleteDraft,
    NewCustomer,
    UpdateCustomer,
    UpdateDraft,
    WriteAccount,
    WriteDeal,
    WriteInvoice,
    WriteReadiness,
    kind,
)
from sfspiris.core.changes import changes
from sfspiris.core.drift import Symbol
from sfspiris.core.identity import action_id, payload_hash
from sfspiris.core.outcome import Outcome, RunStatus
from sfspiris.core.vat import row_net
from sfspiris.report.clean import numbers_pattern
from sfspiris.report.language import words
from sfspiris.report.shapes import FailureDocument, ReconcileDocument, RunDocument
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping

    from sfspiris.core.actions import Action, Mirrored
    from sfspiris.core.conversion import Conversion
    from sfspiris.core.drift import BooksLock, Drift, Reconciliation
    from sfspiris.core.model import DraftRow
    from sfspiris.core.outcome import ActionResult, HeldSince, RunResult
    from sfspiris.core.receivables import InvoiceRecord
    from sfspiris.core.siecheck import SieCheck
    from sfspiris.core.vat import VatSummary
    from sfspiris.errors import SfspirisError
    from sfspiris.report.helping import Language
    from sfspiris.report.language import Words
    from sfspiris.report.shapes import ActionFacts

Json = dict[str, Any]

_COUNTED: Final = {Outcome.PLANNED, Outcome.DONE}


def run_document(
    result: RunResult,
    *,
    record_url: Callable[[str], str],
    companies: Mapping[str, str] | None = None,
    deal_names: Mapping[str, str] | None = None,
    plan_hash: str | None = None,
    language: Language = "en",
) -> RunDocument:
    """The facts of a run.

    `record_url` gives a Deal's address in the CRM. `companies` are the companies' names by key, for the reader; those of
    the run that are missing are shown by key. `deal_names` names Deals that the result itself does not name, such as
    those a pull only writes status to. `plan_hash` replaces our own print, for a plan that was saved with one; the print is
    the same in every language. Sentences are told in `language`.
    """
    document = RunDocument.model_validate(
        _run(
            result, record_url=record_url, companies=companies, deal_names=deal_names, spoken=words(language)
        )
    )
    return document.model_copy(update={"plan_hash": plan_hash or _plan_hash(document.actions)})


def reconcile_document(
    result: RunResult,
    reconciliation: Reconciliation,
    *,
    record_url: Callable[[str], str],
    companies: Mapping[str, str] | None = None,
    language: Language = "en",
) -> ReconcileDocument:
    """The facts of a comparison: the run's own, with lines, counts and sums beside.

    The status is `partial` as soon as something could not be read, for then agreement has not been shown.
    """
    spoken = words(language)
    document = _run(result, record_url=record_url, companies=companies, deal_names=None, spoken=spoken)
    found = [line.company for line in reconciliation.lines]
    found += [one.company for one in reconciliation.apart]
    document["companies"] = _companies((*document["companies"], *found), companies)
    if not reconciliation.is_complete:
        document["status"] = RunStatus.PARTIAL
    compared = ReconcileDocument.model_validate(
        document
        | {
            "period": {"start": reconciliation.start, "end": reconciliation.end},
            "counts": {
                "same": reconciliation.count(Symbol.SAME),
                "only_in_salesforce": reconciliation.count(Symbol.ONLY_IN_CRM),
                "only_in_spiris": reconciliation.count(Symbol.ONLY_IN_LEDGER),
                "differs": reconciliation.count(Symbol.DIFFERS),
                "unreadable": reconciliation.count(Symbol.UNREADABLE),
                "settled": sum(line.is_settled for line in reconciliation.lines),
            },
            "sums": [
                {
                    "company": one.company,
                    "currency": one.currency,
                    "salesforce": one.crm,
                    "spiris": one.ledger,
                    "difference": one.difference,
                    "figures": asdict(one.figures) if one.figures else None,
                }
                for one in sorted(reconciliation.sums, key=lambda one: (one.company, one.currency))
            ],
            "lines": [_line(line, record_url, spoken) for line in reconciliation.lines],
            "locks": [_lock(one, reconciliation) for one in reconciliation.locks],
            "classes": Counter(str(line.code) for line in reconciliation.lines if line.code),
            "reread": reconciliation.reread,
            "sie": _sie(reconciliation.sie, spoken) if reconciliation.sie else None,
            "apart": [asdict(one) for one in reconciliation.apart],
        }
    )
    return compared.model_copy(update={"plan_hash": _plan_hash(compared.actions)})


def failure_document(error: SfspirisError) -> FailureDocument:
    """The facts of a command that failed as a whole."""
    return FailureDocument.model_validate({"error": _error(error, words("en"))})


# --- the parts of a run --------------------------------------------------------------------------------------------


def _run(
    result: RunResult,
    *,
    record_url: Callable[[str], str],
    companies: Mapping[str, str] | None,
    deal_names: Mapping[str, str] | None,
    spoken: Words,
) -> Json:
    names = dict(deal_names or {}) | _deal_names(result)
    actions = [
        _action(one, names=names, record_url=record_url, spoken=spoken)
        | _conversion(one.action, result.conversions.get(one.action.deal_id))
        for one in result.results
    ]
    involved = (*(one["company"] for one in actions), *(one.hold.company for one in result.holds))
    document: Json = {
        "command": result.command,
        "run_id": result.run_id,
        "mode": "dry-run" if result.dry else "apply",
        "status": result.status,
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "stopped": _error(result.stopped, spoken) if result.stopped is not None else None,
        "plan_hash": "",
        "companies": _companies(involved, companies),
        "summary": _summary(result),
        "actions": actions,
        "holds": [_hold(one, record_url, spoken) for one in sorted(result.holds, key=_hold_order)],
        "warnings": [
            {"code": one.code, "deal": one.deal_id, "message": spoken.sentence(one.message)}
            for one in sorted(result.warnings, key=lambda one: (one.code, one.deal_id or "", one.message))
        ],
        "api_calls": dict(sorted(result.api_calls.items())),
    }
    personal = numbers_pattern(_personal_numbers(result))
    cleaned: Json = _without(document, personal) if personal is not None else document
    return cleaned


def _error(error: SfspirisError, spoken: Words) -> Json:
    return {
        "code": error.code,
        "message": spoken.sentence(error.message),
        "remedy": spoken.sentence(error.remedy),
    }


def _deal_names(result: RunResult) -> dict[str, str]:
    names = {one.hold.deal_id: one.hold.deal_name for one in result.holds}
    documents = (
        one.action
        for one in result.results
        if isinstance(one.action, CreateDraft | UpdateCustomer | UpdateDraft | DeleteDraft | Adopt)
    )
    return names | {one.deal_id: one.deal_name for one in documents}


def _companies(involved: Iterable[str | None], known: Mapping[str, str] | None) -> dict[str, str]:
    keys = {key for key in involved if key is not None} | set(known or {})
    return {key: (known or {}).get(key, key) for key in sorted(keys)}


def _summary(result: RunResult) -> Json:
    counted = [
        kind(one.action).partition("_")[0]
        for one in result.results
        if one.outcome in _COUNTED and not one.adopted
    ]
    return {verb: counted.count(verb) for verb in ("create", "update", "delete")} | {
        "update": result.updated,
        "unchanged": len(result.unchanged),
        "held": result.held,
        "failed": result.failed,
        "out_of_scope": result.out_of_scope,
        "beyond_limit": result.beyond_limit,
    }


def _plan_hash(actions: Iterable[ActionFacts]) -> str:
    """A print of all creations, updates and deletions as the reader sees them: what and for whom, but not when, by which run, or how it went."""
    return payload_hash(
        [
            one.model_dump(mode="json", include={"id", "changes", "draft"}) | {"kind": one.intended}
            for one in actions
            if one.intended.startswith(("create_", "update_", "delete_"))
        ]
    )


# --- the parts of an action ----------------------------------------------------------------------------------------


def _action(
    one: ActionResult, *, names: Mapping[str, str], record_url: Callable[[str], str], spoken: Words
) -> Json:
    action = one.action
    return {
        "id": action.id,
        "kind": "adopt" if one.adopted else kind(action),
        "adopted": _found_as(one),
        "deal": action.deal_id or None,
        "deal_name": names.get(action.deal_id),
        "company": action.company,
        "target_id": one.target_id,
        "outcome": one.outcome,
        "correlation_id": action.correlation_id,
        "changes": [
            {
                "field": change.field,
                "before": change.before,
                "after": change.after,
                "currency": change.currency,
            }
            for change in changes(action)
        ],
        "links": {"salesforce": record_url(_record_of(action))},
    } | _content(one, spoken)


def _conversion(action: Action | Mirrored, rate: Conversion | None) -> Json:
    """What a draft in a foreign currency comes to by the CRM's own rate; nothing where it has none."""
    if rate is None or not isinstance(action, CreateDraft | UpdateDraft):
        return {}
    return {
        "conversion": {
            "corporate": rate.corporate,
            "rate": rate.rate,
            "valid_from": rate.valid_from,
            "net": rate.converted(action.vat.net),
        }
    }


def _record_of(action: Action | Mirrored) -> str:
    """The record in the CRM that shows best what this is about."""
    match action:
        case WriteAccount():
            return action.summary.account
        case WriteInvoice():
            return action.deal_id or action.record.account or ""
        case _:
            return action.deal_id


def _found_as(one: ActionResult) -> str | None:
    if isinstance(one.action, Adopt):
        return f"create_{one.action.target}"
    return kind(one.action) if one.adopted else None


def _content(one: ActionResult, spoken: Words) -> Json:  # noqa: PLR0911 - one for each kind
    match one.action:
        case CreateCustomer() as action:
            made = {"name": action.customer.name, "state": "new", "id": one.target_id, "action": action.id}
            return {"customer": made, "draft": None}
        case UpdateCustomer() as action:
            known = {
                "name": action.name,
                "state": "existing",
                "id": action.customer_id,
                "number": action.number,
            }
            return {"customer": known, "draft": None}
        case CreateArticle():
            return {"draft": None}
        case CreateDraft() as action:
            return {
                "net": action.vat.net,
                "currency": action.draft.currency,
                "customer": _invoiced(action),
                "draft": _draft(action, spoken),
            }
        case UpdateDraft() as action:
            return {
                "net": action.vat.net,
                "currency": action.draft.currency,
                "customer": _invoiced(action),
                "draft": None,
            }
        case DeleteDraft() | Adopt() as action:
            return {"net": action.net, "currency": action.currency, "draft": None}
        case WriteInvoice() as action:
            return {"draft": None, "invoice": _invoice(action.record)}
        case WriteDeal() | WriteAccount() | WriteReadiness() | AttachPdf():
            return {"draft": None}
    assert_never(one.action)


def _invoiced(action: CreateDraft | UpdateDraft) -> Json:
    if isinstance(action.customer, NewCustomer):
        made_by = action_id("create_customer", action.company, action.customer.key)
        return {"name": action.customer_name, "state": "new", "action": made_by}
    return {
        "name": action.customer_name,
        "state": "existing",
        "id": action.customer.id,
        "number": action.customer.number,
        "evidence": action.customer.evidence,
    }


def _draft(action: CreateDraft, spoken: Words) -> Json:
    draft = action.draft
    return {
        "invoice_date": draft.invoice_date,
        "delivery_date": draft.delivery_date,
        "payment_terms_days": draft.payment_terms_days,
        "our_reference": draft.our_reference,
        "your_reference": draft.your_reference,
        "purchase_order": draft.purchase_order,
        "marker": draft.marker,
        "deal_net": action.net,
        "totals": _totals(action.vat, draft.currency),
        "vat_reasons": [spoken.sentence(one) for one in action.vat_reasons],
        "rows": [_row(row) for row in draft.rows],
    }


def _invoice(record: InvoiceRecord) -> Json:
    return {
        "number": record.invoice_number,
        "status": record.status.value,
        "invoice_date": record.invoice_date,
        "due_date": record.due_date,
        "currency": record.currency,
        "total": record.amount_total,
        "paid": record.amount_paid,
        "credited": record.amount_credited,
        "remaining": record.balance,
        "is_credit_note": record.is_credit_note,
        "credits_invoice": record.credits_invoice,
        "exchange_rate": record.exchange_rate,
        "total_in_books": None if record.exchange_rate is None else record.amount_total_base,
    }


def _totals(vat: VatSummary, currency: str) -> Json:
    return {
        "currency": currency,
        "net": vat.net,
        "vat": vat.vat,
        "rounding": vat.rounding,
        "total": vat.gross,
        "rates": [{"rate": line.rate, "net": line.net, "vat": line.vat} for line in vat.lines],
    }


def _row(row: DraftRow) -> Json:
    if row.is_text:
        return {"text": row.text}
    return {
        "text": row.text,
        "article": row.article_number,
        "quantity": row.quantity,
        "unit_price": row.unit_price,
        "discount_percent": row.discount * Decimal(100),
        "vat_rate": row.vat_rate,
        "vat_treatment": row.treatment,
        "net": row_net(row),
    }


# --- holds, lines and masks ----------------------------------------------------------------------------------------


def _hold_order(one: HeldSince) -> tuple[str, ...]:
    hold = one.hold
    return (hold.company or "", hold.code, hold.deal_name, hold.deal_id, hold.field or "", hold.message)


def _hold(one: HeldSince, record_url: Callable[[str], str], spoken: Words) -> Json:
    hold = one.hold
    return {
        "deal": hold.deal_id,
        "deal_name": hold.deal_name,
        "company": hold.company,
        "code": hold.code,
        "field": hold.field,
        "value": hold.value,
        "currency": hold.currency,
        "message": spoken.sentence(hold.message),
        "fix": spoken.sentence(hold.fix),
        "owner": hold.owner,
        "since": one.since,
        "correlation_id": one.correlation_id,
        "versions": [
            {"field": two.field, "written": two.wrote, "salesforce": two.crm, "spiris": two.ledger}
            for two in hold.versions
        ],
        "links": {"salesforce": record_url(hold.deal_id)},
    }


def _line(line: Drift, record_url: Callable[[str], str], spoken: Words) -> Json:
    return {
        "symbol": line.symbol,
        "deal": line.deal_id,
        "deal_name": line.deal_name,
        "company": line.company,
        "document_id": line.document_id,
        "document_number": line.document_number,
        "field": _said(line.field, spoken),
        "salesforce": _said(line.crm_value, spoken),
        "spiris": _said(line.ledger_value, spoken),
        "message": spoken.sentence(line.message),
        "code": line.code,
        "also": line.also,
        "reasons": line.reasons,
        "fix": _said(line.fix, spoken),
        "figures": [asdict(one) for one in line.figures],
        "settled": line.is_settled,
        "links": {"salesforce": record_url(line.deal_id) if line.deal_id else None},
    }


def _said(words: str | None, spoken: Words) -> str | None:
    return None if words is None else spoken.sentence(words)


def _sie(check: SieCheck, spoken: Words) -> Json:
    lines = [
        asdict(one) | {"message": spoken.sentence(one.message), "fix": spoken.sentence(one.fix)}
        for one in check.lines
    ]
    return asdict(check) | {"lines": lines}


def _lock(lock: BooksLock, reconciliation: Reconciliation) -> Json:
    start, end = reconciliation.start, reconciliation.end
    state = None
    if start is not None and end is not None:
        covered = (lock.covers(start), lock.covers(end))
        state = "locked" if all(covered) else "partly" if any(covered) else "open"
    return {"company": lock.company, "locked_until": lock.last, "period": state}


def _personal_numbers(result: RunResult) -> list[str]:
    """The numbers that are known to be a person's: they may not stand anywhere in the document, however spelled."""
    people = (
        one.action.customer
        for one in result.results
        if isinstance(one.action, CreateCustomer) and one.action.customer.is_personal
    )
    return [number for person in people for number in (person.orgnr, person.vat_number) if number]


def _without(content: Any, personal: re.Pattern[str]) -> Any:
    match content:
        case dict():
            return {key: _without(value, personal) for key, value in content.items()}
        case list():
            return [_without(value, personal) for value in content]
        case str():
            return personal.sub(PERSONAL_ID, content)
        case _:
            return content
