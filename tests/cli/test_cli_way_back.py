"""Stories of signing in, `pull-invoice-status`, `reconcile` and the demonstration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground import Playground, finance, pushed


def status(demo: Playground, deal: str) -> tuple[str, str | None]:
    record = next(one for one in demo.deals().values() if one["Id"] == deal)
    return record["Spiris_Sync_Status__c"], record.get("Spiris_Invoice_Number__c")


def test_sales_sees_draft_issued_overdue_and_paid_in_turn(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    assert status(demo, deal) == ("Draft", None)

    invoice = finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    assert demo.sfspiris("pull-invoice-status").code == 0
    assert status(demo, deal) == ("Issued", str(invoice["InvoiceNumber"]))

    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2027-02-01T08:00:00Z"})
    demo.sfspiris("pull-invoice-status")
    assert status(demo, deal)[0] == "Overdue"

    finance(demo, f"invoices/{invoice['Id']}/pay", {"date": "2027-02-01"})
    demo.sfspiris("pull-invoice-status")
    assert status(demo, deal)[0] == "Paid"


def test_a_second_pull_writes_nothing(demo: Playground) -> None:
    draft = next(iter(pushed(demo).values()))
    finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    demo.sfspiris("pull-invoice-status")
    demo.forget_calls()
    again = demo.sfspiris("pull-invoice-status", "--json")
    assert again.code == 0
    assert again.document["actions"] == []
    assert demo.writes() == []


def test_a_dry_pull_shows_what_would_be_told_by_the_deals_name(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    demo.forget_calls()
    ended = demo.sfspiris("pull-invoice-status", "--dry-run", "--json", "--detailed-exitcode")
    assert ended.code == 4
    (action,) = [one for one in ended.document["actions"] if one["kind"] == "write_deal"]
    assert action["deal"] == deal
    assert action["deal_name"].startswith(
        next(one["Name"] for one in demo.deals().values() if one["Id"] == deal)
    )
    assert demo.writes() == []


def test_a_draft_that_finance_deleted_is_told_and_never_made_again(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    demo.sfspiris("pull-invoice-status")
    finance(demo, f"drafts/{draft}/delete")
    for command in ("pull-invoice-status", "sync", "pull-invoice-status"):
        demo.forget_calls()
        young = demo.sfspiris(command, "--json")
        (waits,) = [one for one in young.document["holds"] if one["deal"] == deal]
        assert (young.code, waits["code"]) == (3, "OUTCOME_UNKNOWN"), "it may have been issued this moment"
        assert "somebody has deleted it, " in waits["message"]
        assert "issued it so lately" in waits["message"]
        asked = [
            one for one in demo.calls("spiris") if one["path"].endswith(f"/customerinvoicedrafts/{draft}")
        ]
        assert len(asked) <= (2 if command == "sync" else 1)
        assert demo.sfspiris("pull-invoice-status", "--json").document["actions"] == [], "told once"
    assert status(demo, deal)[0] == "Draft"
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    ended = demo.sfspiris("pull-invoice-status", "--json")
    assert ended.code == 3
    assert [one["code"] for one in ended.document["holds"]] == ["DRAFT_DELETED"]
    assert status(demo, deal)[0] == "Deleted"
    demo.sfspiris("push-closed-won", "--full")
    assert not any(deal in (one["OurReference"] or "") for one in demo.drafts())


@pytest.mark.parametrize("origin", ["filled", "null"])
def test_an_invoice_is_found_by_its_origin_or_by_the_marker(demo: Playground, origin: str) -> None:
    demo.control("spiris", "PUT", "switches", {"created_from_draft_id": origin})
    deal, draft = next(iter(pushed(demo).items()))
    finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    demo.sfspiris("pull-invoice-status")
    assert status(demo, deal)[0] == "Issued"


def test_reconcile_tells_same_missing_and_different(demo: Playground) -> None:
    drafts = list(pushed(demo).values())
    changed = next(one for one in demo.company()["drafts"] if one["Id"] == drafts[0])
    row = next(one for one in changed["Rows"] if not one["IsTextRow"])
    rows = [one | {"UnitPrice": one["UnitPrice"] + 1} if one is row else one for one in changed["Rows"]]
    finance(demo, f"drafts/{drafts[0]}/edit", {"Rows": rows})
    ended = demo.sfspiris("reconcile", "--json", "--report", "reconcile.html")
    assert ended.code == 0, ended.out + ended.err
    counts = ended.document["counts"]
    assert counts["differs"] == 1
    assert counts["only_in_salesforce"] == 17
    assert counts["same"] == len(demo.drafts()) - 1
    different = next(one for one in ended.document["lines"] if one["symbol"] == "*")
    assert different["salesforce"] != different["spiris"]
    assert demo.sfspiris("reconcile", "--detailed-exitcode").code == 4
    assert (demo.folder / "reconcile.html").exists()


def test_reconcile_of_a_month_takes_its_deals_only(demo: Playground) -> None:
    pushed(demo)
    whole = demo.sfspiris("reconcile", "--json").document["lines"]
    november = demo.sfspiris("reconcile", "--json", "--period", "2026-11").document["lines"]
    october = demo.sfspiris("reconcile", "--json", "--period", "2026-10").document["lines"]
    assert (len(november), october) == (len(whole), [])
    assert demo.sfspiris("reconcile", "--json", "--period", "november").code == 2


# --- signing in ----------------------------------------------------------------------------------------------------


def test_status_tells_who_is_signed_in_without_a_token(demo: Playground) -> None:
    ended = demo.sfspiris("auth", "status", "--json")
    assert ended.code == 0
    assert ended.document["command"] == "auth status"
    signed_in = {(one["service"], one["company"]): one for one in ended.document["sign_ins"]}
    assert set(signed_in) == {("salesforce", None), ("spiris", "se"), ("spiris", "int")}
    assert "ea:sales" in signed_in["spiris", "se"]["scopes"]
    for one in (demo.folder / "tokens").glob("*.json"):
        for name, value in json.loads(one.read_text()).items():
            if "token" in name and value:
                assert value not in ended.out + ended.err


def test_tokens_are_readable_by_their_owner_alone(demo: Playground) -> None:
    files = [one for one in (demo.folder / "tokens").rglob("*.json") if one.is_file()]
    assert files
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}


def test_logout_forgets_and_revokes_and_status_says_what_to_do(demo: Playground) -> None:
    assert demo.sfspiris("auth", "logout").code == 0
    ended = demo.sfspiris("auth", "status")
    assert ended.code == 5
    assert "sfspiris auth salesforce" in ended.out
    assert demo.sfspiris("push-closed-won", "--json").code in {3, 5}
    assert demo.sfspiris("sandbox", "login").code == 0


def test_a_jwt_sign_in_needs_no_browser_and_says_which_org_it_opened(demo: Playground) -> None:
    ended = demo.sfspiris("auth", "salesforce")
    assert ended.code == 0, ended.err
    assert "Norrsken" in ended.out


def test_a_pasted_address_signs_in_to_spiris_and_a_wrong_one_does_not(demo: Playground) -> None:
    demo.edit_config("http://127.0.0.1:0/callback", "http://127.0.0.1:8765/callback")
    ended = demo.sfspiris(
        "auth",
        "spiris",
        "--company",
        "se",
        "--no-browser",
        stdin="http://127.0.0.1:8765/callback?code=x&state=forged\n",
    )
    assert ended.code == 5, ended.err
    assert "http" in ended.err
    ended = demo.sfspiris("auth", "spiris", "--company", "se", "--no-browser", "--json", stdin="\n")
    assert ended.code == 2


# --- the demonstration ---------------------------------------------------------------------------------------------


def test_the_demonstration_tells_the_whole_story_and_leaves_its_reports(
    tmp_path: Path, demo: Playground
) -> None:
    bare = Playground(tmp_path, "", "", demo.environ)
    ended = bare.sfspiris("demo")
    assert ended.code == 0, ended.out + ended.err
    for words in (
        "Preflight",
        "Dry run",
        "Push again: nothing is made twice",
        "Paid",
        "Overdue",
        "to the öre",
    ):
        assert words in ended.out
    for name in ("preflight.html", "plan.html", "push.html", "reconcile.html", "sfspiris.toml"):
        assert (tmp_path / "sfspiris-demo" / name).exists()
    assert bare.sfspiris("demo").code == 0, "it can be told again in the same folder"


def test_an_invoice_that_nothing_proves_is_proposed_and_a_person_says_so(demo: Playground) -> None:
    """A draft that lost its origin and its references when it was issued is neither deleted nor guessed at."""
    demo.control(
        "spiris", "PUT", "switches", {"created_from_draft_id": "null", "references_survive_issue": "no"}
    )
    deal, draft = next(iter(pushed(demo).items()))
    invoice = finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    doubtful = demo.sfspiris("pull-invoice-status", "--json")
    assert doubtful.code == 3
    assert [one["code"] for one in doubtful.document["holds"]] == ["INVOICE_UNCERTAIN"]
    assert status(demo, deal)[0] == "Draft"
    demo.sfspiris("push-closed-won", "--full")
    assert len(demo.drafts()) == 9, "nothing is made a second time while it is in doubt"

    told = demo.sfspiris("review", "link", deal, "--invoice", str(invoice["InvoiceNumber"]))
    assert told.code == 0, told.out + told.err
    assert status(demo, deal) == ("Issued", str(invoice["InvoiceNumber"]))
    assert demo.sfspiris("pull-invoice-status", "--json").document["actions"] == []


@pytest.mark.parametrize("command", ["pull-invoice-status", "sync"])
def test_a_young_draft_that_was_issued_where_lists_lag_is_never_called_deleted(
    demo: Playground, command: str
) -> None:
    demo.control("spiris", "PUT", "switches", {"index_lag_seconds": 600})
    deal, draft = next(iter(pushed(demo).items()))
    invoice = finance(demo, f"drafts/{draft}/issue", {"date": "2026-11-20"})
    for time in ("08:03", "08:09", "08:14", "08:20", "08:30"):
        for side in ("salesforce", "spiris"):
            demo.control(side, "PUT", "clock", {"now": f"2026-11-20T{time}:00Z"})
        codes = {
            one["code"] for one in demo.sfspiris(command, "--json").document["holds"] if one["deal"] == deal
        }
        assert "DRAFT_DELETED" not in codes, time
        told = ("Issued", str(invoice["InvoiceNumber"])) if time > "08:10" else ("Draft", None)
        assert status(demo, deal) == told, time
    record = next(one for one in demo.deals().values() if one["Id"] == deal)
    assert record["Spiris_Sync_Code__c"] is None


def test_a_young_draft_that_a_list_does_not_show_yet_is_a_draft(demo: Playground) -> None:
    demo.control("spiris", "PUT", "switches", {"index_lag_seconds": 600})
    pushed(demo)
    ended = demo.sfspiris("pull-invoice-status", "--json")
    told = [one for one in ended.document["actions"] if one["kind"] == "write_deal"]
    assert (ended.code, told, ended.document["holds"]) == (0, [], [])
