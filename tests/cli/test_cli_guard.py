"""Where a push stops of itself or calls a person, as the configuration or the command line says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playground import Playground

REFUSED = {
    "method": "POST",
    "path": "/v2/customerinvoicedrafts",
    "effect": "status",
    "code": 400,
    "body": {"ErrorCode": 2000, "DeveloperErrorMessage": "Validation", "ErrorId": "1", "Errors": []},
}


@pytest.mark.parametrize("way", ["option", "configuration"])
def test_nothing_is_tried_after_the_first_write_that_fails_and_the_next_push_makes_the_rest(
    demo: Playground, way: str
) -> None:
    always = 'on_error = "stop"' if way == "configuration" else ""
    demo.add_config(f"[limits]\nconcurrent_creates = 1\n{always}\n")
    demo.control("spiris", "POST", "faults", REFUSED | {"times": None})
    option = ("--fail-fast",) if way == "option" else ()
    ended = demo.sfspiris("push-closed-won", "--json", *option)
    assert ended.code == 7, ended.err
    tried = [one["outcome"] for one in ended.document["actions"] if one["kind"] == "create_draft"]
    assert tried.count("failed") == 1
    assert set(tried) == {"failed", "skipped"}
    assert "STOPPED_AT_FAILURE" in ended.err
    demo.control("spiris", "DELETE", "faults")
    assert demo.drafts() == []
    assert demo.sfspiris("push-closed-won", "--allow-held").code == 0
    assert len(demo.drafts()) == len(tried)


def test_too_many_held_deals_are_no_success_whatever_is_allowed(demo: Playground) -> None:
    demo.add_config("[limits]\nmax_held_share = 0.1\n")
    ended = demo.sfspiris("push-closed-won", "--json", "--allow-held")
    assert ended.code == 3
    (warned,) = [one for one in ended.document["warnings"] if one["code"] == "HELD_SHARE"]
    assert "max_held_share = 0.1" in warned["message"]
    assert demo.drafts()
    assert "väntar på någon" in demo.sfspiris("push-closed-won", "--allow-held", "--lang", "sv").out
    assert "max_held_share" in demo.sfspiris("help", "HELD_SHARE").out
