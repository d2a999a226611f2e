"""Stories of the review queue, told with the command line."""

from __future__ import annotations

import json

from playground import DEMO_HELD, Json, Playground, finance


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


def test_one_correlation_id_tells_a_held_deals_whole_story(demo: Playground) -> None:
    pushed = demo.sfspiris("push-closed-won", "--json", "--log-format", "json")
    held = next(one for one in pushed.document["holds"] if one["code"] == "ORGNR_INVALID")
    deal, correlation = held["deal"], held["correlation_id"]
    told = next(one for one in demo.deals().values() if one["Id"] == deal)
    assert told["Spiris_Correlation_Id__c"] == correlation
    logged = [json.loads(line) for line in pushed.err.splitlines() if correlation in line]
    assert {one["deal"] for one in logged} == {deal}
    assert "held: ORGNR_INVALID" in [one["message"] for one in logged]
    for command in (("review", "list"), ("review", "show", deal)):
        assert correlation in demo.sfspiris(*command).out
        shown = demo.sfspiris(*command, "--json").document["holds"]
        assert {one["correlation_id"] for one in shown if one["deal"] == deal} == {correlation}
    assert correlation in demo.sfspiris("explain", deal).out
    explained = demo.sfspiris("explain", correlation, "--json").document
    assert (explained["deal"], explained["correlation_id"]) == (deal, correlation)
    run = pushed.document["run_id"]
    assert correlation in demo.sfspiris("runs", "show", run).out
    written = demo.sfspiris("runs", "show", run, "--record", correlation, "--json").document["records"]
    assert {one["deal"] for one in written} == {deal}


def test_a_held_deal_is_found_by_its_correlation_id(demo: Playground) -> None:
    pushed = demo.sfspiris("push-closed-won", "--json").document
    one = next(one for one in pushed["holds"] if one["code"] == "ORGNR_INVALID")
    correlation = one["correlation_id"]
    shown = demo.sfspiris("review", "show", correlation, "--json")
    assert shown.code == 0, shown.err
    assert {held["deal"] for held in shown.document["holds"]} == {one["deal"]}
    tried = demo.sfspiris("review", "replay", correlation, "--dry-run", "--json").document
    assert [held["deal"] for held in tried["differences"]] == [one["deal"]]
    given = demo.sfspiris("review", "assign", correlation, "--to", "Åsa Öberg", "--json").document
    assert given["decision"]["deal"] == one["deal"]
    settled = demo.sfspiris("review", "resolve", correlation, "--note", "Faktureras för hand.", "--json")
    assert settled.document["decision"]["deal"] == one["deal"]
    again = demo.sfspiris("review", "show", correlation, "--json").document
    assert [decided["event"] for decided in again["decisions"]] == ["assigned", "resolved"]
    assert demo.sfspiris("review", "show", "ABCDEFGHIJKL").code == 2

    (line,) = (
        line for line in demo.sfspiris("reconcile", "--json").document["lines"] if line["deal"] == one["deal"]
    )
    assert line["message"].endswith(". Somebody has settled it without an invoice.")
    assert line["fix"] == "Nothing, unless its reason has changed."


def test_a_replay_names_only_what_has_changed(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    assert "Nothing has changed since the last run." in demo.sfspiris("review", "replay", "--dry-run").out
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    account = next(one["AccountId"] for one in demo.deals().values() if one["Id"] == deal)
    demo.control(
        "salesforce", "PATCH", f"records/Account/{account}", {"Organisation_Number__c": "556036-0793"}
    )
    told = demo.sfspiris("review", "replay", "--dry-run").out.split("\n\n")[0].splitlines()
    assert told[0] == "What has changed since the last run"
    assert [line.count("→") for line in told[1:]] == [1]
    assert "ORGNR_INVALID → nothing in its way: a draft" in told[1]


SAID = ("Status", "Code", "Message", "Company")


def said_about(demo: Playground, deal: str) -> list[str | None]:
    found = next(one for one in demo.deals().values() if one["Id"] == deal)
    words = [
        found["Spiris_Company__c"] if one == "Company" else found[f"Spiris_Sync_{one}__c"] for one in SAID
    ]
    return [*words, found["Spiris_Correlation_Id__c"]]


def test_salesforce_stops_saying_that_a_deal_waits_once_it_is_lost_and_says_so_again_when_it_is_won(
    demo: Playground,
) -> None:
    demo.sfspiris("push-closed-won")
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    assert said_about(demo, deal)[:2] == ["Held", "ORGNR_INVALID"]
    stage = {"StageName": "Closed Lost"}
    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", stage)
    deleted = held_for(demo, "NO_LINES")["deal"]
    demo.control("salesforce", "DELETE", f"records/Opportunity/{deleted}")

    demo.forget_calls()
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    assert [one["deal"] for one in planned["actions"]] == [deal]
    assert demo.writes() == []
    left = demo.sfspiris("push-closed-won", "--json").document
    assert [(one["kind"], one["deal"], one["outcome"]) for one in left["actions"]] == [
        ("write_deal", deal, "done")
    ]
    assert said_about(demo, deal) == [None, None, None, None, None]
    waiting = {one["deal"] for one in demo.sfspiris("review", "list", "--json").document["holds"]}
    assert not waiting & {deal, deleted}
    demo.forget_calls()
    assert demo.sfspiris("push-closed-won", "--json").document["actions"] == []
    assert demo.writes() == []

    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"StageName": "Closed Won"})
    demo.sfspiris("push-closed-won")
    assert said_about(demo, deal)[:2] == ["Held", "ORGNR_INVALID"]


def test_salesforce_is_told_of_a_lost_deal_by_a_later_run_where_it_could_not_be_told_at_once(
    demo: Playground,
) -> None:
    demo.sfspiris("push-closed-won")
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"StageName": "Closed Lost"})
    fault = {"method": "PATCH", "path": "/composite/sobjects", "effect": "status", "code": 503}
    demo.control("salesforce", "POST", "faults", fault | {"times": 50})
    assert demo.sfspiris("push-closed-won").code == 8
    demo.control("salesforce", "DELETE", "faults")
    demo.sfspiris("push-closed-won")
    assert said_about(demo, deal)[0] is None
    assert demo.sfspiris("review", "list", "--code", "ORGNR_INVALID", "--json").document["holds"] == []


def test_salesforce_stops_saying_that_a_deal_waits_once_it_was_settled(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    demo.sfspiris("review", "resolve", deal, "--note", "Faktureras för hand.")
    first = demo.sfspiris("push-closed-won", "--json").document
    assert [(one["kind"], one["deal"]) for one in first["actions"]] == [("write_deal", deal)]
    assert said_about(demo, deal) == [None, None, None, None, None]
    demo.forget_calls()
    assert demo.sfspiris("push-closed-won", "--json").document["actions"] == []
    assert demo.writes() == []

    account = next(one["AccountId"] for one in demo.deals().values() if one["Id"] == deal)
    demo.control("salesforce", "PATCH", f"records/Account/{account}", {"Organisation_Number__c": "1"})
    demo.sfspiris("push-closed-won")
    assert said_about(demo, deal)[:2] == ["Held", "ORGNR_INVALID"], "it waits for another reason now"


def test_what_somebody_settled_is_told_the_same_by_every_page(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    deal = held_for(demo, "ORGNR_INVALID")["deal"]
    assert demo.sfspiris("review", "resolve", deal, "--note", "Faktureras av moderbolaget").code == 0
    for command in (("review", "show", deal), ("explain", deal)):
        page = " ".join(demo.sfspiris(*command).out.split())
        assert "Settled without an invoice by" in page
        assert ", 2026-11-20: Faktureras av moderbolaget" in page
        assert "No deals wait" not in page
        told = demo.sfspiris(*command, "--json").document["settled"]
        assert told["words"] == "Faktureras av moderbolaget"
        swedish = " ".join(demo.sfspiris(*command, "--lang", "sv").out.split())
        assert "Avgjord utan faktura av" in swedish
    explained = demo.sfspiris("explain", deal, "--json").document
    (line,) = (one for one in demo.sfspiris("reconcile", "--json").document["lines"] if one["deal"] == deal)
    assert explained["next_step"] == line["fix"] == "Nothing, unless its reason has changed."
    assert [one["code"] for one in explained["holds"]] == ["ORGNR_INVALID"]

    account = next(one["AccountId"] for one in demo.deals().values() if one["Id"] == deal)
    number = {"Organisation_Number__c": "556012-5792"}
    demo.control("salesforce", "PATCH", f"records/Account/{account}", number)
    explained = demo.sfspiris("explain", deal, "--json").document
    assert explained["settled"] is None, "another reason is not what was settled"
    assert explained["next_step"] != line["fix"]
    assert demo.sfspiris("review", "show", deal, "--json").document["settled"] is None


def test_a_deal_whose_draft_a_rollback_took_back_waits_at_once(demo: Playground) -> None:
    made = demo.sfspiris("push-closed-won", "--company", "se", "--json").document
    deal = next(one["deal"] for one in made["actions"] if one["kind"] == "create_draft")
    assert demo.sfspiris("rollback", made["run_id"]).code == 0
    (shown,) = demo.sfspiris("review", "show", deal, "--json").document["holds"]
    explained = demo.sfspiris("explain", deal, "--json").document
    assert [one["code"] for one in explained["holds"]] == [shown["code"]] == ["DRAFT_DELETED"]
    assert explained["next_step"] == shown["fix"]
    assert demo.sfspiris("review", "assign", deal, "--to", "Åsa Öberg").code == 0


def test_a_word_about_a_draft_is_taken_only_when_the_search_for_it_is_over(demo: Playground) -> None:
    made = demo.sfspiris("push-closed-won", "--company", "se", "--json").document
    deal, draft, taken_back = next(
        (one["deal"], one["target_id"], made["run_id"])
        for one in made["actions"]
        if one["kind"] == "create_draft"
    )
    stands = demo.sfspiris("review", "link", deal, "--deleted", "--json")
    assert "stands in Spiris as far as any run has seen" in stands.document["error"]["message"]
    finance(demo, f"drafts/{draft}/delete")
    explained = demo.sfspiris("explain", deal, "--json").document
    assert "pull-invoice-status" in explained["next_step"], "nobody shall look for a draft that is not there"
    assert demo.sfspiris("pull-invoice-status").code == 3
    assert [one["code"] for one in demo.sfspiris("review", "show", deal, "--json").document["holds"]] == [
        "OUTCOME_UNKNOWN"
    ]
    early = demo.sfspiris("review", "link", deal, "--deleted", "--json")
    assert early.code == 2
    assert "is not known yet" in early.document["error"]["message"]
    assert "after the settle window" in early.document["error"]["remedy"]

    other = next(
        one["deal"] for one in made["actions"] if one["kind"] == "create_draft" and one["deal"] != deal
    )
    assert demo.sfspiris("rollback", taken_back).code == 3
    late = demo.sfspiris("review", "link", other, "--deleted", "--json")
    assert "told as deleted already" in late.document["error"]["message"]


def test_what_cannot_be_an_id_is_refused_as_such(demo: Playground) -> None:
    for command in (("show",), ("assign", "--to", "Bo"), ("resolve", "--note", "Nej")):
        ended = demo.sfspiris("review", command[0], "006XXX", *command[1:], "--json")
        assert ended.code == 2
        assert "“006XXX” is no Salesforce id" in ended.document["error"]["message"]
        assert "15 or 18 letters and digits" in ended.document["error"]["remedy"]


def test_an_amount_reads_in_the_queue_as_it_does_in_a_push(demo: Playground) -> None:
    pushed = " ".join(demo.sfspiris("push-closed-won").out.split())
    deal = held_for(demo, "AMOUNT_MISMATCH")
    assert deal["value"] == "21000.00", "programs get the number"
    for command in (("review", "list"), ("review", "show", deal["deal"])):
        page = " ".join(demo.sfspiris(*command).out.split())
        assert "field Amount: 21 000,00 SEK" in page
        assert "21000.00" not in page
    assert "Amount: 21 000,00 SEK" in pushed
