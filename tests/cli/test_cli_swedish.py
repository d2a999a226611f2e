"""Stories of a person in finance who reads Swedish: what commands print, from the first look to the comparison."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from playground import finance
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
    r"\bowner = |\"[a-z]+\"|&#34;[a-z]+&#34;|\\?\[[\w.…]+\\?\]|`[^`]*`|https?:\S+|[\w.-]+@[\w.-]+|"
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


MESSAGE, REASONS = "Spiris_Sync_Message__c", "Spiris_Invoice_Ready_Reasons__c"


def written(demo: Playground) -> dict[str, str]:
    """Every sentence of ours that stands on a deal in Salesforce, by deal."""
    texts = {one["Id"]: one[MESSAGE] or one[REASONS] for one in demo.deals().values()}
    return {deal: text for deal, text in texts.items() if text}


def test_sales_reads_reasons_in_the_configured_language_and_codes_stay(
    demo: Playground, left_in_english: set[str]
) -> None:
    path = demo.folder / "sfspiris.toml"
    plain = path.read_text(encoding="utf-8") + "\n[write_back]\ninvoice_ready = true\n"
    path.write_text(plain, encoding="utf-8")
    run = demo.sfspiris("push-closed-won", "--json").document["run_id"]
    before, codes = written(demo), {one["Id"]: one["Spiris_Sync_Code__c"] for one in demo.deals().values()}
    assert all(english(text) for text in before.values())

    path.write_text(f'{plain}language = "sv"\n', encoding="utf-8")
    demo.sfspiris("push-closed-won")
    after = written(demo)
    assert after.keys() == before.keys()
    assert {deal: text for deal, text in after.items() if english(text)} == {}
    assert all(len(text) <= 255 for deal, text in after.items() if codes[deal])
    assert {one["Id"]: one["Spiris_Sync_Code__c"] for one in demo.deals().values()} == codes
    demo.forget_calls()
    again = demo.sfspiris("push-closed-won", "--json").document
    assert [one for one in again["actions"] if one["kind"].startswith("write_")] == []
    assert demo.writes() == [], "what stands there already is not written again"

    demo.sfspiris("rollback", run)
    taken = {deal: text for deal, text in written(demo).items() if deal not in after}
    assert set(taken.values()) == {
        "Utkastet togs tillbaka med rollback. Inget görs på nytt utan en människas ord: kryssa i Spiris_Retry__c."
    }
    demo.sfspiris("pull-invoice-status", "--full")
    assert {deal: written(demo)[deal] for deal in taken} == taken
    assert left_in_english == set()


def test_what_finance_deletes_is_told_to_sales_in_the_configured_language(demo: Playground) -> None:
    path = demo.folder / "sfspiris.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f'{text}\n[write_back]\nlanguage = "sv"\n', encoding="utf-8")
    made = demo.sfspiris("push-closed-won", "--json", "--limit", "1").document["actions"]
    draft = next(one for one in made if one["kind"] == "create_draft")
    finance(demo, f"drafts/{draft['target_id']}/delete", company=draft["company"])
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    demo.sfspiris("pull-invoice-status", "--full")
    assert written(demo)[draft["deal"]] == (
        "Utkastet togs bort i bokföringssystemet och görs inte om utan en människas ord."
    )


def test_lists_of_twins_pairs_and_sums_are_told_in_swedish(
    demo: Playground, left_in_english: set[str]
) -> None:
    made = demo.sfspiris("push-closed-won", "--json").document["actions"]
    draft = next(one for one in made if one["kind"] == "create_draft" and one["company"] == "se")
    finance(demo, f"drafts/{draft['target_id']}/issue")
    told = {
        name: demo.sfspiris(*name.split(), "--lang", "sv", "--no-color")
        for name in (
            "duplicates scan",
            "match export --out pairs.csv",
            "match find a",
            "match link 001000000000000 1 --company se --dry-run",
            "report revenue",
            "doctor",
            f"review assign {held_deal(demo)} --to Karin",
        )
    }
    last = {name: ended.out.rstrip().splitlines()[-1:] for name, ended in told.items()}
    assert last["duplicates scan"][0] in {
        "Ingenting finns två gånger.",
        "1 grupp med dubbletter hittades. Ingenting har ändrats.",
    }
    assert last["match export --out pairs.csv"][0].startswith("Skriven till pairs.csv.")
    assert last["match find a"][0].endswith(" rader hittades.")
    assert " inkl. moms: fakturerat " in last["report revenue"][0]
    (demo.folder / "pairs.csv").write_text(
        "action;company;account;customer_number\nlänka;se;001000000000000;1\n", encoding="utf-8"
    )
    told["match import"] = demo.sfspiris("match", "import", "pairs.csv", "--lang", "sv")
    assert "Rad 2, action: ”länka” är ingen åtgärd." in told["match import"].out
    assert told["match import"].out.rstrip().endswith("1 rad avvisas, så ingenting har ändrats.")
    assert {name: english(ended.out) for name, ended in told.items() if english(ended.out)} == {}
    assert left_in_english == set()


def held_deal(demo: Playground) -> str:
    deal: str = demo.sfspiris("review", "list", "--json").document["holds"][0]["deal"]
    return deal
