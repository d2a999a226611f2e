"""What a user meets when something is wrong: one clear message, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path

import pytest

from faultproxy import Between, held_back
from playground import Ended, Playground


def told(ended: Ended) -> str:
    """The message as people and as programs get it; both must be there, and no stack trace."""
    error = ended.document["error"]
    assert set(error) == {"code", "message", "remedy"}
    for words in (error["message"], error["remedy"]):
        assert words.strip()
    assert "Traceback" not in ended.err + ended.out
    return f"{error['message']} {error['remedy']}"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("[salesforce]\n", "[salesforce]\nusrname = 1\n", ["sfspiris.toml:14", "usrname", "username"]),
        ('mode = "active"', "mode = 7", ["mode", "read-only"]),
        ('orgnr = "559987-1430"', 'orgnr = "559987-1431"', ["companies.se.orgnr", "check digit"]),
        ('company = "int"', 'company = "itn"', ["itn", "int"]),
        ("version = 1", "version = = 1", ["sfspiris.toml:2"]),
        (
            'client_id = "sfspiris-sandbox"\nusername',
            "username",
            ["sfspiris.toml:13", "salesforce.client_id"],
        ),
    ],
    ids=["unknown key", "wrong type", "wrong number", "unknown company", "no TOML", "missing key"],
)
def test_a_wrong_configuration_is_told_with_its_place_and_a_valid_value(
    demo: Playground, before: str, after: str, words: list[str]
) -> None:
    demo.edit_config(before, after)
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 2
    message = told(ended)
    assert "sfspiris.toml" in message
    for one in words:
        assert one in message


def test_no_configuration_names_the_places_that_were_searched(demo: Playground, tmp_path: Path) -> None:
    ended = Playground(tmp_path, demo.salesforce, demo.spiris, demo.environ).sfspiris(
        "push-closed-won", "--json"
    )
    assert ended.code == 2
    assert str(tmp_path / "sfspiris.toml") in told(ended)


def test_a_missing_secret_is_named_with_its_key(demo: Playground) -> None:
    demo.edit_config('client_secret = "sandbox-secret"', 'client_secret = "env:NOT_THERE"')
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 2
    assert "NOT_THERE" in told(ended)
    assert "client_secret" in told(ended)


def test_an_unknown_company_is_told_with_the_known_ones(demo: Playground) -> None:
    ended = demo.sfspiris("push-closed-won", "--json", "--company", "no")
    assert ended.code == 2
    assert "se, int" in told(ended)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bogus"],
        ["--limit", "0"],
        ["--limit", "x"],
        ["--since", "yesterday"],
        ["--since", "2026-11-02", "--until", "2026-11-01"],
        ["--report", "plan.pdf"],
        ["--deal", "1"],
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_usage(demo: Playground, arguments: list[str]) -> None:
    ended = demo.sfspiris("push-closed-won", "--json", *arguments)
    assert ended.code == 2
    assert told(ended)
    assert demo.drafts() == []


def test_no_network_is_exit_8_and_nothing_is_lost(demo: Playground) -> None:
    demo.edit_config(demo.salesforce, "http://127.0.0.1:9")
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code in {5, 8}
    assert told(ended)
    demo.edit_config("http://127.0.0.1:9", demo.salesforce)
    assert demo.sfspiris("sandbox", "login").code == 0
    assert demo.sfspiris("push-closed-won").code == 3
    assert demo.drafts()


def test_a_silent_spiris_is_exit_8_and_the_next_run_does_the_work(demo: Playground) -> None:
    demo.edit_config(demo.spiris, "http://127.0.0.1:9")
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 8, ended.out
    assert "Spiris" in told(ended)
    demo.edit_config("http://127.0.0.1:9", demo.spiris)
    assert demo.sfspiris("push-closed-won").code == 3
    assert demo.drafts()


def test_a_refused_token_is_exit_5_and_names_the_command(demo: Playground) -> None:
    for one in (demo.folder / "tokens").glob("*se*.json"):
        document = json.loads(one.read_text())
        one.write_text(json.dumps(document | {"access_token": "dead", "refresh_token": "dead"}))
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 5, ended.out
    assert "sfspiris auth spiris --company se" in told(ended)
    assert demo.sfspiris("sandbox", "login").code == 0
    assert demo.sfspiris("push-closed-won").code == 3


def test_a_state_that_another_program_locks_is_exit_6(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    holder = sqlite3.connect(demo.folder / "sfspiris.db")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        ended = demo.sfspiris("push-closed-won", "--json")
    finally:
        holder.rollback()
        holder.close()
    assert ended.code == 6
    assert "sfspiris.db" in told(ended)


def test_a_second_run_is_told_who_is_at_work(wire: Between) -> None:
    with held_back(wire.spiris, "GET", "/v2/customers") as held:
        first = wire.demo.start("push-closed-won")
        held.wait_for(first)
        ended = wire.demo.sfspiris("push-closed-won", "--json")
    first.communicate(timeout=60)
    assert ended.code == 6
    assert "push-closed-won" in told(ended)
    assert str(first.pid) in told(ended)


def test_sigterm_ends_a_run_with_143_and_the_next_one_picks_up(wire: Between) -> None:
    demo = wire.demo
    with held_back(wire.spiris, "POST", "/v2/customerinvoicedrafts", nth=2) as held:
        first = demo.start("push-closed-won")
        held.wait_for(first)
        first.send_signal(signal.SIGTERM)
    _, err = first.communicate(timeout=60)
    assert first.returncode == 143
    assert "Traceback" not in err
    demo.sfspiris("push-closed-won")
    deals = [one["OurReference"] for one in demo.drafts()]
    assert len(deals) == len(set(deals))


def test_a_file_that_is_no_state_is_refused_and_left_alone(demo: Playground) -> None:
    file = demo.folder / "sfspiris.db"
    file.write_bytes(b"minnen" * 1000)
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 7
    assert "sfspiris.db" in told(ended)
    assert file.read_bytes() == b"minnen" * 1000


def test_read_only_mode_writes_nothing(demo: Playground) -> None:
    demo.edit_config('mode = "active"', 'mode = "read-only"')
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 7
    assert "--dry-run" in told(ended)
    assert demo.sfspiris("push-closed-won", "--dry-run").code == 3
    assert demo.writes() == []


def test_too_many_changes_stop_before_the_first(demo: Playground) -> None:
    demo.edit_config("[secrets]", "[limits]\nmax_changes = 3\n\n[secrets]")
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 7
    assert "--allow-large" in told(ended)
    assert demo.writes() == []
    assert demo.sfspiris("push-closed-won", "--allow-large").code == 3
    assert demo.drafts()


def test_a_sign_in_to_another_company_is_refused(demo: Playground) -> None:
    demo.edit_config('orgnr = "559987-1430"', 'orgnr = "556012-5790"')
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code == 7, ended.out
    assert "Norrsken Sverige AB" in told(ended)
    assert demo.writes() == []


def test_a_missing_scope_is_told_by_name(demo: Playground) -> None:
    demo.control(
        "spiris",
        "POST",
        "faults",
        {
            "method": "GET",
            "path": "/v2/customers",
            "nth": 1,
            "times": 9,
            "effect": "status",
            "code": 403,
            "body": {
                "ErrorCode": 4006,
                "DeveloperErrorMessage": "Missing scope",
                "ErrorId": "00000000-0000-0000-0000-000000000001",
                "Errors": [],
            },
        },
    )
    ended = demo.sfspiris("push-closed-won", "--json")
    assert ended.code in {2, 5}, ended.out
    assert "scope" in told(ended)


def test_the_help_and_the_version_answer_without_a_configuration(tmp_path: Path, demo: Playground) -> None:
    bare = Playground(tmp_path, "", "", demo.environ)
    assert bare.sfspiris("--version").out.startswith("sfspiris ")
    for command in ([], ["push-closed-won"], ["auth"], ["sandbox", "up"]):
        ended = bare.sfspiris(*command, "--help")
        assert ended.code == 0
        assert "Usage" in ended.out


def test_a_reader_that_goes_away_is_no_error(demo: Playground) -> None:
    first = demo.start("push-closed-won", "--dry-run")
    assert first.stdout is not None
    first.stdout.close()
    first.wait(timeout=60)
    assert first.stderr is not None
    assert "Traceback" not in first.stderr.read()
    first.stderr.close()
