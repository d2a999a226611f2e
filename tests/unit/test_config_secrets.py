"""Where secrets come from, and what is said when they are not there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from sfspiris.config.secrets import resolve
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY = "[salesforce] private_key"


def value(reference: str | SecretStr, folder: Path, environ: Mapping[str, str] | None = None) -> str:
    found = resolve(reference, key=KEY, environ=environ or {}, base_dir=folder, seconds=20)
    assert found.get_secret_value() not in repr(found)
    return found.get_secret_value()


def python(code: str) -> str:
    return f"cmd:'{sys.executable}' -c \"{code}\""


def test_a_secret_may_stand_in_the_environment(tmp_path: Path) -> None:
    assert value("env:THE_KEY", tmp_path, {"THE_KEY": " hemlig\n"}) == "hemlig"


def test_a_secret_may_stand_in_a_file_beside_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "the.key"
    file.write_text("-----BEGIN KEY-----\nhemlig\n-----END KEY-----\n", encoding="utf-8")
    file.chmod(0o600)
    for reference in ("file:the.key", f"file:{file}", SecretStr("file:the.key")):
        assert value(reference, tmp_path) == "-----BEGIN KEY-----\nhemlig\n-----END KEY-----"


def test_a_secret_may_come_from_a_command_run_in_the_configurations_folder(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("hemlig", encoding="utf-8")
    assert value(python("print(open('vault').read())"), tmp_path) == "hemlig"


def test_a_command_sees_the_environment_and_no_shell(tmp_path: Path) -> None:
    command = python("import os, sys; print(os.environ['VAULT'], sys.argv[1])") + " '$VAULT; ls'"
    assert value(command, tmp_path, {"VAULT": "hemlig"}) == "hemlig $VAULT; ls"


def test_a_secret_may_be_the_text_itself(tmp_path: Path) -> None:
    assert value("hemlig", tmp_path) == value(SecretStr("hemlig"), tmp_path) == "hemlig"


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("env:THE_KEY", "the environment variable THE_KEY is not set"),
        ("env:EMPTY", "private_key is empty"),
        ("file:missing.key", "missing.key is not there"),
        ("file:.", "cannot be read"),
        ("file:binary.key", "binary.key is not a text file"),
        ("cmd:", "the command is not complete"),
        ("cmd:op 'read", "the command is not complete"),
        ("cmd:/no/such/helper read", "`/no/such/helper` cannot be run (No such file or directory)"),
        (python("import sys; print('hemlig'); sys.exit(3)"), "ended with code 3"),
        (python("pass"), "private_key is empty"),
    ],
)
def test_a_secret_that_is_not_there_is_told_by_key_and_place(
    tmp_path: Path, reference: str, told: str
) -> None:
    (tmp_path / "binary.key").write_bytes(b"\xff\xfe")
    (tmp_path / "binary.key").chmod(0o600)
    tmp_path.chmod(0o700)
    with pytest.raises(ConfigError) as refused:
        value(reference, tmp_path, {"EMPTY": " "})
    assert KEY in refused.value.message
    assert told in refused.value.message
    assert "hemlig" not in str(refused.value)


def test_a_command_that_does_not_answer_is_not_waited_for_without_end(tmp_path: Path) -> None:
    command = python("import sys; sys.stdout.close(); input()")
    with pytest.raises(ConfigError, match=r"ended with code 1|did not answer"):
        resolve(command, key=KEY, environ={}, base_dir=tmp_path, seconds=20)
    with pytest.raises(ConfigError, match=r"did not answer within 0\.001 seconds"):
        resolve(python("pass"), key=KEY, environ={}, base_dir=tmp_path, seconds=0.001)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_can_read_is_refused_with_the_way_to_mend_it(
    tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "the key"
    file.write_text("hemlig", encoding="utf-8")
    file.chmod(mode)
    with pytest.raises(ConfigError, match="other accounts") as refused:
        value("file:the key", tmp_path)
    assert f"chmod 600 '{file}'" in refused.value.remedy
