"""Whose records a sign-in opens: compared in every run, and looked at once per access token."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sfspiris import config
from sfspiris.cli.identity import CheckedBearer, check_companies, check_org, is_elsewhere, shown_orgnr
from sfspiris.config import Settings
from sfspiris.errors import SafetyStop, SignInNeeded
from sfspiris.ports.tokens import Tokens
from token_box import TokenBox

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SE = Tokens("access-se", NOW, "5599871430", name="Norrsken Sverige AB", host="https://api.test/v2")
INT = Tokens("access-int", NOW, "5560125790", name="Norrsken International AB", host="https://api.test/v2")
ORG = Tokens("access-sf", NOW, "00D000000000001AAA")


@dataclass
class Shelf:
    """Keeps what an adapter would keep in the state."""

    kept: dict[str, Any] = field(default_factory=dict)

    def load(self, key: str) -> tuple[Any, datetime] | None:
        return (self.kept[key], NOW) if key in self.kept else None

    def save(self, key: str, data: Any) -> None:
        self.kept[key] = data


@dataclass
class SignIn:
    """Gives whatever token is set, and another one when that is not accepted."""

    access: str = "t1"

    def token(self) -> str:
        return self.access

    def renew(self, rejected: str) -> str:
        self.access = f"{rejected}'"
        return self.access


@dataclass(frozen=True)
class Org:
    id: str = ORG.identity
    name: str = "Norrsken"
    is_sandbox: bool = False


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "sfspiris.toml"
    company = 'orgnr = "{}"\nclient_id = "x"\nclient_secret = "y"\n'
    path.write_text(
        'version = 1\n[salesforce]\nclient_id = "x"\nusername = "a@b.se"\nprivate_key = "file:k"\n'
        '[[routes]]\ncompany = "se"\n'
        f"[companies.se]\n{company.format('559987-1430')}[companies.int]\n{company.format('556012-5790')}",
        encoding="utf-8",
    )
    return config.load(path, today=date(2026, 11, 20))


def check(settings: Settings, **kept: Tokens) -> None:
    check_companies(TokenBox(**kept), ("se", "int"), settings.companies)


# --- companies -----------------------------------------------------------------------------------------------------


def test_sign_ins_of_the_configured_companies_pass(settings: Settings) -> None:
    check(settings, spiris__se=SE, spiris__int=INT)


def test_swapped_sign_ins_are_told_with_the_name_of_the_company_that_would_open(settings: Settings) -> None:
    with pytest.raises(
        SafetyStop, match=r"Norrsken International AB \(556012-5790\), not 559987-1430"
    ) as stop:
        check(settings, spiris__se=INT, spiris__int=SE)
    assert (stop.value.code, stop.value.exit_code) == ("WRONG_COMPANY", 7)
    assert "sfspiris auth spiris --company se" in stop.value.remedy


def test_an_unnamed_sign_in_of_another_configured_company_is_told_by_the_configurations_name(
    settings: Settings,
) -> None:
    with pytest.raises(SafetyStop, match=r"int \(556012-5790\)"):
        check(settings, spiris__se=replace(INT, name=None), spiris__int=INT)


@pytest.mark.parametrize(
    "change", [{"environment": "sandbox"}, {"host": "http://127.0.0.1:8702/v2"}], ids=str
)
def test_a_sign_in_of_another_environment_is_refused(settings: Settings, change: dict[str, str]) -> None:
    with pytest.raises(SafetyStop, match="“production”"):
        check(settings, spiris__se=replace(SE, **change), spiris__int=INT)  # type: ignore[arg-type]  # text for text


def test_every_missing_sign_in_is_told_at_once(settings: Settings) -> None:
    with pytest.raises(SignInNeeded, match="se, int") as needed:
        check(settings)
    for company in ("se", "int"):
        assert f"`sfspiris auth spiris --company {company}`" in needed.value.remedy


def test_a_sole_traders_number_is_never_shown() -> None:
    assert shown_orgnr("5560125790") == "556012-5790"
    assert "8112" not in shown_orgnr("8112189876")


def test_each_access_token_is_looked_at_once(settings: Settings) -> None:
    shelf, sign_in, looks = Shelf(), SignIn(), []

    def bearer(orgnr: str = "5599871430") -> CheckedBearer:
        return CheckedBearer(
            sign_in, company="se", orgnr=orgnr, look=lambda: looks.append(sign_in.access), kept=shelf
        )

    first = bearer()
    assert [first.token(), first.token()] == ["t1", "t1"]
    assert bearer().token() == "t1"
    assert looks == ["t1"]
    assert bearer().renew("t1") == "t1'"
    assert looks == ["t1", "t1'"]
    sign_in.access = "swapped"
    assert bearer().token() == "swapped"
    assert bearer(orgnr="5560125790").token() == "swapped"
    assert looks == ["t1", "t1'", "swapped", "swapped"]
    assert not any("t1" in str(one) or "swapped" in str(one) for one in shelf.kept.values())


def test_a_token_that_opens_another_company_is_given_to_nobody() -> None:
    def look() -> None:
        raise SafetyStop("Another company.", remedy="Sign in again.", code="WRONG_COMPANY")

    bearer = CheckedBearer(SignIn(), company="se", orgnr="5599871430", look=look, kept=Shelf())
    for _ in range(2):
        with pytest.raises(SafetyStop):
            bearer.token()
    with pytest.raises(SafetyStop):
        bearer.renew("t1")


# --- the org -------------------------------------------------------------------------------------------------------


def test_the_org_is_looked_at_once_per_access_token() -> None:
    shelf, looks = Shelf(), []

    def look() -> Org:
        looks.append(1)
        return Org()

    for session in (ORG, ORG, replace(ORG, access_token="another")):
        check_org(session, "production", kept=shelf, look=look, has_history=True)
    assert len(looks) == 2


def test_a_production_org_behind_a_sandbox_configuration_is_refused_in_every_run() -> None:
    shelf = Shelf()
    check_org(ORG, "production", kept=shelf, look=Org, has_history=False)
    for _ in range(2):
        with pytest.raises(SafetyStop, match="production org") as stop:
            check_org(ORG, "sandbox", kept=shelf, look=Org, has_history=False)
        assert stop.value.code == "WRONG_ORG"


def test_another_org_than_the_memorys_is_refused_once_there_are_drafts() -> None:
    shelf = Shelf()
    check_org(ORG, "production", kept=shelf, look=Org, has_history=False)
    other = replace(ORG, identity="00D000000000002AAA", access_token="other")
    with pytest.raises(SafetyStop, match="Norrsken") as stop:
        check_org(other, "production", kept=shelf, look=Org, has_history=True)
    assert "--state" in stop.value.remedy
    check_org(other, "production", kept=shelf, look=lambda: Org(other.identity), has_history=False)


def test_a_sign_in_that_opens_another_org_than_it_says_is_refused() -> None:
    with pytest.raises(SafetyStop, match="00D000000000009AAA"):
        check_org(ORG, "local", kept=Shelf(), look=lambda: Org("00D000000000009AAA"), has_history=False)


def test_books_that_were_the_sandboxs_until_now_are_other_books() -> None:
    """What was measured of the sandbox's lists says nothing of Spiris'."""
    shelf = Shelf()
    told = [is_elsewhere(shelf, "se", one) for one in ("local", "local", "production", "production", "local")]
    assert told == [False, False, True, False, True]
    assert not is_elsewhere(shelf, "int", "production")
