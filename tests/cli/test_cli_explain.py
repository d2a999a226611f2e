"""Stories of `explain`, told with the command line."""

from __future__ import annotations

from playground import Playground, finance, pushed


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
    assert (told["customer"]["name"], told["customer"]["evidence"]) == (made["customer"]["name"], "created")
    totals = told["totals"]
    assert totals["total"] == totals["document"]["total"] == made["draft"]["totals"]["total"]
    assert (totals["agrees"], totals["document"]["agrees"]) == (True, True)
    assert [one["rate"] for one in totals["rows"]] == [
        one["vat_rate"] for one in made["draft"]["rows"] if one["article"]
    ]
    assert {one["source"] for one in totals["rows"]} == {
        f"article {one['article']} in Spiris" for one in made["draft"]["rows"] if one["article"]
    }
    terms = next(one for one in told["fields"] if one["field"] == "payment_terms_days")
    assert (terms["value"], terms["source"]) == ("30", f"customer {told['customer']['number']} in Spiris")
    assert demo.writes() == []
    assert demo.sfspiris("explain", made["deal"], "--json").out == first.out, "the text is stable"


def test_a_new_deal_shows_customer_and_totals_and_an_open_one_its_gate(demo: Playground) -> None:
    planned = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    made = next(one for one in planned["actions"] if one["kind"] == "create_draft")
    told = demo.sfspiris("explain", made["deal"], "--json").document
    assert told["customer"]["state"] == made["customer"]["state"]
    assert told["totals"]["total"] == made["draft"]["totals"]["total"]
    assert told["totals"]["agrees"]
    terms = next(one for one in told["fields"] if one["field"] == "payment_terms_days")
    assert (terms["value"], terms["source"]) == ("30", "[companies.se] default_terms_days")

    open_one = next(one["Id"] for one in demo.deals().values() if not one["IsClosed"])
    told = demo.sfspiris("explain", open_one, "--json").document
    assert (told["passes_gate"], told["gate_code"]) == (False, "GATE_NOT_MET")
    assert "does not pass (GATE_NOT_MET)" in demo.sfspiris("explain", open_one).out

    demo.add_config("[source]\ngate = \"IsWon = true AND PO_Number__c = 'approved'\"\n")
    refused = demo.sfspiris("push-closed-won", "--deal", made["deal"], "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "GATE_NOT_MET")
    assert "explain" in demo.sfspiris("help", "GATE_NOT_MET").out
    approved = {"PO_Number__c": "approved"}
    demo.control("salesforce", "PATCH", f"records/Opportunity/{made['deal']}", approved)
    assert "create_draft" in demo.sfspiris("push-closed-won", "--deal", made["deal"], "--json").kinds()


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


def test_an_invoice_credited_in_full_asks_for_the_same_here_and_in_the_comparison(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    issued = finance(demo, f"drafts/{draft}/issue")
    finance(demo, f"invoices/{issued['Id']}/credit")
    assert demo.sfspiris("pull-invoice-status").code == 0
    (line,) = (one for one in demo.sfspiris("reconcile", "--json").document["lines"] if one["deal"] == deal)
    document = demo.sfspiris("explain", deal, "--json").document
    assert document["document"]["status"] == "Credited"
    assert document["next_step"] == line["fix"]
    assert "invoiced anew" in line["fix"]
    swedish = demo.sfspiris("explain", deal, "--lang", "sv", "--json").document["next_step"]
    assert swedish.startswith("Om försäljningen har blivit mindre")


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


def test_a_deal_changed_after_its_invoice_is_shown_beside_it_field_by_field(demo: Playground) -> None:
    deal, draft = list(pushed(demo).items())[2]
    finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    demo.sfspiris("pull-invoice-status")
    lines = demo.control("salesforce", "GET", "state")["records"]["OpportunityLineItem"]
    sold = next(one for one in lines if one["OpportunityId"] == deal)
    more = {"Quantity": sold["Quantity"] + 1}
    demo.control("salesforce", "PATCH", f"records/OpportunityLineItem/{sold['Id']}", more)
    demo.forget_calls()
    held = demo.sfspiris("push-closed-won", "--json").document["holds"]
    (one,) = (one for one in held if one["deal"] == deal)
    assert one["code"] == "DEAL_CHANGED_AFTER_INVOICE"
    assert one["message"].endswith(" Rows[1].Quantity: invoiced 3, Salesforce now 4.")
    versions = [{"field": "Rows[1].Quantity", "written": "3", "salesforce": "4", "spiris": "3"}]
    assert one["versions"] == versions
    assert [call["path"] for call in demo.writes() if "customerinvoice" in call["path"]] == []
    told = "* Rows[1].Quantity: written 3, Salesforce 4, Spiris 3"
    assert told in demo.sfspiris("review", "show", deal).out
    page = demo.sfspiris("explain", deal, "--lang", "sv", COLUMNS="80").out
    fix = "Kreditera fakturan och fakturera på nytt i Spiris, eller ändra tillbaka affären."
    assert page.rstrip().splitlines()[-1] == f"Nästa steg: {fix}"
    assert "* Rows[1].Quantity: skrivet 3, Salesforce 4, Spiris 3" in page
    assert any(line.strip().endswith(f"/lightning/r/Opportunity/{deal}/view") for line in page.splitlines())
    assert demo.sfspiris("explain", deal, "--json").document["holds"][0]["versions"] == versions
