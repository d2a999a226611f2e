"""One configuration out of several files: what goes over what, where a mistake stands, and what two environments never share."""

from __future__ import annotations

import hashlib
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sfspiris import config
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from sfspiris.config import Loaded

TODAY = date(2026, 11, 20)

BASE = """\
version = 1
mode = "active"

[state]
url = "sqlite:///production.db"

[secrets]
store = "file"
file = "production-tokens"

[limits]
max_changes = 200
tolerance = "0.00"

[salesforce]
client_id = "app"
username = "integration@example.com"
private_key = "file:salesforce.key"

[source]
record_types = ["Services", "Goods"]

[[routes]]
company = "se"
when = { "Account.BillingCountryCode" = "SE" }

[[routes]]
skip = true

[companies.se]
orgnr = "556012-5790"
client_id = "app"
client_secret = "env:SPIRIS_CLIENT_SECRET"

[companies.se.articles]
fallback = { "25" = "SALJ25", "12" = "SALJ12" }
"""
APART = """
[state]
url = "rehearsal.db"

[secrets]
file = "rehearsal-tokens"
"""
SANDBOX = """
[salesforce]
environment = "sandbox"

[companies.se]
environment = "sandbox"
"""


def reading(folder: Path, **files: str) -> Loaded:
    """The configuration of the last of the files, each written as NAME.toml."""
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return config.read(folder / f"{list(files)[-1]}.toml", today=TODAY)


def refusal(folder: Path, **files: str) -> str:
    """The whole text of the refusal, with the folder left out."""
    with pytest.raises(ConfigError) as refused:
        reading(folder, **files)
    assert refused.value.exit_code == 2
    return str(refused.value).replace(f"{folder}/", "")


# --- what goes over what -------------------------------------------------------------------------------------------


def test_what_a_file_says_goes_over_what_it_extends_key_by_key(tmp_path: Path) -> None:
    top = 'extends = "base.toml"\nmode = "read-only"\n[limits]\nmax_changes = 5\n'
    settings = reading(tmp_path, base=BASE, top=top).settings
    assert settings.is_read_only
    assert (settings.limits.max_changes, str(settings.limits.tolerance)) == (5, "0.00")
    assert settings.salesforce.username == "integration@example.com"
    assert settings.version == 1


def test_an_inline_table_is_merged_as_any_table_and_a_list_is_replaced_whole(tmp_path: Path) -> None:
    top = (
        'extends = "base.toml"\n[source]\nrecord_types = ["Goods"]\n'
        '[companies.se.articles.fallback]\n"12" = "OTHER"\n"6" = "SALJ6"\n[[routes]]\ncompany = "se"\n'
    )
    settings = reading(tmp_path, base=BASE, top=top).settings
    assert settings.source.record_types == ("Goods",)
    assert settings.companies["se"].articles.fallback == {"25": "SALJ25", "12": "OTHER", "6": "SALJ6"}
    assert [(one.company, dict(one.when)) for one in settings.routes] == [("se", {})]


def test_a_chain_is_read_from_below_and_the_last_word_wins(tmp_path: Path) -> None:
    middle = 'extends = "base.toml"\n[limits]\nmax_changes = 5\nmax_minutes = 7\n'
    top = 'extends = "middle.toml"\n[limits]\nmax_changes = 6\n'
    loaded = reading(tmp_path, base=BASE, middle=middle, top=top)
    assert [one.file.name for one in loaded.files] == ["base.toml", "middle.toml", "top.toml"]
    limits = loaded.settings.limits
    assert (limits.max_changes, limits.max_minutes, str(limits.tolerance)) == (6, 7, "0.00")
    told = {key: (place.file.name, place.line) for key, place in loaded.places.items()}
    assert told["limits", "max_changes"] == ("top.toml", 3)
    assert told["limits", "max_minutes"] == ("middle.toml", 4)
    assert told["limits", "tolerance"] == ("base.toml", 13)
    assert told["extends",] == ("top.toml", 1)


def test_what_two_environments_share_may_stand_in_a_file_of_neither(tmp_path: Path) -> None:
    shared = BASE.replace('username = "integration@example.com"\n', "")
    own = 'extends = "shared.toml"\n[salesforce]\nusername = "integration@example.com"\n'
    assert reading(tmp_path, shared=shared, production=own).settings.state_file.name == "production.db"
    rehearsal = (
        'extends = "shared.toml"\n[salesforce]\nusername = "x@example.com"\nenvironment = "sandbox"\n'
        f'[companies.se]\nenvironment = "sandbox"\n{APART}'
    )
    assert reading(tmp_path, shared=shared, rehearsal=rehearsal).settings.state_file.name == "rehearsal.db"


def test_a_value_in_place_of_a_table_takes_the_place_of_the_whole(tmp_path: Path) -> None:
    told = refusal(tmp_path, base=BASE, top='extends = "base.toml"\nlimits = 3\n')
    assert "top.toml:2: limits is not a table" in told


def test_paths_stay_where_they_were_for_they_are_all_of_one_folder(tmp_path: Path) -> None:
    settings = reading(tmp_path, base=BASE, top='extends = "./base.toml"\n').settings
    assert settings.state_file == tmp_path / "production.db"
    assert settings.secrets.file == tmp_path / "production-tokens"
    assert settings.folder == tmp_path


# --- what cannot be read -------------------------------------------------------------------------------------------


def test_a_circle_is_told_with_its_files(tmp_path: Path) -> None:
    files = {"c": '\nextends = "b.toml"\n', "b": 'extends = "c.toml"\n', "a": 'extends = "b.toml"\n'}
    told = refusal(tmp_path, **files)
    assert told.startswith("c.toml:2: extends leads round in a circle: b.toml → c.toml → b.toml.")


def test_a_file_that_extends_itself_is_a_circle_under_any_name(tmp_path: Path) -> None:
    assert "a.toml → a.toml" in refusal(tmp_path, a='extends = "a.toml"\n')
    (tmp_path / "same.toml").symlink_to(tmp_path / "a.toml")
    assert "a.toml → same.toml" in refusal(tmp_path, a='extends = "same.toml"\n')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("extends = 3", "top.toml:1: extends is not text in quotes."),
        ('extends = ["a.toml"]', "top.toml:1: extends is not text in quotes."),
        ('extends = " "', "top.toml:1: extends is empty."),
        ('extends = "nowhere.toml"', "top.toml:1: extends names nowhere.toml, which is not there."),
        ('extends = "sub/base.toml"', "top.toml:1: extends leads to another folder (sub)"),
        ('extends = "../base.toml"', "top.toml:1: extends leads to another folder ("),
        ('extends = "."', "top.toml:1: extends leads to another folder ("),
        ('extend = "base.toml"', "top.toml:1: extend is not known here; did you mean extends?"),
    ],
)
def test_what_cannot_be_extended_is_told_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    told = refusal(tmp_path, base=BASE, top=f"{line}\n")
    assert words in told
    assert 'extends = "sfspiris.toml"' in told, "what a right line looks like"


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").mkdir()
    assert "The configuration file base.toml cannot be read" in refusal(
        tmp_path, top='extends = "base.toml"\n'
    )


def test_versions_must_agree(tmp_path: Path) -> None:
    told = refusal(tmp_path, base=BASE, top='extends = "base.toml"\nversion = 2\n')
    assert told.startswith("top.toml:2: version is another one than in base.toml:1.")
    assert reading(tmp_path, base=BASE, top='extends = "base.toml"\nversion = 1\n').settings.version == 1


# --- where a mistake stands ----------------------------------------------------------------------------------------


def test_a_mistake_is_told_with_the_file_and_line_in_which_it_stands(tmp_path: Path) -> None:
    base = BASE.replace("max_changes = 200", "max_changs = 200").replace('"556012-5790"', '"556012-5791"')
    top = 'extends = "base.toml"\n[limits]\ntolerance = "x"\n[salesforce]\nauht = "jwt"\n'
    lines = refusal(tmp_path, base=base, top=top).splitlines()
    assert lines[0] == "top.toml has 4 mistakes:"
    assert [re.match(r"\w+\.toml:\d+: \S+", one)[0] for one in lines[1:5]] == [  # type: ignore[index]
        "base.toml:12: limits.max_changs",
        "base.toml:31: companies.se.orgnr",
        "top.toml:3: limits.tolerance",
        "top.toml:5: salesforce.auht",
    ]
    assert "What top.toml says goes over the files that it extends." in lines[5]


def test_what_is_missing_is_told_where_its_table_was_spoken_of_last(tmp_path: Path) -> None:
    base = BASE.replace('client_secret = "env:SPIRIS_CLIENT_SECRET"\n', "")
    assert "base.toml:30: companies.se.client_secret is missing" in refusal(
        tmp_path, base=base, top='extends = "base.toml"\n'
    )
    top = 'extends = "base.toml"\n\n[companies.se]\ntarget = "order"\n'
    assert "top.toml:3: companies.se.client_secret is missing" in refusal(tmp_path, base=base, top=top)


def test_a_mistake_below_that_is_said_anew_above_is_none(tmp_path: Path) -> None:
    base = BASE.replace("max_changes = 200", "max_changes = 0")
    top = 'extends = "base.toml"\n[limits]\nmax_changes = 3\n'
    assert reading(tmp_path, base=base, top=top).settings.limits.max_changes == 3


def test_of_two_settings_that_do_not_go_together_both_files_are_named(tmp_path: Path) -> None:
    base = BASE.replace("[companies.se]\n", '[companies.se]\nenvironment = "production"\n')
    told = refusal(tmp_path, base=base, top='extends = "base.toml"\n[salesforce]\nenvironment = "sandbox"\n')
    assert 'base.toml:31: companies.se.environment is "production"' in told
    assert "salesforce.environment stands in top.toml:3." in told


def test_routes_of_the_upper_file_are_told_with_its_lines(tmp_path: Path) -> None:
    top = 'extends = "base.toml"\n\n[[routes]]\ncompany = "se"\n\n[[routes]]\ncompany = "no"\n'
    assert 'top.toml:7: routes[2].company leads to "no"' in refusal(tmp_path, base=BASE, top=top)


# --- what two environments never share -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (SANDBOX, "top.toml:4: salesforce.environment"),
        (
            '[salesforce]\nlogin_url = "https://example.my.salesforce.com"\n',
            "top.toml:3: salesforce.login_url",
        ),
        ('[salesforce]\nusername = "other@example.com"\n', "top.toml:3: salesforce.username"),
        ('[companies.se]\norgnr = "556036-0793"\n', "top.toml:3: companies.se.orgnr"),
    ],
)
def test_another_environment_with_the_memory_below_is_refused(tmp_path: Path, said: str, key: str) -> None:
    told = refusal(tmp_path, base=BASE, top=f'extends = "base.toml"\n{said}')
    assert told.startswith(
        f"{key} is another one than in base.toml, but both keep their memory in production.db and"
    )
    assert '[state] url = "sqlite:///top.db" and [secrets] store = "file" with file = "top-tokens"' in told
    apart = reading(tmp_path, base=BASE, top=f'extends = "base.toml"\n{said}{APART}')
    assert apart.settings.state_file == tmp_path / "rehearsal.db"


@pytest.mark.parametrize("url", ["production.db", "./production.db", "sqlite:///sub/../production.db"])
def test_the_same_memory_under_another_name_is_refused_too(tmp_path: Path, url: str) -> None:
    top = f'extends = "base.toml"\n{SANDBOX}{APART}'.replace('"rehearsal.db"', f'"{url}"')
    told = refusal(tmp_path, base=BASE, top=top)
    assert "their memory in" in told
    assert "sign-ins in" not in told


@pytest.mark.parametrize(
    ("store", "where"),
    [
        ('file = "production-tokens"', "their sign-ins in production-tokens"),
        ('store = "keyring"', None),
        ('store = "env"', None),
    ],
)
def test_another_environment_with_the_sign_ins_below_is_refused(
    tmp_path: Path, store: str, where: str | None
) -> None:
    top = f'extends = "base.toml"\n{SANDBOX}{APART}'.replace('file = "rehearsal-tokens"', store)
    if where is None:
        reading(tmp_path, base=BASE, top=top)
    else:
        told = refusal(tmp_path, base=BASE, top=top)
        assert where in told
        assert "memory in" not in told


def test_one_key_store_cannot_keep_two_environments(tmp_path: Path) -> None:
    base = BASE.replace('store = "file"\nfile = "production-tokens"\n', "")
    top = f'extends = "base.toml"\n{SANDBOX}\n[state]\nurl = "rehearsal.db"\n'
    assert "both keep their sign-ins in the key store." in refusal(tmp_path, base=base, top=top)


def test_one_helper_cannot_keep_two_environments(tmp_path: Path) -> None:
    base = BASE.replace('store = "file"\nfile = "production-tokens"', 'store = "command"\ncommand = "helper"')
    top = f'extends = "base.toml"\n{SANDBOX}\n[state]\nurl = "rehearsal.db"\n'
    assert "both keep their sign-ins in the same helper." in refusal(tmp_path, base=base, top=top)
    reading(tmp_path, base=base, top=f'{top}[secrets]\ncommand = "other-helper"\n')


def test_a_memory_that_nobody_named_is_shared_as_well(tmp_path: Path) -> None:
    base = BASE.replace('[state]\nurl = "sqlite:///production.db"\n', "")
    told = refusal(tmp_path, base=base, top=f'extends = "base.toml"\n{SANDBOX}')
    assert "their memory in sfspiris.db" in told


def test_a_file_in_between_does_not_hide_what_is_shared(tmp_path: Path) -> None:
    middle = f'extends = "base.toml"\n{SANDBOX}{APART}'
    back = 'extends = "middle.toml"\n[state]\nurl = "production.db"\n'
    told = refusal(tmp_path, base=BASE, middle=middle, back=back)
    assert told.startswith("middle.toml:4: salesforce.environment is another one than in base.toml")
    assert "Write into back.toml" in told


def test_a_file_for_the_same_org_and_books_may_share_everything(tmp_path: Path) -> None:
    top = (
        'extends = "base.toml"\nmode = "read-only"\n[salesforce]\nenvironment = "production"\n'
        'login_url = "https://login.salesforce.com/"\n[companies.se]\norgnr = "5560125790"\ntarget = "order"\n'
    )
    assert reading(tmp_path, base=BASE, top=top).settings.state_file.name == "production.db"


def test_a_new_company_of_the_same_environment_may_share_and_of_another_not(tmp_path: Path) -> None:
    top = 'extends = "base.toml"\n[companies.no]\norgnr = "556036-0793"\nclient_id = "a"\nclient_secret = "env:A"\n'
    loaded = reading(tmp_path, base=BASE, top=top)
    assert list(loaded.settings.companies) == ["se", "no"]
    sandboxed = BASE.replace("[salesforce]\n", '[salesforce]\nenvironment = "sandbox"\n').replace(
        "[companies.se]\n", '[companies.se]\nenvironment = "sandbox"\n'
    )
    local = f'{top}environment = "local"\nbase_url = "http://127.0.0.1:8702"\n'
    assert "companies.no.environment is another one" in refusal(tmp_path, base=sandboxed, top=local)


# --- its checksum --------------------------------------------------------------------------------------------------


def test_the_checksum_of_one_file_is_that_of_the_file(tmp_path: Path) -> None:
    loaded = reading(tmp_path, base="\ufeff" + BASE.replace("\n", "\r\n"))
    assert loaded.checksum == hashlib.sha256((tmp_path / "base.toml").read_bytes()).hexdigest()


def test_the_checksum_of_several_files_can_be_made_again_by_hand(tmp_path: Path) -> None:
    """With the very command that the README gives to an auditor."""
    middle, top = 'extends = "base.toml"\n', 'extends = "middle.toml"\n# ö\n'
    loaded = reading(tmp_path, base=BASE, middle=middle, top=top)
    by_hand = subprocess.run(
        ["sh", "-c", "sha256sum base.toml middle.toml top.toml | sha256sum"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout.split()[0]  # fmt: skip
    assert loaded.checksum == by_hand


def test_the_checksum_covers_every_file_and_what_goes_over_what(tmp_path: Path) -> None:
    seen = set()
    for base, top in [(BASE, ""), (BASE + "#", ""), (BASE, "#"), (BASE + "\n", ""), (BASE, "\n")]:
        seen.add(reading(tmp_path, base=base, top=f'extends = "base.toml"\n{top}').checksum)
    seen.add(reading(tmp_path, base=BASE, other='extends = "base.toml"\n').checksum)
    assert len(seen) == 6


# --- what the README shows -----------------------------------------------------------------------------------------


def test_the_rehearsal_of_the_readme_goes_over_the_example(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    section = (
        (root / "README.md")
        .read_text(encoding="utf-8")
        .split("## One configuration, several environments")[1]
    )
    example = (root / "config.example.toml").read_text(encoding="utf-8")
    loaded = reading(tmp_path, sfspiris=example, rehearsal=section.split("```toml\n")[1].split("```")[0])
    assert {one.environment for one in loaded.settings.companies.values()} == {"sandbox"}
    assert (loaded.settings.salesforce.environment, loaded.settings.state_file.name) == (
        "sandbox",
        "rehearsal.db",
    )
