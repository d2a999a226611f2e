"""What the HTML and the Markdown templates have in common: strictness, filters, and the facts of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context

from sfspiris.report import story, view
from sfspiris.report.language import words
from sfspiris.report.shapes import PreflightDocument, ReconcileDocument
from sfspiris.report.values import status_words
from sfspiris.sentences import Sentence

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2.runtime import Context

    from sfspiris.core.drift import Symbol
    from sfspiris.report.helping import Language
    from sfspiris.report.shapes import RunDocument

Filter = Callable[..., Any]


def environment(
    filters: Mapping[str, Filter],
    *,
    finalize: Callable[[Any], Any] | None = None,
    language: Language = "en",
) -> Environment:
    """Templates that escape every value and refuse an unknown name, with the filters of one form beside the common ones.

    A template's own words stand in `_()`, which says them in the language and escapes what is put into their places; a
    sentence among the facts is said in the language where it is put out.
    """
    spoken = words(language)

    def say(value: Any) -> Any:
        told = spoken.sentence(value) if isinstance(value, Sentence) else value
        return finalize(told) if finalize else told

    made = Environment(
        loader=PackageLoader("sfspiris.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=say,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(spoken.say, spoken.count, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    made.filters |= {**_COMMON, **filters}
    return made


@pass_context
def _company(context: Context, key: str | None) -> str:
    return view.company_label(context["document"], key)


def _swedish_day(moment: datetime) -> str:
    return f"{moment.astimezone(view.SWEDEN):%Y-%m-%d}"


def _finding(symbol: Symbol) -> str:
    return view.sentence_case(view.FINDINGS[symbol])


_COMMON: Final[Mapping[str, Filter]] = {
    "number": view.number,
    "company": _company,
    "counted": view.how_many,
    "invoice_number": view.invoice_number,
    "swedish_time": view.swedish_time,
    "swedish_day": _swedish_day,
    "finding": _finding,
    "line_rows": view.line_rows,
    "sentence": view.sentence_case,
    "status": status_words,
}


def facts(document: RunDocument) -> dict[str, Any]:
    """Everything that a template of either kind may lay out."""
    common = {
        "document": document,
        "title": story.title(document),
        "names": view.deal_names(document),
        "writes": view.status_writes(document),
        "invoices": view.invoices(document),
    }
    if isinstance(document, ReconcileDocument):
        return common | {
            "lead": view.verdict(document),
            "tiles": story.reconcile_tiles(document),
            "findings": view.lines_by_finding(document),
            "trail": view.MONEY_TRAIL,
            "sie_words": view.sie_words(document),
            "sie_sums": view.SIE_SUMS,
            "apart": view.apart_words(document),
            "nothing": view.nothing_compared(document),
            "locks": [view.lock_words(document, one) for one in document.locks],
        }
    return common | {
        "lead": view.headline(document),
        "tiles": story.tiles(document),
        "steps": story.next_steps(document),
        "sums": view.company_sums(document),
        "groups": view.hold_groups(document),
        "blocks": view.deal_blocks(document),
        "owners": document.by_owner if isinstance(document, PreflightDocument) else (),
    }


def template_name(document: RunDocument, suffix: str) -> str:
    """The template for this kind of document: `run.html.j2`, `reconcile.md.j2`, …"""
    return f"{'reconcile' if isinstance(document, ReconcileDocument) else 'run'}.{suffix}.j2"
