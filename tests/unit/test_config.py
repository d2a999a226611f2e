"""The configuration: what is accepted, what it means when it is left out, and every refusal in words."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sfspiris import config
from sfspiris.adapters.salesforce import source
from sfspiris.adapters.salesforce.origin import ORIGIN_FIELDS
from sfspiris.config.positions import positions
from sfspiris.config.settings import SOURCE_FIELDS
from sfspiris.core.capabilities import MarkerField
from sfspiris.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.config import Settings

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

[companies.se]
orgnr = "556012-5790"
client_id = "app"
client_secret = "env:SPIRIS_CLIENT_SECRET"
"""

CONTRACT = """\
version = 1
mode = "active"
start_date = 2026-11-01

[state]
url = "sqlite:///sfspiris.db"

[secrets]
store = "keyring"

[limits]
max_changes = 200
tolerance = "0.00"
salesforce_daily_share = 0.8

[salesforce]
environment = "production"
auth = "jwt"
login_url = "https://login.salesforce.com"
client_id = "…"
username = "integration@example.com"
private_key = "file:salesforce.key"

[source]
object = "Opportunity"
gate = "IsWon = true"
record_types = []

[source.fields]
orgnr = "Account.Organisation_Number__c"
vat_number = "Account.VAT_Number__c"
your_reference = ["Primary_Contact__r.Name", "Account.Name"]
purchase_order = "PO_Number__c"
our_reference = "Owner.Name"
payment_terms_days = ["Payment_Terms__c", "Account.Payment_Terms__c"]
line_article = "Product2.ProductCode"

[[routes]]
company = "se"
when = { "Account.BillingCountryCode" = "SE" }

[companies.se]
ledger = "spiris"
environment = "production"
orgnr = "556012-5790"
client_id = "…"
client_secret = "env:SPIRIS_CLIENT_SECRET"
target = "draft"
currency = "SEK"

[companies.se.marker]
field = "OurReference"

[companies.se.articles]
missing = "hold"
fallback = { "25" = "SALJ25", "12" = "SALJ12", "6" = "SALJ6", "0" = "SALJ0" }
by_family = { "Services" = "KONSULT" }

[companies.se.ownership]
default = "salesforce"
email = "spiris"

[write_back]
invoice_object = true
account_summary = true
deal_status = true
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Settings]:
    def load(text: str) -> Settings:
        file = tmp_path / "sfspiris.toml"
        file.write_text(text, encoding="utf-8")
        return config.load(file, today=TODAY)

    return load


def refusal(read: Callable[[str], Settings], text: str) -> str:
    """The whole text of the refusal, with the folder left out."""
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert refused.value.exit_code == 2
    return re.sub(r"/\S*/sfspiris\.toml", "sfspiris.toml", str(refused.value))


def changed(key: str, line: str, base: str = CONTRACT) -> str:
    """The contract's example with the line of a key replaced; the line's number is put in place of `#`."""
    lines = base.splitlines()
    number = positions(base)[tuple(int(part) if part.isdigit() else part for part in key.split("."))]
    lines[number - 1] = line
    return "\n".join(lines)


# --- what is accepted ----------------------------------------------------------------------------------------------


def test_every_key_of_the_contract_is_accepted(read: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = read(CONTRACT)
    assert (settings.version, settings.mode, settings.start_date) == (1, "active", date(2026, 11, 1))
    assert settings.state_file == tmp_path / "sfspiris.db"
    assert settings.limits.tolerance == Decimal("0.00")
    assert settings.limits.salesforce_daily_share == Decimal("0.8")
    assert settings.source.fields["your_reference"] == ("Primary_Contact__r.Name", "Account.Name")
    assert settings.source.fields["orgnr"] == ("Account.Organisation_Number__c",)
    assert settings.routes[0].when == {"Account.BillingCountryCode": ("SE",)}
    se = settings.companies["se"]
    assert (se.orgnr, se.marker.field) == ("5560125790", MarkerField.OUR_REFERENCE)
    assert se.articles.fallback["25"] == "SALJ25"
    assert se.articles.by_family == {"Services": "KONSULT"}
    assert (se.ownership.default, se.ownership.email, se.ownership.phone) == ("salesforce", "spiris", None)


@pytest.mark.parametrize(
    "key",
    [
        "mode",
        "state.url",
        "secrets.store",
        "limits.max_changes",
        "limits.tolerance",
        "limits.salesforce_daily_share",
        "salesforce.environment",
        "salesforce.auth",
        "salesforce.login_url",
        "source.object",
        "source.gate",
        "source.record_types",
        "companies.se.ledger",
        "companies.se.environment",
        "companies.se.target",
        "companies.se.currency",
        "companies.se.marker.field",
        "companies.se.articles.missing",
        "companies.se.ownership.default",
        "write_back.invoice_object",
        "write_back.account_summary",
        "write_back.deal_status",
    ],
)
def test_a_key_left_out_means_what_the_contract_shows(read: Callable[[str], Settings], key: str) -> None:
    def at(settings: Settings) -> Any:
        value: Any = settings
        for part in key.split("."):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        return value

    assert at(read(changed(key, ""))) == at(read(CONTRACT))


def test_the_shortest_configuration_takes_every_deal(read: Callable[[str], Settings]) -> None:
    settings = read(LEAST)
    assert settings.routes[0].when == {}
    assert settings.start_date is None
    assert not settings.is_read_only
    assert settings.companies["se"].redirect_uri == "http://127.0.0.1:8765/callback"


def test_the_example_file_is_valid_and_writes_nothing(tmp_path: Path) -> None:
    """It is what a new user begins with, so it must not be able to do harm."""
    settings = config.load(EXAMPLE, today=TODAY)
    assert settings.is_read_only
    assert list(settings.companies) == ["se"]


def test_the_example_file_is_valid_with_every_optional_line_switched_on(
    read: Callable[[str], Settings],
) -> None:
    """A line that is only commented out is tried by somebody sooner or later."""
    text = re.sub(r"^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    settings = read(text)
    assert settings.salesforce.api_version == "66.0"
    assert settings.secrets.command == "/usr/local/bin/tokens"
    assert settings.companies["se"].articles.by_family == {"Services": "KONSULT"}


def test_the_example_file_shows_every_key_of_the_contract() -> None:
    shown = EXAMPLE.read_text(encoding="utf-8")
    left_out = [
        name
        for key in positions(CONTRACT)
        if (name := str(key[-1])) not in shown and not isinstance(key[-1], int) and "fallback" not in key
    ]
    assert left_out == []


def test_a_mark_in_front_of_the_file_does_no_harm(read: Callable[[str], Settings]) -> None:
    assert read("\ufeff" + LEAST).version == 1


@pytest.mark.parametrize("number", ["0.10", '"0.10"'])
def test_a_tolerance_keeps_its_digits_with_and_without_quotes(
    read: Callable[[str], Settings], number: str
) -> None:
    assert str(read(changed("limits.tolerance", f"tolerance = {number}")).limits.tolerance) == "0.10"


def test_our_field_names_are_those_that_the_salesforce_adapter_reads() -> None:
    assert frozenset(source.SOURCE_FIELDS) | ORIGIN_FIELDS == SOURCE_FIELDS


def test_paths_are_taken_from_the_files_folder(read: Callable[[str], Settings], tmp_path: Path) -> None:
    text = changed("secrets.store", 'store = "file"\nfile = "tokens"')
    settings = read(changed("state.url", 'url = "data/state.db"', text))
    assert settings.folder == tmp_path
    assert settings.secrets.file == tmp_path / "tokens"
    assert settings.state_file == tmp_path / "data" / "state.db"


def test_secrets_show_in_no_repr(read: Callable[[str], Settings]) -> None:
    settings = read(changed("companies.se.client_secret", 'client_secret = "hemlig-literal"'))
    assert "hemlig" not in repr(settings)
    assert settings.companies["se"].client_secret.get_secret_value() == "hemlig-literal"


def test_settings_are_not_changed_after_they_were_read(read: Callable[[str], Settings]) -> None:
    settings = read(LEAST)
    with pytest.raises(ValueError, match="frozen"):
        settings.mode = "read-only"  # type: ignore[misc]  # the point


# --- where the file is looked for ----------------------------------------------------------------------------------


def test_the_working_folders_file_comes_before_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "home" / "sfspiris" / "sfspiris.toml"
    here = tmp_path / "here"
    users.parent.mkdir(parents=True)
    here.mkdir()
    users.touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(here)
    assert config.find(None, {}) == users
    (here / "sfspiris.toml").touch()
    assert config.find(None, {}) == here / "sfspiris.toml"


def test_a_named_file_is_the_only_one_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("sfspiris.toml", "a.toml", "b.toml"):
        (tmp_path / name).touch()
    assert config.find("a.toml", {"SFSPIRIS_CONFIG": "b.toml"}) == tmp_path / "a.toml"
    assert config.find(None, {"SFSPIRIS_CONFIG": "b.toml"}) == tmp_path / "b.toml"
    with pytest.raises(ConfigError, match=r"missing\.toml") as refused:
        config.find("missing.toml", {})
    assert "home" not in refused.value.message


def test_a_missing_file_is_told_with_both_places_and_a_way_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refused:
        config.find(None, {})
    assert str(tmp_path / "sfspiris.toml") in refused.value.message
    assert str(tmp_path / "home" / "sfspiris" / "sfspiris.toml") in refused.value.message
    assert "config.example.toml" in refused.value.remedy


# --- files that are no configuration -------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        config.load(tmp_path, today=TODAY)


def test_a_file_in_another_encoding_is_told_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "sfspiris.toml"
    file.write_bytes("version = 1\n# år 2026\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"sfspiris\.toml:2: .*UTF-8"):
        config.load(file, today=TODAY)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version = 1\nmode = active\n", 2),
        ("version = 1\n\n[state\n", 3),
        ("a = 1\na = 2", 2),
        ('version = 1\nmode = "', 2),
    ],
)
def test_a_slip_of_the_pen_is_told_with_its_line(
    read: Callable[[str], Settings], text: str, line: int
) -> None:
    assert f"sfspiris.toml:{line}: this is not TOML: " in refusal(read, text)


# --- every refusal -------------------------------------------------------------------------------------------------

REFUSALS = [
    # key that is replaced, the line in its place, line number, what is said of it
    ("mode", 'mood = "active"', 2, "mood is not known here; did you mean mode? For example: mode = "),
    ("mode", 'mode = "activ"', 2, 'mode must be "active" or "read-only"; did you mean "active"?'),
    ("mode", "mode = true", 2, 'mode must be "active" or "read-only". For example: mode = "active"'),
    ("version", "version = 2", 1, "version must be 1. For example: version = 1"),
    ("version", "", 1, "version is missing. For example: version = 1"),
    ("start_date", 'start_date = "2026-11-01"', 3, "start_date is not a day; write it without quotes"),
    ("start_date", "start_date = 2026-11-01T08:00:00", 3, "start_date is not a day"),
    ("state.url", "url = 5", 6, "state.url is not text in quotes. For example: url = "),
    ("state.url", 'url = ""', 6, "state.url is empty"),
    ("state.url", 'url = "postgresql://u:hemlig@h/d"', 6, "state.url does not name a SQLite file"),
    ("state.url", 'uri = "x"', 6, "state.uri is not known here; did you mean url?"),
    ("state.url", 'zzzz = "x"', 6, "state.zzzz is not known here; known are url. For example: [state]"),
    ("secrets.store", 'store = "keychain"', 9, 'secrets.store must be "keyring", "file", "env" or "command"'),
    ("secrets.store", 'store = "command"', 8, 'secrets.command is needed by store = "command"'),
    ("secrets.store", "file = 1", 9, 'secrets.file is not text in quotes. For example: file = "tokens"'),
    ("limits.max_changes", "max_changes = 0", 12, "limits.max_changes must be at least 1"),
    ("limits.max_changes", "max_changes = 2.5", 12, "limits.max_changes is not a whole number"),
    ("limits.max_changes", "max_changes = true", 12, "limits.max_changes is not a whole number"),
    ("limits.tolerance", 'tolerance = "0,10"', 13, "limits.tolerance is not a number; write a decimal point"),
    ("limits.tolerance", "tolerance = true", 13, "limits.tolerance is not a number."),
    ("limits.tolerance", "tolerance = nan", 13, "limits.tolerance is not a number."),
    ("limits.tolerance", 'tolerance = "-1"', 13, "limits.tolerance must be at least 0"),
    ("limits.salesforce_daily_share", "salesforce_daily_share = 0", 14, "must be more than 0"),
    ("limits.salesforce_daily_share", "salesforce_daily_share = 80", 14, "must be at most 1"),
    ("salesforce.environment", 'environment = "test"', 17, 'must be "production", "sandbox" or "local"'),
    ("salesforce.auth", 'auth = "client-credentials"', 16, 'client_secret is needed by auth = "client-credentials"'),
    ("salesforce.client_id", "", 16, "salesforce.client_id is missing"),
    ("salesforce.username", "", 16, 'salesforce.username is needed by auth = "jwt"'),
    ("salesforce.private_key", "", 16, 'salesforce.private_key is needed by auth = "jwt". For example: private_key'),
    ("salesforce.private_key", 'private_key = ""', 22, "salesforce.private_key is empty"),
    ("salesforce.login_url", 'login_url = "login.salesforce.com"', 19, "login_url is not a web address"),
    ("salesforce.login_url", 'login_url = "https://[x"', 19, "login_url is not a web address"),
    ("salesforce.login_url", 'login_url = "http://login.salesforce.com"', 19, "login_url is not encrypted"),
    ("salesforce.username", 'username = "u"\napi_version = "v66"', 22, "api_version is not a version of the API"),
    ("source.object", 'object = "Oportunity"', 25, "is nothing that deals are read from; did you mean Opportunity?"),
    ("source.object", 'object = "Order"\nlines = "quote"', 26, '"quote" is no list of an Order; leave it out'),
    ("source.object", 'object = "Billing__c"', 24, "is needed by an object of your own: the child relationship"),
    ("source.record_types", "record_types = [1]", 27, "source.record_types[1] is not text in quotes"),
    ("source.fields.orgnr", 'orgnrr = "Account.X"', 30, "source.fields.orgnrr is not known here; did you mean orgnr?"),
    ("source.fields.orgnr", 'qqqq = "Account.X"', 30, "source.fields.qqqq is not known here; known are amount, "),
    ("source.fields.orgnr", 'orgnr = "Account X"', 30, "is not a field of Salesforce, or a path to one"),
    ("source.fields.orgnr", 'orgnr = ["Account.X", "Y;"]', 30, "source.fields.orgnr[2] is not a field of Salesforce"),
    ("routes.0.company", 'company = "sw"', 39, 'routes[1].company leads to "sw", which is no company of this file'),
    ("routes.0.company", 'company = "sse"', 39, "did you mean se?"),
    ("routes.0.when", 'when = { "A B" = "SE" }', 40, "routes[1].when.'A B' is not a field of Salesforce"),
    ("routes.0.when", 'when = { "A" = 5 }', 40, "routes[1].when.A[1] is not text in quotes"),
    ("routes.0.when", 'wenn = { "A" = "B" }', 40, "routes[1].wenn is not known here; did you mean when?"),
    ("companies.se.ledger", 'ledger = "fortnox"', 43, 'is not supported by this version; use ledger = "spiris"'),
    ("companies.se.target", 'target = "orders"', 48, 'must be "draft" or "order"'),
    ("routes.0.company", 'company = "se"\ntarget = "invoice"', 40, 'must be "draft" or "order"'),
    ("companies.se.currency", 'currency = "kr"', 49, "is not a currency code of three capital letters"),
    ("companies.se.orgnr", 'orgnr = "556012-5791"', 45, "is not an organisation number: the check digit is wrong"),
    ("companies.se.orgnr", "", 42, "companies.se.orgnr is missing"),
    ("companies.se.client_secret", "client_secret = 5", 47, "companies.se.client_secret is not text in quotes"),
    ("companies.se.marker.field", 'field = "ourreference"', 52, 'did you mean "OurReference"?'),
    ("companies.se.articles.missing", 'missing = "make"', 55, 'must be "hold", "create" or "fallback"'),
    ("companies.se.articles.by_family", 'by_treatment = { "SE_RC_TELEPHONES" = "X" }', 57, "is no VAT treatment"),
    ("companies.se.articles.fallback", 'fallback = { "26" = "X" }', 56, 'must be "25", "12", "6" or "0"'),
    ("companies.se.ownership.email", 'email = "finance"', 61, 'must be "salesforce", "spiris" or "first-write"'),
    ("companies.se.ownership.email", 'fax = "spiris"', 61, "companies.se.ownership.fax is not known here"),
    ("write_back.deal_status", 'deal_status = "yes"', 66, "write_back.deal_status is neither true nor false"),
    ("limits", "[limit]", 11, "limit is not known here; did you mean limits?"),
    ("limits", "[[limits]]", 11, "limits is not a table"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "line", "number", "told"), REFUSALS)
def test_a_refusal_names_line_key_and_remedy(
    read: Callable[[str], Settings], key: str, line: str, number: int, told: str
) -> None:
    text = refusal(read, changed(key, line))
    assert re.search(rf"^sfspiris\.toml:{number}: .*{re.escape(told)}", text, flags=re.MULTILINE), text
    assert "hemlig" not in text


@pytest.mark.parametrize("field", ["ContractNumber", "SubscriptionNumber"])
def test_an_order_needs_its_mark_in_a_field_that_orders_have(
    read: Callable[[str], Settings], field: str
) -> None:
    text = changed("companies.se.marker.field", f'field = "{field}"')
    told = (
        f'is "order", but an order has no {field}, where companies.se.marker puts the deal\'s mark; use one of '
        "OurReference, YourReference, BuyersOrderReference, TextRow"
    )
    of_company = refusal(read, changed("companies.se.target", 'target = "order"', text))
    assert f"sfspiris.toml:48: companies.se.target {told}" in of_company
    of_route = refusal(read, changed("routes.0.company", 'company = "se"\ntarget = "order"', text))
    assert f"sfspiris.toml:40: routes[1].target {told}" in of_route
    assert read(changed("companies.se.target", 'target = "order"')).companies["se"].target == "order"


def test_every_refusal_comes_with_an_example(read: Callable[[str], Settings]) -> None:
    silent = [
        line
        for key, line, *_ in REFUSALS
        for told in refusal(read, changed(key, line)).splitlines()
        if told.startswith("sfspiris.toml:") and "For example: " not in told
    ]
    assert silent == []


def test_every_example_in_a_refusal_is_toml(read: Callable[[str], Settings]) -> None:
    for key, line, *_ in REFUSALS:
        for example in re.findall(
            r"For example: (.*)$", refusal(read, changed(key, line)), flags=re.MULTILINE
        ):
            tomllib.loads(example)


def test_a_key_like_no_other_is_answered_with_those_that_there_are(read: Callable[[str], Settings]) -> None:
    text = refusal(read, f"zzzz = 1\n{LEAST}")
    assert (
        "sfspiris.toml:1: zzzz is not known here; known are companies, extends, limits, mode, pull, push, review, "
        in text
    )


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(read: Callable[[str], Settings]) -> None:
    text = changed("version", "version = 3")
    text = changed("state.url", 'path = "x"', text)
    text = changed("routes.0.company", 'company = "no"', text)
    told = refusal(read, text).splitlines()
    assert told[0] == "sfspiris.toml has 3 mistakes:"
    assert [line.split(" ")[0] for line in told[1:4]] == [
        "sfspiris.toml:1:",
        "sfspiris.toml:6:",
        "sfspiris.toml:39:",
    ]


def test_a_single_table_in_place_of_routes_is_explained(read: Callable[[str], Settings]) -> None:
    text = refusal(read, LEAST.replace("[[routes]]", "[routes]"))
    assert (
        "sfspiris.toml:8: routes is not a list of tables; write it with double brackets. For example: [[routes]]"
        in text
    )


@pytest.mark.parametrize("line", ["routes = []", "companies = {}"])
def test_a_configuration_that_could_invoice_nothing_is_refused(
    read: Callable[[str], Settings], line: str
) -> None:
    name = line.split(" ", maxsplit=1)[0]
    without = re.sub(rf"\n\[+{name}.*?(?=\n\[|\Z)", "", LEAST, flags=re.DOTALL)
    assert f"sfspiris.toml:1: {name} is empty, so that no deal could be invoiced" in refusal(
        read, f"{line}\n{without}"
    )


@pytest.mark.parametrize(
    "broken", ["companies = 5", "routes = 5", "source = 5", "[source]\nfields = 5", "routes = [5]"]
)
def test_a_value_in_place_of_a_table_is_a_refusal_like_any_other(
    read: Callable[[str], Settings], broken: str
) -> None:
    assert "is not a" in refusal(read, f"{broken}\n")


def test_a_companys_name_must_be_short_and_plain(read: Callable[[str], Settings]) -> None:
    text = refusal(
        read, CONTRACT.replace("companies.se", "companies.Sverige AB").replace("Sverige AB", '"Sverige AB"')
    )
    assert "companies.'Sverige AB' is not a valid name; use small letters a-z, digits and hyphens" in text


SECOND = (
    LEAST
    + """
[companies.no]
orgnr = "{orgnr}"
environment = "{environment}"
client_id = "app"
client_secret = "env:X"
"""
)


def test_two_companies_cannot_have_one_set_of_books(read: Callable[[str], Settings]) -> None:
    text = refusal(read, SECOND.format(orgnr="SE556012579001", environment="production"))
    assert (
        "sfspiris.toml:17: companies.no.orgnr is that of companies.se too; each company has its own books"
        in text
    )


def test_rehearsals_and_real_systems_are_never_mixed(read: Callable[[str], Settings]) -> None:
    text = refusal(read, SECOND.format(orgnr="202100-5489", environment="sandbox"))
    assert 'companies.no.environment is "sandbox" while that of salesforce is "production"' in text


def test_a_sole_traders_number_is_never_repeated(read: Callable[[str], Settings]) -> None:
    assert "811218" not in refusal(read, changed("companies.se.orgnr", 'orgnr = "811218-9877"'))


# --- the fence around environments ---------------------------------------------------------------------------------

LOCAL = """\
version = 1
[salesforce]
environment = "local"
base_url = "{salesforce}"
client_id = "app"
username = "integration@example.com"
private_key = "file:key"
[[routes]]
company = "se"
[companies.se]
environment = "local"
base_url = "{spiris}"
orgnr = "556012-5790"
client_id = "app"
client_secret = "x"
"""


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:8701", "https://127.8.8.8", "http://[::1]:1", "http://localhost:1/"]
)
def test_the_local_sandbox_is_on_this_machine(read: Callable[[str], Settings], host: str) -> None:
    settings = read(LOCAL.format(salesforce=host, spiris=host))
    assert settings.salesforce.base_url == settings.salesforce.login_url == host.rstrip("/")
    assert settings.companies["se"].base_url == host.rstrip("/")


@pytest.mark.parametrize(
    "host", ["https://login.salesforce.com", "https://127.0.0.1.example.com", "https://10.0.0.1"]
)
def test_the_local_environment_never_leaves_this_machine(read: Callable[[str], Settings], host: str) -> None:
    text = refusal(read, LOCAL.format(salesforce=host, spiris=host))
    assert "sfspiris.toml:4: salesforce.base_url leaves this machine" in text
    assert "sfspiris.toml:12: companies.se.base_url leaves this machine" in text


def test_the_local_environment_needs_addresses(read: Callable[[str], Settings]) -> None:
    text = refusal(read, re.sub(r"base_url.*\n", "", LOCAL))
    assert 'salesforce.base_url is needed by environment = "local"' in text
    assert 'companies.se.base_url is needed by environment = "local"' in text


def test_a_local_sign_in_never_leaves_this_machine(read: Callable[[str], Settings]) -> None:
    text = LOCAL.format(salesforce="http://127.0.0.1:1", spiris="http://127.0.0.1:2")
    text = text.replace("[salesforce]\n", '[salesforce]\nlogin_url = "https://login.salesforce.com"\n')
    assert "salesforce.login_url leaves this machine" in refusal(read, text)


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_a_real_environment_takes_no_address(read: Callable[[str], Settings], environment: str) -> None:
    text = LOCAL.format(salesforce="http://127.0.0.1:1", spiris="http://127.0.0.1:2").replace(
        '"local"', f'"{environment}"'
    )
    told = refusal(read, text)
    assert told.count('belongs to environment = "local" only') == 2


@pytest.mark.parametrize(
    ("environment", "login_url", "told"),
    [
        ("production", "https://test.salesforce.com", "does not open a production org"),
        ("production", "https://x--uat.sandbox.my.salesforce.com", "does not open a production org"),
        ("production", "http://127.0.0.1:8701", "does not open a production org"),
        ("sandbox", "https://login.salesforce.com", "does not open a sandbox"),
        ("sandbox", "http://127.0.0.1:8701", "does not open a sandbox"),
    ],
)
def test_a_login_address_must_fit_the_environment(
    read: Callable[[str], Settings], environment: str, login_url: str, told: str
) -> None:
    text = CONTRACT.replace('environment = "production"', f'environment = "{environment}"')
    assert told in refusal(read, changed("salesforce.login_url", f'login_url = "{login_url}"', text))


@pytest.mark.parametrize(
    ("environment", "login_url"),
    [("production", "https://login.salesforce.com"), ("sandbox", "https://test.salesforce.com")],
)
def test_the_login_address_follows_from_the_environment(
    read: Callable[[str], Settings], environment: str, login_url: str
) -> None:
    text = CONTRACT.replace('environment = "production"', f'environment = "{environment}"')
    assert read(changed("salesforce.login_url", "", text)).salesforce.login_url == login_url


def test_a_sign_in_by_browser_needs_neither_user_nor_key(read: Callable[[str], Settings]) -> None:
    text = changed("salesforce.username", "", changed("salesforce.private_key", "", CONTRACT))
    assert read(changed("salesforce.auth", 'auth = "web"', text)).salesforce.client_secret is None


# --- lines ---------------------------------------------------------------------------------------------------------


def test_every_key_is_found_on_its_line() -> None:
    document = '''\
version = 1 # [not a table]
a."b.c" . d = 3

[state]
url = "x # no"
multi = """
a = 1
[nope] \\""" still
"""
literal = \'\'\'
[nope]
\'\'\'
list = [
  1, # ]
  { k = "v}", "q\\u0041" = [1, 2] },
  [ 3,
    4 ], "]", \'#\',
]
empty = {}
[[routes]]
company = "se"
when = { "Account.X" = "SE", y.z = \'}\' }

  [[ routes ]]
  company = "no"
[routes.sub]
x = 2026-11-20T08:00:00Z
[[routes.deep]]
y = ""
'''
    tomllib.loads(document)
    assert positions(document) == {
        ("version",): 1,
        ("a",): 2,
        ("a", "b.c"): 2,
        ("a", "b.c", "d"): 2,
        ("state",): 4,
        ("state", "url"): 5,
        ("state", "multi"): 6,
        ("state", "literal"): 10,
        ("state", "list"): 13,
        ("state", "list", 0): 14,
        ("state", "list", 1): 15,
        ("state", "list", 1, "k"): 15,
        ("state", "list", 1, "qA"): 15,
        ("state", "list", 1, "qA", 0): 15,
        ("state", "list", 1, "qA", 1): 15,
        ("state", "list", 2): 16,
        ("state", "list", 2, 0): 16,
        ("state", "list", 2, 1): 17,
        ("state", "list", 3): 17,
        ("state", "list", 4): 17,
        ("state", "empty"): 19,
        ("routes",): 20,
        ("routes", 0): 20,
        ("routes", 0, "company"): 21,
        ("routes", 0, "when"): 22,
        ("routes", 0, "when", "Account.X"): 22,
        ("routes", 0, "when", "y"): 22,
        ("routes", 0, "when", "y", "z"): 22,
        ("routes", 1): 24,
        ("routes", 1, "company"): 25,
        ("routes", 1, "sub"): 26,
        ("routes", 1, "sub", "x"): 27,
        ("routes", 1, "deep"): 28,
        ("routes", 1, "deep", 0): 28,
        ("routes", 1, "deep", 0, "y"): 29,
    }


@pytest.mark.parametrize("minutes", [5, 0, -1])
def test_a_settle_window_that_no_measurement_justifies_is_refused_with_the_reason(
    read: Callable[[str], Settings], minutes: int
) -> None:
    told = refusal(read, changed("limits.tolerance", f"settle_minutes = {minutes}"))
    assert "settle_minutes" in told
    assert "second invoice" in told
    assert read(changed("limits.tolerance", "settle_minutes = 6")).limits.settle_minutes == 6
    assert read(CONTRACT).limits.settle_minutes == 15
