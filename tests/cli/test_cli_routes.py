"""Stories of routes and of companies kept apart, told with the installed command over real HTTP."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground import Json, Playground

FIRST_ROUTE = "[[routes]]"
SKIP_GERMANY = f"""[[routes]]
skip = true
when = {{ "Account.BillingCountryCode" = "DE" }}

{FIRST_ROUTE}"""


def skip_germany(demo: Playground) -> None:
    path = demo.folder / "sfspiris.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(FIRST_ROUTE, SKIP_GERMANY, 1), encoding="utf-8")


def test_deals_that_a_route_skips_are_counted_and_explain_names_the_route(demo: Playground) -> None:
    before = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    skip_germany(demo)
    after = demo.sfspiris("push-closed-won", "--dry-run", "--json").document
    left_out = after["summary"]["out_of_scope"]
    assert left_out > 0
    assert before["summary"]["out_of_scope"] == 0
    known = {one["deal"] for one in (*after["actions"], *after["holds"])}
    gone = {one["deal"] for one in (*before["actions"], *before["holds"])} - known
    assert len(gone) == left_out
    told = demo.sfspiris("explain", min(gone), "--json").document
    assert [(one["position"], one["company"]) for one in told["routes"] if one["taken"]] == [(1, None)]
    assert "route" in told["next_step"]


def ids_of(company: Json) -> set[str]:
    """The ids of everything that is one company's own."""
    return {
        one["Id"] for kind in ("drafts", "customers", "articles", "invoices") for one in company.get(kind, [])
    }


def test_nothing_of_one_company_is_read_or_written_with_anothers_token(demo: Playground) -> None:
    demo.sfspiris("push-closed-won")
    demo.sfspiris("pull-invoice-status")
    demo.sfspiris("reconcile")
    owned = {key: ids_of(demo.company(key)) for key in ("se", "int")}
    assert all(owned.values())
    assert not owned["se"] & owned["int"]
    seen: dict[str, set[str]] = defaultdict(set)
    for call in demo.calls("spiris"):
        assert call["token"], "every call is signed"
        words = json.dumps([call["path"], call["query"], call["body"], call["response"]])
        seen[call["token"]] |= {key for key, ids in owned.items() if any(one in words for one in ids)}
    assert sorted(tuple(one) for one in seen.values()) == [("int",), ("se",)]


def test_a_configuration_that_comes_to_take_more_deals_has_them_all_looked_at(demo: Playground) -> None:
    """How far deals have been read counts for the gate, the routes and the first day that it was read for."""
    narrow = "start_date = 2026-11-12\n"
    path = demo.folder / "sfspiris.toml"
    wide = path.read_text(encoding="utf-8")
    assert "start_date" not in wide.partition("[")[0] or narrow not in wide
    lines = [one for one in wide.splitlines(keepends=True) if not one.startswith("start_date")]
    path.write_text(narrow + "".join(lines), encoding="utf-8")
    few = demo.sfspiris("push-closed-won", "--json").document
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": "2026-11-21T08:00:00Z"})
    assert demo.sfspiris("push-closed-won", "--json").kinds() == []
    path.write_text(wide, encoding="utf-8")
    many = demo.sfspiris("push-closed-won", "--json").document
    closed = [one for one in demo.deals().values() if one["IsWon"] and one["CloseDate"] < "2026-11-12"]
    looked_at = {one["deal"] for one in (*many["holds"], *many["actions"])}
    assert closed
    assert {one["Id"] for one in closed if one["CloseDate"] >= "2026-11-01"} <= looked_at
    assert len(looked_at) > len({one["deal"] for one in few["holds"]})
