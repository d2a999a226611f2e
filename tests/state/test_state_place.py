"""Where the state file lies: a share without locks is refused with the way out, other doubtful places are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfspiris.errors import ConfigError
from sfspiris.state import place, runlock
from sfspiris.state.keeping import look, made_anew, put_back
from sfspiris.state.place import Kind, Mount, judge, mount_of
from sfspiris.state.store import open_state
from statekit import NOW, content_of

HOST = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:26 / /mnt/bokf\\303\\266ring\\040delad rw,relatime shared:7 - nfs4 srv:/x rw,vers=4.2,local_lock=none,addr=10.0.0.1
31 27 0:27 / /mnt/old rw,relatime - nfs srv:/y rw,vers=3,nolock,local_lock=all,addr=10.0.0.1
32 27 0:28 / /mnt/win rw,relatime - cifs //srv/share rw,vers=3.1.1,cache=strict
33 27 0:29 / /mnt/win/free rw,relatime - cifs //srv/free rw,vers=3.1.1,nobrl
34 27 0:30 / /mnt/ssh rw,nosuid,nodev,relatime - fuse.sshfs me@srv: rw,user_id=0
35 27 0:31 / /run rw,nosuid - tmpfs tmpfs rw,size=1g
36 27 0:32 / /mnt/ssh rw,relatime shared:9 - xfs /dev/vdb rw
37 27 0:33 / /mnt/bucket rw,relatime master:3 propagate_from:1 - fuse.s3fs s3fs rw
"""
CONTAINER = """\
600 500 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c
601 600 254:1 /volumes/state /state rw,relatime - ext4 /dev/vda rw
602 600 0:51 / /work rw,relatime - 9p host rw,trans=virtio
broken line
"""


@pytest.mark.parametrize(
    ("told", "file", "kind"),
    [
        (HOST, "/var/lib/sfspiris/sfspiris.db", Kind.LOCAL),
        (HOST, "/mnt/old/sfspiris.db", Kind.UNLOCKED),
        (HOST, "/mnt/older/sfspiris.db", Kind.LOCAL),
        (HOST, "/mnt/win/sfspiris.db", Kind.SHARED),
        (HOST, "/mnt/win/free/deep/sfspiris.db", Kind.UNLOCKED),
        (HOST, "/mnt/ssh/sfspiris.db", Kind.LOCAL),
        (HOST, "/mnt/bucket/sfspiris.db", Kind.UNLOCKED),
        (HOST, "/run/sfspiris.db", Kind.FLEETING),
        (CONTAINER, "/root/sfspiris.db", Kind.FLEETING),
        (CONTAINER, "/state/sfspiris.db", Kind.LOCAL),
        (CONTAINER, "/work/sfspiris.db", Kind.SHARED),
        ("", "/sfspiris.db", Kind.UNKNOWN),
    ],
)
def test_the_longest_mount_point_decides_and_a_later_one_hides_an_earlier(
    told: str, file: str, kind: Kind
) -> None:
    assert judge(Path(file), mount_of(Path(file), told)).kind is kind


def test_a_mount_point_with_blanks_and_letters_of_any_script_is_found() -> None:
    found = mount_of(Path("/mnt/bokföring delad/sfspiris.db"), HOST)
    assert found == Mount(
        "nfs4",
        "/mnt/bokföring delad",
        frozenset({"rw", "relatime", "vers=4.2", "local_lock=none", "addr=10.0.0.1"}),
    )


@pytest.mark.parametrize(
    "options",
    ["nolock", "local_lock=all", "local_lock=posix", "local_lock=flock"],
)
def test_a_share_on_which_each_machine_keeps_its_own_locks_is_none_for_a_state(options: str) -> None:
    found = judge(Path("/x/s.db"), Mount("nfs", "/x", frozenset({"rw", options})))
    assert found.kind is Kind.UNLOCKED
    assert options in found.message
    assert "[state] url" in found.remedy


def test_a_local_disk_may_have_any_option_and_is_nothing_to_talk_about() -> None:
    found = judge(Path("/x/s.db"), Mount("ext4", "/x", frozenset({"nolock"})))
    assert (found.kind, found.message, found.remedy) == (Kind.LOCAL, "", "")


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Says that the test's folder lies on another file system than it does."""

    def say(kind: str, options: str = "rw") -> Path:
        folder = tmp_path / "share"
        folder.mkdir(exist_ok=True)
        told = tmp_path / "mountinfo"
        told.write_text(
            f"1 0 8:0 / / rw - ext4 d rw\n2 1 0:9 / {folder.resolve()} rw - {kind} srv {options}\n"
        )
        monkeypatch.setattr(place, "MOUNTS", told)
        return folder / "sfspiris.db"

    return say


def test_nothing_is_written_where_two_machines_could_be_at_work_at_once(mounted: Any) -> None:
    file = mounted("nfs", "rw,vers=3,nolock")
    with (
        pytest.raises(ConfigError, match="keeps no locks for other machines") as refused,
        open_state(file, dry=False, now=NOW),
    ):
        pass
    assert "local disk" in refused.value.remedy
    assert content_of(file.parent) == {}
    with open_state(file, dry=True, now=NOW) as state:
        assert state.is_new, "looking is possible"


def test_a_state_that_came_to_lie_on_such_a_share_is_neither_replaced_nor_made_anew(mounted: Any) -> None:
    file = mounted("ext4")
    with open_state(file, dry=False, now=NOW) as state:
        state.cursors.move("deals", NOW, at=NOW)
    mounted("fuse.sshfs")
    before = content_of(file.parent)
    owner = runlock.LockOwner("state restore", "run-9", 1, "h", NOW)
    with pytest.raises(ConfigError):
        made_anew(file, owner, now=NOW).__enter__()
    backup = file.parent.parent / "backup.db"
    backup.write_bytes(file.read_bytes())
    with pytest.raises(ConfigError):
        put_back(file, backup, owner, now=NOW)
    assert content_of(file.parent) == before


@pytest.mark.parametrize(
    ("kind", "options", "words", "is_refused"),
    [
        ("nfs4", "rw,vers=4.2", "as far as its server keeps locks", False),
        ("cifs", "rw,nobrl", "mounted with nobrl", True),
        ("tmpfs", "rw", "when the machine restarts", False),
        ("overlay", "rw", "when the container is", False),
    ],
)
def test_what_to_know_about_the_place_is_told_where_the_state_is_looked_at(
    mounted: Any, kind: str, options: str, words: str, is_refused: bool
) -> None:
    found = look(mounted(kind, options), now=NOW)
    assert found.place is not None
    assert words in found.place
    assert found.place_remedy
    assert found.is_place_refused is is_refused


def test_where_nothing_is_told_of_mounts_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "MOUNTS", tmp_path / "none")
    assert place.of(tmp_path / "s.db").kind is Kind.UNKNOWN
    assert look(tmp_path / "s.db", now=NOW).place is None


def test_a_state_keeps_no_write_ahead_log_wherever_it_lies(mounted: Any) -> None:
    """A write-ahead log needs shared memory, which no share has."""
    file = mounted("nfs4", "rw,vers=4.2")
    with open_state(file, dry=False, now=NOW) as state:
        state.cursors.move("deals", NOW, at=NOW)
        assert not [one for one in file.parent.iterdir() if one.name.endswith(("-wal", "-shm"))]
    header = file.read_bytes()
    assert header[18:20] == b"\x01\x01", "read and written by a rollback journal"
