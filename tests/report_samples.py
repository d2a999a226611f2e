"""Runs to report on: a realistic one, and the shorthand to build others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sfspiris.core.actions import Adopt, CreateCustomer, CreateDraft, ExistingCustomer, NewCustomer, WriteDeal
from sfspiris.core.drift import ComparedSum, Drift, DriftClass, Figures, Reconciliation, Symbol
from sfspiris.core.holds import Hold, HoldCode, Warn, WarningCode
from sfspiris.core.identity import correlation_id
from sfspiris.core.model import Customer, Draft, DraftRow, SyncState
from sfspiris.core.outcome import ActionResult, HeldSince, Outcome, RunResult
from sfspiris.core.vat import VatLine, VatSummary
from sfspiris.sentences import as_told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfspiris.core.actions import Action
    from sfspiris.errors import SfspirisError

START = datetime(2026, 11, 20, 8, 0, 0, tzinfo=UTC)
COMPANIES = {"se": "Exempel Sverige AB", "eu": "Exempel Europa AB"}


def deal_id(number: int) -> str:
    """An 18-character id like Salesforce's."""
    return f"006Qy{number:010d}AAA"


def record_url(record_id: str) -> str:
    return f"https://exempel.lightning.force.com/lightning/r/Opportunity/{record_id}/view"


def customer_key(name: str) -> str:
    """What ties the creation of a customer to the drafts that wait for it."""
    return f"buyer:{name.encode(errors='replace').hex()}"


def row(text: str, quantity: str, price: str, *, rate: str = "25", discount: str = "0") -> DraftRow:
    """`row("Konsulttid", "40", "1250")`: forty hours at 1 250 net with 25 % VAT; `discount` is a fraction."""
    number = text.upper().replace(" ", "")[:8]
    return DraftRow(
        text=text,
        article_id=f"article-{number}",
        article_number=number,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        discount=Decimal(discount),
        vat_rate=Decimal(rate),
    )


def sums(rows: Iterable[DraftRow], rounding: str = "0") -> VatSummary:
    """What the rows come to, computed here on purpose without the code that foretells it for a plan."""
    nets: dict[Decimal, Decimal] = {}
    for one in rows:
        if not one.is_text:
            net = (one.quantity * one.unit_price * (1 - one.discount)).quantize(Decimal("0.01"))
            nets[one.vat_rate] = nets.get(one.vat_rate, Decimal(0)) + net
    lines = (
        VatLine(rate, net, (net * rate / 100).quantize(Decimal("0.01")))
        for rate, net in sorted(nets.items(), reverse=True)
    )
    return VatSummary(tuple(lines), Decimal(rounding))


def create_draft(
    number: int,
    name: str,
    *rows: DraftRow,
    customer: str = "Kund AB",
    new: bool = False,
    company: str = "se",
    currency: str = "SEK",
    rounding: str = "0",
    **draft: Any,
) -> CreateDraft:
    vat = sums(rows, rounding)
    deal = deal_id(number)
    values: dict[str, Any] = {"our_reference": "Anna Ek", "payment_terms_days": 30} | draft
    return CreateDraft(
        company=company,
        deal_id=deal,
        deal_name=name,
        buyer_id=f"001Qy{number:010d}AAA",
        revision=1,
        correlation_id=correlation_id("K7Q2M", company, deal, 1),
        customer=NewCustomer(customer_key(customer))
        if new
        else ExistingCustomer(f"c-{number}", str(1000 + number), customer, "organisation number"),
        customer_name=customer,
        draft=Draft(
            currency=currency,
            rows=rows,
            invoice_date=date(2026, 11, 20),
            marker=f"SF:{deal}:1:K7Q2M",
            **values,
        ),
        net=vat.net,
        content="print",
        vat=vat,
    )


def create_customer(
    number: int, name: str, *, company: str = "se", currency: str = "SEK", **fields: Any
) -> CreateCustomer:
    values: dict[str, Any] = {"postal_code": "111 22", "city": "Stockholm", "country": "SE"} | fields
    return CreateCustomer(
        company=company,
        key=customer_key(name),
        buyer_id=f"001Qy{number:010d}AAA",
        deal_id=deal_id(number),
        correlation_id=correlation_id("K7Q2M", company, deal_id(number), 1),
        customer=Customer(name=name, currency=currency, **values),
        terms_id="terms-30",
    )


def write_deal(number: int, before: SyncState, after: SyncState, *, company: str | None = "se") -> WriteDeal:
    return WriteDeal(
        deal_id=deal_id(number),
        company=company,
        correlation_id=after.correlation_id,
        before=before,
        after=after,
    )


def adopt(number: int, name: str, *, net: str = "1000", company: str = "se") -> Adopt:
    return Adopt(
        company=company,
        deal_id=deal_id(number),
        deal_name=name,
        revision=1,
        correlation_id=correlation_id("K7Q2M", company, deal_id(number), 1),
        marker=f"SF:{deal_id(number)}:1:K7Q2M",
        draft_id=f"draft-{number}",
        invoice=None,
        customer_id="c-1",
        net=Decimal(net),
        currency="SEK",
        content="print",
    )


def hold(
    number: int,
    name: str = "Serviceavtal",
    code: HoldCode = HoldCode.CUSTOMER_ADDRESS_INCOMPLETE,
    *,
    message: str = "the postal code is missing",
    fix: str = "Fill in the billing address on the Account, then run the push again.",
    field: str | None = "Account.BillingPostalCode",
    value: str | None = None,
    owner: str | None = "Maja Lind",
    company: str | None = "se",
    days: int = 0,
) -> HeldSince:
    return HeldSince(
        Hold(
            deal_id=deal_id(number),
            deal_name=name,
            company=company,
            code=code,
            message=as_told(message),
            fix=as_told(fix),
            field=field,
            value=value,
            owner=owner,
        ),
        START - timedelta(days=days),
    )


def planned(*actions: Action) -> tuple[ActionResult, ...]:
    return tuple(ActionResult(action, Outcome.PLANNED) for action in actions)


def run(
    *results: ActionResult,
    holds: Iterable[HeldSince] = (),
    warnings: Iterable[Warn] = (),
    unchanged: int = 0,
    dry: bool = True,
    command: str = "push-closed-won",
    stopped: SfspirisError | None = None,
) -> RunResult:
    return RunResult(
        command=command,
        run_id="01KAFZ3M7V9QDX",
        dry=dry,
        started_at=START,
        finished_at=START + timedelta(seconds=14, microseconds=250_000),
        results=results,
        holds=tuple(holds),
        warnings=tuple(warnings),
        unchanged=tuple(deal_id(90_000 + number) for number in range(unchanged)),
        api_calls={"spiris": 12, "salesforce": 3},
        stopped=stopped,
    )


def realistic_plan() -> tuple[Action, ...]:
    """A working day's plan of two companies: new and known customers, three VAT rates, kronor and euro."""
    return (
        create_customer(
            1,
            "Åkerlunds Mekaniska Verkstad AB",
            orgnr="556012-5790",
            vat_number="SE556012579001",
            address1="Verkstadsgatan 12",
            postal_code="721 30",
            city="Västerås",
            email="faktura@akerlunds.example",
            phone="021-12 34 56",
            payment_terms_days=30,
        ),
        create_customer(
            4, "Nordhavn Logistik ApS", company="eu", currency="EUR", city="Aarhus", country="DK"
        ),
        create_draft(
            1,
            "Ramavtal drift och underhåll 2026",
            row("Driftavtal kvartal 4", "1", "84500"),
            row("Konsulttid systemförvaltning", "42.5", "1250", discount="0.1"),
            DraftRow(text="Enligt avtal 2026-117, period oktober till december."),
            row("Handbok tryckt", "12", "245", rate="6"),
            customer="Åkerlunds Mekaniska Verkstad AB",
            new=True,
            rounding="-0.41",
            your_reference="Per Åkerlund",
            purchase_order="PO-4711",
        ),
        create_draft(
            2,
            "Utbildning hösten",
            row("Kursdag på plats", "3", "18900"),
            row("Lunch och kaffe", "36", "145", rate="12"),
            customer="Höglands Kommun",
            your_reference="ZZ100234",
            delivery_date=date(2026, 11, 12),
        ),
        create_draft(
            3,
            "Licenser årsvis",
            row("Licens Standard", "25", "390"),
            row("Licens Plus", "5", "790"),
            customer="Bergslagens Trävaror AB",
            payment_terms_days=20,
        ),
        create_draft(
            4,
            "Integration warehouse feed",
            row("Implementation", "1", "14200", rate="0"),
            row("Support hours", "16", "96.5", rate="0"),
            customer="Nordhavn Logistik ApS",
            new=True,
            company="eu",
            currency="EUR",
            your_reference="Mette Holm",
        ),
        create_draft(
            5,
            "Kampanjsajt vår",
            row("Design och produktion", "1", "168000"),
            row("Bildlicens", "4", "1150", discount="0.25"),
            customer="Galleri Sju & Söner HB",
        ),
    )


def realistic_holds() -> tuple[HeldSince, ...]:
    return (
        hold(
            11, "Serviceavtal hiss", message="The billing address of Skärgårdens Hiss AB has no postal code."
        ),
        hold(
            12,
            "Tilläggsbeställning",
            message="The billing address of Norrfjärden Fastigheter has no town.",
            field="Account.BillingCity",
            owner="Jonas Berg",
            days=6,
        ),
        hold(
            13,
            "Konferens mars",
            HoldCode.CUSTOMER_AMBIGUOUS,
            message="Two customers in Spiris share the organisation number 556012-5790: 1042 and 1187.",
            fix="Merge or inactivate one of them in Spiris, then run the push again.",
            field="Account.Organisation_Number__c",
            value="556012-5790",
            days=2,
        ),
        hold(
            14,
            "Projekt Ekot",
            HoldCode.AMOUNT_MISMATCH,
            message="The Deal says 45\u00a0000,00 SEK and its lines come to 44\u00a0750,00 SEK: 250,00 SEK differ.",
            fix="Correct Amount or the products on the Opportunity.",
            field="Opportunity.Amount",
            value="45000.00",
            company="eu",
            owner=None,
        ),
    )


def realistic_warnings() -> tuple[Warn, ...]:
    return (
        Warn(
            WarningCode.CUSTOMER_NAME_DIFFERS,
            as_told("Spiris knows the customer as Höglands kommun, Salesforce as Höglands Kommun."),
            deal_id(2),
        ),
        Warn(
            WarningCode.WRITE_BACK_UNAVAILABLE,
            as_told("The field Spiris_Retry__c does not exist in Salesforce."),
        ),
    )


def realistic_dry_run() -> RunResult:
    mirrors = tuple(
        write_deal(number, SyncState(), SyncState(status="Draft", company="se")) for number in (1, 2, 3, 5)
    )
    return run(
        *planned(*realistic_plan(), *mirrors),
        holds=realistic_holds(),
        warnings=realistic_warnings(),
        unchanged=23,
    )


def realistic_apply() -> RunResult:
    """The same plan carried out on a bad day: one lost reply, one refusal, one draft found from before."""
    customer, nordhavn, first, second, third, fourth, fifth = realistic_plan()
    return run(
        ActionResult(adopt(8, "Förlorat svar från i går", net="7200"), Outcome.DONE, "draft-8", adopted=True),
        ActionResult(customer, Outcome.DONE, "c-new-1"),
        ActionResult(nordhavn, Outcome.FAILED),
        ActionResult(first, Outcome.DONE, "6f1f2b7e-0001"),
        ActionResult(second, Outcome.DONE, "6f1f2b7e-0002"),
        ActionResult(third, Outcome.UNKNOWN),
        ActionResult(fourth, Outcome.SKIPPED),
        ActionResult(fifth, Outcome.DONE, "6f1f2b7e-0005"),
        holds=(
            *realistic_holds(),
            hold(
                4,
                "Integration warehouse feed",
                HoldCode.LEDGER_REFUSED,
                message="Spiris refused the customer Nordhavn Logistik ApS: the country needs a VAT number.",
                fix="Fill in the VAT number on the Account, then run the push again.",
                field="Account.VAT_Number__c",
                company="eu",
            ),
            hold(
                3,
                "Licenser årsvis",
                HoldCode.OUTCOME_UNKNOWN,
                message="The draft was sent to Spiris and no answer came back.",
                fix="Run the same command again: Spiris is asked for the draft before anything is sent.",
                field=None,
            ),
        ),
        warnings=realistic_warnings(),
        unchanged=23,
        dry=False,
    )


def realistic_pull(*, dry: bool = False) -> RunResult:
    outcome = Outcome.PLANNED if dry else Outcome.DONE
    issued = write_deal(
        21,
        SyncState(status="Draft"),
        SyncState(status="Issued", invoice_number="10421", correlation_id="K2JQ"),
    )
    paid = write_deal(
        22,
        SyncState(status="Issued", invoice_number="10398"),
        SyncState(status="Paid", invoice_number="10398"),
    )
    overdue = write_deal(
        23,
        SyncState(status="Issued", invoice_number="10377"),
        SyncState(status="Overdue", invoice_number="10377"),
    )
    return run(
        ActionResult(issued, outcome),
        ActionResult(paid, outcome),
        ActionResult(overdue, Outcome.FAILED if not dry else outcome),
        unchanged=40,
        dry=dry,
        command="pull-invoice-status",
    )


def realistic_reconciliation() -> Reconciliation:
    return Reconciliation(
        lines=(
            Drift(
                symbol=Symbol.DIFFERS,
                message="Invoice 10398 was changed after it was drafted.",
                deal_id=deal_id(22),
                deal_name="Licenser årsvis",
                company="se",
                document_id="i-10398",
                document_number="10398",
                field="Net",
                crm_value="13\u00a0700,00 SEK",
                ledger_value="13\u00a0500,00 SEK",
                code=DriftClass.AMOUNT,
                also=(DriftClass.STATUS,),
                fix="Credit it in Spiris and invoice anew.",
                figures=(
                    Figures(
                        currency="SEK",
                        sold=Decimal(13700),
                        invoiced=Decimal(13500),
                        billed=Decimal(16875),
                        paid=Decimal(16000),
                        remaining=Decimal(875),
                    ),
                ),
            ),
            Drift(
                symbol=Symbol.ONLY_IN_CRM,
                code=DriftClass.MISSING_IN_SPIRIS,
                reasons=("ORGNR_MISSING",),
                message="The Deal is closed won and has no draft or invoice.",
                deal_id=deal_id(31),
                deal_name="Kampanjsajt vår",
                company="se",
            ),
            Drift(
                symbol=Symbol.ONLY_IN_LEDGER,
                message="Invoice 10402 carries no Deal.",
                company="eu",
                document_id="i-10402",
                document_number="10402",
            ),
            Drift(
                symbol=Symbol.UNREADABLE,
                message="Spiris answered 500 for draft 6f1f2b7e-0009.",
                deal_id=deal_id(33),
                deal_name="Utbildning hösten",
                company="eu",
                document_id="6f1f2b7e-0009",
            ),
            *(
                Drift(
                    symbol=Symbol.SAME,
                    message="Deal, link and invoice agree.",
                    deal_id=deal_id(40 + number),
                    deal_name=f"Serviceavtal {number}",
                    company="se",
                    document_id=f"i-{10300 + number}",
                    document_number=str(10300 + number),
                )
                for number in range(6)
            ),
        ),
        sums=(
            ComparedSum("se", "SEK", Decimal("1284300.00"), Decimal("1284100.00")),
            ComparedSum("eu", "EUR", Decimal("42150.50"), Decimal("42150.50")),
        ),
        start=date(2026, 10, 1),
        end=date(2026, 10, 31),
        reread=3,
    )


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "</details><iframe src=https://evil.example></iframe>",
    "{{ 7*7 }} {% raw %} ${7*7}",
    "[bold red]not markup[/bold red] [link=https://evil.example]x[/link]",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\x9b31mred \x1b]0;title\x1b\\ \x1bc",
    "safe\u202egpj.exe \u2066isolated\u2069 \u200bzero",
    "first line\r\nsecond line\x85third\u2028fourth",
    "\x00nul \ud800 lone",
    "| cell | `code` | **bold** _it_ ~~no~~ $x$",
    "![x](https://evil.example/p.png) [y](javascript:alert(1))",
    "@everyone see #1 at https://evil.example and www.evil.example",
    '=HYPERLINK("https://evil.example","x")',
    "+46 70 123 45 67",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\uff1d1+1",
)
"""What somebody could type into a name to reach a browser, a terminal, a Markdown renderer or a spreadsheet."""


def hostile_run(text: str, *, dry: bool = False) -> RunResult:
    """A run in which every text that comes from a record is the same hostile one."""
    draft = create_draft(
        1,
        text,
        DraftRow(
            text=text, article_id="a", article_number=text, quantity=Decimal(1), unit_price=Decimal(100)
        ),
        DraftRow(text=text),
        customer=text,
        our_reference=text,
        your_reference=text,
        purchase_order=text,
    )
    outcome = Outcome.PLANNED if dry else Outcome.DONE
    return run(
        ActionResult(create_customer(1, text, city=text, address1=text), outcome, None if dry else "c-1"),
        ActionResult(draft, outcome, None if dry else "d-1"),
        ActionResult(write_deal(7, SyncState(message=text), SyncState(message=f"{text}!")), outcome),
        holds=(
            hold(2, text, message=text, fix=text, field=text, value=text, owner=text),
            hold(3, text, message=text, fix=f"other {text}", field=text, value=text, owner=text),
        ),
        warnings=(
            Warn(WarningCode.TERRITORY, as_told(text), deal_id(1)),
            Warn(WarningCode.TERRITORY, as_told(text)),
        ),
        dry=dry,
    )


def hostile_reconciliation(text: str) -> Reconciliation:
    """A comparison in which every text is the same hostile one."""
    return Reconciliation(
        tuple(
            Drift(
                symbol=symbol,
                message=text,
                deal_id=deal_id(1),
                deal_name=text,
                company="se",
                document_id="i-1",
                document_number="1",
                field=text,
                crm_value=text,
                ledger_value=text,
                fix=text,
            )
            for symbol in Symbol
        )
    )
