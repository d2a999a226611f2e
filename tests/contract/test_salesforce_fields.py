"""`sfspiris salesforce fields` against an org: deployed from nothing, again, and with a permission missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playground import Playground, settled

if TYPE_CHECKING:
    from playground import Served

BARE = {"salesforce": {"org": {}, "schema": {}, "records": {}}, "spiris": {"companies": []}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, common_sandbox: Served) -> Playground:
    return settled(tmp_path_factory.mktemp("fields"), common_sandbox)


@pytest.fixture
def bare(running: Playground) -> Playground:
    """An org that has never heard of us."""
    running.control("salesforce", "POST", "reset", {"world": BARE})
    return running


def test_a_bare_org_gets_everything_and_a_second_deployment_changes_nothing(bare: Playground) -> None:
    before = bare.sfspiris("salesforce", "fields", "--json")
    assert before.code == 3
    assert all(one["problem"] for one in before.document["fields"])

    first = bare.sfspiris("salesforce", "fields", "--deploy", "--json")
    assert first.code == 0, first.out + first.err
    assert not [one for one in first.document["fields"] if one["problem"]]
    assert {"Spiris_Invoice__c", "Spiris_Sync", "Opportunity.Spiris_Retry__c"} <= set(
        first.document["deployed"]["created"]
    )
    assert first.document["deployed"]["permission_set_assigned"]

    again = bare.sfspiris("salesforce", "fields", "--deploy", "--json")
    assert again.code == 0, again.out + again.err
    assert again.document["deployed"]["created"] == []
    assert not again.document["deployed"]["permission_set_assigned"]


def test_a_field_that_is_hidden_is_named(bare: Playground) -> None:
    bare.sfspiris("salesforce", "fields", "--deploy")
    bare.control("salesforce", "PUT", "schema", {"hide": ["Account.Spiris_Open_Balance__c"]})
    ended = bare.sfspiris("salesforce", "fields")
    assert ended.code == 3
    assert "! Spiris_Open_Balance__c" in ended.out
    assert ended.out.count("  ! ") == 1


def test_whoever_deploys_is_told_what_is_left_to_do_about_page_layouts(bare: Playground) -> None:
    """A deployed layout replaces the org's own, so the fields come with further ones, and a person assigns them."""
    for options in (("--deploy",), ("--out", "source")):
        ended = bare.sfspiris("salesforce", "fields", *options)
        assert ended.code == 0, ended.out + ended.err
        assert "Page Layout Assignment" in ended.out
        assert "Opportunity with Spiris" in ended.out


def test_looking_writes_nothing(bare: Playground) -> None:
    bare.forget_calls()
    bare.sfspiris("salesforce", "fields")
    assert bare.writes() == []


def test_the_source_is_written_without_asking_an_org(bare: Playground) -> None:
    bare.forget_calls()
    ended = bare.sfspiris("salesforce", "fields", "--out", "package", "--json")
    assert ended.code == 0
    assert bare.calls("salesforce") == []
    for path in ended.document["files"]:
        assert (bare.folder / "package" / path).is_file()
