"""Stories of `sfspiris doctor`: what is in order, and what is named with its remedy."""

from __future__ import annotations

import zipfile

import pytest

from playground import Json, Playground, finance, pushed


def test_the_demo_world_is_in_order_and_nothing_is_written(demo: Playground) -> None:
    ended = demo.sfspiris("doctor", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert {one["area"] for one in ended.document["findings"]} == {
        "state",
        "review",
        "salesforce",
        "se",
        "int",
    }
    assert demo.writes() == []


def test_a_hidden_field_is_named_and_the_pull_goes_on_without_it(demo: Playground) -> None:
    draft = next(iter(pushed(demo).values()))
    finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    demo.control("salesforce", "PUT", "schema", {"hide": ["Account.Spiris_Open_Balance__c"]})
    ended = demo.sfspiris("doctor")
    assert "Account.Spiris_Open_Balance__c" in ended.out
    assert "salesforce fields --deploy" in ended.out
    pulled = demo.sfspiris("pull-invoice-status", "--json")
    assert pulled.code == 0
    (told,) = [one for one in pulled.document["warnings"] if one["code"] == "WRITE_BACK_UNAVAILABLE"]
    assert "has no Account.Spiris_Open_Balance__c that" in told["message"]


def test_a_missing_sign_in_and_a_wrong_setting_are_told_together(demo: Playground) -> None:
    kept = demo.folder / "tokens" / "spiris-int.json"
    kept.rename(kept.with_suffix(".away"))
    demo.control("spiris", "PUT", "company?company=se", {"NextCustomerInvoiceNumber": 0})
    ended = demo.sfspiris("doctor", "--json")
    bad = {(one["area"], one["check"]) for one in ended.document["findings"] if one["state"] == "bad"}
    assert ended.code == 3
    assert ("int", "sign-in") in bad
    assert ("se", "number series for invoices") in bad
    kept.with_suffix(".away").rename(kept)


def test_a_bundle_can_be_given_away(demo: Playground) -> None:
    ended = demo.sfspiris("doctor", "--bundle", "help.zip")
    assert ended.code == 0, ended.out + ended.err
    with zipfile.ZipFile(demo.folder / "help.zip") as bundle:
        everything = b"".join(bundle.read(name) for name in bundle.namelist()).decode()
        assert {"doctor.json", "sfspiris.toml", "versions.txt"} == set(bundle.namelist())
    assert "sandbox-secret" not in everything
    assert "integration@norrsken.example" not in everything


def configure(demo: Playground, section: str, line: str) -> None:
    """Add a setting to the demo's configuration; `reset` writes the file anew."""
    path = demo.folder / "sfspiris.toml"
    text = path.read_text(encoding="utf-8")
    if section not in text:
        path.write_text(f"{text}\n{section}\n{line}\n", encoding="utf-8")
        return
    path.write_text(text.replace(f"{section}\n", f"{section}\n{line}\n", 1), encoding="utf-8")


def found(demo: Playground, area: str, check: str) -> list[Json]:
    findings = demo.sfspiris("doctor", "--json").document["findings"]
    return [one for one in findings if (one["area"], one["check"]) == (area, check)]


def test_it_is_told_while_nobody_is_named_to_look_at_held_deals(demo: Playground) -> None:
    (nobody,) = found(demo, "review", "held deals")
    assert nobody["state"] == "warn"
    assert "under [review]" in nobody["remedy"]

    configure(demo, "[review]", 'owner = "Karin Berg, ekonomi"')
    ended = demo.sfspiris("doctor", "--json", "--bundle", "help.zip")
    (named,) = [one for one in ended.document["findings"] if one["area"] == "review"]
    assert (ended.code, named["state"], named["remedy"]) == (0, "ok", "")
    with zipfile.ZipFile(demo.folder / "help.zip") as bundle:
        assert "Karin" not in b"".join(bundle.read(name) for name in bundle.namelist()).decode()


def test_whoever_is_named_takes_care_of_what_nobody_was_assigned(demo: Playground) -> None:
    configure(demo, "[review]", 'owner = "Karin Berg, ekonomi"')
    demo.sfspiris("push-closed-won")
    first, *_ = demo.sfspiris("review", "list", "--json").document["holds"]
    demo.sfspiris("review", "assign", first["deal"], "--to", "Åsa Öberg")
    for one in demo.sfspiris("review", "list", "--json").document["holds"]:
        assert one["assignee"] == ("Åsa Öberg" if one["deal"] == first["deal"] else "Karin Berg, ekonomi")


@pytest.mark.parametrize(
    ("section", "line"),
    [("[companies.se]", 'target = "order"'), ('company = "se"', 'target = "order"')],
    ids=["company", "route"],
)
def test_a_company_whose_deals_become_orders_must_be_able_to_take_them(
    demo: Playground, section: str, line: str
) -> None:
    assert found(demo, "se", "orders") == []
    configure(demo, section, line)
    (able,) = found(demo, "se", "orders")
    assert able["state"] == "ok"
    assert found(demo, "int", "orders") == []

    demo.control("spiris", "PUT", "company?company=se", {"NextOrderNumber": 0})
    (series,) = found(demo, "se", "number series for orders")
    assert series["state"] == "bad"

    modules = [one for one in demo.company("se")["settings"]["ActivatedModules"] if one != "sales_standard"]
    demo.control("spiris", "PUT", "company?company=se", {"ActivatedModules": modules, "NextOrderNumber": 1})
    ended = demo.sfspiris("doctor")
    assert ended.code == 3
    told = " ".join(ended.out.split())
    assert "! orders: Deals become orders here, and Spiris takes none: " in told
    assert "lacks the module sales_standard" in told
    assert 'Or let deals become drafts: target = "draft".' in told
    assert demo.writes() == []


def test_the_findings_are_told_in_swedish(demo: Playground) -> None:
    demo.control("salesforce", "PUT", "schema", {"hide": ["Account.Spiris_Open_Balance__c"]})
    demo.control("spiris", "PUT", "company?company=se", {"NextCustomerInvoiceNumber": 0})
    ended = demo.sfspiris("doctor", "--lang", "sv")
    told = " ".join(ended.out.split())
    assert "! nummerserie för fakturor: Nummerserien för fakturor har inget nästa nummer." in told
    assert "det finns inte, eller användaren får inte se det" in told
    assert "~ affärer som väntar: Ingen är utsedd" in told
    assert " saker kontrollerade: 1 att rätta " in ended.out.rstrip().splitlines()[-1]


def test_books_in_another_currency_than_configured_are_named_and_nothing_is_planned_on_that_premise(
    demo: Playground,
) -> None:
    demo.edit_config("[companies.se]\n", '[companies.se]\ncurrency = "EUR"\n')
    ended = demo.sfspiris("doctor", "--json")
    bad = [one for one in ended.document["findings"] if one["state"] == "bad"]
    assert ended.code == 3
    assert [(one["area"], one["check"]) for one in bad] == [("se", "currency of the books")]
    assert bad[0]["remedy"] == 'Set currency = "SEK" under [companies.se].'

    for command in ("push-closed-won", "preflight"):
        stopped = demo.sfspiris(command, "--json")
        assert stopped.code == 2
        assert "books of company se in SEK" in stopped.document["error"]["message"]
        assert 'currency = "SEK"' in stopped.document["error"]["remedy"]
    assert demo.drafts() == []
    assert demo.writes() == []
