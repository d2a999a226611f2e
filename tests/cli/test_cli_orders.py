"""Stories of deals that become orders, told with the installed command over real HTTP."""

from __future__ import annotations

import pytest

from playground import Json, Playground, finance

ORDERS = 'target = "order"'
SAME = ("OurReference", "YourReference", "BuyersOrderReference", "DeliveryDate")
SAME_ON_ROWS = ("Text", "Quantity", "UnitPrice", "DiscountPercentage", "IsTextRow")


def order_company(demo: Playground) -> Playground:
    """Company `se` makes orders."""
    path = demo.folder / "sfspiris.toml"
    head, mark, tail = path.read_text(encoding="utf-8").partition("[companies.se]\n")
    path.write_text(f"{head}{mark}{ORDERS}\n{tail}", encoding="utf-8")
    return demo


@pytest.fixture
def ordering(demo: Playground) -> Playground:
    return order_company(demo)


def made(demo: Playground, *arguments: str) -> dict[str, str]:
    """Order id by deal id, of a push."""
    document = demo.sfspiris("push-closed-won", "--json", *arguments).document
    return {
        one["deal"]: one["target_id"]
        for one in document["actions"]
        if one["kind"] == "create_order" and one["outcome"] == "done"
    }


def told(demo: Playground, deal: str) -> Json:
    found: Json = next(one for one in demo.deals().values() if one["Id"] == deal)
    return found


def later(demo: Playground, now: str = "2026-11-21T08:00:00Z") -> None:
    for side in ("salesforce", "spiris"):
        demo.control(side, "PUT", "clock", {"now": now})


def said(demo: Playground, document: Json) -> object:
    """What a draft and an order say in the same words; ids differ from world to world, so names stand for them."""
    company = demo.company("se")
    names = {one["Id"]: one["Name"] for kind in ("customers", "articles") for one in company[kind]}
    return (
        names[document["CustomerId"]],
        [document[name] for name in SAME],
        [
            (names.get(row["ArticleId"]), *(row[name] for name in SAME_ON_ROWS))
            for row in sorted(document["Rows"], key=lambda one: one["LineNumber"])
        ],
    )


def test_an_order_says_what_its_draft_would_have_said_and_a_second_run_plans_nothing(
    demo: Playground,
) -> None:
    order_company(demo)
    orders = made(demo)
    assert orders
    assert demo.company("se")["drafts"] == []
    by_id = {one["Id"]: one for one in demo.company("se")["orders"]}
    assert {one["Status"] for one in by_id.values()} == {2}
    assert all(one["Number"] for one in by_id.values())
    assert demo.company("int")["orders"] == [], "the other company keeps its target"
    deal, order = next(iter(orders.items()))
    assert told(demo, deal)["Spiris_Draft_Id__c"] == order
    assert told(demo, deal)["Spiris_Sync_Status__c"] == "Draft"
    demo.forget_calls()
    again = demo.sfspiris("push-closed-won", "--json").document
    assert again["actions"] == []
    assert demo.writes() == []
    words = {one["OurReference"]: said(demo, one) for one in by_id.values()}

    demo.reset("demo")
    demo.sfspiris("push-closed-won")
    assert {one["OurReference"]: said(demo, one) for one in demo.company("se")["drafts"]} == words


def test_a_changed_target_leaves_what_was_made_and_makes_no_second_document(ordering: Playground) -> None:
    orders = made(ordering)
    ordering.edit_config(ORDERS, 'target = "draft"')
    assert ordering.sfspiris("push-closed-won", "--json", "--full").document["actions"] == []
    assert ordering.company("se")["drafts"] == []
    for left_over in ordering.folder.glob("sfspiris.db*"):
        left_over.unlink()
    later(ordering)
    found = ordering.sfspiris("push-closed-won", "--json").document
    assert set(orders) <= {one["deal"] for one in found["actions"] if one["kind"] == "adopt"}
    assert ordering.company("se")["drafts"] == []
    assert len(ordering.company("se")["orders"]) == len(orders)


@pytest.mark.parametrize(
    "effect",
    [
        "drop_after",
        *(pytest.param(one, marks=pytest.mark.release) for one in ("html", "truncate", "empty")),
    ],
)
def test_an_order_whose_reply_is_lost_is_adopted_and_never_made_twice(
    ordering: Playground, effect: str
) -> None:
    fault = {"method": "POST", "path": "/v2/orders$", "nth": 1, "times": 1, "effect": effect}
    ordering.control("spiris", "POST", "faults", fault)
    first = ordering.sfspiris("push-closed-won", "--json")
    assert first.code == 3
    (lost,) = [one for one in first.document["actions"] if one["outcome"] == "unknown"]
    assert lost["kind"] == "create_order"
    sent = len(ordering.company("se")["orders"])
    later(ordering)
    ordering.sfspiris("push-closed-won")
    orders = [one for one in ordering.company("se")["orders"] if lost["deal"] in one["OurReference"]]
    assert len(orders) == 1
    assert len(ordering.company("se")["orders"]) == max(sent, len(ordering.company("se")["orders"]))
    assert told(ordering, lost["deal"])["Spiris_Draft_Id__c"] == orders[0]["Id"]
    assert ordering.company("se")["drafts"] == []


@pytest.mark.parametrize(
    "how",
    [
        "at once",
        pytest.param("by a draft", marks=pytest.mark.release),
        "by a draft of an ongoing order",
    ],
)
def test_the_invoice_that_finance_makes_of_an_order_is_told_with_its_number(
    ordering: Playground, how: str
) -> None:
    deal, order = next(iter(made(ordering).items()))
    if how == "at once":
        invoice = finance(ordering, f"orders/{order}/invoice")
    else:
        status = "ongoing" if how.endswith("ongoing order") else "invoiced"
        ordering.control("spiris", "PUT", "switches", {"order_of_a_draft": status})
        draft = finance(ordering, f"orders/{order}/draft")
        pull = ordering.sfspiris("pull-invoice-status", "--json")
        assert pull.code == 0
        assert pull.document["warnings"] == [], "the order and its draft are one document"
        assert told(ordering, deal)["Spiris_Sync_Status__c"] == "Draft"
        invoice = finance(ordering, f"drafts/{draft['Id']}/issue", {"date": "2026-11-20"})
    pull = ordering.sfspiris("pull-invoice-status", "--json")
    assert (pull.code, pull.document["warnings"]) == (0, [])
    now = told(ordering, deal)
    assert now["Spiris_Sync_Status__c"] == "Issued"
    assert now["Spiris_Invoice_Number__c"] == str(invoice["InvoiceNumber"])
    compared = ordering.sfspiris("reconcile", "--json", "--company", "se").document
    (line,) = [one for one in compared["lines"] if one["deal"] == deal]
    assert line["symbol"] == "="
    assert ordering.sfspiris("pull-invoice-status", "--json").document["actions"] == []


def test_an_invoice_of_an_order_is_found_without_its_references(ordering: Playground) -> None:
    ordering.control("spiris", "PUT", "switches", {"references_survive_issue": "no"})
    deal, order = next(iter(made(ordering).items()))
    finance(ordering, f"orders/{order}/invoice")
    assert ordering.sfspiris("pull-invoice-status").code == 0
    assert told(ordering, deal)["Spiris_Sync_Status__c"] == "Issued"


def raise_quantity(demo: Playground, deal: str) -> None:
    lines = demo.control("salesforce", "GET", "state")["records"]["OpportunityLineItem"]
    line = min((one for one in lines if one["OpportunityId"] == deal), key=lambda one: one["SortOrder"] or 0)
    path = f"records/OpportunityLineItem/{line['Id']}"
    demo.control("salesforce", "PATCH", path, {"Quantity": float(line["Quantity"]) + 1})


def stored(demo: Playground, order: str) -> Json:
    found: Json = next(one for one in demo.company("se")["orders"] if one["Id"] == order)
    return found


def test_an_untouched_order_follows_its_deal(ordering: Playground) -> None:
    deal, order = next(iter(made(ordering).items()))
    before = stored(ordering, order)
    raise_quantity(ordering, deal)
    document = ordering.sfspiris("push-closed-won", "--json").document
    assert [one["kind"] for one in document["actions"] if one["deal"] == deal] == ["update_order"]
    after = stored(ordering, order)
    assert after["Amount"] != before["Amount"]
    assert (after["Status"], after["Number"], after["OrderDate"]) == (
        2,
        before["Number"],
        before["OrderDate"],
    )


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("edit", "DRAFT_EDITED_BY_FINANCE"),
        ("deliver", "DEAL_CHANGED_AFTER_INVOICE"),
        pytest.param("draft", "DEAL_CHANGED_AFTER_INVOICE", marks=pytest.mark.release),
        pytest.param("invoice", "DEAL_CHANGED_AFTER_INVOICE", marks=pytest.mark.release),
        pytest.param("delete", "DRAFT_DELETED", marks=pytest.mark.release),
    ],
)
def test_an_order_that_finance_has_gone_on_with_is_left_as_it_is(
    ordering: Playground, what: str, code: str
) -> None:
    deal, order = next(iter(made(ordering).items()))
    changed = {"YourReference": "Kajsa"} if what == "edit" else {}
    finance(ordering, f"orders/{order}/{what}", changed)
    before = ordering.company("se")
    raise_quantity(ordering, deal)
    later(ordering)
    document = ordering.sfspiris("push-closed-won", "--json").document
    assert [one["code"] for one in document["holds"] if one["deal"] == deal] == [code]
    after = ordering.company("se")
    assert (after["orders"], len(after["drafts"])) == (before["orders"], len(before["drafts"]))


def test_rollback_takes_back_the_orders_that_nobody_touched(ordering: Playground) -> None:
    push = ordering.sfspiris("push-closed-won", "--json").document
    orders = [one["target_id"] for one in push["actions"] if one["kind"] == "create_order"]
    finance(ordering, f"orders/{orders[0]}/deliver")
    back = ordering.sfspiris("rollback", push["run_id"], "--json")
    assert back.code == 3
    kinds = {one["kind"] for one in back.document["actions"] if one["target_id"] in orders}
    assert kinds == {"delete_order"}
    assert [one["Id"] for one in ordering.company("se")["orders"]] == [orders[0]]
    assert [one["code"] for one in back.document["holds"]] == ["DRAFT_ISSUED"]
    assert ordering.sfspiris("push-closed-won", "--json").document["actions"] == []


def test_a_saved_plan_of_orders_is_carried_out_and_is_stale_under_another_target(
    ordering: Playground,
) -> None:
    ordering.sfspiris("push-closed-won", "--dry-run", "--out", "plan.json")
    ordering.edit_config(ORDERS, 'target = "draft"')
    assert ordering.sfspiris("apply", "plan.json", "--json").code == 7
    assert ordering.company("se")["drafts"] == ordering.company("se")["orders"] == []
    ordering.edit_config('target = "draft"', ORDERS)
    assert "create_order" in ordering.sfspiris("apply", "plan.json", "--json").kinds()
    assert ordering.company("se")["orders"]


def test_two_routes_of_a_company_make_one_draft_and_one_order_in_a_run(demo: Playground) -> None:
    deal = next(iter(sorted(made_as_drafts(demo))))
    account = told(demo, deal)["AccountId"]
    demo.reset("demo")
    name = account_name(demo, account) or ""
    route = f'[[routes]]\ncompany = "se"\n{ORDERS}\nwhen = {{ "Account.Name" = "{name}" }}\n\n[[routes]]'
    path = demo.folder / "sfspiris.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[[routes]]", route, 1), encoding="utf-8")
    document = demo.sfspiris("push-closed-won", "--json").document
    kinds = {one["kind"] for one in document["actions"] if one["company"] == "se"}
    assert {"create_draft", "create_order"} <= kinds
    company = demo.company("se")
    assert company["drafts"]
    assert company["orders"]
    compared = demo.sfspiris("reconcile", "--json", "--company", "se").document
    deals = {one["deal"] for one in document["actions"] if one["kind"] in {"create_draft", "create_order"}}
    assert {
        one["symbol"] for one in compared["lines"] if one["deal"] in deals and one["company"] == "se"
    } == {"="}


def made_as_drafts(demo: Playground) -> dict[str, str]:
    document = demo.sfspiris("push-closed-won", "--json").document
    return {
        one["deal"]: one["target_id"]
        for one in document["actions"]
        if one["kind"] == "create_draft" and one["company"] == "se"
    }


def account_name(demo: Playground, account: str) -> str | None:
    records = demo.control("salesforce", "GET", "state")["records"]["Account"]
    return next((one["Name"] for one in records if one["Id"] == account), None)


def test_an_order_shows_in_every_report_by_its_name(ordering: Playground) -> None:
    shown = ordering.sfspiris("push-closed-won", "--dry-run", "--report", "plan.html")
    assert "order" in shown.out
    page = (ordering.folder / "plan.html").read_text(encoding="utf-8")
    assert "Sales order" in page
    deal = next(iter(made(ordering)))
    explained = ordering.sfspiris("explain", deal)
    assert explained.code == 0
    assert "order" in explained.out
    figures = ordering.sfspiris("report", "revenue", "--json").document
    assert figures["command"] == "report revenue"
