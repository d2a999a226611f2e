"""A run as one HTML file for whoever decides about it: nothing is loaded, nothing runs, and it prints well.

Every value is cleaned when the document is built and escaped by the templates; the content policy in the file forbids
everything but its own style sheet, whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from sfspiris.core.money import plain
from sfspiris.core.outcome import Outcome
from sfspiris.report import view
from sfspiris.report.language import spelled
from sfspiris.report.templating import environment, facts, template_name
from sfspiris.sentences import say, whole

if TYPE_CHECKING:
    from decimal import Decimal

    from jinja2 import Environment

    from sfspiris.report.helping import Language
    from sfspiris.report.shapes import ActionFacts, ChangeFacts, RunDocument

PRINTED_IN_FULL: Final = 100
"""Up to so many Deals are opened on paper; beyond that, paper carries one line for each."""

_MINUS: Final = "\N{MINUS SIGN}"
_ACTION_TITLES: Final = {
    "create_customer": say("New customer"),
    "create_draft": say("Invoice draft"),
    "update_draft": say("Changes to the draft"),
    "delete_draft": say("Draft taken back"),
    "create_order": say("Sales order"),
    "update_order": say("Changes to the order"),
    "delete_order": say("Order taken back"),
    "update_customer": say("Customer, changed fields"),
}


def html_report(document: RunDocument, language: Language = "en") -> str:
    """The report as one HTML document, ready to be written as UTF-8."""
    known = facts(document)
    blocks = known.get("blocks", ())
    return page(
        template_name(document, "html"),
        language,
        **known,
        anchors={
            (block.company, block.deal): f"deal-{position}" for position, block in enumerate(blocks, start=1)
        },
        makers={one.id: one.deal for one in document.actions if one.intended == "create_customer"},
        next_steps=view.NEXT_STEP,
        printed_in_full=PRINTED_IN_FULL,
    )


def page(template: str, language: Language, **known: Any) -> str:
    """A template of the shared set filled in, with the style sheet and the policy that allows nothing else."""
    style = files("sfspiris.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _templates(language)
        .get_template(template)
        .render(
            known,
            language=language,
            style=Markup(style),  # noqa: S704 - our own file, hashed above; holds no data
            style_hash=f"sha256-{digest}",
        )
    )


@cache
def _templates(language: Language) -> Environment:
    return environment(
        {"amount": _amount, "spelled": spelled, "fields": _fields, "titled": _titled, "tags": _tags},
        language=language,
    )


def _amount(amount: Decimal) -> str:
    return with_minus(plain(amount))


def with_minus(amount: str) -> str:
    """A written amount with a sign that is as wide as a digit and read as minus."""
    return amount.replace("-", _MINUS)


def _fields(action: ActionFacts) -> list[ChangeFacts]:
    """The action's changes, without the rows of a new draft, which have a table of their own."""
    return [one for one in action.changes if action.draft is None or not one.field.startswith("Rows[")]


def _titled(action: ActionFacts) -> str:
    return _ACTION_TITLES.get(action.intended) or spelled(action.intended)


def _tags(block: view.DealBlock) -> list[dict[str, str]]:
    """Short labels beside a Deal's name: what deserves a look before opening it."""
    found = []
    if any(one.intended == "create_customer" for one in block.actions):
        found.append({"label": say("new customer"), "tone": ""})
    if any(one.intended in {"update_draft", "update_order"} for one in block.actions):
        found.append({"label": say("~ changed"), "tone": "hold"})
    if block.is_deletion:
        found.append({"label": say("- deleted"), "tone": "hold"})
    if any(one.intended == "update_customer" for one in block.actions):
        found.append({"label": say("customer updated"), "tone": ""})
    if any(one.kind == "adopt" for one in block.actions):
        found.append({"label": say("found from an earlier run"), "tone": ""})
    tones = {Outcome.FAILED: "bad", Outcome.UNKNOWN: "bad", Outcome.SKIPPED: "hold"}
    if block.outcome in tones:
        found.append({"label": whole(block.outcome.value), "tone": tones[block.outcome]})
    return found
