"""Stories of a person in finance who reads Swedish: what commands print, from the first look to the comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sfspiris.report.language import Words, words

if TYPE_CHECKING:
    from playground import Json, Playground

ENGLISH = re.compile(
    r"\b(the|deals?|drafts|customers?|nothing|written|before|after|rows?|amount|field|since|next|made|found|and|with|"
    r"without|is|of|from|was|were|waiting|owner|looked|changed|left)\b"
)
"""Words that Swedish does not have, in small letters, as sentences have them and names do not."""
PLACE = re.compile(r"%\(\w+\)s")
WORD = re.compile(r"[A-Za-z]{2,}")
CODE = re.compile(
    r"\"[a-z]+\"|&#34;[a-z]+&#34;|\\?\[[\w.…]+\\?\]|`[^`]*`|https?:\S+|[\w.-]+@[\w.-]+|"
    r"sfspiris [a-z-]+( [a-z]+)?( --[a-z-]+)*|/\S+"
)


@pytest.fixture(autouse=True)
def left_in_english(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Collects every text that is asked for in Swedish and has none."""
    missing: set[str] = set()

    def say_or_note(self: Words, text: str) -> str:
        if self.language == "sv" and text not in self.translations and WORD.search(PLACE.sub("", text)):
            missing.add(text)
        return self.translations.get(text, text)

    assert words("sv").translations
    monkeypatch.setattr(Words, "say", say_or_note)
    return missing


def english(text: str) -> list[str]:
    return [line for line in text.splitlines() if ENGLISH.search(CODE.sub("", line))]


def test_runs_the_queue_and_the_comparison_are_told_in_swedish(
    demo: Playground, left_in_english: set[str]
) -> None:
    told = {
        name: demo.sfspiris(*name.split(), "--lang", "sv", "--no-color")
        for name in (
            "preflight",
            "push-closed-won --dry-run --report plan.md",
            "push-closed-won",
            "pull-invoice-status",
            "sync",
            "reconcile",
            "review list",
            "review replay --dry-run --report again.md",
        )
    }
    last = {name: ended.out.rstrip().splitlines()[-1] for name, ended in told.items()}
    assert last["push-closed-won --dry-run --report plan.md"].startswith("Plan: ")
    assert last["push-closed-won --dry-run --report plan.md"].endswith(" Ingenting har skrivits.")
    assert last["push-closed-won"].startswith("Klart: ")
    assert last["reconcile"].startswith("Jämfört: ")
    assert " affärer väntar. " in last["review list"]
    pages = {name: (demo.folder / name).read_text(encoding="utf-8") for name in ("plan.md", "again.md")}
    assert {name: english(ended.out) for name, ended in told.items() if english(ended.out)} == {}
    assert {name: english(text) for name, text in pages.items() if english(text)} == {}
    assert left_in_english == set()


def test_the_environment_chooses_the_language_and_documents_for_programs_stay_english(
    demo: Playground,
) -> None:
    plan = demo.sfspiris("push-closed-won", "--dry-run", "--json", SFSPIRIS_LANG="sv")
    assert plan.err.rstrip().splitlines()[-1].startswith("Plan: ")
    assert "Ingenting har skrivits." in plan.err
    plain = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    for part in ("holds", "warnings"):
        assert sentences(plan.document[part]) == sentences(plain[part])
    demo.sfspiris("push-closed-won")
    queue = [demo.sfspiris("review", "list", "--json", "--lang", one).document for one in ("sv", "en")]
    assert sentences(queue[0]["holds"]) == sentences(queue[1]["holds"])


def sentences(told: list[Json]) -> list[tuple[str, str | None]]:
    return [(one["message"], one.get("fix")) for one in told]
