"""Stories of `sfspiris draft pdf`: the draft's print in a file and on the deal, and why there is none."""

from __future__ import annotations

from playground import Json, Playground, finance, pushed


def files(demo: Playground) -> list[Json]:
    found: list[Json] = demo.control("salesforce", "GET", "state")["records"].get("ContentVersion", [])
    return found


def test_the_print_is_saved_under_a_name_of_its_own_and_nothing_is_written_anywhere(demo: Playground) -> None:
    deal = next(iter(pushed(demo)))
    demo.forget_calls()
    ended = demo.sfspiris("draft", "pdf", deal, "--json")
    assert ended.code == 0, ended.out + ended.err
    saved = demo.folder / ended.document["file"]
    assert saved.parent == demo.folder
    assert saved.name.endswith("-2026-11-20-draft.pdf")
    assert saved.read_bytes().startswith(b"%PDF-")
    assert ended.document["attached"] == "no"
    assert demo.writes() == []
    assert demo.sfspiris("draft", "pdf", deal[:15], "--out", "print.pdf").code == 0
    assert (demo.folder / "print.pdf").read_bytes().startswith(b"%PDF-")


def test_the_same_print_is_put_on_the_deal_once_and_a_changed_draft_again(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    first = demo.sfspiris("draft", "pdf", deal, "--out", "p.pdf", "--attach", "--json")
    assert first.document["attached"] == "now", first.out + first.err
    again = demo.sfspiris("draft", "pdf", deal, "--out", "p.pdf", "--attach", "--json")
    assert again.document["attached"] == "before"
    (one,) = files(demo)
    links = demo.control("salesforce", "GET", "state")["records"]["ContentDocumentLink"]
    assert deal in {link["LinkedEntityId"] for link in links}
    finance(demo, f"drafts/{draft}/edit", {"YourReference": "Anna"})
    demo.sfspiris("draft", "pdf", deal, "--out", "p.pdf", "--attach")
    assert len({one["PathOnClient"], *(other["PathOnClient"] for other in files(demo))}) == 2


def test_a_lost_answer_is_told_and_the_next_try_finds_the_file(demo: Playground) -> None:
    deal = next(iter(pushed(demo)))
    demo.control(
        "salesforce", "POST", "faults", {"method": "POST", "path": "ContentVersion", "effect": "drop_after"}
    )
    ended = demo.sfspiris("draft", "pdf", deal, "--out", "p.pdf", "--attach")
    assert ended.code == 3
    assert "not known" in ended.err
    assert demo.sfspiris("draft", "pdf", deal, "--out", "p.pdf", "--attach").code == 0
    assert len(files(demo)) == 1


def test_a_deal_without_a_draft_or_with_an_issued_one_is_told_so(demo: Playground) -> None:
    made = pushed(demo)
    deal, draft = next(iter(made.items()))
    other = next(one["Id"] for one in demo.deals().values() if not one["Spiris_Draft_Id__c"])
    none = demo.sfspiris("draft", "pdf", other, "--json")
    assert (none.code, none.document["error"]["code"]) == (2, "NO_DRAFT")
    invoice = finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    gone = demo.sfspiris("draft", "pdf", deal, "--json")
    assert (gone.code, gone.document["error"]["code"]) == (2, "NO_DRAFT")
    demo.sfspiris("pull-invoice-status")
    issued = demo.sfspiris("draft", "pdf", deal, "--json")
    assert (issued.code, issued.document["error"]["code"]) == (2, "DRAFT_ISSUED")
    assert str(invoice["InvoiceNumber"]) in issued.document["error"]["message"]


def test_a_print_that_spiris_refuses_is_no_print_of_ours(demo: Playground) -> None:
    deal = next(iter(pushed(demo)))
    refusal = {
        "ErrorCode": 4002,
        "DeveloperErrorMessage": "The draft cannot be printed.",
        "ErrorId": "0b1c2d3e-0000-4000-8000-000000000001",
        "Errors": [],
    }
    for code in (400, 404):
        demo.control(
            "spiris",
            "POST",
            "faults",
            {"path": "/print", "effect": "status", "code": code, "body": refusal, "times": 1},
        )
        ended = demo.sfspiris("draft", "pdf", deal, "--out", "none.pdf", "--json")
        assert ended.code == 3, ended.out + ended.err
        assert not (demo.folder / "none.pdf").exists()
