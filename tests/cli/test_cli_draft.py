"""Stories of `sfspiris draft pdf`: the draft's print in a file and on the deal, and why there is none."""

from __future__ import annotations

import html
import re
from decimal import Decimal

from playground import Json, Playground, finance, pushed
from sfspiris.core.money import plain


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


REFUSAL = {
    "ErrorCode": 4002,
    "DeveloperErrorMessage": "The draft cannot be printed.",
    "ErrorId": "0b1c2d3e-0000-4000-8000-000000000001",
    "Errors": [],
}


def no_print(demo: Playground, **effect: object) -> None:
    """Spiris gives no print from here on; everything else works. What may be tried again is tried at once."""
    demo.control("spiris", "POST", "faults", {"method": "GET", "path": "/print", "times": 9, **effect})


def page(demo: Playground, name: str) -> str:
    return (demo.folder / name).read_text(encoding="utf-8")


NO_PRINTS = {
    "404, not known": {"effect": "status", "code": 404, "body": REFUSAL | {"ErrorCode": 3000}},
    "400, refused": {"effect": "status", "code": 400, "body": REFUSAL},
    "403, a scope is missing": {"effect": "status", "code": 403, "body": REFUSAL | {"ErrorCode": 4006}},
    "404 of a gateway": {"effect": "status", "code": 404, "body": "<html>Not here</html>"},
    "500 of a server": {"effect": "status", "code": 500, "body": "", "headers": {"Retry-After": "0"}},
    "501, no such thing": {"effect": "status", "code": 501, "body": ""},
}


def test_without_a_print_of_spiris_there_is_a_page_of_ours_that_says_what_it_is_not(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    stored = next(one for one in demo.company("se")["drafts"] if one["Id"] == draft)
    for name, fault in NO_PRINTS.items():
        demo.control("spiris", "DELETE", "faults")
        no_print(demo, **fault)
        demo.forget_calls()
        ended = demo.sfspiris("draft", "pdf", deal, "--out", "none.pdf", "--json")
        assert ended.code == 0, name + ended.out + ended.err
        assert ended.document["rendering"] == "sfspiris", name
        assert ended.document["reason"], name
        assert ended.document["file"] == "none.html", "no page is called a PDF"
        assert not (demo.folder / "none.pdf").exists()
        assert demo.writes() == []
        shown = page(demo, "none.html")
        assert "<h1>PRO FORMA / UTKAST – inte en faktura</h1>" in shown
        assert "PRO FORMA / DRAFT – not an invoice" in shown
        assert "sfspiris egen sammanställning" in shown
        assert "sfspiris' own rendering" in html.unescape(shown)
        assert_says(shown, stored, total=stored["TotalAmount"], vat=stored["TotalVatAmount"])
        assert re.search(r"Org\.nr \d{6}-\d{4}", shown)
        assert "<script" not in shown
        assert not re.search(r"(?:src|href)=|url\(", shown), "nothing is loaded from anywhere"
        (demo.folder / "none.html").unlink()


def amount(value: object) -> str:
    return plain(Decimal(str(value)))


def assert_says(shown: str, stored: Json, *, total: object, vat: object) -> None:
    """Every row, the VAT of every rate and the sums, as Spiris has them to the öre."""
    text = html.unescape(re.sub(r"<[^>]+>", "|", shown))
    for row in stored["Rows"]:
        for line in (row["Text"] or "").splitlines():
            assert line.strip() in text
        if not row["IsTextRow"]:
            assert f"|{amount(row['Amount'])}|" in text
            assert f"|{amount(row['UnitPrice'])}|" in text
    rates = {Decimal(str(row["VatRate"])) * 100 for row in stored["Rows"] if row["VatRate"] is not None}
    for rate in rates:
        assert f"|{plain(rate, decimals=0)}\N{NO-BREAK SPACE}%|" in text
    assert f"|{amount(total)} " in text
    assert f"|{amount(vat)}|" in text
    assert stored["InvoiceCustomerName"] in text


def test_vat_is_told_by_rate_and_adds_up_to_what_spiris_has(demo: Playground) -> None:
    made = pushed(demo)
    several = next(
        one
        for one in demo.company("se")["drafts"]
        if one["Id"] in made.values() and len({row["VatRate"] for row in one["Rows"] if row["VatRate"]}) > 1
    )
    deal = next(deal for deal, draft in made.items() if draft == several["Id"])
    no_print(demo, effect="status", code=404, body=REFUSAL)
    assert demo.sfspiris("draft", "pdf", deal, "--out", "p.html").code == 0
    sums = re.search(r"<caption>Moms per momssats.*?</table>", page(demo, "p.html"), flags=re.DOTALL)
    assert sums is not None
    vats = [
        Decimal(cells[1].replace("\N{NO-BREAK SPACE}", "").replace(",", "."))
        for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", sums[0])
        if (cells := re.findall(r"<td class=\"number\">([^<]*)</td>", row))
    ]
    assert len(vats) > 1
    assert sum(vats) == Decimal(str(several["TotalVatAmount"]))


def test_our_page_is_told_as_ours_in_words_and_goes_on_the_deal_once(demo: Playground) -> None:
    deal = next(iter(pushed(demo)))
    no_print(demo, effect="status", code=404, body=REFUSAL)
    ended = demo.sfspiris("draft", "pdf", deal, "--attach")
    assert ended.code == 0, ended.err
    words = " ".join(ended.out.split())
    assert "our own rendering" in words
    assert "It is no invoice" in words
    (saved,) = demo.folder.glob("*-proforma.html")
    assert saved.read_text(encoding="utf-8").count("PRO FORMA / UTKAST")
    assert demo.sfspiris("draft", "pdf", deal, "--attach", "--json").document["attached"] == "before"
    (one,) = files(demo)
    assert one["PathOnClient"].endswith(".html")
    assert one["Title"].startswith("Pro forma, not an invoice")
    saved.unlink()


def test_a_person_s_number_is_masked_on_our_page(demo: Playground) -> None:
    deal, draft = next(iter(pushed(demo).items()))
    finance(demo, f"drafts/{draft}/edit", {"YourReference": "Anna, 811228-9874"})
    no_print(demo, effect="status", code=404, body=REFUSAL)
    assert demo.sfspiris("draft", "pdf", deal, "--out", "p.html").code == 0
    assert "Anna, [personal-id]" in page(demo, "p.html")
    assert "9874" not in page(demo, "p.html")


def test_a_deal_that_became_an_order_gets_the_order_s_print(demo: Playground) -> None:
    config = demo.folder / "sfspiris.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            "[companies.se]\n", '[companies.se]\ntarget = "order"\n', 1
        ),
        encoding="utf-8",
    )
    document = demo.sfspiris("push-closed-won", "--json").document
    deal, order = next(
        (one["deal"], one["target_id"]) for one in document["actions"] if one["kind"] == "create_order"
    )
    ended = demo.sfspiris("draft", "pdf", deal, "--json")
    assert ended.code == 0, ended.out + ended.err
    assert (ended.document["target"], ended.document["rendering"]) == ("order", "spiris")
    assert ended.document["file"].endswith("-order.pdf")
    assert (demo.folder / ended.document["file"]).read_bytes().startswith(b"%PDF-")
    no_print(demo, effect="status", code=404, body=REFUSAL)
    ours = demo.sfspiris("draft", "pdf", deal, "--out", "order.html", "--json")
    assert (ours.code, ours.document["rendering"]) == (0, "sfspiris"), ours.err
    stored = next(one for one in demo.company("se")["orders"] if one["Id"] == order)
    shown = page(demo, "order.html")
    assert_says(shown, stored, total=stored["Amount"], vat=stored["VatAmount"])
    assert f"<bdi>{stored['Number']}</bdi>" in shown
    assert "vad ordern i Spiris säger" in shown
