"""A saved plan as a file: the document that `--json` prints, what each action is recognised by, and a seal over both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from sfspiris.core.identity import payload_hash
from sfspiris.core.planning.saved import SavedItem, SavedPlan
from sfspiris.errors import SafetyStop, UsageError
from sfspiris.report.shapes import PlanDocument, SavedFacts, SavedItemFacts

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.report.shapes import RunDocument

_PLAN_AGAIN: Final = "Save a plan with `sfspiris push-closed-won --dry-run --out PLAN.json`, and apply that."


def plan_document(document: RunDocument, saved: SavedPlan) -> PlanDocument:
    """The dry run's document, with all that it takes to recognise each action again."""
    facts = SavedFacts(
        org=saved.org,
        companies=dict(saved.companies),
        rules=saved.rules,
        asked=saved.asked,
        fresh=saved.fresh,
        deals=saved.deals,
        items=tuple(
            SavedItemFacts(
                action=one.id,
                kind=one.kind,
                deal=one.deal_id,
                company=one.company,
                intent=one.intent,
                content=one.content,
                rests_on=one.rests_on,
                fields=dict(one.fields),
            )
            for one in saved.items
        ),
        seal="",
    )
    unsealed = PlanDocument.model_validate(document.model_dump() | {"saved": facts.model_dump()})
    seal = _seal(unsealed.model_dump(mode="json"))
    return unsealed.model_copy(update={"saved": facts.model_copy(update={"seal": seal})})


def read_plan(path: Path) -> SavedPlan:
    """The plan in a file that `--out` wrote.

    Raises UsageError when there is no such file or it is no saved plan, and SafetyStop when it was changed afterwards:
    what was looked at and approved is then not what it says.
    """
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        document = PlanDocument.model_validate(written)
    except OSError as error:
        raise UsageError(
            f"The plan {path} cannot be read: {error.strerror or error}.", remedy=_PLAN_AGAIN
        ) from error
    except (ValueError, ValidationError) as error:
        raise UsageError(f"{path} is no saved plan.", remedy=_PLAN_AGAIN) from error
    if document.saved.seal != _seal(written):
        raise SafetyStop(
            f"The plan {path} was changed after it was saved, so it is not what was looked at. Nothing was written.",
            remedy=f"{_PLAN_AGAIN} To carry out a part of it, save a plan with --deal.",
            code="PLAN_CHANGED",
        )
    facts = document.saved
    return SavedPlan(
        org=facts.org,
        companies=facts.companies,
        rules=facts.rules,
        asked=facts.asked,
        fresh=facts.fresh,
        deals=facts.deals,
        items=tuple(
            SavedItem(
                id=one.action,
                kind=one.kind,
                deal_id=one.deal,
                company=one.company,
                intent=one.intent,
                content=one.content,
                rests_on=one.rests_on,
                fields=one.fields,
            )
            for one in facts.items
        ),
    )


def _seal(written: dict[str, Any]) -> str:
    """A print of the whole file but itself. It notices changes; it does not prove who made the file."""
    return payload_hash(written | {"saved": written["saved"] | {"seal": ""}})
