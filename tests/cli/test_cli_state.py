"""A state file lost, replaced by an older one or flipped between any two runs: never a second draft, and a way back."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playground import Playground

W_LATER = "2026-11-20T08:30:00Z"


def references(demo: Playground) -> Counter[str]:
    return Counter(one["OurReference"] for one in demo.drafts())


def must_stand_once_each(demo: Playground, before: Counter[str]) -> None:
    after = references(demo)
    assert after == before
    assert set(after.values()) == {1}


@pytest.mark.parametrize(
    "what",
    [
        "older",
        "flipped",
        pytest.param("deleted", marks=pytest.mark.release),
        pytest.param("flipped and restored", marks=pytest.mark.release),
    ],
)
def test_whatever_happened_to_the_state_nothing_is_made_twice_and_a_rebuild_ends_in_an_empty_plan(
    demo: Playground, what: str
) -> None:
    file = demo.folder / "sfspiris.db"
    limited = demo.sfspiris("push-closed-won", "--limit", "2")
    assert limited.code == 3, limited.err
    yesterday = demo.folder / "yesterday.backup"
    yesterday.unlink(missing_ok=True)
    assert demo.sfspiris("state", "backup", "--out", str(yesterday), "--json").document["file"] == str(
        yesterday
    )
    assert demo.sfspiris("push-closed-won").code == 3
    made = references(demo)
    assert len(made) > 2
    match what:
        case "deleted":
            file.unlink()
        case "older":
            shutil.copyfile(yesterday, file)
        case _:
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 4
            file.write_bytes(content)
            info = demo.sfspiris("state", "info", "--json").document
            # Where the bit falls decides who notices: SQLite, or else the seal that the last run left.
            assert "damaged" in info["trouble"] or "changed by something else" in info["trouble"]
            refused = demo.sfspiris("push-closed-won", "--json")
            assert refused.code == 7
            assert "sfspiris state rebuild" in refused.document["error"]["remedy"]
            if what == "flipped and restored":
                restored = demo.sfspiris("state", "restore", str(yesterday), "--json")
                assert restored.code == 0, restored.err
                assert restored.document["kept_aside"]
    if what != "flipped":
        assert demo.sfspiris("push-closed-won").code == 3
        must_stand_once_each(demo, made)
    rebuilt = demo.sfspiris("state", "rebuild", "--json")
    assert rebuilt.code == 3, rebuilt.err
    assert set(rebuilt.kinds()) == {"adopt"}
    assert len(rebuilt.kinds()) == len(made)
    must_stand_once_each(demo, made)
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": W_LATER})
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json")
    assert planned.kinds() == [], str(planned.document["actions"][:1])
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []
    must_stand_once_each(demo, made)
    for left_over in demo.folder.glob("*aside*"):
        left_over.unlink()
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": None})


def test_the_state_is_told_and_backed_up_without_touching_it(demo: Playground) -> None:
    demo.sfspiris("push-closed-won", "--limit", "1")
    told = demo.sfspiris("state", "info")
    assert told.code == 0, told.err
    assert "as the last run left it" in told.out
    facts = told.out.splitlines()
    feeds = [
        line
        for line in facts
        if line.startswith(("size ", "seal ", "links ", "counted:se ", "documents:se "))
    ]
    assert {line.index(line.split(maxsplit=1)[1]) for line in feeds} == {len("customer links ")}, "one column"
    assert any("searched up to 2026-11-20" in line for line in feeds)
    document = demo.sfspiris("state", "info", "--json").document
    assert (document["trouble"], document["open_writes"]) == (None, 0)
    assert document["counts"]["links"] == 1
    again = demo.sfspiris("state", "backup", "--out", "sfspiris.toml", "--json")
    assert again.code == 2
    assert "exists already" in again.document["error"]["message"]


def test_what_a_rebuilt_memory_notes_is_not_called_a_feed(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    assert demo.sfspiris("state", "rebuild", "--allow-held").code == 0
    told = demo.sfspiris("state", "info", COLUMNS="120").out
    notes = {line.split()[0]: line for line in told.splitlines() if line.startswith(("gap:", "lost "))}
    assert set(notes) >= {"lost"}
    assert "may have been at work until 2026-11-20" in notes["lost"]
    assert "up to" not in "".join(notes.values())


def test_a_rebuild_that_cannot_be_done_leaves_the_memory_as_it_was(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    file = demo.folder / "sfspiris.db"
    before = file.read_bytes()
    named = demo.sfspiris("state", "rebuild", "--company", "se", "--json")
    assert named.code == 2
    assert "--company" in named.document["error"]["remedy"]
    (demo.folder / "tokens").rename(demo.folder / "elsewhere")
    assert demo.sfspiris("state", "rebuild", "--json").code == 5
    (demo.folder / "elsewhere").rename(demo.folder / "tokens")
    demo.edit_config('mode = "active"', 'mode = "read-only"')
    refused = demo.sfspiris("state", "rebuild", "--json")
    assert refused.code == 7
    assert "--dry-run" not in refused.document["error"]["remedy"]
    demo.edit_config('mode = "read-only"', 'mode = "active"')
    assert file.read_bytes() == before
    assert sorted(one.name for one in demo.folder.glob("sfspiris.db.*a*i*")) == []
    assert demo.sfspiris("state", "rebuild", "--json").code == 3
    assert file.read_bytes() != before
    assert len(list(demo.folder.glob("*.aside"))) == 1


def test_a_rebuild_names_the_old_memory_whose_history_an_export_of_the_new_one_misses(
    demo: Playground,
) -> None:
    first = demo.sfspiris("push-closed-won", "--json").document["run_id"]
    rebuilt = demo.sfspiris("state", "rebuild")
    words = " ".join(rebuilt.out.split())
    assert "processing history until now stand in the old memory alone: keep it with the books" in words
    (old,) = demo.folder.glob("*.aside")
    assert old.name in words.replace(" ", "")

    exported = demo.sfspiris("audit", "export", "--out", "new.jsonl")
    assert f"It was kept as {old.name}." in " ".join(exported.out.split())
    assert "what was done before stands in an earlier one" in " ".join(exported.out.split())
    new = (demo.folder / "new.jsonl").read_text(encoding="utf-8")
    assert first not in new
    assert old.name in new.splitlines()[0], "whoever has the file alone is told too"
    assert demo.sfspiris("audit", "verify", "new.jsonl", "--memory").code == 0
    told = demo.sfspiris("audit", "export", "--out", "ny.csv", "--lang", "sv", "--json").document
    assert [(one["how"], one["kept_aside"]) for one in told["earlier"]] == [("made_anew", old.name)]
    assert "Minnet gjordes om" in (demo.folder / "ny.csv").read_text(encoding="utf-8-sig").splitlines()[1]

    before = demo.sfspiris("audit", "export", "--state", str(old), "--out", "old.jsonl", "--json")
    assert before.code == 0, before.err
    assert before.document["earlier"] == []
    assert first in (demo.folder / "old.jsonl").read_text(encoding="utf-8")
    runs = demo.sfspiris("runs", "list", "--state", str(old), "--json").document["runs"]
    assert [one["run_id"] for one in runs] == [first]

    again = demo.sfspiris("state", "rebuild", "--json").document
    aside = next(one for one in demo.folder.glob("*.aside") if one != old)
    assert again["kept_aside"] == str(aside)
    for left_over in demo.folder.glob("*.aside"):
        left_over.unlink()


def test_an_export_from_a_memory_that_was_put_back_names_the_one_that_knows_what_happened_since(
    demo: Playground,
) -> None:
    demo.sfspiris("push-closed-won", "--limit", "1")
    backup = demo.folder / "day.backup"
    backup.unlink(missing_ok=True)
    assert demo.sfspiris("state", "backup", "--out", str(backup)).code == 0
    restored = demo.sfspiris("state", "restore", str(backup), "--json").document
    told = demo.sfspiris("audit", "export", "--out", "all.csv", "--json").document
    assert [(one["how"], one["kept_aside"]) for one in told["earlier"]] == [
        ("put_back", restored["kept_aside"].rpartition("/")[2])
    ]
    for left_over in demo.folder.glob("*aside*"):
        left_over.unlink()
