"""Keeping sign-ins: every store gives back what it was given, to nobody else, and never loses the newer one."""

from __future__ import annotations

import errno
import json
import os
import shlex
import stat
import sys
import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from sfspiris.credentials import CommandStore, EnvStore, FileStore, KeyringStore, open_store, variable
from sfspiris.errors import ConfigError, Locked, SignInNeeded
from sfspiris.ports.tokens import Tokens
from statekit import content_of, die_in_child, run_children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sfspiris.ports.tokens import TokenStore

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TOKENS = Tokens(
    access_token="access-hemlig",
    obtained_at=NOW,
    identity="5560125790",
    refresh_token="refresh-hemlig",
    expires_at=NOW + timedelta(hours=1),
    host="https://x.my.salesforce.com",
    user="integration@example.com",
    scopes=("ea:api", "offline_access"),
)
LEAST = Tokens("access-hemlig", NOW.astimezone(timezone(timedelta(hours=1))), "00D000000000001AAA")
KEYS = ("salesforce", "spiris:se", "spiris:se-2")

HELPER = """
import pathlib, sys
verb, key = sys.argv[1:]
place = pathlib.Path("vault-" + key.replace(":", "_"))
if verb == "get":
    print(place.read_text() if place.exists() else "")
elif verb == "store":
    place.write_text(sys.stdin.read())
elif verb == "erase":
    place.unlink(missing_ok=True)
"""


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that forgets when the test ends, and can be locked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's own
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False
        self.is_full = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise keyring.errors.KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_full:
            raise keyring.errors.PasswordSetError
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def enter(store: TokenStore) -> None:
    with store.lock("spiris:se"):
        pass


def helper(folder: Path, code: str = HELPER) -> str:
    (folder / "helper.py").write_text(code, encoding="utf-8")
    return shlex.join([sys.executable, "helper.py"])


@pytest.fixture(params=["keyring", "file", "command"])
def store(request: pytest.FixtureRequest, tmp_path: Path, ring: MemoryKeyring) -> TokenStore:
    folder = tmp_path / "config" / "tokens"
    if request.param == "keyring":
        return KeyringStore(folder)
    if request.param == "file":
        return FileStore(folder)
    return CommandStore(helper(tmp_path), folder, environ={}, cwd=tmp_path)


# --- every store that can be written to ----------------------------------------------------------------------------


def test_a_sign_in_comes_back_as_it_was_given(store: TokenStore) -> None:
    for key, tokens in zip(KEYS, (LEAST, TOKENS, LEAST), strict=True):
        assert store.load(key) is None
        store.save(key, tokens)
    assert [store.load(key) for key in KEYS] == [LEAST, TOKENS, LEAST]


def test_the_newer_sign_in_takes_the_place_of_the_older(store: TokenStore) -> None:
    newer = replace(TOKENS, refresh_token="second")
    store.save("spiris:se", TOKENS)
    store.save("spiris:se", newer)
    assert store.load("spiris:se") == newer


def test_a_forgotten_sign_in_is_gone_and_may_be_forgotten_again(store: TokenStore) -> None:
    store.save("spiris:se", TOKENS)
    store.save("salesforce", LEAST)
    for _ in range(2):
        store.delete("spiris:se")
        assert store.load("spiris:se") is None
    assert store.load("salesforce") == LEAST


def test_one_thread_at_a_time_renews_a_sign_in(store: TokenStore) -> None:
    inside, most = [0], [0]

    def renew() -> None:
        for _ in range(5):
            with store.lock("spiris:se"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=renew) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_different_sign_ins_are_renewed_side_by_side(store: TokenStore) -> None:
    with store.lock("spiris:se"), store.lock("salesforce"):
        pass


def test_the_lock_is_free_again_after_a_failure(store: TokenStore) -> None:
    with pytest.raises(KeyError), store.lock("spiris:se"):
        raise KeyError
    with store.lock("spiris:se"):
        pass


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_files_and_their_folder_are_the_operators_alone(folder: Path) -> None:
    FileStore(folder).save("spiris:se", TOKENS)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "spiris-se.json").stat().st_mode) == 0o600
    assert list(content_of(folder)) == ["spiris-se.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused_with_the_way_to_mend_it(folder: Path, mode: int) -> None:
    store = FileStore(folder)
    store.save("spiris:se", TOKENS)
    (folder / "spiris-se.json").chmod(mode)
    with pytest.raises(ConfigError, match="other accounts") as refused:
        store.load("spiris:se")
    assert f"chmod 600 {folder / 'spiris-se.json'}" in refused.value.remedy


def test_a_folder_that_others_can_write_to_is_refused(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o770)
    store = FileStore(folder)
    uses: list[Callable[[], None]] = [lambda: store.save("spiris:se", TOKENS), lambda: enter(store)]
    for use in uses:
        with pytest.raises(ConfigError, match="Other accounts") as refused:
            use()
        assert f"chmod 700 {folder}" in refused.value.remedy


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FileStore(tmp_path / "file" / "tokens")
    uses: list[Callable[[], object]] = [
        lambda: store.save("spiris:se", TOKENS),
        lambda: store.load("spiris:se"),
        lambda: store.delete("spiris:se"),
        lambda: enter(store),
    ]
    for use in uses:
        with pytest.raises(ConfigError, match="Sign-ins cannot be kept in") as refused:
            use()
        assert "[secrets] file" in refused.value.remedy


def test_a_failed_write_leaves_the_old_sign_in_and_no_rest(folder: Path) -> None:
    store = FileStore(folder)
    store.save("spiris:se", TOKENS)
    with pytest.raises(TypeError):
        store.save("spiris:se", replace(TOKENS, identity=b"not text"))  # type: ignore[arg-type]  # the point
    assert store.load("spiris:se") == TOKENS
    assert list(content_of(folder)) == ["spiris-se.json"]


def test_room_for_the_new_sign_in_is_made_before_the_old_one_may_be_spent(folder: Path) -> None:
    store = FileStore(folder)
    store.save("spiris:se", TOKENS)
    (folder / "spiris-se.next").mkdir()  # stands in for a disk without room
    with pytest.raises(ConfigError, match="Sign-ins cannot be kept in"):
        enter(store)
    (folder / "spiris-se.next").rmdir()
    newer = replace(TOKENS, refresh_token="refresh-2", scopes=("ea:api",) * 3000)
    with store.lock("spiris:se"):
        assert (folder / "spiris-se.next").stat().st_size >= len(json.dumps(TOKENS.refresh_token))
        store.save("spiris:se", newer)
    assert store.load("spiris:se") == newer
    assert sorted(content_of(folder)) == ["spiris-se.json", "spiris-se.lock"]


@pytest.mark.parametrize("is_renewal", [False, True], ids=["first", "renewal"])
def test_a_new_sign_in_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_is_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, is_renewal: bool
) -> None:
    """A power cut may keep a rename and lose what was renamed: a token file without a token, and the old one spent."""
    store = FileStore(folder)
    store.save("spiris:se", TOKENS)
    newer = replace(TOKENS, refresh_token="refresh-2")
    synced: list[tuple[bool, str]] = []
    sync = os.fsync

    def noted(number: int) -> None:
        """The disk, which has of a file what it held when it was synced last."""
        sync(number)
        place = Path(f"/proc/self/fd/{number}").resolve()
        synced.append((place.is_dir(), "" if place.is_dir() else place.read_text()))

    monkeypatch.setattr(os, "fsync", noted)
    with store.lock("spiris:se") if is_renewal else nullcontext():
        synced.clear()
        store.save("spiris:se", newer)
    assert [is_folder for is_folder, _ in synced][-1] is True, "the folder comes last"
    assert "refresh-2" in synced[-2][1]
    assert synced[-2][1] == (folder / "spiris-se.json").read_text()


def test_a_name_that_cannot_be_given_once_is_given_at_the_second_try(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refresh token has been spent by then: whoever gave up now would have to ask a person to sign in."""
    store = FileStore(folder)
    store.save("spiris:se", TOKENS)
    renamed = Path.replace
    failures = [OSError(errno.EIO, "Input/output error")]

    def fail_once(one: Path, target: Path) -> Path:
        if failures:
            raise failures.pop()
        return renamed(one, target)

    monkeypatch.setattr(Path, "replace", fail_once)
    fresh = replace(TOKENS, access_token="fresh")
    with store.lock("spiris:se"):
        with pytest.raises(ConfigError):
            store.save("spiris:se", fresh)
        assert store.load("spiris:se") == TOKENS
        store.save("spiris:se", fresh)
    assert FileStore(folder).load("spiris:se") == fresh
    assert sorted(content_of(folder)) == ["spiris-se.json", "spiris-se.lock"]


def test_a_keyring_that_takes_nothing_new_is_found_out_before_the_old_one_may_be_spent(
    ring: MemoryKeyring, folder: Path
) -> None:
    store = KeyringStore(folder)
    store.save("spiris:se", TOKENS)
    ring.is_full = True
    with pytest.raises(ConfigError, match="refused"):
        enter(store)


def test_a_kill_while_a_sign_in_is_kept_leaves_the_old_one_or_the_new_one(folder: Path) -> None:
    """A half-written refresh token would lock the company out."""
    die_in_child(
        """
        import os, pathlib, signal, sys, threading
        from datetime import UTC, datetime
        from sfspiris.credentials import FileStore
        from sfspiris.ports.tokens import Tokens
        tokens = Tokens("a" * 5000, datetime(2026, 11, 20, tzinfo=UTC), "556012-5790")
        store = FileStore(pathlib.Path(sys.argv[1]))
        store.save("spiris:se", tokens)
        threading.Thread(target=lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
        while True:
            store.save("spiris:se", tokens)
        """,
        folder,
    )
    kept = FileStore(folder).load("spiris:se")
    assert kept is not None
    assert kept.access_token == "a" * 5000


# --- locks between processes ---------------------------------------------------------------------------------------


def test_processes_renew_one_after_the_other(folder: Path) -> None:
    """Each adds one to a number that it read before: a single overlap would lose one."""
    folder.mkdir(mode=0o700)
    counter = folder / "counter"
    counter.write_text("0")
    run_children(
        """
        import pathlib, sys
        from sfspiris.credentials import FileStore
        folder = pathlib.Path(sys.argv[1])
        store = FileStore(folder)
        print("ready", flush=True)
        input()
        for _ in range(20):
            with store.lock("spiris:se"):
                counter = folder / "counter"
                counter.write_text(str(int(counter.read_text()) + 1))
        """,
        folder,
        number=4,
    )
    assert counter.read_text() == "80"


def test_a_renewal_that_takes_too_long_is_told(folder: Path) -> None:
    with (
        FileStore(folder).lock("spiris:se"),
        pytest.raises(Locked, match="spiris:se") as refused,
        FileStore(folder, patience=0).lock("spiris:se"),
    ):
        pass
    assert refused.value.exit_code == 6


def test_a_killed_process_leaves_no_lock(folder: Path) -> None:
    die_in_child(
        """
        import os, pathlib, signal, sys
        from sfspiris.credentials import FileStore
        with FileStore(pathlib.Path(sys.argv[1])).lock("spiris:se"):
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        folder,
    )
    with FileStore(folder, patience=0).lock("spiris:se"):
        pass


# --- keyring -------------------------------------------------------------------------------------------------------


def test_the_keyring_keeps_sign_ins_under_our_name(ring: MemoryKeyring, folder: Path) -> None:
    KeyringStore(folder).save("spiris:se", TOKENS)
    assert list(ring.kept) == [("sfspiris", "spiris:se")]


def test_a_machine_without_a_keyring_is_told_what_to_set(folder: Path) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]  # the library's own
    try:
        store = KeyringStore(folder)
        uses: list[Callable[[], object]] = [
            lambda: store.load("salesforce"),
            lambda: store.save("salesforce", LEAST),
            lambda: store.delete("salesforce"),
        ]
        for use in uses:
            with pytest.raises(ConfigError, match="no keyring") as refused:
                use()
            assert '[secrets] store = "file"' in refused.value.remedy
    finally:
        keyring.set_keyring(before)


def test_a_locked_keyring_is_told(ring: MemoryKeyring, folder: Path) -> None:
    ring.is_locked = True
    with pytest.raises(ConfigError, match="KeyringLocked") as refused:
        KeyringStore(folder).load("salesforce")
    assert "Unlock it" in refused.value.remedy


# --- environment ---------------------------------------------------------------------------------------------------

DOCUMENT = json.dumps({"access_token": "a", "obtained_at": "2026-11-20T08:00:00Z", "identity": "00D"})


def test_the_environment_gives_a_sign_in_for_the_length_of_a_run() -> None:
    store = EnvStore({"SFSPIRIS_TOKENS_SALESFORCE": DOCUMENT, "SFSPIRIS_TOKENS_SPIRIS_SE": ""})
    assert store.load("salesforce") == Tokens("a", NOW, "00D")
    assert store.load("spiris:se") is None
    with store.lock("salesforce"):
        store.save("salesforce", LEAST)
    assert store.load("salesforce") == LEAST
    store.delete("salesforce")
    assert store.load("salesforce") is None


def test_the_environment_cannot_keep_a_refresh_token() -> None:
    with pytest.raises(ConfigError, match="used once only") as refused:
        EnvStore({}).save("spiris:se", TOKENS)
    assert '"file", "keyring" or "command"' in refused.value.remedy


def test_a_refresh_token_from_the_environment_is_refused_before_it_is_redeemed() -> None:
    """Redeeming it would end the old one, and the new one would be lost with the run."""
    document = json.dumps(json.loads(DOCUMENT) | {"refresh_token": "r"})
    store = EnvStore({"SFSPIRIS_TOKENS_SPIRIS_SE": document})
    assert store.load("spiris:se") == Tokens("a", NOW, "00D", refresh_token="r")
    with pytest.raises(ConfigError, match="used once only"), store.lock("spiris:se"):
        pass


def test_a_sign_ins_variable_is_named_after_it() -> None:
    assert variable("spiris:se-2") == "SFSPIRIS_TOKENS_SPIRIS_SE_2"


# --- helper --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("/no/such/helper", "No such file or directory"),
        ("op 'read", "not readable"),
        (f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(7)'", "ended with code 7"),
        (f"{shlex.quote(sys.executable)} -c 'import os; os.write(1, bytes([255]))'", "not readable"),
    ],
)
def test_a_helper_that_fails_is_told(tmp_path: Path, command: str, told: str) -> None:
    store = CommandStore(command, tmp_path / "tokens", environ={}, cwd=tmp_path)
    with pytest.raises(ConfigError) as refused:
        store.load("spiris:se")
    assert "`get spiris:se`" in refused.value.message
    assert told in refused.value.message


def test_a_helper_that_does_not_answer_is_told(tmp_path: Path) -> None:
    store = CommandStore(helper(tmp_path), tmp_path / "tokens", environ={}, cwd=tmp_path, seconds=0.001)
    with pytest.raises(ConfigError, match=r"no answer within 0\.001 seconds"):
        store.save("spiris:se", TOKENS)


# --- all of them ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        "not JSON",
        "[]",
        "{}",
        '{"access_token": "a", "obtained_at": "yesterday", "identity": "x"}',
        '{"access_token": "a", "obtained_at": "2026-11-20T08:00:00", "identity": "x"}',
        '{"access_token": "a", "obtained_at": 5, "identity": "x"}',
    ],
)
def test_a_sign_in_that_cannot_be_read_is_made_anew(document: str) -> None:
    store = EnvStore({"SFSPIRIS_TOKENS_SPIRIS_SE": document, "SFSPIRIS_TOKENS_SALESFORCE": document})
    with pytest.raises(SignInNeeded, match="cannot be read") as refused:
        store.load("spiris:se")
    assert refused.value.remedy == "Run `sfspiris auth spiris --company se`."
    with pytest.raises(SignInNeeded) as refused:
        store.load("salesforce")
    assert refused.value.remedy == "Run `sfspiris auth salesforce`."


@dataclass(frozen=True)
class Chosen:
    store: Literal["keyring", "file", "env", "command"]
    file: Path
    command: str | None = None


STORES: dict[Literal["keyring", "file", "env", "command"], type] = {
    "keyring": KeyringStore,
    "file": FileStore,
    "env": EnvStore,
    "command": CommandStore,
}


def test_the_configuration_chooses_the_store(tmp_path: Path) -> None:
    for name, kind in STORES.items():
        settings = Chosen(name, tmp_path / "tokens", command="helper")
        assert type(open_store(settings, environ={}, folder=tmp_path)) is kind


def test_choosing_a_store_makes_nothing(tmp_path: Path) -> None:
    for name in STORES:
        open_store(Chosen(name, tmp_path / "tokens"), environ={}, folder=tmp_path)
    assert content_of(tmp_path) == {}


def test_room_that_cannot_be_given_back_spoils_nothing(folder: Path) -> None:
    store = FileStore(folder)
    store.save("spiris:se", TOKENS)
    with store.lock("spiris:se"):
        (folder / "spiris-se.next").unlink()
        (folder / "spiris-se.next").mkdir()  # what cannot be removed as a file
    assert store.load("spiris:se") == TOKENS
