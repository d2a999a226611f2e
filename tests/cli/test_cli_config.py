"""`config show` and `config diff`, and a run by a configuration that goes over another."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from playground import carry_out, clean_environ
from sfspiris.report.json import shipped_schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playground import Ended, Playground

CANARY = "canary-5c1f"
BASE = """\
version = 1

[salesforce]
client_id = "app"
username = "integration@example.com"
private_key = "file:salesforce.key"

[[routes]]
company = "se"

[companies.se]
orgnr = "556012-5790"
client_id = "app"
client_secret = "env:SPIRIS_CLIENT_SECRET"
"""
REHEARSAL = """\
extends = "sfspiris.toml"

[state]
url = "sqlite:///rehearsal.db"

[secrets]
store = "file"
file = "rehearsal-tokens"

[salesforce]
environment = "sandbox"

[companies.se]
environment = "sandbox"
client_secret = "cmd:pass show rehearsal"
"""


@pytest.fixture
def sfspiris(tmp_path: Path) -> Callable[..., Ended]:
    """The command line in a folder with both files, and no system anywhere."""
    (tmp_path / "sfspiris.toml").write_text(BASE, encoding="utf-8")
    (tmp_path / "rehearsal.toml").write_text(REHEARSAL, encoding="utf-8")

    def call(*arguments: str, **environ: str) -> Ended:
        return carry_out(arguments, folder=tmp_path, environ=clean_environ(tmp_path, environ))

    return call


def fits(document: dict[str, Any], name: str) -> None:
    """Every key of the document is one of the shipped schema, and every one of the schema is there, all the way down."""
    schema = json.loads(shipped_schema(name))

    def look(value: Any, part: dict[str, Any]) -> None:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        if "properties" in part:
            assert set(value) == set(part["properties"]) == set(part["required"])
            for key, inner in value.items():
                look(inner, part["properties"][key])
        if part.get("type") == "array":
            for inner in value:
                look(inner, part["items"])

    look(document, schema)


# --- config show ---------------------------------------------------------------------------------------------------


def test_show_tells_each_setting_with_the_line_that_says_it(
    sfspiris: Callable[..., Ended], tmp_path: Path
) -> None:
    ended = sfspiris("config", "show", "--config", "rehearsal.toml", "--json")
    assert (ended.code, ended.err) == (0, "")
    document = ended.document
    fits(document, "config-show")
    settings = {one["key"]: one for one in document["settings"]}
    top, base = str(tmp_path / "rehearsal.toml"), str(tmp_path / "sfspiris.toml")
    assert [one["file"] for one in document["files"]] == [base, top]
    assert settings["salesforce.environment"] == {
        "key": "salesforce.environment",
        "table": "salesforce",
        "value": "sandbox",
        "source": "file",
        "file": top,
        "line": 11,
    }
    assert (settings["salesforce.username"]["file"], settings["salesforce.username"]["line"]) == (base, 5)
    assert settings["salesforce.login_url"] == {
        "key": "salesforce.login_url",
        "table": "salesforce",
        "value": "https://test.salesforce.com",
        "source": "default",
        "file": None,
        "line": None,
    }
    assert settings["companies.se.client_secret"]["value"] == "cmd:pass …"
    assert (settings["limits.max_changes"]["value"], settings["start_date"]["value"]) == (200, None)
    assert "extends" not in settings


def test_show_says_the_same_to_people(sfspiris: Callable[..., Ended], tmp_path: Path) -> None:
    said = sfspiris("config", "show", "--config", "rehearsal.toml").out
    assert f"{tmp_path / 'rehearsal.toml'} goes over {tmp_path / 'sfspiris.toml'} " in " ".join(said.split())
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert lines[lines.index("[salesforce]") + 1] == 'environment "sandbox" rehearsal.toml:11'
    assert 'username "integration@example.com" sfspiris.toml:5' in lines
    assert "start_date not set default" in lines
    assert all(line == line.rstrip() for line in said.splitlines())
    assert sfspiris("config", "show", "--quiet").out == ""


def test_show_goes_by_what_is_given_instead_of_the_file(sfspiris: Callable[..., Ended]) -> None:
    for ended in (
        sfspiris("config", "show", "--json", "--state", "other.db"),
        sfspiris("config", "show", "--json", SFSPIRIS_STATE="other.db", SFSPIRIS_CONFIG="sfspiris.toml"),
    ):
        (url,) = (one for one in ended.document["settings"] if one["key"] == "state.url")
        assert (url["value"], url["source"], url["file"]) == ("other.db", "option", None)
    assert '"other.db"  --state or SFSPIRIS_STATE' in sfspiris("config", "show", "--state", "other.db").out


def test_show_of_one_company_leaves_the_others_out(sfspiris: Callable[..., Ended], tmp_path: Path) -> None:
    with (tmp_path / "sfspiris.toml").open("a", encoding="utf-8") as file:
        file.write('\n[companies.no]\norgnr = "556036-0793"\nclient_id = "a"\nclient_secret = "env:NO"\n')
    keys = {
        one["key"] for one in sfspiris("config", "show", "--company", "no", "--json").document["settings"]
    }
    assert "companies.no.orgnr" in keys
    assert not any(one.startswith("companies.se") for one in keys)
    assert "salesforce.client_id" in keys
    ended = sfspiris("config", "show", "--company", "dk", "--json")
    assert ended.code == 2
    assert "There is no company “dk”" in ended.document["error"]["message"]


def test_neither_command_makes_a_file_or_asks_for_a_secret(
    sfspiris: Callable[..., Ended], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert sfspiris("config", "show").code == sfspiris("config", "diff", "rehearsal.toml").code == 0
    assert sorted(tmp_path.rglob("*")) == before


# --- config diff ---------------------------------------------------------------------------------------------------


def test_diff_tells_what_differs_and_nothing_else(sfspiris: Callable[..., Ended], tmp_path: Path) -> None:
    ended = sfspiris("config", "diff", "rehearsal.toml", "--json")
    assert ended.code == 0
    document = ended.document
    fits(document, "config-diff")
    assert [one["file"].rpartition("/")[2] for one in document["a"]["files"]] == [
        "sfspiris.toml",
        "rehearsal.toml",
    ]
    assert [one["file"] for one in document["b"]["files"]] == [str(tmp_path / "sfspiris.toml")]
    found = {one["key"]: (one["a"]["value"], one["b"]["value"]) for one in document["differences"]}
    assert found.pop("secrets.file")[0] == "rehearsal-tokens"
    assert found == {
        "state.url": ("sqlite:///rehearsal.db", "sqlite:///sfspiris.db"),
        "secrets.store": ("file", "keyring"),
        "salesforce.environment": ("sandbox", "production"),
        "salesforce.login_url": ("https://test.salesforce.com", "https://login.salesforce.com"),
        "companies.se.environment": ("sandbox", "production"),
        "companies.se.client_secret": ("cmd:pass …", "env:SPIRIS_CLIENT_SECRET"),
    }


def test_diff_shows_both_sides_beside_each_other(sfspiris: Callable[..., Ended]) -> None:
    said = sfspiris("config", "diff", "rehearsal.toml", "sfspiris.toml", COLUMNS="120").out.splitlines()
    line = next(number for number, one in enumerate(said) if one.startswith("salesforce.environment"))
    assert said[line].split() == ["salesforce.environment", '"sandbox"', '"production"']
    assert said[line + 1].split() == ["rehearsal.toml:11", "default"]
    assert said[-1] == "7 settings differ."
    narrow = sfspiris("config", "diff", "rehearsal.toml", COLUMNS="50").out.splitlines()
    body = narrow[next(number for number, one in enumerate(narrow) if one.startswith("setting")) : -2]
    assert max(map(len, body)) <= 50


def test_diff_tells_of_secrets_that_read_alike_and_of_companies_on_one_side(
    sfspiris: Callable[..., Ended], tmp_path: Path
) -> None:
    more = '[companies.no]\norgnr = "556036-0793"\nclient_id = "a"\nclient_secret = "env:NO"\n'
    for name, secret, added in (("a", f"{CANARY}-1", ""), ("b", f"{CANARY}-2", more)):
        text = BASE.replace("env:SPIRIS_CLIENT_SECRET", secret) + added
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    said = sfspiris("config", "diff", "a.toml", "b.toml", COLUMNS="120").out
    assert CANARY not in said
    assert re.search(r'client_secret +"\[hidden\]" +"\[hidden\]", another', said)
    assert re.search(r'companies.no.orgnr +\(not there\) +"5560360793"', said)


def test_diff_ends_with_4_only_when_asked_and_something_differs(sfspiris: Callable[..., Ended]) -> None:
    asked = ("config", "diff", "--detailed-exitcode")
    assert sfspiris(*asked, "rehearsal.toml").code == 4
    same = sfspiris(*asked, "sfspiris.toml")
    assert (same.code, same.out.splitlines()[-1]) == (0, "Both say the same.")
    assert sfspiris(*asked, "rehearsal.toml", "rehearsal.toml", "--json").document["differences"] == []
    assert sfspiris("config", "diff", "rehearsal.toml").code == 0


def test_diff_refuses_a_file_that_is_not_there_and_a_part_of_the_companies(
    sfspiris: Callable[..., Ended],
) -> None:
    ended = sfspiris("config", "diff", "nowhere.toml", "--json")
    assert ended.code == 2
    assert "nowhere.toml" in ended.document["error"]["message"]
    assert sfspiris("config", "diff", "rehearsal.toml", "--company", "se").code == 2


# --- secrets -------------------------------------------------------------------------------------------------------


def test_no_secret_is_ever_printed(sfspiris: Callable[..., Ended], tmp_path: Path) -> None:
    """Whatever stands in the files or behind their references, and whichever way a command ends."""
    secrets = {
        "literal": CANARY,
        "env": "env:HOLDS_IT",
        "file": f"file:{tmp_path / 'kept'}",
        "cmd": f"cmd:echo {CANARY}",
        "pem": f"-----BEGIN RSA PRIVATE KEY-----\\n{CANARY}\\n-----END RSA PRIVATE KEY-----",
    }
    (tmp_path / "kept").write_text(CANARY, encoding="utf-8")
    (tmp_path / "kept").chmod(0o600)
    for name, secret in secrets.items():
        text = BASE.replace("env:SPIRIS_CLIENT_SECRET", secret).replace("file:salesforce.key", secret)
        text = text.replace(
            "[salesforce]\n",
            f'[salesforce]\nclient_secret = "{secret}"\nredirect_uri = "https://a:{CANARY}@x.se/"\n',
        )
        text = text.replace(
            "version = 1\n", f'version = 1\n[secrets]\nstore = "command"\ncommand = "helper {CANARY}"\n'
        )
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    broken = f'version = 1\nclient_secret = "{CANARY}"\n[salesforce]\nprivate_key = ["{CANARY}"]\nauth = "{CANARY}"\n'
    (tmp_path / "broken.toml").write_text(broken, encoding="utf-8")
    over = f'extends = "sfspiris.toml"\n[salesforce]\nusername = "{CANARY}"\n'
    (tmp_path / "over.toml").write_text(over, encoding="utf-8")
    printed = []
    for name in (*secrets, "broken", "over"):
        for form in ((), ("--json",), ("-vv", "--debug"), ("--log-format", "json", "-vv")):
            for words in (
                ("show", "--config", f"{name}.toml"),
                ("diff", f"{name}.toml"),
                ("diff", "sfspiris.toml", f"{name}.toml"),
            ):
                ended = sfspiris("config", *words, *form, HOLDS_IT=CANARY)
                assert ended.code == (2 if name in {"broken", "over"} else 0), ended.err
                printed.append(ended.out + ended.err)
    assert [one for one in printed if CANARY in one] == []
    assert any("env:HOLDS_IT" in one for one in printed)


# --- runs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clean(demo: Playground) -> Playground:
    for left in (*demo.folder.glob("rehearsal*.db*"), *demo.folder.glob("*.csv")):
        left.unlink()
    return demo


def test_a_rehearsal_goes_over_production_and_shares_nothing_with_it(clean: Playground) -> None:
    """The base leads to real systems; the file over it leads to the sandbox, signs in, pushes and remembers apart."""
    folder = clean.folder
    own = re.sub(r"^base_url = .*\n", "", clean.printed, flags=re.MULTILINE)
    production = own.replace('environment = "local"', 'environment = "production"')
    (folder / "sfspiris.toml").write_text(production, encoding="utf-8")
    local = f'environment = "local"\nbase_url = "{clean.spiris}"\n'
    over = (
        f'extends = "sfspiris.toml"\n\n[salesforce]\nenvironment = "local"\nbase_url = "{clean.salesforce}"\n\n'
        f"[companies.se]\n{local}\n[companies.int]\n{local}"
    )
    (folder / "rehearsal.toml").write_text(over, encoding="utf-8")
    refused = clean.sfspiris("push-closed-won", "--config", "rehearsal.toml", "--json")
    assert refused.code == 2
    assert "both keep their memory in" in refused.document["error"]["message"]
    assert clean.calls("salesforce") == clean.calls("spiris") == []

    apart = '\n[state]\nurl = "sqlite:///rehearsal.db"\n\n[secrets]\nfile = "rehearsal-tokens"\n'
    (folder / "rehearsal.toml").write_text(over + apart, encoding="utf-8")
    assert clean.sfspiris("sandbox", "login", "--config", "rehearsal.toml").code == 0
    pushed = clean.sfspiris("push-closed-won", "--config", "rehearsal.toml", "--json")
    assert pushed.kinds().count("create_draft") == len(clean.drafts()) > 0
    assert clean.sfspiris("push-closed-won", "--config", "rehearsal.toml", "--json").kinds() == []
    assert (folder / "rehearsal.db").exists()
    assert not (folder / "sfspiris.db").exists()

    shown = clean.sfspiris("config", "show", "--config", "rehearsal.toml", "--json").document
    told = clean.sfspiris("audit", "export", "--year", "2026", "--out", "h.csv", "--config", "rehearsal.toml")
    assert told.code == 0, told.err
    assert shown["sha256"] in (folder / "h.csv").read_text(encoding="utf-8-sig")
    listed = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("sfspiris.toml", "rehearsal.toml")
    )
    assert shown["sha256"] == hashlib.sha256(listed.encode()).hexdigest()


def test_two_files_for_one_environment_share_its_memory(clean: Playground) -> None:
    """What one made, the other knows: whichever is used, no deal is invoiced twice."""
    folder = clean.folder
    (folder / "look.toml").write_text('extends = "sfspiris.toml"\nmode = "read-only"\n', encoding="utf-8")
    (folder / "nightly.toml").write_text('extends = "look.toml"\nmode = "active"\n', encoding="utf-8")
    refused = clean.sfspiris("push-closed-won", "--config", "look.toml", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (7, "READ_ONLY")
    first = clean.sfspiris("push-closed-won", "--config", "nightly.toml", "--json")
    assert first.kinds().count("create_draft") == len(clean.drafts()) > 0
    again = clean.sfspiris("push-closed-won", "--json")
    assert again.kinds() == []
    assert clean.sfspiris("push-closed-won", "--dry-run", "--config", "look.toml", "--json").kinds() == []


def test_a_bundle_holds_every_file_without_its_secrets(clean: Playground) -> None:
    (clean.folder / "nightly.toml").write_text(
        f'extends = "sfspiris.toml"\n[companies.se]\nclient_secret = "{CANARY}"\n', encoding="utf-8"
    )
    clean.sfspiris("doctor", "--config", "nightly.toml", "--bundle", "help.zip")
    with zipfile.ZipFile(clean.folder / "help.zip") as bundle:
        files = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert {"sfspiris.toml", "nightly.toml", "doctor.json", "versions.txt"} == set(files)
    assert 'extends = "sfspiris.toml"' in files["nightly.toml"]
    assert CANARY not in "".join(files.values())
