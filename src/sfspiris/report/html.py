"""A run as one HTML file for whoever decides about it: nothing is loaded, nothing runs, and it prints well.

Every value is cleaned when the document is built and escaped by the templates; the content policy in the file forbids
everything but its own style sheet, whose hash it names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from sfspiris.core.money import plain
from sfspiris.core.outcome import Outcome
from sfspiris.report import view
from sfspiris.report.templating import environment, facts, template_name

if TYPE_CHECKING:
    from decimal import Decimal

    from jinja2 import Environment

    from sfspiris.report.shapes import ActionFacts, ChangeFacts, RunDocument

PRINTED_IN_FULL: Final = 100
"""Up to so many Deals are opened on paper; beyond that, paper carries one line for each."""

_MINUS: Final = "\N{MINUS SIGN}"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ABBREVIATIONS: Final = {
    "Vat number": "VAT number",
    "Orgnr": "Organisation number",
    "Email": "E-mail",
    "Address1": "Address 1",
    "Address2": "Address 2",
}
_ACTION_TITLES: Final = {
    "create_customer": "New customer",
    "create_draft": "Invoice draft",
    "update_draft": "Changes to the draft",
    "update_customer": "Customer, changed fields",
}


def html_report(document: RunDocument) -> str:
    """The report as one HTML document, ready to be written as UTF-8."""
    style = files("sfspiris.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    known = facts(document)
    blocks = known.get("blocks", ())
    return (
        _templates()
        .get_template(template_name(document, "html"))
        .render(
            known,
            style=Markup(style),  # noqa: S704 - our own file, hashed above; holds no data
            style_hash=f"sha256-{digest}",
            anchors={
                (block.company, block.deal): f"deal-{position}"
                for position, block in enumerate(blocks, start=1)
            },
            makers={one.id: one.deal for one in document.actions if one.intended == "create_customer"},
            next_steps=view.NEXT_STEP,
            printed_in_full=PRINTED_IN_FULL,
        )
    )


@cache
def _templates() -> Environment:
    return environment(
        {"amount": _amount, "spelled": spelled, "fields": _fields, "titled": _titled, "tags": _tags}
    )


def spelled(name: str) -> str:
    """A field's or action's name as words: `PaymentTermsDays` and `payment_terms_days` are `Payment terms days`."""
    words = _CAMEL.sub(" ", name.replace("_", " "))
    readable = view.sentence_case(words.lower()) if "." not in name else name
    return _ABBREVIATIONS.get(readable, readable)


def _amount(amount: Decimal) -> str:
    return plain(amount).replace("-", _MINUS)


def _fields(action: ActionFacts) -> list[ChangeFacts]:
    """The action's changes, without the rows of a new draft, which have a table of their own."""
    return [one for one in action.changes if action.draft is None or not one.field.startswith("Rows[")]


def _titled(action: ActionFacts) -> str:
    return _ACTION_TITLES.get(action.intended, spelled(action.intended))


def _tags(block: view.DealBlock) -> list[dict[str, str]]:
    """Short labels beside a Deal's name: what deserves a look before opening it."""
    found = []
    if any(one.intended == "create_customer" for one in block.actions):
        found.append({"label": "new customer", "tone": ""})
    if any(one.intended == "update_draft" for one in block.actions):
        found.append({"label": "~ changed", "tone": "hold"})
    if any(one.intended == "update_customer" for one in block.actions):
        found.append({"label": "customer updated", "tone": ""})
    if any(one.kind == "adopt" for one in block.actions):
        found.append({"label": "found from an earlier run", "tone": ""})
    tones = {Outcome.FAILED: "bad", Outcome.UNKNOWN: "bad", Outcome.SKIPPED: "hold"}
    if block.outcome in tones:
        found.append({"label": block.outcome.value, "tone": tones[block.outcome]})
    return found
