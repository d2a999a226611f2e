"""A look before go-live: what would be held if everything were pushed now, by rule and by owner."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sfspiris.report.document import run_document
from sfspiris.report.helping import find_page
from sfspiris.report.page import Page, Row
from sfspiris.report.shapes import OwnerFacts, PreflightDocument, RuleFacts
from sfspiris.report.view import deal_names, how_many, sentence_case
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from rich.console import Console

    from sfspiris.core.outcome import RunResult
    from sfspiris.report.helping import Language


def preflight_document(
    result: RunResult,
    *,
    open_ids: Collection[str],
    checked: int,
    record_url: Callable[[str], str],
    companies: Mapping[str, str],
    language: Language = "en",
) -> PreflightDocument:
    """The facts of a preflight; what most Deals are held for, and whoever owns most of them, comes first.

    Sentences are told in `language`.
    """
    facts = run_document(result, record_url=record_url, companies=companies, language=language)
    rules: dict[str, set[str]] = defaultdict(set)
    owners: dict[str | None, set[str]] = defaultdict(set)
    codes: dict[str | None, set[str]] = defaultdict(set)
    for one in facts.holds:
        rules[one.code].add(one.deal)
        owners[one.owner].add(one.deal)
        codes[one.owner].add(one.code)
    by_rule = [
        RuleFacts(code=code, title=_title(code, language), deals=len(deals)) for code, deals in rules.items()
    ]
    by_owner = [
        OwnerFacts(owner=owner, deals=len(deals), codes=tuple(sorted(codes[owner])))
        for owner, deals in owners.items()
    ]
    return PreflightDocument.model_validate(
        facts.model_dump()
        | {
            "checked": checked,
            "open_deals": sorted(open_ids),
            "by_rule": sorted(by_rule, key=lambda one: (-one.deals, one.code)),
            "by_owner": sorted(by_owner, key=lambda one: (-one.deals, one.owner or "")),
        }
    )


def print_preflight(
    console: Console, document: PreflightDocument, *, limit: int | None, language: Language = "en"
) -> None:
    """Print what would be held, by rule and by owner, and then deal by deal; at most `limit` deals of the latter."""
    page = Page(console, language)
    checked = say("%(deals)s checked as if pushed now", deals=how_many(document.checked, "deal"))
    page.say(sentence_case(checked), style="bold")
    # The space keeps an open deal apart from an open amount, which other languages call by another word.
    page.entry(say("open "), how_many(len(document.open_deals), "deal"))
    page.entry(say("won "), how_many(document.checked - len(document.open_deals), "deal"))
    if document.by_rule:
        page.title(say("What would be held, by rule"))
        widest = max(len(one.code) for one in document.by_rule)
        page.columns(
            [Row((f"{one.code:<{widest}}  {one.title}", str(one.deals))) for one in document.by_rule]
        )
        page.title(say("By owner"))
        for group in document.by_owner:
            deals = how_many(group.deals, "deal")
            page.say(joined((group.owner or say("nobody"), deals), ": "), indent=2)
            page.say(", ".join(group.codes), indent=4, style="dim")
        page.title(say("Deal by deal"))
        for one in document.holds[:limit]:
            name, owner = one.deal_name or one.deal, one.owner or say("nobody")
            page.say(
                say("%(name)s (open, %(owner)s)", name=name, owner=owner)
                if one.deal in document.open_deals
                else say("%(name)s (won, %(owner)s)", name=name, owner=owner),
                sign="!",
            )
            page.say(f"{one.message} {one.fix} ({one.code})", indent=2)
    names = deal_names(document)
    for warning in document.warnings:
        about = f"{names.get(warning.deal, warning.deal)}: " if warning.deal else ""
        page.say(f"{about}{warning.message} ({warning.code})", sign="*", style="yellow")
    held = document.summary.held
    ready = document.checked - held - document.summary.unchanged - document.summary.out_of_scope
    page.last(
        say(
            "%(held)s would be held, %(ready)s would become drafts, %(unchanged)s have their document already. Nothing was written.",
            held=held,
            ready=ready,
            unchanged=document.summary.unchanged,
        )
    )


def _title(code: str, language: Language) -> str:
    found = find_page(code, language)
    return found.title if found else code
