"""Stories of the link from a draft in Spiris to its deal in Salesforce: once, and never more than a convenience."""

from __future__ import annotations

import pytest

from playground import Json, Playground

LINKS = "/partnerresourcelinks"


def links(demo: Playground, company: str = "se") -> list[Json]:
    found: list[Json] = demo.company(company)["links"]
    return found


def later(demo: Playground) -> None:
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-20T09:30:00Z"})


def fault(demo: Playground, **given: object) -> None:
    demo.control("spiris", "POST", "faults", {"path": LINKS, "method": "POST", "times": 1, **given})


def test_each_draft_gets_one_link_to_its_deal_and_a_second_run_makes_none(demo: Playground) -> None:
    made = demo.sfspiris("push-closed-won", "--json").document
    wanted = {
        (one["target_id"], one["deal"])
        for one in made["actions"]
        if one["kind"] == "create_draft" and one["company"] == "se"
    }
    shown = {(one["ResourceId"], one["Href"].split("/")[-2]) for one in links(demo)}
    assert shown == wanted
    assert all(one["Href"].startswith(demo.salesforce) for one in links(demo))
    demo.forget_calls()
    demo.sfspiris("push-closed-won")
    assert demo.writes() == []


def test_a_dry_run_and_a_setting_make_no_link(demo: Playground) -> None:
    demo.sfspiris("push-closed-won", "--dry-run")
    assert links(demo) == []
    demo.add_config("[write_back]\nledger_links = false\n")
    assert demo.sfspiris("push-closed-won", "--allow-held").code == 0
    assert links(demo) == []


@pytest.mark.parametrize("effect", ["drop_before", "drop_after", "status_after", "html"])
def test_a_lost_answer_is_told_leaves_the_draft_alone_and_leads_to_no_second_link(
    demo: Playground, effect: str
) -> None:
    fault(demo, effect=effect)
    first = demo.sfspiris("push-closed-won", "--json", "--allow-held").document
    assert {one["outcome"] for one in first["actions"]} == {"done"}
    assert "LEDGER_LINK_FAILED" in {one["code"] for one in first["warnings"]}
    drafts = {one["Id"] for one in demo.company()["drafts"]}
    later(demo)
    again = demo.sfspiris("push-closed-won", "--json", "--allow-held").document
    assert "LEDGER_LINK_FAILED" not in {one["code"] for one in again["warnings"]}
    assert sorted(one["ResourceId"] for one in links(demo)) == sorted(drafts)


def test_a_lost_memory_makes_no_second_link(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    before = len(links(demo))
    for left_over in demo.folder.glob("sfspiris.db*"):
        left_over.unlink()
    demo.sfspiris("state", "rebuild")
    demo.forget_calls()
    demo.sfspiris("push-closed-won")
    assert len(links(demo)) == before
    assert not [one for one in demo.calls("spiris") if one["method"] == "POST" and LINKS in one["path"]]
