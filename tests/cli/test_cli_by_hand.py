"""Stories of `reconcile` the other way round: what finance made by hand in Spiris, and what a person has settled."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from playground import Json, Playground, finance, pushed

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = {"date": "2026-11-20"}


@pytest.fixture
def clean(demo: Playground) -> Playground:
    """A world in which no deal waits for anybody, and those that do not are pushed."""
    held = demo.sfspiris("push-closed-won", "--dry-run", "--json").document["holds"]
    for deal in {one["deal"] for one in held}:
        demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"StageName": "Closed Lost"})
    pushed(demo)
    return demo


def by_hand(
    demo: Playground, *, price: int = 100, customer: str | None = None, day: str = DAY["date"]
) -> Json:
    """A draft as finance makes one in Spiris, for the customer of a deal's draft or another one: a copy without marker."""
    like = demo.company()["drafts"][0]
    row = next(one for one in like["Rows"] if not one["IsTextRow"])
    draft = {
        "CustomerId": customer or like["CustomerId"],
        "IsCreditInvoice": False,
        "EuThirdParty": False,
        "RotReducedInvoicingType": 0,
        "InvoiceDate": day,
        "Rows": [
            {
                "LineNumber": 1,
                "ArticleId": row["ArticleId"],
                "Text": "Sold over the counter",
                "UnitPrice": price,
                "Quantity": 1,
                "IsTextRow": False,
                "IsWorkCost": False,
                "ReversedConstructionServicesVatFree": False,
            }
        ],
    }
    reply = httpx.post(
        f"{demo.spiris}/v2/customerinvoicedrafts", json=draft, headers=signed_in(demo), trust_env=False
    )
    assert reply.is_success, reply.text
    made: Json = reply.json()
    return made


def signed_in(demo: Playground) -> Mapping[str, str]:
    """As our own client of the Swedish company, whose rights are those of the person who signed in."""
    kept = json.loads((demo.folder / "tokens" / "spiris-se.json").read_text(encoding="utf-8"))
    return {"Authorization": f"Bearer {kept['access_token']}"}


def compared(demo: Playground, *arguments: str) -> tuple[int, Json]:
    ended = demo.sfspiris("reconcile", "--json", "--detailed-exitcode", *arguments)
    return ended.code, ended.document


def only_there(document: Json) -> list[Json]:
    return [one for one in document["lines"] if one["symbol"] == "-"]


def test_a_document_made_by_hand_for_a_linked_customer_is_only_in_spiris(clean: Playground) -> None:
    assert compared(clean)[0] == 0
    draft = by_hand(clean)
    code, document = compared(clean)
    (line,) = only_there(document)
    assert (code, document["counts"]["only_in_spiris"], line["code"]) == (4, 1, "WITHOUT_DEAL")
    assert (line["document_id"], line["spiris"], line["deal"]) == (draft["Id"], "100,00 SEK", None)
    customer = next(one for one in clean.company()["customers"] if one["Id"] == draft["CustomerId"])
    assert customer["CustomerNumber"] in line["message"]
    assert customer["Name"] in line["message"]
    (drafted,) = line["figures"]
    assert drafted["drafted"] == "100.00"
    sums = next(one for one in document["sums"] if (one["company"], one["currency"]) == ("se", "SEK"))
    assert Decimal(sums["difference"]) == 100

    invoice = finance(clean, f"drafts/{draft['Id']}/issue", DAY)
    clean.sfspiris("pull-invoice-status")
    code, document = compared(clean, "--period", "2026-11")
    (line,) = only_there(document)
    assert (code, line["document_number"]) == (4, str(invoice["InvoiceNumber"]))
    assert line["figures"][0]["invoiced"] == "100.00"
    assert "2026-11-20" in line["message"]

    number = f"se:{invoice['InvoiceNumber']}"
    accepted = clean.sfspiris("review", "accept", number, "--note", "Sold over the counter.", "--json")
    assert (accepted.code, accepted.document["event"]) == (0, "accepted"), accepted.err
    code, document = compared(clean)
    (line,) = only_there(document)
    assert (code, line["settled"], document["counts"]["settled"]) == (0, True, 1)
    assert "Sold over the counter." in line["message"]
    assert clean.sfspiris("push-closed-won", "--json").code == 0
    assert "settled by a person" in clean.sfspiris("reconcile", "--report", "found.md").out
    back = clean.sfspiris("review", "accept", number, "--undo", "--note", "En affär.", "--lang", "sv")
    assert (back.code, back.out) == (0, f"Dokument {number} behöver en affär igen: En affär.\n")
    assert compared(clean)[0] == 4
    told = clean.sfspiris("audit", "export", "--json")
    assert told.code == 0, told.err


def test_what_is_none_of_the_comparisons_business_is_counted_apart(clean: Playground) -> None:
    linked = {one["CustomerId"] for one in clean.company()["drafts"]}
    nobody = next(
        one["Id"] for one in clean.company()["customers"] if one["Id"] not in linked and one["IsActive"]
    )
    (before,) = compared(clean)[1]["apart"]  # finance has drafts of its own from the start
    assert (before["reason"], before["currency"]) == ("no_account", "SEK")
    by_hand(clean, customer=nobody)
    by_hand(clean, customer=nobody, price=50)
    by_hand(clean, day="2025-12-30")
    code, document = compared(clean)
    assert (code, only_there(document)) == (0, [])
    (now,) = document["apart"]
    assert now["documents"] - before["documents"] == 2
    assert Decimal(now["net"]) - Decimal(before["net"]) == 150
    assert all(Decimal(one["difference"]) == 0 for one in document["sums"])
    told = f"{now['documents']} documents of customers that no account in Salesforce is linked to"
    assert told in " ".join(clean.sfspiris("reconcile").out.split())
    since = compared(clean, "--since", "2025-12-01")[1]
    early = [one for one in since["apart"] if one["reason"] == "before_start"]
    assert [(one["documents"], one["net"]) for one in early] == [(1, "100.00")]


def test_only_a_document_without_a_deal_can_be_accepted(clean: Playground) -> None:
    ours = clean.company()["drafts"][0]["Id"]
    for name in (f"se:{ours}", "se:4711", "4711", "nowhere:1"):
        ended = clean.sfspiris("review", "accept", name, "--note", "Why not.")
        assert (ended.code, name.rpartition(":")[2] in ended.err) == (2, True), ended.err


def test_a_deal_that_a_person_has_settled_is_shown_and_is_no_difference(demo: Playground) -> None:
    held = sorted(
        {one["deal"] for one in demo.sfspiris("push-closed-won", "--dry-run", "--json").document["holds"]}
    )
    for deal in held[1:]:
        demo.control("salesforce", "PATCH", f"records/Opportunity/{deal}", {"StageName": "Closed Lost"})
    demo.sfspiris("push-closed-won")
    code, document = compared(demo)
    assert (code, document["counts"]["settled"]) == (4, 0)
    demo.sfspiris("review", "resolve", held[0], "--note", "Invoiced by another company of the group.")
    code, document = compared(demo)
    (line,) = [one for one in document["lines"] if one["symbol"] != "="]
    assert (code, line["deal"], line["settled"]) == (0, held[0], True)
    demo.control("salesforce", "PATCH", f"records/Opportunity/{held[0]}", {"StageName": "Closed Lost"})
    assert compared(demo)[0] == 0
