"""A state file that was lost, replaced, flipped or set aside: it is never believed, and there is always a way back."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from search_lags import measured
from sfspiris.errors import Locked, SfspirisError, StateDamaged, UsageError
from sfspiris.state import runlock, seal
from sfspiris.state.keeping import back_up, look, made_anew, put_back
from sfspiris.state.store import LOST, open_state
from statekit import LEAVE_A_HOT_JOURNAL, NOW, content_of, deal_link, die_in_child, later, new_draft, started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OWNER = runlock.LockOwner("state restore", "run-9", 1, "h", NOW)
SEARCHED = "documents:se"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A state in which a run has been at work until ten minutes past."""
    made = tmp_path / "state.db"
    with open_state(made, dry=False, now=NOW) as state:
        started(state).journal.record_intent(new_draft(), at=later(10), run_id="r1")
        state.links.save([deal_link("D2")])
        state.cursors.move(SEARCHED, later(10), at=later(10))
    return made


def write_once_more(file: Path) -> None:
    with open_state(file, dry=False, now=later(20)) as state:
        state.cursors.move("deals", later(20), at=later(20))


def told_lost(file: Path) -> object:
    with open_state(file, dry=True, now=NOW) as state:
        assert (SEARCHED in state.cursors.all()) == (state.cursors.get(LOST) is None)
        return state.cursors.get(LOST)


# --- the seal ----------------------------------------------------------------------------------------------------------


def test_what_a_run_left_is_whole(file: Path) -> None:
    assert look(file, now=NOW).finding == seal.Finding.WHOLE.value
    assert told_lost(file) is None


def test_reading_leaves_the_seal_and_writing_renews_it(file: Path) -> None:
    before = content_of(file.parent)
    with open_state(file, dry=False, now=NOW) as state:
        assert state.links.all()
    assert content_of(file.parent) == before
    write_once_more(file)
    assert look(file, now=NOW).finding == seal.Finding.WHOLE.value
    assert content_of(file.parent)["state.db.seal"] != before["state.db.seal"]


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_one_flipped_bit_anywhere_is_noticed(file: Path, seed: int, dry: bool) -> None:
    whole = bytearray(file.read_bytes())
    place = random.Random(seed).randrange(len(whole) * 8)  # noqa: S311 - replays
    whole[place // 8] ^= 1 << place % 8
    file.write_bytes(whole)
    with pytest.raises(StateDamaged) as refused, open_state(file, dry=dry, now=NOW):
        pass
    assert file.read_bytes() == whole, "it is left as it is"
    if "another program" not in refused.value.message and "newer version" not in refused.value.message:
        assert "state restore" in refused.value.remedy
        assert "state rebuild" in refused.value.remedy


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.release)])
def test_a_flipped_bit_on_any_page_is_noticed(file: Path, times: int) -> None:
    whole = file.read_bytes()
    size = int.from_bytes(whole[16:18], "big")
    pages = len(whole) // size
    assert pages > 20
    for page in range(pages):
        for seed in range(times):
            flipped = bytearray(whole)
            place = random.Random(page * times + seed).randrange(size * 8)  # noqa: S311 - replays
            flipped[page * size + place // 8] ^= 1 << place % 8
            file.write_bytes(flipped)
            with pytest.raises(StateDamaged), open_state(file, dry=True, now=NOW):
                pass


@pytest.mark.parametrize("dry", [True, False])
def test_a_flipped_bit_in_the_words_of_the_schema_is_noticed(file: Path, dry: bool) -> None:
    """SQLite's complaint quotes them, and they are no text any more."""
    whole = file.read_bytes()
    index = b"CREATE UNIQUE INDEX intents_one_live_document"
    file.write_bytes(whole.replace(index, index.replace(b"UNIQUE", b"UNIQ\xd5E")))
    with pytest.raises(StateDamaged), open_state(file, dry=dry, now=NOW):
        pass


@pytest.mark.release
@pytest.mark.timeout(3600)
def test_not_one_of_a_thousand_flipped_bits_is_believed(file: Path) -> None:
    whole = file.read_bytes()
    for seed in range(1000):
        flipped = bytearray(whole)
        place = random.Random(seed).randrange(len(whole) * 8)  # noqa: S311 - replays
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        with pytest.raises(StateDamaged), open_state(file, dry=True, now=NOW):
            pass


def test_yesterdays_copy_is_a_memory_with_a_gap(file: Path) -> None:
    yesterday = file.read_bytes()
    write_once_more(file)
    file.write_bytes(yesterday)
    assert look(file, now=NOW).finding == seal.Finding.OLDER.value
    assert told_lost(file) == later(10)
    write_once_more(file)
    assert told_lost(file) == later(10), "what was lost stays noted"
    assert look(file, now=NOW).finding == seal.Finding.WHOLE.value


def test_a_state_that_is_gone_is_no_first_run(file: Path) -> None:
    file.unlink()
    found = look(file, now=NOW)
    assert (found.exists, found.finding) == (False, seal.Finding.OLDER.value)
    assert told_lost(file) == later(10)
    with open_state(file, dry=False, now=NOW) as state:
        assert state.is_new
        assert state.cursors.get(LOST) == later(10)


def test_another_installations_state_is_a_memory_with_a_gap(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with open_state(other, dry=False, now=NOW) as state:
        state.cursors.move(SEARCHED, NOW, at=NOW)
    shutil.copyfile(other, file)
    assert told_lost(file) == later(10)


def test_a_run_that_died_is_believed_for_what_it_committed(file: Path) -> None:
    """Its file is newer than the seal, even where the breaking of the seal did not reach the disk."""
    old = content_of(file.parent)["state.db.seal"]
    write_once_more(file)
    (file.parent / "state.db.seal").write_bytes(old)
    assert look(file, now=NOW).finding == seal.Finding.INTERRUPTED.value
    assert told_lost(file) is None


def test_a_file_without_a_seal_is_not_judged(file: Path) -> None:
    (file.parent / "state.db.seal").unlink()
    assert look(file, now=NOW).finding == seal.Finding.UNSEALED.value
    assert told_lost(file) is None


@pytest.mark.parametrize("content", ["", "[]", '{"state_id": 1}', "\x00"])
def test_a_seal_that_cannot_be_read_is_none(file: Path, content: str) -> None:
    (file.parent / "state.db.seal").write_text(content)
    assert look(file, now=NOW).finding == seal.Finding.UNSEALED.value


def test_nobody_seals_while_another_run_is_at_work(file: Path) -> None:
    with runlock.hold(file, OWNER):
        write_once_more(file)
        assert "state.db.seal" not in content_of(file.parent)


# --- looking -----------------------------------------------------------------------------------------------------------


def test_looking_changes_nothing_and_tells_what_is_remembered(file: Path) -> None:
    before = content_of(file.parent)
    found = look(file, now=NOW)
    assert found.counts == {"runs": 1, "intents": 1, "links": 1, "customer_links": 0, "holds": 0}
    assert (found.open_writes, found.generation, found.trouble) == (1, 1, None)
    assert found.cursors == {SEARCHED: later(10)}
    assert content_of(file.parent) == before


def test_a_damaged_file_can_be_looked_at(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])
    found = look(file, now=NOW)
    assert found.trouble
    assert "damaged" in found.trouble
    assert found.counts == {}


# --- backups -----------------------------------------------------------------------------------------------------------


def test_a_backup_is_whole_private_and_no_run_keeps_it_waiting(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with runlock.hold(file, OWNER):
        back_up(file, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_state(copy, dry=True, now=NOW) as state:
        assert state.links.all() == (deal_link("D2"),)


def test_a_backup_overwrites_nothing_and_leaves_no_half_of_itself(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        back_up(file, copy)
    assert copy.read_text() == "mine"
    with pytest.raises(UsageError, match="no state file"):
        back_up(tmp_path / "none.db", tmp_path / "copy2.db")
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"minnen" * 1000)
    with pytest.raises(StateDamaged):
        back_up(damaged, tmp_path / "copy3.db")
    assert not [one for one in tmp_path.iterdir() if "unfinished" in one.name or "copy3" in one.name]


def test_a_restored_backup_knows_that_it_has_lost_what_came_after(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(file, copy)
    write_once_more(file)
    newest = file.read_bytes()
    aside = put_back(file, copy, OWNER, now=later(30))
    assert aside is not None
    assert aside.read_bytes() == newest, "what stood there is kept"
    assert told_lost(file) == later(10)
    with open_state(file, dry=True, now=NOW) as state:
        assert state.cursors.get("deals") is None
        assert len(state.journal.open_intents()) == 1


def test_a_memory_that_lost_something_forgets_what_was_measured_of_lists(file: Path, tmp_path: Path) -> None:
    """The slowest list may be what is missing."""
    with open_state(file, dry=False, now=NOW) as state:
        measured(state, "se", until=NOW, number=3)
    assert len(look(file, now=NOW).measured) == 1
    copy = tmp_path / "copy.db"
    back_up(file, copy)
    write_once_more(file)
    put_back(file, copy, OWNER, now=later(30))
    assert look(file, now=NOW).measured == ()


def test_a_damaged_state_is_replaced_by_its_backup_though_nobody_knows_how_far_it_went(
    file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    back_up(file, copy)
    file.write_bytes(b"minnen" * 1000)
    (file.parent / "state.db.seal").unlink()
    put_back(file, copy, OWNER, now=later(30))
    assert told_lost(file) == later(30)


@pytest.mark.parametrize("what", ["missing", "itself", "text", "empty"])
def test_what_is_no_backup_is_refused_and_the_state_stays(file: Path, tmp_path: Path, what: str) -> None:
    other = tmp_path / "other.db"
    if what in {"text", "empty"}:
        other.write_bytes(b"minnen" * 1000 if what == "text" else b"")
    before = file.read_bytes()
    with pytest.raises(UsageError):
        put_back(file, file if what == "itself" else other, OWNER, now=NOW)
    assert file.read_bytes() == before


def test_nothing_is_replaced_while_a_run_is_at_work(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    back_up(file, copy)
    with runlock.hold(file, runlock.LockOwner("sync", "run-1", 7, "h", NOW)):
        with pytest.raises(Locked, match="sync"):
            put_back(file, copy, OWNER, now=NOW)
        with pytest.raises(Locked, match="sync"):
            made_anew(file, OWNER, now=NOW).__enter__()


def test_a_state_that_is_made_anew_knows_it_has_lost_everything_and_the_old_is_kept_aside(file: Path) -> None:
    old = file.read_bytes()
    with (
        made_anew(file, OWNER, now=later(30)) as arriving,
        open_state(arriving, dry=False, now=later(30)) as new,
    ):
        new.cursors.move("deals", later(30), at=later(30))
        assert file.read_bytes() == old, "it stays until the new one is whole"
    (aside,) = file.parent.glob("*.aside")
    assert aside.read_bytes() == old
    assert told_lost(file) == later(10)
    with open_state(file, dry=True, now=later(31)) as state:
        assert state.cursors.get("deals") == later(30)
    assert sorted(one.name for one in file.parent.iterdir() if "arriving" in one.name) == []


def test_a_state_whose_successor_could_not_be_made_stays_as_it_was(file: Path) -> None:
    before = content_of(file.parent)
    with pytest.raises(RuntimeError), made_anew(file, OWNER, now=later(30)):
        raise RuntimeError("no connection")
    assert content_of(file.parent) == before
    with open_state(file, dry=False, now=later(31)):
        pass
    assert told_lost(file) is None


def test_what_a_killed_rebuild_left_is_no_hindrance(file: Path) -> None:
    for end in ("", "-journal", ".seal", ".lock.json"):
        file.with_name(f"{file.name}.arriving{end}").write_bytes(b"left over")
    with made_anew(file, OWNER, now=later(30)):
        pass
    assert told_lost(file) == later(10)


# --- a replacement that ends half-way ----------------------------------------------------------------------------------


class Died(BaseException):
    """The process died here."""


@dataclass
class Steps:
    """Counts what is done to files and folders, and lets nothing more be done from the nth step on."""

    end: int | None = None
    is_kill: bool = True
    is_done: bool = False  # the nth step itself
    taken: int = 0

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        for name in ("replace", "rename", "unlink", "fsync"):
            patch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, step: Callable[..., None]) -> Callable[..., None]:
        def counted(*given: object, **more: object) -> None:
            self.taken += 1
            is_end = self.end is not None and self.taken >= self.end
            if is_end and self.is_kill:
                if self.is_done and self.taken == self.end:
                    step(*given, **more)
                raise Died
            if is_end and self.taken == self.end:
                raise OSError(errno.ENOSPC, "No space left on device")
            step(*given, **more)

        return counted


def left_as(file: Path, before: str) -> None:
    """Make the file what the replacement finds."""
    if before == "interrupted":
        die_in_child(LEAVE_A_HOT_JOURNAL, file)
    if before in {"unsealed", "interrupted", "gone"}:
        seal.remove(file)
    if before in {"gone", "gone, sealed"}:
        file.unlink()


def restore(file: Path) -> None:
    put_back(file, file.with_name("copy.db"), OWNER, now=later(30))


def rebuild(file: Path) -> None:
    with made_anew(file, OWNER, now=later(30)):
        pass


def is_as_before(file: Path) -> bool:
    """Whether a run would find the memory of the last run; else it must know that it has lost what that did."""
    with open_state(file, dry=True, now=later(31)) as state:
        if state.cursors.get("deals") == later(20):
            assert len(state.links.all()) == 1
            assert [one.state for one in state.journal.open_intents()] == ["new"]
            return True
        lost = state.cursors.get(LOST)
        assert lost is not None, "a memory without what the last run did counts as whole"
        assert lost >= later(10)
        return False


@pytest.mark.parametrize(
    ("replace_it", "before", "is_kill"),
    [
        *(
            (restore, before, True)
            for before in ("sealed", "unsealed", "interrupted", "gone", "gone, sealed")
        ),
        (restore, "sealed", False),
        (restore, "interrupted", False),
        (rebuild, "unsealed", True),
    ],
)
def test_a_replacement_that_ends_half_way_leaves_no_memory_that_wrongly_counts_as_whole(
    file: Path, replace_it: Callable[[Path], None], before: str, is_kill: bool
) -> None:
    """The old file, the new one that knows its loss, or none with a seal that says that one is missing: at every step."""
    back_up(file, file.with_name("copy.db"))
    write_once_more(file)
    left_as(file, before)
    start = {one.name: one.read_bytes() for one in file.parent.iterdir()}
    steps = Steps()
    with pytest.MonkeyPatch.context() as patch:
        steps.watch(patch)
        replace_it(file)
    assert steps.taken >= 8
    kept = sorted(one for one in file.parent.iterdir() if ".aside" in one.name)
    assert len(kept) == {"interrupted": 2, "gone": 0, "gone, sealed": 0}.get(before, 1)
    assert not is_as_before(file)
    is_told = before != "gone"  # of what is gone with its seal, nobody knows before the first step is done
    for end in range(1, steps.taken + 1):
        for one in file.parent.iterdir():
            one.unlink()
        for name, content in start.items():
            (file.parent / name).write_bytes(content)
        with (
            pytest.MonkeyPatch.context() as patch,
            suppress(Died, OSError, SfspirisError),
        ):
            Steps(end, is_kill).watch(patch)
            replace_it(file)
        is_told = is_told or file.exists() or seal.read(file) is not None
        if is_told:
            is_as_before(file)
    replace_it(file)
    assert not is_as_before(file)


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "yesterday's"])
def test_an_opening_that_ends_half_way_forgets_no_loss(file: Path, is_gone: bool) -> None:
    """Before the loss is noted in the file its seal tells of it, whatever else is written first."""
    yesterday = file.read_bytes()
    write_once_more(file)
    seal_left = content_of(file.parent)["state.db.seal"]
    end, steps = 0, Steps()
    while end <= steps.taken:
        end, steps = end + 1, Steps(end + 1, is_done=True)
        file.write_bytes(yesterday)
        (file.parent / "state.db.seal").write_bytes(seal_left)
        if is_gone:
            file.unlink()
        with pytest.MonkeyPatch.context() as patch, suppress(Died):
            steps.watch(patch)
            write_once_more(file)
        with open_state(file, dry=True, now=later(31)) as state:
            assert state.cursors.get(LOST) == later(10)
    assert end >= 4


@pytest.mark.parametrize("dry", [True, False])
def test_the_journal_of_a_file_that_is_gone_does_not_make_a_first_run(file: Path, dry: bool) -> None:
    file.with_name(f"{file.name}-journal").write_bytes(b"left over")
    file.unlink()
    with open_state(file, dry=dry, now=NOW) as state:
        assert state.cursors.get(LOST) == later(10)


def test_a_restored_state_that_is_lost_at_once_was_at_work_until_the_one_before_it_was(
    file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    back_up(file, copy)
    write_once_more(file)
    seal.remove(file)
    put_back(file, copy, OWNER, now=later(30))
    file.unlink()
    assert told_lost(file) == later(30)


def test_what_a_killed_restore_left_is_no_backup(file: Path) -> None:
    arriving = file.with_name(f"{file.name}.arriving")
    back_up(file, arriving)
    with pytest.raises(UsageError, match="no backup"):
        put_back(file, arriving, OWNER, now=NOW)
    assert arriving.exists()


def test_the_seal_holds_no_more_than_ids_counts_and_times(file: Path) -> None:
    document = json.loads((file.parent / "state.db.seal").read_text())
    assert set(document) == {"state_id", "generation", "digest", "at"}
