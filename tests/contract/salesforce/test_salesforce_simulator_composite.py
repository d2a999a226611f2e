"""Several requests in one, to the Salesforce simulator: collections, composite, batch, graph and tree."""

from __future__ import annotations

from typing import Any

from salesforce_box import DATA, Api, Box


def account(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Account"}, **fields}


def invoice(key: str | None, **fields: Any) -> dict[str, Any]:
    named = {} if key is None else {"External_Id__c": key}
    return {"attributes": {"type": "Invoice__c"}, **named, **fields}


def outcomes(answer: list[dict[str, Any]]) -> list[str]:
    """Of each item, `ok` or the code it failed with."""
    return ["ok" if one["success"] else one["errors"][0]["statusCode"] for one in answer]


# collections


def test_each_record_of_a_collection_has_its_own_outcome_in_order_and_the_call_is_200(api: Api) -> None:
    records = [
        account(Name="a"),
        account(),
        {"Name": "typeless"},
        account(Name="b", Nmae=1),
        account(Name="c"),
    ]
    answer = api.ok("POST", "/composite/sobjects", status=200, json={"records": records})
    assert outcomes(answer) == ["ok", "REQUIRED_FIELD_MISSING", "INVALID_TYPE", "INVALID_FIELD", "ok"]
    assert answer[1]["errors"] == [
        {
            "statusCode": "REQUIRED_FIELD_MISSING",
            "message": "Required fields are missing: [Name]",
            "fields": ["Name"],
        }
    ]
    assert "id" not in answer[1]
    assert api.query("SELECT COUNT() FROM Account WHERE Name IN ('a', 'c')")["totalSize"] == 2


def test_all_or_none_undoes_the_good_ones_and_says_why(api: Api) -> None:
    before = api.query("SELECT COUNT() FROM Account")["totalSize"]
    body = {"allOrNone": True, "records": [account(Name="a"), account(), account(Name="c")]}
    answer = api.ok("POST", "/composite/sobjects", status=200, json=body)
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert outcomes(answer) == [rolled_back, "REQUIRED_FIELD_MISSING", rolled_back]
    assert api.query("SELECT COUNT() FROM Account")["totalSize"] == before


def test_an_update_of_a_collection_names_each_record_by_id(api: Api) -> None:
    known = api.create("Account", Name="x")
    records = [
        account(Id=known, Phone="1"),
        account(id=known[:15], Fax="2"),
        account(Phone="3"),
        account(Id="003000000000000AAA", Phone="4"),
        account(Id="001000000000000AAA", Phone="5"),
    ]
    answer = api.ok("PATCH", "/composite/sobjects", json={"records": records})
    assert outcomes(answer) == ["ok", "ok", "MISSING_ARGUMENT", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY"]
    record = api.ok("GET", f"/sobjects/Account/{known}")
    assert (record["Phone"], record["Fax"]) == ("1", "2")


def test_an_upsert_of_a_collection_says_of_each_whether_it_is_new(api: Api) -> None:
    path = "/composite/sobjects/Invoice__c/External_Id__c"
    answer = api.ok(
        "PATCH", path, json={"records": [invoice("SE:1", Total__c=7), invoice("se:2", Total__c=8)]}
    )
    assert [(one["success"], one["created"]) for one in answer] == [(True, False), (True, True)]
    totals = api.rows("SELECT External_Id__c, Total__c FROM Invoice__c ORDER BY External_Id__c")
    assert [(row["External_Id__c"], row["Total__c"]) for row in totals] == [("se:1", 7), ("se:2", 8)]


def test_an_upsert_refuses_records_that_are_not_plainly_one(org: Box, api: Api) -> None:
    for _ in range(2):
        api.create("Invoice__c", Batch__c="twice")
    path = "/composite/sobjects/Invoice__c"
    by_key = api.ok(
        "PATCH",
        f"{path}/External_Id__c",
        json={
            "records": [invoice("a"), invoice(None), invoice("a"), invoice("b", Id="a00"), account(Name="x")]
        },
    )
    assert outcomes(by_key) == [
        "DUPLICATE_VALUE",
        "MISSING_ARGUMENT",
        "DUPLICATE_VALUE",
        "INVALID_FIELD",
        "INVALID_TYPE",
    ]
    by_batch = api.ok(
        "PATCH",
        f"{path}/Batch__c",
        json={"records": [{"attributes": {"type": "Invoice__c"}, "Batch__c": "TWICE"}]},
    )
    assert outcomes(by_batch) == ["DUPLICATE_EXTERNAL_ID"]
    assert api.refused("PATCH", f"{path}/Total__c", json={"records": []}) == (404, "NOT_FOUND")


def test_a_collection_is_deleted_by_ids_in_the_query(api: Api) -> None:
    made = [api.create("Campaign", Name=name) for name in "ab"]
    answer = api.ok("DELETE", "/composite/sobjects", params={"ids": f"{','.join(made)},{made[0]},nonsense"})
    assert outcomes(answer) == ["ok", "ok", "ENTITY_IS_DELETED", "MALFORMED_ID"]
    assert api.query("SELECT COUNT() FROM Campaign")["totalSize"] == 0


def test_records_are_retrieved_by_ids_with_null_for_the_missing(api: Api) -> None:
    known = api.create("Account", Name="x")
    body = {"ids": [known, "001000000000000AAA"], "fields": ["name"]}
    answer = api.ok("POST", "/composite/sobjects/Account", json=body)
    assert [one and one["Name"] for one in answer] == ["x", None]
    by_query = api.ok("GET", "/composite/sobjects/Account", params={"ids": known, "fields": "Id,Name"})
    assert by_query[0]["Id"] == known


def test_a_collection_has_at_most_two_hundred_records_and_a_list_of_them(api: Api) -> None:
    many = {"records": [account(Name=str(number)) for number in range(201)]}
    assert api.refused("POST", "/composite/sobjects", json=many) == (400, "EXCEEDED_ID_LIMIT")
    assert api.refused("POST", "/composite/sobjects", json={"records": "x"}) == (400, "JSON_PARSER_ERROR")
    assert api.refused("POST", "/composite/sobjects", json=[]) == (400, "JSON_PARSER_ERROR")


# composite


def sub(method: str, path: str, name: str, **body: Any) -> dict[str, Any]:
    request: dict[str, Any] = {"method": method, "url": f"{DATA}{path}", "referenceId": name}
    return request | ({"body": body} if body else {})


def composite(api: Api, *requests: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    body = {"allOrNone": all_or_none, "compositeRequest": list(requests)}
    answer: list[dict[str, Any]] = api.ok("POST", "/composite", status=200, json=body)["compositeResponse"]
    return answer


def test_later_requests_refer_to_what_earlier_ones_answered(api: Api) -> None:
    answer = composite(
        api,
        sub("POST", "/sobjects/Account", "new", Name="Ref AB"),
        sub("POST", "/sobjects/Contact", "person", LastName="x", AccountId="@{new.id}"),
        sub(
            "GET",
            "/query?q=SELECT+Name,(SELECT+LastName+FROM+Contacts)+FROM+Account+WHERE+Id='@{new.id}'",
            "read",
        ),
        sub("PATCH", "/sobjects/Account/@{new.id}", "change", Site="@{read.records[0].Name}"),
    )
    assert [one["httpStatusCode"] for one in answer] == [201, 201, 200, 204]
    assert answer[0]["httpHeaders"]["Location"].endswith(answer[0]["body"]["id"])
    assert answer[2]["body"]["records"][0]["Contacts"]["totalSize"] == 1
    assert answer[3]["body"] is None
    assert api.field("Account", answer[0]["body"]["id"], "Site") == "Ref AB"


def test_without_all_or_none_a_failure_stays_alone_and_halts_what_refers_to_it(api: Api) -> None:
    answer = composite(
        api,
        sub("POST", "/sobjects/Account", "bad"),
        sub("POST", "/sobjects/Contact", "child", LastName="x", AccountId="@{bad.id}"),
        sub("POST", "/sobjects/Account", "good", Name="Good AB"),
    )
    assert [one["httpStatusCode"] for one in answer] == [400, 400, 201]
    assert answer[1]["body"][0]["errorCode"] == "PROCESSING_HALTED"


def test_with_all_or_none_a_failure_undoes_everything(api: Api) -> None:
    answer = composite(
        api,
        sub("POST", "/sobjects/Account", "one", Name="One AB"),
        sub("POST", "/sobjects/Account", "two", Nmae="x"),
        sub("POST", "/sobjects/Account", "three", Name="Three AB"),
        all_or_none=True,
    )
    assert [one["body"][0]["errorCode"] for one in answer] == [
        "PROCESSING_HALTED",
        "INVALID_FIELD",
        "PROCESSING_HALTED",
    ]
    assert (
        api.query("SELECT COUNT() FROM Account WHERE Name LIKE '% AB' AND CreatedDate = TODAY")["totalSize"]
        == 2
    )


def test_a_composite_may_hold_collections_whose_failures_are_no_failure_of_it(api: Api) -> None:
    records = {"records": [account(Name="a"), account()]}
    (answer,) = composite(api, sub("POST", "/composite/sobjects", "many", **records), all_or_none=True)
    assert answer["httpStatusCode"] == 200
    assert outcomes(answer["body"]) == ["ok", "REQUIRED_FIELD_MISSING"]


def test_a_composite_is_limited_and_needs_names(api: Api) -> None:
    limits = [sub("GET", "/limits", str(number)) for number in range(26)]
    assert api.refused("POST", "/composite", json={"compositeRequest": limits}) == (400, "LIMIT_EXCEEDED")
    queries = [sub("GET", "/query?q=SELECT+Id+FROM+Account", str(number)) for number in range(6)]
    assert api.refused("POST", "/composite", json={"compositeRequest": queries}) == (400, "LIMIT_EXCEEDED")
    twins = [sub("GET", "/limits", "a"), sub("GET", "/limits", "a")]
    assert api.refused("POST", "/composite", json={"compositeRequest": twins}) == (400, "INVALID_INPUT")
    assert api.refused("POST", "/composite", json={}) == (400, "JSON_PARSER_ERROR")
    (inner,) = composite(api, sub("POST", "/composite", "x", compositeRequest=[]))
    assert inner["httpStatusCode"] == 400


def test_a_composite_counts_as_one_request_and_a_batch_as_many(api: Api) -> None:
    def used(response: Any) -> int:
        return int(response.headers["sforce-limit-info"].partition("=")[2].partition("/")[0])

    before = used(api.get("/limits"))
    three = [sub("GET", "/limits", name) for name in "abc"]
    assert used(api.post("/composite", json={"compositeRequest": three})) == before + 1
    batch = {"batchRequests": [{"method": "GET", "url": "v62.0/limits"} for _ in range(3)]}
    assert used(api.post("/composite/batch", json=batch)) == before + 4


# batch


def test_a_batch_carries_out_each_request_by_itself(api: Api) -> None:
    requests = [
        {"method": "POST", "url": "v62.0/sobjects/Account", "richInput": {"Name": "Batch AB"}},
        {"method": "GET", "url": "v62.0/sobjects/Account/nonsense"},
        {"method": "GET", "url": "/services/data/v61.0/query?q=SELECT+COUNT()+FROM+Account"},
    ]
    answer = api.ok("POST", "/composite/batch", json={"batchRequests": requests})
    assert answer["hasErrors"] is True
    assert [one["statusCode"] for one in answer["results"]] == [201, 404, 200]
    halted = api.ok("POST", "/composite/batch", json={"haltOnError": True, "batchRequests": requests})
    assert [one["statusCode"] for one in halted["results"]] == [201, 404, 412]
    assert halted["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


# graphs


def test_each_graph_is_all_or_nothing_by_itself(api: Api) -> None:
    good = [
        sub("POST", "/sobjects/Account", "a", Name="Graph AB"),
        sub("POST", "/sobjects/Contact", "c", LastName="x", AccountId="@{a.id}"),
    ]
    bad = [sub("POST", "/sobjects/Account", "a", Name="Gone AB"), sub("POST", "/sobjects/Contact", "c")]
    graphs = [{"graphId": "1", "compositeRequest": good}, {"graphId": "2", "compositeRequest": bad}]
    answer = api.ok("POST", "/composite/graph", json={"graphs": graphs})["graphs"]
    assert [(one["graphId"], one["isSuccessful"]) for one in answer] == [("1", True), ("2", False)]
    assert api.values("SELECT Name FROM Account WHERE Name LIKE 'G% AB'", "Name") == ["Graph AB"]


def test_after_fourteen_failed_graphs_the_rest_are_not_tried(api: Api) -> None:
    bad = {"compositeRequest": [sub("POST", "/sobjects/Account", "a", Nmae="x")]}
    good = {"compositeRequest": [sub("POST", "/sobjects/Account", "a", Name="Late AB")]}
    graphs = [{"graphId": str(number), **bad} for number in range(14)] + [{"graphId": "last", **good}]
    answer = api.ok("POST", "/composite/graph", json={"graphs": graphs})["graphs"]
    last = answer[-1]["graphResponse"]["compositeResponse"][0]
    assert last["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert api.query("SELECT COUNT() FROM Account WHERE Name = 'Late AB'")["totalSize"] == 0


def test_graphs_hold_requests_to_records_only_and_are_limited(api: Api) -> None:
    query = [{"graphId": "1", "compositeRequest": [sub("GET", "/query?q=SELECT+Id+FROM+Account", "a")]}]
    assert api.refused("POST", "/composite/graph", json={"graphs": query}) == (400, "INVALID_INPUT")
    many = [{"graphId": str(number), "compositeRequest": []} for number in range(76)]
    assert api.refused("POST", "/composite/graph", json={"graphs": many}) == (400, "LIMIT_EXCEEDED")


# trees


def node(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": name}, **fields}


def test_a_tree_makes_parents_and_children_in_one_go(api: Api) -> None:
    contacts = {"records": [node("Contact", "c1", LastName="Ett"), node("Contact", "c2", LastName="Två")]}
    tree = {"records": [node("Account", "a1", Name="Tree AB", Contacts=contacts)]}
    answer = api.ok("POST", "/composite/tree/Account", status=201, json=tree)
    assert answer["hasErrors"] is False
    assert [one["referenceId"] for one in answer["results"]] == ["a1", "c1", "c2"]
    assert api.query("SELECT COUNT() FROM Contact WHERE Account.Name = 'Tree AB'")["totalSize"] == 2


def test_one_bad_record_of_a_tree_is_named_and_nothing_is_made(api: Api) -> None:
    tree = {
        "records": [
            node("Account", "a1", Name="Tree AB"),
            node("Account", "a2"),
            node("Account", "a1", Name="x"),
        ]
    }
    response = api.post("/composite/tree/Account", json=tree)
    assert response.status_code == 400
    assert [one["referenceId"] for one in response.json()["results"]] == ["a2", "a1"]
    assert api.query("SELECT COUNT() FROM Account WHERE Name = 'Tree AB'")["totalSize"] == 0
