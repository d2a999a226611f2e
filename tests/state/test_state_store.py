"""Opening the state: what is made, what is refused and in which words, and what a dry run leaves alone."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from sfspiris.errors import ConfigError, Locked, SafetyStop, StateDamaged
from sfspiris.state import sqlite
from sfspiris.state.address import state_file
from sfspiris.state.store import open_state
from statekit import (
    LEAVE_A_HOT_JOURNAL,
    NOW,
    as_ordinary_user,
    content_of,
    deal_link,
    die_in_child,
    later,
    new_draft,
    run_child,
    run_children,
    started,
    started_child,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def kept(file: Path) -> Path:
    """A file with one recorded draft."""
    with open_state(file, dry=False, now=NOW) as state:
        started(state).journal.record_intent(new_draft(), at=NOW, run_id="r1")
    return file


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


# --- making and opening --------------------------------------------------------------------------------------------


def test_a_new_state_is_readable_by_its_owner_alone(file: Path) -> None:
    with open_state(file, dry=False, now=NOW) as state:
        assert (state.is_new, state.is_dry, state.file) == (True, False, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_state_keeps_its_id_when_it_is_opened_again(file: Path) -> None:
    with open_state(file, dry=False, now=NOW) as first:
        pass
    with open_state(f"sqlite:///{file}", dry=False, now=later(5)) as again:
        assert (again.id, again.is_new) == (first.id, False)
        assert len(first.id) == 32


def test_a_relative_address_is_taken_from_the_given_folder(tmp_path: Path) -> None:
    with open_state("sqlite:///state.db", dry=False, now=NOW, base=tmp_path):
        pass
    assert (tmp_path / "state.db").exists()


def test_a_relative_address_is_taken_from_the_working_folder_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_state("state.db", dry=False, now=NOW):
        pass
    assert (tmp_path / "state.db").exists()


def test_a_file_with_odd_characters_in_its_name_is_just_a_file(tmp_path: Path) -> None:
    file = tmp_path / "år 2026 #1 50%.db"
    with open_state(file, dry=False, now=NOW):
        pass
    assert file.exists()


def test_commits_outlive_a_power_cut(kept: Path) -> None:
    """The file's connection syncs file and folder at every commit and keeps no write-ahead log beside it."""
    with closing(sqlite.connect(kept, patience=0)) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (3,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_an_empty_file_becomes_a_state(file: Path) -> None:
    """A first run that was killed before its first commit leaves such a file."""
    file.touch()
    with open_state(file, dry=False, now=NOW) as state:
        assert state.is_new


def test_processes_that_make_the_state_at_once_agree_on_one(file: Path) -> None:
    """Whoever waited for the write lock finds the state made."""
    told = run_children(
        """
        import sys
        from statekit import NOW
        from sfspiris.state.store import open_state
        print("ready", flush=True)
        input()
        with open_state(sys.argv[1], dry=False, now=NOW, patience=30) as state:
            print(state.id, state.is_new)
        """,
        file,
        number=4,
    )
    assert len({one.split()[0] for one in told}) == 1
    assert sorted(one.split()[1] for one in told) == ["False", "False", "False", "True"]


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["postgresql://u:hemlig@db/x", "mysql+pymysql://u:hemlig@db", "://x"])
def test_another_database_is_refused_without_repeating_its_password(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="supports SQLite only") as refused:
        state_file(address, base=tmp_path)
    assert "hemlig" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["", "sqlite:///", "sqlite:///:memory:", ":memory:", "sqlite:///a.db?mode=ro"]
)
def test_an_address_that_remembers_nothing_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not name a file"):
        state_file(address, base=tmp_path)


def test_an_absolute_address_stays_where_it_is(tmp_path: Path) -> None:
    assert state_file("sqlite:////var/lib/sfspiris.db", base=tmp_path) == Path("/var/lib/sfspiris.db")


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dry", [True, False])
def test_a_missing_folder_is_told_by_name(tmp_path: Path, dry: bool) -> None:
    with (
        pytest.raises(ConfigError, match=f"no folder {tmp_path / 'missing'}"),
        open_state(tmp_path / "missing" / "state.db", dry=dry, now=NOW),
    ):
        pass
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("dry", [True, False])
def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path, dry: bool) -> None:
    with pytest.raises(ConfigError, match="it is a folder"), open_state(tmp_path, dry=dry, now=NOW):
        pass


def test_a_folder_without_the_right_to_write_is_refused(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    with (
        as_ordinary_user(),
        pytest.raises(ConfigError, match="Permission denied"),
        open_state(open_folder / "state.db", dry=False, now=NOW),
    ):
        pass


def test_a_file_in_a_folder_without_the_right_to_write_is_refused_before_anything_is_sent(
    open_folder: Path,
) -> None:
    """SQLite would open it and fail only at the first write, for want of a journal."""
    file = open_folder / "state.db"
    with open_state(file, dry=False, now=NOW):
        pass
    file.chmod(0o666)
    open_folder.chmod(0o555)
    with (
        as_ordinary_user(),
        pytest.raises(ConfigError, match="Permission denied"),
        open_state(file, dry=False, now=NOW),
    ):
        pass


def test_a_dry_run_needs_no_right_to_write(open_folder: Path) -> None:
    file = open_folder / "state.db"
    with open_state(file, dry=False, now=NOW) as state:
        state_id = state.id
    file.chmod(0o444)
    open_folder.chmod(0o555)
    with as_ordinary_user(), open_state(file, dry=True, now=NOW) as state:
        assert state.id == state_id


def test_a_dry_run_without_the_right_to_read_is_refused(open_folder: Path) -> None:
    file = open_folder / "state.db"
    with open_state(file, dry=False, now=NOW):
        pass
    open_folder.chmod(0o755)
    with (
        as_ordinary_user(),
        pytest.raises(ConfigError, match="Permission denied"),
        open_state(file, dry=True, now=NOW),
    ):
        pass


@pytest.mark.parametrize("dry", [True, False])
def test_a_file_that_is_no_database_is_left_alone(file: Path, dry: bool) -> None:
    file.write_text("Bokslut 2026\n" * 1000)
    before = content_of(file.parent)
    with pytest.raises(StateDamaged, match="damaged") as refused, open_state(file, dry=dry, now=NOW):
        pass
    assert str(file) in refused.value.message
    assert "backup" in refused.value.remedy
    assert content_of(file.parent) == before


@pytest.mark.parametrize("dry", [True, False])
def test_another_programs_database_is_left_alone(file: Path, dry: bool) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE vouchers (id INTEGER)")
    before = content_of(file.parent)
    with pytest.raises(StateDamaged, match="another program") as refused, open_state(file, dry=dry, now=NOW):
        pass
    assert str(file) in refused.value.message
    assert "--state" in refused.value.remedy
    assert content_of(file.parent) == before


def test_an_empty_database_that_another_program_has_signed_is_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA application_id = 42")
    with pytest.raises(StateDamaged, match="another program"), open_state(file, dry=False, now=NOW):
        pass


@pytest.mark.parametrize("dry", [True, False])
def test_a_state_of_a_newer_version_is_left_alone(kept: Path, dry: bool) -> None:
    with closing(sqlite3.connect(kept)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    before = content_of(kept.parent)
    with (
        pytest.raises(StateDamaged, match=r"newer version.*9999") as refused,
        open_state(kept, dry=dry, now=NOW),
    ):
        pass
    assert str(kept) in refused.value.message
    assert "newer version" in refused.value.remedy
    assert content_of(kept.parent) == before


@pytest.mark.parametrize("statement", ["DROP TABLE alembic_version", "DELETE FROM meta"])
def test_a_state_that_has_lost_its_own_facts_is_damaged(kept: Path, statement: str) -> None:
    with closing(sqlite3.connect(kept)) as broken, broken:
        broken.execute(statement)
    with pytest.raises(StateDamaged, match="damaged"), open_state(kept, dry=False, now=NOW):
        pass


@pytest.mark.parametrize("dry", [True, False])
def test_a_state_cut_short_is_damaged(kept: Path, dry: bool) -> None:
    os.truncate(kept, kept.stat().st_size // 2)
    with pytest.raises(StateDamaged, match="damaged"), open_state(kept, dry=dry, now=NOW):
        pass


def test_no_page_can_be_overwritten_unnoticed(kept: Path) -> None:
    """Garbage in any page is refused, or was in a page that holds nothing; never a traceback of another kind."""
    whole = kept.read_bytes()
    page = 4096
    refused = 0
    for start in range(0, len(whole), page):
        kept.write_bytes(whole[:start] + b"\xa5" * page + whole[start + page :])
        try:
            with open_state(kept, dry=True, now=NOW) as state:
                assert len(state.journal.open_intents()) == 1
        except StateDamaged:
            refused += 1
    assert refused >= len(whole) // page - 1


def test_a_file_with_an_unknown_format_number_is_damaged(kept: Path) -> None:
    """SQLite calls it an ordinary error; for us the file cannot be trusted."""
    whole = bytearray(kept.read_bytes())
    whole[44:48] = (99).to_bytes(4, "big")
    kept.write_bytes(bytes(whole))
    with pytest.raises(StateDamaged, match="damaged"), open_state(kept, dry=False, now=NOW):
        pass


# --- several programs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dry", [True, False])
def test_a_file_that_another_program_keeps_locked_is_told(kept: Path, dry: bool) -> None:
    with closing(sqlite3.connect(kept, isolation_level=None)) as browser:
        browser.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(Locked, match=str(kept)) as refused,
            open_state(kept, dry=dry, now=NOW, patience=0),
        ):
            pass
    assert refused.value.exit_code == 6


def test_a_run_that_is_inside_a_transaction_is_named(kept: Path) -> None:
    """Stopped in the middle of a commit, say: it holds the file itself, not only the lock beside it."""
    code = """
        import os, socket, sqlite3, sys
        from statekit import NOW
        from sfspiris.state.store import open_state
        with open_state(sys.argv[1], dry=False, now=NOW) as state:
            with state.run_lock("sync", "run-7", pid=os.getpid(), host=socket.gethostname(), started_at=NOW):
                inside = sqlite3.connect(sys.argv[1])
                inside.execute("BEGIN EXCLUSIVE")
                print(os.getpid(), flush=True)
                sys.stdin.readline()
    """
    with started_child(code, kept) as child:
        assert child.stdout is not None
        pid = child.stdout.readline().strip()
        with (
            pytest.raises(Locked, match=f"run-7, process {pid} on"),
            open_state(kept, dry=False, now=NOW, patience=0),
        ):
            pass
    with open_state(kept, dry=False, now=NOW, patience=0):
        pass


def test_a_write_while_another_program_writes_is_refused_and_can_be_done_again(kept: Path) -> None:
    with (
        open_state(kept, dry=False, now=NOW, patience=0) as state,
        closing(sqlite3.connect(kept, isolation_level=None)) as browser,
    ):
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked):
            state.cursors.move("deals", NOW, at=NOW)
        browser.execute("ROLLBACK")
        state.cursors.move("deals", NOW, at=NOW)
        assert state.cursors.get("deals") == NOW


def test_a_second_run_is_told_which_one_is_at_work(kept: Path) -> None:
    with (
        open_state(kept, dry=False, now=NOW) as state,
        state.run_lock("sync", "run-7", pid=4711, host="bokforing", started_at=NOW),
        open_state(kept, dry=False, now=NOW) as second,
        pytest.raises(Locked) as refused,
        second.run_lock("push-closed-won", "run-8", pid=4712, host="bokforing", started_at=later(1)),
    ):
        pass
    for fact in ("sfspiris sync", "run-7", "4711", "bokforing", "2026-11-20 08:00:00 UTC", str(kept)):
        assert fact in refused.value.message


def test_a_run_in_another_process_is_refused_while_one_is_at_work(kept: Path) -> None:
    code = """
        import sys
        from statekit import NOW
        from sfspiris.errors import Locked
        from sfspiris.state.store import open_state
        with open_state(sys.argv[1], dry=False, now=NOW) as state:
            try:
                with state.run_lock("push-closed-won", "run-8", pid=1, host="h", started_at=NOW):
                    print("in")
            except Locked as error:
                print(error.message)
    """
    with open_state(kept, dry=False, now=NOW) as state:
        with state.run_lock("sync", "run-7", pid=4711, host="bokforing", started_at=NOW):
            assert "run-7" in run_child(code, kept).stdout
        assert run_child(code, kept).stdout.strip() == "in"


@pytest.mark.parametrize("facts", ["", "{", "[]", '{"command": "sync"}', '{"started_at": "yesterday"}'])
def test_a_second_run_is_refused_also_before_the_first_has_introduced_itself(kept: Path, facts: str) -> None:
    with (
        open_state(kept, dry=False, now=NOW) as state,
        state.run_lock("sync", "run-7", pid=4711, host="bokforing", started_at=NOW),
    ):
        (kept.parent / "state.db.lock.json").write_text(facts)
        with (
            pytest.raises(Locked, match=r"^Another run is at work"),
            state.run_lock("sync", "run-8", pid=4712, host="bokforing", started_at=NOW),
        ):
            pass


def test_the_lock_is_free_again_after_a_run_and_after_a_failure(kept: Path) -> None:
    with open_state(kept, dry=False, now=NOW) as state:
        for failure in (KeyError, OSError):
            with (
                pytest.raises(failure),
                state.run_lock("sync", "run-7", pid=1, host="h", started_at=NOW),
            ):
                raise failure
    assert not (kept.parent / "state.db.lock.json").exists()


def test_a_killed_runs_lock_is_free_without_anyones_help(kept: Path) -> None:
    die_in_child(
        """
        import os, signal, sys
        from statekit import NOW
        from sfspiris.state.store import open_state
        with open_state(sys.argv[1], dry=False, now=NOW) as state:
            with state.run_lock("sync", "run-7", pid=os.getpid(), host="h", started_at=NOW):
                os.kill(os.getpid(), signal.SIGKILL)
        """,
        kept,
    )
    assert "run-7" in (kept.parent / "state.db.lock.json").read_text()
    with (
        open_state(kept, dry=False, now=NOW) as state,
        state.run_lock("sync", "run-8", pid=1, host="h", started_at=NOW),
    ):
        assert "run-8" in (kept.parent / "state.db.lock.json").read_text()


def test_a_lock_that_cannot_be_made_is_told(kept: Path) -> None:
    (kept.parent / "state.db.lock").unlink()
    (kept.parent / "state.db.lock").mkdir()
    with (
        open_state(kept, dry=False, now=NOW) as state,
        pytest.raises(ConfigError, match="its lock cannot be made"),
        state.run_lock("sync", "run-7", pid=1, host="h", started_at=NOW),
    ):
        pass


# --- dry runs ------------------------------------------------------------------------------------------------------


def test_a_dry_run_sees_what_is_known_and_leaves_every_byte_as_it_was(kept: Path) -> None:
    before = content_of(kept.parent)
    with (
        open_state(kept, dry=True, now=NOW) as state,
        state.run_lock("push", "r2", pid=1, host="h", started_at=NOW),
    ):
        assert state.is_dry
        assert [one.deal_id for one in state.journal.open_intents()] == ["D1"]
        started(state, "r2").journal.record_intent(new_draft("D2"), at=NOW, run_id="r2")
        state.links.save([deal_link()])
        state.cursors.move("deals", NOW, at=NOW)
        assert len(state.journal.open_intents()) == 2
    assert content_of(kept.parent) == before
    with open_state(kept, dry=False, now=NOW) as state:
        assert len(state.journal.open_intents()) == 1
        assert state.links.all() == ()


def test_a_dry_run_before_the_first_run_makes_no_file(file: Path) -> None:
    with open_state(file, dry=True, now=NOW) as state:
        assert state.is_new
        assert state.journal.open_intents() == ()
    assert content_of(file.parent) == {}


def test_a_dry_run_is_possible_while_a_run_is_at_work(kept: Path) -> None:
    with (
        open_state(kept, dry=False, now=NOW) as state,
        state.run_lock("sync", "run-7", pid=1, host="h", started_at=NOW),
        open_state(kept, dry=True, now=NOW) as dry,
        dry.run_lock("push-closed-won", "run-8", pid=2, host="h", started_at=NOW),
    ):
        assert dry.id == state.id


BESIDE = ("state.db.lock", "state.db.seal")  # what every run leaves beside the file


def test_a_dry_run_after_a_kill_within_a_commit_sees_the_last_commit_and_repairs_nothing(kept: Path) -> None:
    die_in_child(LEAVE_A_HOT_JOURNAL, kept)
    before = content_of(kept.parent)
    assert set(before) == {"state.db", "state.db-journal", *BESIDE}
    with open_state(kept, dry=True, now=NOW) as state:
        assert [one.state for one in state.journal.open_intents()] == ["new"]
        assert state.catalog.load("1") is None
    assert content_of(kept.parent) == before


def test_a_run_after_a_kill_within_a_commit_sees_the_last_commit(kept: Path) -> None:
    die_in_child(LEAVE_A_HOT_JOURNAL, kept)
    with open_state(kept, dry=False, now=NOW) as state:
        assert [one.state for one in state.journal.open_intents()] == ["new"]
        assert state.catalog.load("1") is None
    assert set(content_of(kept.parent)) == {"state.db", *BESIDE}


def test_a_copy_of_a_file_that_is_just_being_repaired_is_not_trusted(kept: Path) -> None:
    """The journal that was there a moment ago is gone: another process has rolled it back."""
    with closing(sqlite3.connect(":memory:")) as memory, pytest.raises(Locked, match="just writing"):
        sqlite._copy_interrupted(kept, memory, 0)


# --- full disk -----------------------------------------------------------------------------------------------------


def test_a_write_that_the_disk_refuses_stops_the_run_and_loses_nothing(kept: Path) -> None:
    code = """
        import resource, sys
        from statekit import NOW
        from sfspiris.errors import SafetyStop
        from sfspiris.state.store import open_state
        with open_state(sys.argv[1], dry=False, now=NOW) as state:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
            try:
                state.catalog.save("articles", "x" * 1_000_000, at=NOW)
            except SafetyStop as error:
                print(error)
    """
    told = run_child(code, kept).stdout
    assert str(kept) in told
    assert "Make room on the disk" in told
    assert "(STATE_UNWRITABLE)" in told
    with open_state(kept, dry=False, now=NOW) as state:
        assert len(state.journal.open_intents()) == 1
        assert state.catalog.load("articles") is None


def test_a_stop_for_want_of_disk_has_its_own_exit_code() -> None:
    assert SafetyStop.exit_code == 7


def test_a_signal_inside_a_statement_ends_the_run_as_a_signal(tmp_path: Path) -> None:
    """SQLAlchemy closes the connection then; that the file cannot be sealed any more must not hide what happened."""
    file = tmp_path / "state.db"

    def interrupted() -> None:
        with open_state(file, dry=False, now=NOW) as state:
            started(state)

            @sa.event.listens_for(state._database._reading, "do_execute")
            def interrupt(*_: object) -> None:
                raise KeyboardInterrupt

            state.links.all()

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with open_state(file, dry=False, now=NOW) as state:
        assert state.runs.recent()


@pytest.mark.parametrize(
    ("number", "told"), [(errno.EIO, SafetyStop), (errno.EROFS, SafetyStop), (errno.EMFILE, ConfigError)]
)
def test_a_file_that_cannot_be_compared_with_its_seal_is_told_in_words(
    kept: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: type[Exception]
) -> None:
    usual = Path.open

    def failing(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == kept and arguments == ("rb",):
            raise OSError(number, os.strerror(number))
        return usual(path, *arguments, **options)

    with open_state(kept, dry=False, now=NOW) as state:
        started(state, "r9")  # what has written is sealed
    monkeypatch.setattr(Path, "open", failing)  # the disk beneath is what fails, not our code
    with pytest.raises(told, match="cannot be read"), open_state(kept, dry=False, now=NOW):
        pass
