"""Stories of `explain`, told with the command line."""

from __future__ import annotations

from playground import Playground


def find(demo: Playground, name: str) -> str:
    return str(demo.deals()[name]["Id"])


def test_a_pushed_deal_is_explained_and_nothing_is_written(demo: Playground) -> None:
    pushed = demo.sfspiris("push-closed-won", "--json").document
    made = next(one for one in pushed["actions"] if one["kind"] == "create_draft")
    demo.forget_calls()
    first = demo.sfspiris("explain", made["deal"][:15], "--json")
    assert first.code == 0, first.err
    told = first.document
    assert (told["passes_gate"], told["company"]) == (True, made["company"])
    assert told["document"]["draft_id"] == made["target_id"]
    assert "create_draft confirm" in [one["what"] for one in told["history"]]
    reference = next(one for one in told["fields"] if one["api"] == "Draft.OurReference")
    assert reference["source"] == "Owner.Name"
    assert {one["line"] for one in told["fields"] if one["api"] == "Rows.Text"} >= {1}
    assert demo.writes() == []
    assert demo.sfspiris("explain", made["deal"], "--json").out == first.out, "the text is stable"


def test_a_new_deal_shows_customer_and_totals_and_an_open_one_its_gate(demo: Playground) -> None:
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    made = next(one for one in planned["actions"] if one["kind"] == "create_draft")
    told = demo.sfspiris("explain", made["deal"], "--json").document
    assert told["customer"]["state"] == made["customer"]["state"]
    assert told["totals"]["total"] == made["draft"]["totals"]["total"]
    assert told["totals"]["agrees"]

    open_one = next(one["Id"] for one in demo.deals().values() if not one["IsClosed"])
    told = demo.sfspiris("explain", open_one, "--json").document
    assert not told["passes_gate"]


def test_a_held_deal_is_explained_in_swedish_with_the_names_on_the_screens(demo: Playground) -> None:
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    held = next(one for one in planned["holds"] if one["code"] == "ORGNR_INVALID")
    page = demo.sfspiris("explain", held["deal"], "--lang", "sv").out
    for words in (
        "Er referens (Draft.YourReference)",
        "Betalningsvillkor",
        "Organisationsnumret kan inte vara rätt",
    ):
        assert words in page
    assert page.rstrip().splitlines()[-1].startswith("Nästa steg: ")


def test_an_unknown_deal_is_usage(demo: Playground) -> None:
    ended = demo.sfspiris("explain", "006000000000001AAA", "--json")
    assert ended.code == 2
    assert "006000000000001AAA" in ended.document["error"]["message"]


def test_a_deal_of_a_company_that_is_left_out_is_usage(demo: Playground) -> None:
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    made = next(one for one in planned["actions"] if one["company"] == "se")
    ended = demo.sfspiris("explain", made["deal"], "--company", "int", "--json")
    assert ended.code == 2, ended.out
    assert "company se" in ended.document["error"]["message"]
