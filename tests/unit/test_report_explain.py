"""One deal on one page: which route took it, what comes next, and no number of a person."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fakes import Stage
from sfspiris.core.explain import SourceSeen
from sfspiris.core.model import LedgerCustomer, Target
from sfspiris.engine.explain import explain
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, pull, push
from sfspiris.errors import UsageError
from sfspiris.report.explain import ExplainDocument, explain_document, print_explanation
from sfspiris.report.json import to_json
from sfspiris.report.page import terminal
from shorthand import POLICY, SE, buyer, deal, deal_id, invoice, totals

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.explain import Explanation
    from sfspiris.report.helping import Language

D1 = deal_id("D1")
ORDERING = replace(SE, target=Target.ORDER)


def laid_open(stage: Stage) -> Explanation:
    with stage.world(dry=True) as world:
        return explain(world, D1)


def page(found: Explanation, language: Language = "en") -> tuple[ExplainDocument, str]:
    document = explain_document(found, gate="IsWon = true", url="https://crm.example/1", language=language)
    sheet = io.StringIO()
    print_explanation(terminal(sheet, plain=True, width=100), document)
    return document, sheet.getvalue()


def test_the_first_route_that_matches_takes_the_deal_and_the_later_one_is_named(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    document, text = page(laid_open(stage))
    assert [(one.company, one.matches, one.taken) for one in document.routes] == [
        ("se", True, True),
        ("int", True, False),
    ]
    assert "2. int: matches too, but comes later" in text
    assert document.totals is not None
    assert document.totals.agrees
    assert text.rstrip().endswith("Next step: The next push makes the draft.")
    assert (stage.se.made, stage.crm.saved) == ([], [])


def test_the_next_step_follows_where_the_deal_stands(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS", buyer=buyer(orgnr=None)))
    assert "organisation number" in page(laid_open(stage))[1]
    assert page(laid_open(stage), "sv")[0].next_step == (
        "Slå upp företaget (till exempel på bolagsverket.se) och rätta numret på kontot."
    )
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    with stage.world(dry=False) as world:
        push(world, Scope(), Guard(max_changes=9))
    document, text = page(laid_open(stage))
    assert re.search(r"status +Draft$", text, re.MULTILINE)
    assert re.search(r"status +Utkast$", page(laid_open(stage), "sv")[1], re.MULTILINE)
    assert document.next_step == "Finance looks at the draft in Spiris and issues it."
    assert document.history
    assert "AB Volvo, made for this account by a push" in text
    assert document.totals is not None
    assert document.totals.document is not None
    assert document.totals.document.agrees
    assert "the document in Spiris: net 1 000,00, VAT 250,00, total 1 250,00 SEK; agrees" in text.replace(
        "\N{NO-BREAK SPACE}", " "
    )


@pytest.mark.parametrize(("status", "back"), [("Credited", "1250"), ("Partly Credited", "250")])
def test_a_credited_invoice_asks_for_what_a_comparison_asks_until_the_deal_says_what_is_left(
    tmp_path: Path, status: str, back: str
) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS", amount=Decimal(1000)))
    with stage.world(dry=False) as world:
        push(world, Scope(), Guard(max_changes=9))
    gross = Decimal(back)
    issued = stage.se.issue("draft-1", "1042", credited=gross, remaining=Decimal(1250) - gross)
    note = invoice(
        "1043", is_credit_note=True, credits_id=issued.id, totals=totals(f"-{gross * 4 / 5}", "-1")
    )
    stage.se.booked.append(replace(note, customer_id=issued.customer_id, remaining=Decimal(0)))
    with stage.world(dry=False) as world:
        pull(world, full=True)
    found = laid_open(stage)
    assert found.link is not None
    assert found.link.status == status
    assert page(found)[0].next_step.startswith("If the sale has become smaller, bring the deal's products")
    left = Decimal(1000) - gross * 4 / 5
    stage.crm.deals[D1] = replace(stage.crm.deals[D1], amount=left)
    assert laid_open(stage).advice is None


def test_a_deal_that_changed_after_its_invoice_is_told_by_what_stands_in_the_readers_language(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    with stage.world(dry=False) as world:
        push(world, Scope(), Guard(max_changes=9))
    stage.se.issue("draft-1", "1042")
    with stage.world(dry=False, command="pull-invoice-status") as world:
        pull(world, full=False)
    stage.crm.add(deal("D1", "3 x 500 KONS"))
    document, text = page(laid_open(stage), "sv")
    fix = "Kreditera fakturan och fakturera på nytt i Spiris, eller ändra tillbaka affären."
    assert document.next_step == fix
    (reason,) = document.holds
    assert reason.fix == fix
    assert "Rows[1].Quantity: fakturerat 2, Salesforce nu 3." in reason.message
    assert [(one.written, one.salesforce, one.spiris) for one in reason.versions] == [("2", "3", "2")]
    assert "* Rows[1].Quantity: skrivet 2, Salesforce 3, Spiris 2" in text
    assert document.totals is not None
    assert document.totals.document is not None
    assert (document.totals.agrees, document.totals.document.agrees) == (True, False)

    stage.crm.add(deal("D1", "3 x 500 KONS", buyer=buyer(orgnr=None), amount=Decimal(1500)))
    document, text = page(laid_open(stage))
    assert document.totals is not None
    assert (document.totals.rates, document.totals.agrees) == ((), False)
    assert "customer 1001 AB Volvo, made for this account by a push" in text


def test_warnings_are_told_in_the_readers_language(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS", payment_terms_days="90"))
    stage.se.known.append(LedgerCustomer("K1", "17", "Volvo Group", orgnr="556012-5790"))
    document, _ = page(laid_open(stage), "sv")
    assert any(
        one.endswith("Salesforce kallar den AB Volvo. (CUSTOMER_NAME_DIFFERS)") for one in document.warnings
    )


def test_an_order_is_called_an_order(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=replace(POLICY, companies={**POLICY.companies, "se": ORDERING}))
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    document, text = page(laid_open(stage))
    assert document.target == "order"
    assert "new, made together with the order" in text
    assert "(Order.OurReference)" in text
    assert text.rstrip().endswith("Next step: The next push makes the order.")
    with stage.world(dry=False) as world:
        push(world, Scope(), Guard(max_changes=9))
    for language in ("en", "sv"):
        document, text = page(laid_open(stage), language)
        assert document.document is not None
        assert document.document.target == "order"
        for word in ("Draft.", "utkast", "draft "):
            assert word not in text.partition("History")[0].partition("Historik")[0]
    assert document.next_step == "Ekonomi ser på ordern i Spiris och fakturerar den."


def test_an_address_is_in_one_piece_however_narrow_the_terminal(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    url = "https://norrsken--acceptance.sandbox.my.salesforce.com/lightning/r/Opportunity/006J6000003000LIAQ/view"
    document = explain_document(laid_open(stage), gate="IsWon = true", url=url, language="en")
    sheet = io.StringIO()
    print_explanation(terminal(sheet, plain=True, width=60), document)
    assert url in [line.strip() for line in sheet.getvalue().splitlines()]


def test_an_open_deal_is_judged_as_if_won_and_waits_for_the_gate(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.crm.open[D1] = deal("D1", "2 x 500 KONS")
    document, text = page(laid_open(stage))
    assert not document.passes_gate
    assert text.rstrip().endswith("Next step: Nothing happens until the deal passes the gate.")


def test_a_deal_that_nobody_knows_is_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=D1):
        laid_open(Stage(tmp_path))


@pytest.mark.parametrize("typed", ["811228-9874", "8112289874", "19811228 9874", "8 1 1 2 2 8 9 8 7 4"])
def test_a_persons_number_is_nowhere_on_the_page(tmp_path: Path, typed: str) -> None:
    stage = Stage(tmp_path)
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    number = SourceSeen(
        "orgnr", (("Account.Organisation_Number__c", typed),), "Account.Organisation_Number__c"
    )
    document, text = page(replace(laid_open(stage), sources=(number,)))
    for shown in (text, to_json(document)):
        assert typed not in shown
        assert "[personal-id]" in shown
