"""Where sign-ins are kept between runs: the system's keyring, files of ours, the environment, or the operator's helper.

Refresh tokens may be used once only, so a new one must be safe before it is used, and two processes must never redeem
the same one: every store but the environment keeps a lock in the tokens folder, which the system itself lets go when a
process dies.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, assert_never

from filelock import FileLock, Timeout

from sfspiris.errors import ConfigError, Locked, SignInNeeded
from sfspiris.ports.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal, TextIO

    from sfspiris.ports.tokens import TokenStore

SERVICE: Final = "sfspiris"
LOCK_SECONDS: Final = 60.0  # longer than any refresh may take
SIGN_IN_BYTES: Final = (
    32_768  # room for a sign-in; access tokens of either vendor are a few thousand bytes at most
)
HELPER_SECONDS: Final = 30.0  # a helper that waits for a person has this long

_READABLE_BY_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class StoreSettings(Protocol):
    """What of the configuration decides about the store. `file` is the tokens folder, absolute."""

    @property
    def store(self) -> Literal["keyring", "file", "env", "command"]:
        """Which store."""

    @property
    def file(self) -> Path:
        """The folder of locks, and of sign-ins for the file store."""

    @property
    def command(self) -> str | None:
        """The helper of the command store."""


def open_store(settings: StoreSettings, *, environ: Mapping[str, str], folder: Path) -> TokenStore:
    """The store that the configuration names; `folder` is the configuration's own, in which a helper runs."""
    match settings.store:
        case "keyring":
            return KeyringStore(settings.file)
        case "file":
            return FileStore(settings.file)
        case "env":
            return EnvStore(environ)
        case "command":
            return CommandStore(settings.command or "", settings.file, environ=environ, cwd=folder)
    assert_never(settings.store)


class KeyringStore:
    """Keeps sign-ins in the operating system's credential store, under the service name `sfspiris`."""

    def __init__(self, folder: Path, *, patience: float = LOCK_SECONDS) -> None:
        self._locks = _Locks(folder, patience)

    def load(self, key: str) -> Tokens | None:
        """The sign-in, or None when there is none."""
        with _keyring() as keyring:
            document = keyring.get_password(SERVICE, key)
        return None if document is None else _from_document(document, key)

    def save(self, key: str, tokens: Tokens) -> None:
        """Keep it."""
        with _keyring() as keyring:
            keyring.set_password(SERVICE, key, _to_document(tokens))

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when there is none."""
        with _keyring() as keyring, suppress(keyring.errors.PasswordDeleteError):
            keyring.delete_password(SERVICE, key)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Held by one process at a time while it refreshes; that a new one can be kept is proven first."""
        with self._locks.hold(key):
            _prove(self, key)
            yield


class FileStore:
    """Keeps each sign-in in a file of its own that only the operator's account can read."""

    def __init__(self, folder: Path, *, patience: float = LOCK_SECONDS) -> None:
        self._folder = folder
        self._locks = _Locks(folder, patience)
        self._slots: dict[str, Path] = {}

    def load(self, key: str) -> Tokens | None:
        """The sign-in, or None when there is none.

        Raises ConfigError when other accounts can read it.
        """
        path = self._path(key)
        with _file_errors(path):
            try:
                mode = path.stat().st_mode
                document = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                return None
        if os.name == "posix" and mode & _READABLE_BY_OTHERS:
            raise ConfigError(
                f"The sign-in in {path} can be read by other accounts of this machine.",
                remedy=f"Run `chmod 600 {shlex.quote(str(path))}`. If others use this machine, sign in anew.",
            )
        return _from_document(document, key)

    def save(self, key: str, tokens: Tokens) -> None:
        """Keep it; on the disk, under its name, when this returns. A kill leaves the old sign-in or the new one."""
        path = self._path(key)
        document = _to_document(tokens)
        with _file_errors(path):
            _make_folder(self._folder)
            slot = self._slots.get(key)
            if slot is None or len(document.encode()) > SIGN_IN_BYTES:
                written = _new_file(path, document)
            else:
                written = slot
                _fill(slot, document)
            try:
                written.replace(path)
            except BaseException:
                self._slots.pop(key, None)  # whoever tries again needs another file
                written.unlink(missing_ok=True)
                raise
            _sync_folder(self._folder)

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when there is none."""
        path = self._path(key)
        with _file_errors(path):
            path.unlink(missing_ok=True)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Held by one process at a time while it refreshes; room for the new one is on the disk before it is fetched."""
        with self._locks.hold(key), self._room(key):
            yield

    @contextmanager
    def _room(self, key: str) -> Iterator[None]:
        """A file beside the sign-in, already as large as a new one may become, which `save` fills and renames."""
        path = self._path(key)
        slot = path.with_suffix(".next")  # always the same, so that a killed run leaves nothing that adds up
        with _file_errors(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(slot, flags, 0o600), "w", encoding="utf-8") as file:
                _write_through(file, " " * SIGN_IN_BYTES)
        self._slots[key] = slot
        try:
            yield
        finally:
            self._slots.pop(key, None)
            with suppress(OSError):  # left behind it does no harm: the next refresh takes it
                slot.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{_file_name(key)}.json"


class EnvStore:
    """Reads sign-ins from variables such as SFSPIRIS_TOKENS_SPIRIS_SE; what a run adds is forgotten when it ends.

    A variable cannot be written back. A refresh token that may be used once only would be dead in the next run, so none
    is ever redeemed from here.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._added: dict[str, Tokens | None] = {}

    def load(self, key: str) -> Tokens | None:
        """The sign-in, or None when there is none."""
        if key in self._added:
            return self._added[key]
        document = self._environ.get(variable(key))
        return _from_document(document, key) if document else None

    def save(self, key: str, tokens: Tokens) -> None:
        """Keep it until the process ends.

        Raises ConfigError when it carries a refresh token, which must not be lost.
        """
        if tokens.refresh_token is not None:
            raise _cannot_be_kept(key)
        self._added[key] = tokens

    def delete(self, key: str) -> None:
        """Forget it until the process ends."""
        self._added[key] = None

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Nothing to lock, for nothing is shared.

        Raises ConfigError before a refresh token is redeemed that could not be replaced.
        """
        kept = self.load(key)
        if kept is not None and kept.refresh_token is not None:
            raise _cannot_be_kept(key)
        yield


class CommandStore:
    """Leaves sign-ins to a helper: `HELPER get KEY` prints the document or nothing, `HELPER store KEY` reads it,
    `HELPER erase KEY` forgets it; each ends with code 0.
    """

    def __init__(
        self,
        command: str,
        folder: Path,
        *,
        environ: Mapping[str, str],
        cwd: Path,
        seconds: float = HELPER_SECONDS,
        patience: float = LOCK_SECONDS,
    ) -> None:
        self._command = command
        self._environ = environ
        self._cwd = cwd
        self._seconds = seconds
        self._locks = _Locks(folder, patience)

    def load(self, key: str) -> Tokens | None:
        """The sign-in, or None when the helper has none."""
        document = self._run("get", key)
        return _from_document(document, key) if document.strip() else None

    def save(self, key: str, tokens: Tokens) -> None:
        """Keep it; the helper answers for its safety when it ends with code 0."""
        self._run("store", key, _to_document(tokens))

    def delete(self, key: str) -> None:
        """Forget it; the helper must not mind when there is none."""
        self._run("erase", key)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Held by one process at a time while it refreshes; that a new one can be kept is proven first."""
        with self._locks.hold(key):
            _prove(self, key)
            yield

    def _run(self, verb: str, key: str, document: str = "") -> str:
        try:
            ended = subprocess.run(  # noqa: S603 - the operator's own helper, without a shell
                [*shlex.split(self._command), verb, key],
                input=document,
                cwd=self._cwd,
                env=dict(self._environ),
                capture_output=True,
                encoding="utf-8",
                timeout=self._seconds,
                check=False,
            )
        except OSError as error:
            raise _helper_failed(verb, key, str(error.strerror)) from None
        except subprocess.TimeoutExpired:
            raise _helper_failed(verb, key, f"no answer within {self._seconds:g} seconds") from None
        except ValueError:  # a quote that is not closed, or an answer that is not text
            raise _helper_failed(verb, key, "the command, or its answer, is not readable") from None
        if ended.returncode:
            raise _helper_failed(verb, key, f"it ended with code {ended.returncode}")
        return ended.stdout


def _new_file(path: Path, text: str) -> Path:
    """A file of another name beside `path`, for its owner's eyes only, with the text durably in it."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".tmp")  # mode 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            _write_through(file, text)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _fill(slot: Path, text: str) -> None:
    """Put the text in place of what is there, on blocks that the file has already; cut to its length only then."""
    with slot.open("r+", encoding="utf-8") as file:
        _write_through(file, text)
        file.truncate()
        os.fsync(file.fileno())


def _write_through(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def _prove(store: TokenStore, key: str) -> None:
    """Keep again what is kept, so that a place that cannot be written to is known before a refresh token is spent.

    Raises ConfigError when it cannot be kept.
    """
    kept = store.load(key)
    if kept is not None:
        store.save(key, kept)


def variable(key: str) -> str:
    """The environment variable that carries a sign-in: `spiris:se` → SFSPIRIS_TOKENS_SPIRIS_SE."""
    return f"SFSPIRIS_TOKENS_{re.sub(r'[^A-Z0-9]', '_', key.upper())}"


class _Locks:
    """One lock per sign-in, beside the files; never removed, so that everybody means the same one."""

    def __init__(self, folder: Path, patience: float) -> None:
        self._folder = folder
        self._patience = patience

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        path = self._folder / f"{_file_name(key)}.lock"
        with _file_errors(path):
            _make_folder(self._folder)
            lock = FileLock(path, timeout=self._patience, mode=0o600)
            try:
                lock.acquire()
            except Timeout:
                raise Locked(
                    f"Another run has been renewing the sign-in `{key}` for {self._patience:g} seconds.",
                    remedy="Wait until it has finished, then run again.",
                ) from None
        try:
            yield
        finally:
            lock.release()


def _file_name(key: str) -> str:
    return key.replace(":", "-")


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and folder.stat().st_mode & _WRITABLE_BY_OTHERS:
        raise ConfigError(
            f"Other accounts of this machine can put files into the tokens folder {folder}.",
            remedy=f"Run `chmod 700 {shlex.quote(str(folder))}`, then run again.",
        )


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut; elsewhere than on POSIX systems a folder cannot be synced."""
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"Sign-ins cannot be kept in {path.parent}: {error.strerror}.",
            remedy="Make room there and let this account write to it, or name another folder in [secrets] file.",
        ) from error


@contextmanager
def _keyring() -> Iterator[Any]:
    import keyring  # noqa: PLC0415 - slow to import, and not needed by the other stores
    import keyring.errors  # noqa: PLC0415

    try:
        yield keyring
    except keyring.errors.NoKeyringError:
        raise ConfigError(
            "This machine has no keyring to keep sign-ins in, as is usual on a server.",
            remedy='Set [secrets] store = "file", then sign in again.',
        ) from None
    except keyring.errors.KeyringError as error:
        raise ConfigError(
            f"The keyring refused ({type(error).__name__}): it may be locked, or the sign-in too long for it.",
            remedy='Unlock it, or set [secrets] store = "file" and sign in again.',
        ) from None


def _to_document(tokens: Tokens) -> str:
    values = asdict(tokens) | {
        "obtained_at": tokens.obtained_at.isoformat(),
        "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else None,
    }
    return json.dumps(values, ensure_ascii=False)


def _from_document(document: str, key: str) -> Tokens:
    try:
        values = json.loads(document)
        expires_at = values.get("expires_at")
        return Tokens(
            access_token=values["access_token"],
            obtained_at=_moment(values["obtained_at"]),
            identity=values["identity"],
            refresh_token=values.get("refresh_token"),
            expires_at=_moment(expires_at) if expires_at else None,
            host=values.get("host"),
            user=values.get("user"),
            scopes=tuple(values.get("scopes") or ()),
            name=values.get("name"),
            environment=values.get("environment"),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        system, _, company = key.partition(":")
        raise SignInNeeded(
            f"The kept sign-in `{key}` cannot be read.",
            remedy=f"Run `sfspiris auth {system}{f' --company {company}' if company else ''}`.",
        ) from None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _cannot_be_kept(key: str) -> ConfigError:
    return ConfigError(
        f"The sign-in `{key}` must be renewed with a refresh token, and each may be used once only. The environment cannot "
        "keep the new one, so the next run would be locked out.",
        remedy='Set [secrets] store = "file", "keyring" or "command". For Salesforce, auth = "jwt" needs no refresh token.',
    )


def _helper_failed(verb: str, key: str, why: str) -> ConfigError:
    return ConfigError(
        f"The helper of [secrets] command failed at `{verb} {key}`: {why}.",
        remedy="Run it by hand to see what it says, then correct it.",
    )
