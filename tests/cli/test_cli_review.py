"""Stories of the review queue, told with the command line."""

from __future__ import annotations

from playground import DEMO_HELD, Json, Playground


def held_for(demo: Playground, code: str) -> Json:
    listed = demo.sfspiris("review", "list", "--code", code, "--json")
    assert listed.code == 0, listed.err
    found: Json = listed.document["holds"][0]
    return found


def test_the_queue_lists_assigns_settles_and_tries_again(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    listed = demo.sfspiris("review", "list", "--json").document
    assert len({one["deal"] for one in listed["holds"]}) == DEMO_HELD
    for one in listed["holds"]:
        assert one["fix"]
        assert one["owner"]
        assert one["links"]["salesforce"].endswith("/view")
        assert one["age_days"] == 0

    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    assert demo.sfspiris("review", "resolve", deal[:15]).code == 2, "a note is needed"
    assert demo.sfspiris("review", "assign", deal, "--to", "Åsa Öberg").code == 0
    assert held_for(demo, "ORGNR_INVALID")["assignee"] == "Åsa Öberg"
    settled = demo.sfspiris("review", "resolve", deal[:15], "--note", "Faktureras för hand.", "--json")
    assert settled.document["decision"]["words"] == "Faktureras för hand."
    pushed = demo.sfspiris("push-closed-won", "--json").document
    assert deal not in {one["deal"] for one in pushed["holds"]}
    shown = demo.sfspiris("review", "show", deal, "--json").document
    assert [one["event"] for one in shown["decisions"]] == ["assigned", "resolved"]

    demo.forget_calls()
    tried = demo.sfspiris("review", "replay", deal, "--dry-run", "--json").document
    assert [one["today"] for one in tried["differences"]] == [["ORGNR_INVALID"]]
    assert demo.writes() == []


def test_replay_pushes_what_has_been_mended_from_todays_data(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    account = next(one["AccountId"] for one in demo.deals().values() if one["Id"] == deal)
    demo.control(
        "salesforce", "PATCH", f"records/Account/{account}", {"Organisation_Number__c": "556036-0793"}
    )
    before = len(demo.drafts())
    ended = demo.sfspiris("review", "replay", deal, "--json")
    assert ended.code == 0, ended.err
    (difference,) = ended.document["differences"]
    assert (difference["before"], difference["today"]) == (["ORGNR_INVALID"], [])
    assert ended.document["summary"]["create"] >= 1
    assert len(demo.drafts()) == before + 1
    assert demo.sfspiris("review", "show", deal, "--json").code == 2


def test_the_checkbox_in_salesforce_is_answered_and_taken_away(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"Spiris_Retry__c": True})
    demo.sfspiris("push-closed-won")
    assert [one["Spiris_Retry__c"] for one in demo.deals().values() if one["Id"] == deal] == [False]


def test_a_replay_for_one_company_leaves_the_others_alone(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    for dry in ((), ("--dry-run",)):
        ended = demo.sfspiris("review", "replay", "--company", "int", "--json", *dry)
        assert ended.code in {0, 3}, ended.out + ended.err
        assert {one["company"] for one in ended.document["holds"]} <= {"int"}
    assert (
        len({one["deal"] for one in demo.sfspiris("review", "list", "--json").document["holds"]}) == DEMO_HELD
    )
