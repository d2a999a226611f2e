"""Stories of `sfspiris doctor`: what is in order, and what is named with its remedy."""

from __future__ import annotations

import zipfile

from playground import Playground


def test_the_demo_world_is_in_order_and_nothing_is_written(demo: Playground) -> None:
    ended = demo.sfspiris("doctor", "--json")
    assert ended.code == 0, ended.out + ended.err
    assert {one["area"] for one in ended.document["findings"]} == {"state", "salesforce", "se", "int"}
    assert demo.writes() == []


def test_a_hidden_field_is_named_and_the_pull_goes_on_without_it(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    demo.control("salesforce", "PUT", "schema", {"hide": ["Account.Spiris_Open_Balance__c"]})
    ended = demo.sfspiris("doctor")
    assert "Account.Spiris_Open_Balance__c" in ended.out
    assert "salesforce fields --deploy" in ended.out
    assert demo.sfspiris("pull-invoice-status").code == 0


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
