"""Where a secret really is: `env:NAME`, `file:PATH`, `cmd:PROGRAM ARGUMENTS`, or the text itself.

References are resolved when a sign-in needs them, not when the configuration is read, so that a dry run of `--help`, or
of another company, asks for nothing. A resolved value shows in no repr, log or traceback.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 30  # a helper that waits for a person, such as a password manager, has this long
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def resolve(
    reference: str | SecretStr,
    *,
    key: str,
    environ: Mapping[str, str],
    base_dir: Path,
    seconds: float = SECONDS,
) -> SecretStr:
    """The secret that a value of the configuration stands for, without white space around it.

    `key` names the value in messages (`[salesforce] private_key`); a relative file is taken from `base_dir`, in which
    commands run as well, for at most `seconds`. Raises ConfigError naming the key and what is missing, never what was found.
    """
    text = reference.get_secret_value() if isinstance(reference, SecretStr) else reference
    kind, _, rest = text.partition(":")
    match kind:
        case "env":
            found = _from_environment(rest, key, environ)
        case "file":
            found = _from_file(base_dir / Path(rest).expanduser(), key)
        case "cmd":
            found = _from_command(rest, key, environ, base_dir, seconds)
        case _:
            found = text
    if not found.strip():
        raise ConfigError(f"{key} is empty.", remedy=f"Give it a value where {key} says that it is kept.")
    return SecretStr(found.strip())


def refuse_open_file(path: Path, what: str) -> None:
    """Raise ConfigError when anybody but the owner may read or change a file or folder that keeps secrets."""
    mode = path.stat().st_mode
    if os.name == "posix" and mode & _OPEN_TO_OTHERS:
        kept = "700" if stat.S_ISDIR(mode) else "600"
        raise ConfigError(
            f"{what}: {path} can be read or changed by other accounts of this machine.",
            remedy=f"Run `chmod {kept} {shlex.quote(str(path))}`, then run again.",
        )


def _from_environment(name: str, key: str, environ: Mapping[str, str]) -> str:
    try:
        return environ[name]
    except KeyError:
        raise ConfigError(
            f"{key}: the environment variable {name} is not set.",
            remedy=f"Set {name} for the account that runs this, then run again.",
        ) from None


def _from_file(path: Path, key: str) -> str:
    try:
        refuse_open_file(path, key)
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        why = "is not there"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        why = "is not a text file"
    raise ConfigError(f"{key}: the file {path} {why}.", remedy="Correct the path, or put the file there.")


def _from_command(line: str, key: str, environ: Mapping[str, str], base_dir: Path, seconds: float) -> str:
    try:
        command = shlex.split(line)
    except ValueError:  # a quote that is not closed
        command = []
    if not command:
        raise _helper_failed(key, "the command is not complete")
    try:
        ended = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            command,
            cwd=base_dir,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except OSError as error:
        raise _helper_failed(key, f"`{command[0]}` cannot be run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise _helper_failed(key, f"`{command[0]}` did not answer within {seconds:g} seconds") from None
    if ended.returncode:
        raise _helper_failed(key, f"`{command[0]}` ended with code {ended.returncode}")
    return ended.stdout


def _helper_failed(key: str, why: str) -> ConfigError:
    return ConfigError(
        f"{key}: {why}.", remedy="Run the command by hand to see what it says, then correct it."
    )
