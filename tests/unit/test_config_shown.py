"""The settings one by one: all of them, each with its place, and never a secret; and what two configurations differ in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import BaseModel

from sfspiris import config
from sfspiris.config.settings import CompanySettings, RouteSettings, Settings
from sfspiris.config.shown import differences, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.config import Loaded
    from sfspiris.config.shown import Setting

TODAY = date(2026, 11, 20)
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

LEAST = """\
version = 1

[salesforce]
client_id = "app"
username = "integration@example.com"
private_key = "file:salesforce.key"

[[routes]]
company = "se"
when = { "Account.BillingCountryCode" = "SE" }

[companies.se]
orgnr = "556012-5790"
client_id = "app"
client_secret = "env:SPIRIS_CLIENT_SECRET"
"""


def reading(folder: Path, text: str, name: str = "sfspiris") -> Loaded:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return config.read(file, today=TODAY)


def shown(loaded: Loaded) -> dict[str, Setting]:
    return {one.name: one for one in settings_of(loaded)}


def with_line(table: str, line: str) -> str:
    return LEAST.replace(f"{table}\n", f"{table}\n{line}\n")


def names(kind: Any, start: str = "") -> Iterator[str]:
    """Every key of a table of the configuration, without those of companies and routes."""
    for name, field in kind.model_fields.items():
        inner = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)]
        table = next((one for one in inner if issubclass(one, BaseModel)), None)
        if name in {"companies", "routes"}:
            continue
        if table is not None and field.default is not None:
            yield from names(table, f"{start}{name}.")
        else:
            yield f"{start}{name}"


def test_every_key_there_is_has_its_value_and_place_or_default(tmp_path: Path) -> None:
    found = shown(reading(tmp_path, LEAST))
    wanted = {*names(Settings), *names(CompanySettings, "companies.se."), *names(RouteSettings, "routes[1].")}
    wanted -= {"extends", "routes[1].when"}  # the one is no setting, of the other an entry is told
    assert wanted <= set(found)
    assert len(wanted) > 80
    said = {name: one.place.line for name, one in found.items() if one.place is not None}
    assert said == {
        "version": 1,
        "salesforce.client_id": 4,
        "salesforce.username": 5,
        "salesforce.private_key": 6,
        "routes[1].company": 9,
        "routes[1].when.'Account.BillingCountryCode'": 10,
        "companies.se.orgnr": 13,
        "companies.se.client_id": 14,
        "companies.se.client_secret": 15,
    }
    assert found["salesforce.login_url"].value == "https://login.salesforce.com"
    assert found["source.gate"].value == "IsWon = true"
    assert found["companies.se.orgnr"].value == "5560125790"
    assert found["start_date"].value is None
    assert found["limits.salesforce_daily_share"].value == "0.8"
    assert found["companies.se.marker.field"].value == "OurReference"
    assert found["routes[1].when.'Account.BillingCountryCode'"].value == ("SE",)
    assert found["companies.se.articles.fallback"].value is None


def test_every_setting_of_the_example_is_shown_as_it_stands_there() -> None:
    found = shown(config.read(EXAMPLE, today=TODAY))
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    placed = [one for one in found.values() if one.place is not None]
    assert len(placed) > 50
    for one in placed:
        assert one.place is not None
        assert str(one.key[-1]) in lines[one.place.line - 1]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("env:NAME", "env:NAME"),
        ("file:secret.key", "file:secret.key"),
        ("cmd:pass", "cmd:pass"),
        ("cmd:vault read --token=hush", "cmd:vault …"),
        ("cmd:'unclosed hush", "cmd:…"),
        ("hush", "[hidden]"),
        (" env:hush", "[hidden]"),
        ("ENV:hush", "[hidden]"),
    ],
)
def test_of_a_secret_only_the_reference_is_shown(tmp_path: Path, written: str, seen: str) -> None:
    text = LEAST.replace("env:SPIRIS_CLIENT_SECRET", written).replace("file:salesforce.key", written)
    loaded = reading(tmp_path, text)
    for name in ("companies.se.client_secret", "salesforce.private_key"):
        assert shown(loaded)[name].value == seen
    assert "hush" not in repr(settings_of(loaded))


@pytest.mark.parametrize(
    ("table", "line", "name", "seen"),
    [
        (
            "[salesforce]",
            'redirect_uri = "https://a:hush@example.com/x"',
            "salesforce.redirect_uri",
            "https://[hidden]@example.com/x",
        ),
        (
            "version = 1",
            '[secrets]\nstore = "command"\ncommand = "helper --pin hush"',
            "secrets.command",
            "helper …",
        ),
        ("version = 1", '[secrets]\nstore = "command"\ncommand = "helper"', "secrets.command", "helper"),
    ],
)
def test_a_password_in_a_command_or_an_address_is_hidden(
    tmp_path: Path, table: str, line: str, name: str, seen: str
) -> None:
    assert shown(reading(tmp_path, with_line(table, line)))[name].value == seen


def test_a_user_that_a_command_names_is_not_asked_for_and_its_arguments_are_hidden(tmp_path: Path) -> None:
    text = LEAST.replace("integration@example.com", "cmd:pass show hush")
    assert shown(reading(tmp_path, text))["salesforce.username"].value == "cmd:pass …"


def test_a_sole_traders_number_is_not_shown(tmp_path: Path) -> None:
    text = LEAST.replace("556012-5790", "640823-3234")
    assert shown(reading(tmp_path, text))["companies.se.orgnr"].value == "[personal-id]"


def test_what_differs_is_told_once_with_both_sides_and_equal_settings_are_not(tmp_path: Path) -> None:
    a = reading(tmp_path, LEAST, "a")
    text = with_line("version = 1", 'mode = "read-only"\n[limits]\nmax_changes = 200\ntolerance = 0')
    b = reading(tmp_path, text.replace("556012-5790", "5560125790"), "b")
    (found,) = differences(a, b)
    assert found.name == "mode"
    assert found.a is not None
    assert found.b is not None
    assert (found.a.value, found.a.place, found.b.value) == ("active", None, "read-only")
    assert str(found.b.place) == f"{tmp_path / 'b.toml'}:2"
    assert differences(a, a) == ()


def test_companies_are_compared_by_key_and_routes_by_position(tmp_path: Path) -> None:
    more = '[companies.no]\norgnr = "556036-0793"\nclient_id = "app"\nclient_secret = "env:NO"\n'
    a = reading(tmp_path, LEAST + more, "a")
    b = reading(tmp_path, LEAST + "\n[[routes]]\nskip = true\n", "b")
    found = {one.name: (one.a, one.b) for one in differences(a, b)}
    assert set(found) == {
        "companies.no.orgnr",
        "companies.no.client_id",
        "companies.no.client_secret",
        "routes[2].skip",
    }
    assert all(right is None for name, (_, right) in found.items() if name.startswith("companies"))
    assert found["routes[2].skip"][0] is None


def test_two_secrets_that_read_alike_are_still_told_as_different(tmp_path: Path) -> None:
    a = reading(tmp_path, LEAST.replace("env:SPIRIS_CLIENT_SECRET", "hush one"), "a")
    b = reading(tmp_path, LEAST.replace("env:SPIRIS_CLIENT_SECRET", "hush two"), "b")
    (found,) = differences(a, b)
    assert found.a is not None
    assert found.b is not None
    assert found.a.value == found.b.value == "[hidden]"
    assert "hush" not in repr(found)


def test_the_same_words_for_a_folder_are_the_same_wherever_the_file_stands(tmp_path: Path) -> None:
    text = with_line("version = 1", '[secrets]\nstore = "file"\nfile = "tokens"')
    (tmp_path / "other").mkdir()
    assert differences(reading(tmp_path, text), reading(tmp_path / "other", text)) == ()


def test_an_entry_that_only_one_side_has_is_told_and_an_empty_table_is_not(tmp_path: Path) -> None:
    a = reading(tmp_path, LEAST + '[companies.se.articles]\nfallback = { "25" = "A" }\n', "a")
    b = reading(tmp_path, LEAST + "[companies.se.articles]\nfallback = { }\n", "b")
    assert [one.name for one in differences(a, b)] == ["companies.se.articles.fallback.25"]
    assert [one.name for one in differences(b, a)] == ["companies.se.articles.fallback.25"]
