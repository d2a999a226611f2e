"""One Deal on one page: gate, route, customer, every target field with its source, VAT, history and the next step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.actions import Adopt, NewCustomer
from sfspiris.core.model import DealStatus, Target
from sfspiris.report.explain_vat import CheckFacts, TriedFacts, check, print_check
from sfspiris.report.helping import Language, find_page
from sfspiris.report.language import words as language_words
from sfspiris.report.page import Page
from sfspiris.report.shapes import (
    SCHEMA_VERSION,
    Amount,
    Facts,
    Id,
    Moment,
    Url,
    VersionFacts,
    Words,
)
from sfspiris.report.values import status_words
from sfspiris.report.view import swedish_time
from sfspiris.report.writes import ending_of_write, kind_words, note_words, step_words
from sfspiris.sentences import joined, say, whole
from sfspiris.swedish import personal_shape, text
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import Console

    from sfspiris.core.explain import Explanation, SourceSeen

_TARGETS: Final[Mapping[str, tuple[str, str, str]]] = {
    "name": ("Customer.Name", "Name", "Namn"),
    "orgnr": ("Customer.CorporateIdentityNumber", "Organisation number", "Organisationsnummer"),
    "vat_number": ("Customer.VatNumber", "VAT number", "Momsregistreringsnummer"),
    "customer_number": ("Customer.CustomerNumber", "Customer number", "Kundnummer"),
    "street": ("Customer.InvoiceAddress1", "Invoice address", "Fakturaadress"),
    "postal_code": ("Customer.InvoicePostalCode", "Postal code", "Postnummer"),
    "city": ("Customer.InvoiceCity", "Town", "Ort"),
    "country": ("Customer.InvoiceCountryCode", "Country", "Land"),
    "email": ("Customer.EmailAddress", "E-mail", "E-postadress"),
    "phone": ("Customer.Telephone", "Telephone", "Telefon"),
    "is_person": ("Customer.IsPrivatePerson", "Private person", "Privatperson"),
    "personal_number": ("Customer.CorporateIdentityNumber", "Personal number", "Personnummer"),
    "contact_name": ("Customer.Name", "Name", "Namn"),
    "contact_street": ("Customer.InvoiceAddress1", "Invoice address", "Fakturaadress"),
    "contact_postal_code": ("Customer.InvoicePostalCode", "Postal code", "Postnummer"),
    "contact_city": ("Customer.InvoiceCity", "Town", "Ort"),
    "contact_country": ("Customer.InvoiceCountryCode", "Country", "Land"),
    "contact_email": ("Customer.EmailAddress", "E-mail", "E-postadress"),
    "contact_phone": ("Customer.Telephone", "Telephone", "Telefon"),
    "contact_customer_number": ("Customer.CustomerNumber", "Customer number", "Kundnummer"),
    "contact_personal_number": ("Customer.CorporateIdentityNumber", "Personal number", "Personnummer"),
    "currency": ("Customer.CurrencyCode", "Currency", "Valuta"),
    "our_reference": ("Draft.OurReference", "Our reference", "Vår referens"),
    "your_reference": ("Draft.YourReference", "Your reference", "Er referens"),
    "purchase_order": ("Draft.BuyersOrderReference", "Purchase order", "Inköpsordernummer"),
    "electronic_reference": ("Draft.ElectronicReference", "E-invoice reference", "Referens för e-faktura"),
    "payment_terms_days": ("Draft.TermsOfPaymentId", "Payment terms", "Betalningsvillkor"),
    "delivery_date": ("Draft.DeliveryDate", "Delivery date", "Leveransdatum"),
    "delivery_name": ("Draft.DeliveryCustomerName", "Delivery name", "Leveransnamn"),
    "delivery_street": ("Draft.DeliveryAddress1", "Delivery address", "Leveransadress"),
    "delivery_postal_code": ("Draft.DeliveryPostalCode", "Delivery postal code", "Postnummer för leverans"),
    "delivery_city": ("Draft.DeliveryCity", "Delivery town", "Leveransort"),
    "cost_centre": ("Rows.CostCenterItemId", "Cost centre", "Resultatenhet"),
    "project": ("Rows.ProjectId", "Project", "Projekt"),
    "line_article": ("Rows.ArticleId", "Article", "Artikel"),
    "line_text": ("Rows.Text", "Text", "Benämning"),
    "line_quantity": ("Rows.Quantity", "Quantity", "Antal"),
    "line_unit_price": ("Rows.UnitPrice", "Unit price", "À-pris"),
    "line_discount": ("Rows.DiscountPercentage", "Discount", "Rabatt"),
    "line_cost_centre": ("Rows.CostCenterItemId", "Cost centre", "Resultatenhet"),
    "line_project": ("Rows.ProjectId", "Project", "Projekt"),
}
"""Our field → Spiris' API name, and what its screens call it in English and in Swedish."""

_OPTIONAL: Final = frozenset(
    {
        "is_person",
        "personal_number",
        "contact_name",
        "contact_street",
        "contact_postal_code",
        "contact_city",
        "contact_country",
        "contact_email",
        "contact_phone",
        "contact_customer_number",
        "contact_personal_number",
        "electronic_reference",
        "delivery_name",
        "delivery_street",
        "delivery_postal_code",
        "delivery_city",
        "cost_centre",
        "project",
        "line_cost_centre",
        "line_project",
    }
)
"""Fields that few do with; told only where something in the org feeds them."""

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "deal": "deal",
        "owner": "owner",
        "closed": "closed",
        "correlation": "corr. id",
        "gate": "gate",
        "passes": "passes",
        "not_passed": "does not pass (GATE_NOT_MET); what follows is as if it were won today",
        "too_old": "closed before start_date, so it is pushed with --since only",
        "routes": "Route",
        "taken": "takes the deal",
        "not_taken": "does not match",
        "not_reached": "matches too, but comes later",
        "no_route": "no route takes it",
        "left_out": "left out (skip)",
        "any": "anything",
        "empty": "(empty)",
        "customer": "Customer",
        "new": "new, made together with the draft",
        "found": "customer {number} {name}, found by {evidence}",
        "unknown": "not looked for, or not found for certain",
        "created": "customer {number} {name}, made for this account by a push",
        "stands_on": "customer {number} {name}, as on the document",
        "new_order": "new, made together with the order",
        "fields": "Fields",
        "line": "line {line}",
        "nowhere": "nothing in Salesforce feeds it",
        "totals": "VAT and total",
        "net": "net",
        "vat": "VAT",
        "rounding": "rounding",
        "total": "total",
        "amount": "the deal's amount, net",
        "agrees": "agrees",
        "differs": "differs",
        "rate": "Salesforce's rate",
        "since": "valid from {day}",
        "no_day": "which Salesforce gives no date",
        "no_rate": "Salesforce tells no rate to another currency; the books' rate is set when the invoice is booked",
        "document": "Document",
        "draft": "draft",
        "order": "order",
        "ordered": "Order, waits to be invoiced (Draft in Salesforce)",
        "stands": "the document in Spiris",
        "no_vat": "no VAT",
        "written": "written",
        "invoice": "invoice",
        "status": "status",
        "held": "Held",
        "history": "History",
        "next": "Next step",
        "next_gate": "Nothing happens until the deal passes the gate.",
        "next_old": "Push it with --since if it is to be invoiced here.",
        "next_make": "The next push makes the draft.",
        "next_make_order": "The next push makes the order.",
        "next_adopt": "The next push takes over the document that Spiris has for the deal already.",
        "next_draft": "Finance looks at the draft in Spiris and issues it.",
        "next_draft_order": "Finance looks at the order in Spiris and invoices it.",
        "next_issued": "The buyer pays; sfspiris pull-invoice-status tells it in Salesforce.",
        "next_none": "Nothing is left to do.",
        "next_settled": "Nothing, unless its reason has changed.",
        "settled": "Settled without an invoice by {who}, {day}: {note}",
        "next_left_out": "Nothing: a route leaves such deals out of invoicing.",
    },
    "sv": {
        "deal": "affär",
        "owner": "ägare",
        "closed": "stängd",
        "correlation": "korr.-id",
        "gate": "villkor",
        "passes": "uppfyllt",
        "not_passed": "inte uppfyllt (GATE_NOT_MET); det som följer är som om affären vanns i dag",
        "too_old": "stängd före start_date, så den skickas bara med --since",
        "routes": "Väg",
        "taken": "tar affären",
        "not_taken": "passar inte",
        "not_reached": "passar också, men kommer senare",
        "no_route": "ingen väg tar den",
        "left_out": "utelämnas (skip)",
        "any": "vad som helst",
        "empty": "(tomt)",
        "customer": "Kund",
        "new": "ny, läggs upp tillsammans med utkastet",
        "found": "kund {number} {name}, hittad på {evidence}",
        "unknown": "inte sökt, eller inte säkert hittad",
        "created": "kund {number} {name}, upplagd för det här kontot av en körning",
        "stands_on": "kund {number} {name}, som på dokumentet",
        "new_order": "ny, läggs upp tillsammans med ordern",
        "fields": "Fält",
        "line": "rad {line}",
        "nowhere": "inget i Salesforce fyller det",
        "totals": "Moms och total",
        "net": "netto",
        "vat": "moms",
        "rounding": "avrundning",
        "total": "att betala",
        "amount": "affärens belopp, netto",
        "agrees": "stämmer",
        "differs": "skiljer sig",
        "rate": "Salesforces kurs",
        "since": "gäller från {day}",
        "no_day": "som Salesforce inte anger något datum för",
        "no_rate": "Salesforce anger ingen kurs till en annan valuta; bokföringens kurs sätts när fakturan bokförs",
        "document": "Dokument",
        "draft": "utkast",
        "order": "order",
        "ordered": "Order, väntar på att faktureras (Draft i Salesforce)",
        "stands": "dokumentet i Spiris",
        "no_vat": "ingen moms",
        "written": "skrivet",
        "invoice": "faktura",
        "status": "status",
        "held": "Väntar",
        "history": "Historik",
        "next": "Nästa steg",
        "next_gate": "Ingenting händer förrän affären uppfyller villkoret.",
        "next_old": "Skicka den med --since om den ska faktureras här.",
        "next_make": "Nästa körning gör utkastet.",
        "next_make_order": "Nästa körning gör ordern.",
        "next_adopt": "Nästa körning tar över dokumentet som Spiris redan har för affären.",
        "next_draft": "Ekonomi ser på utkastet i Spiris och ställer ut det.",
        "next_draft_order": "Ekonomi ser på ordern i Spiris och fakturerar den.",
        "next_issued": "Köparen betalar; sfspiris pull-invoice-status berättar det i Salesforce.",
        "next_none": "Ingenting återstår att göra.",
        "next_settled": "Ingenting, om inte orsaken har ändrats.",
        "settled": "Avgjord utan faktura av {who} {day}: {note}",
        "next_left_out": "Ingenting: en väg utelämnar sådana affärer från fakturering.",
    },
}
_EVIDENCE_SV: Final[Mapping[str, str]] = {
    "link": "tidigare koppling",
    "organisation number": "organisationsnummer",
    "VAT number": "momsregistreringsnummer",
    "customer number": "kundnummer",
    "note": "vår anteckning",
    "journal": "journalen",
    "agreed key": "avtalad nyckel",
    "e-mail address": "e-postadress",
    "by hand": "en människa (match link)",
}


_REVIEW: Final = "review"
"""How what people decided begins in the history."""

_CREATED: Final = "created"
"""The evidence of a customer that a push of ours has made."""

_OF_DRAFTS: Final = "Draft."
_OF_ORDERS: Final = "Order."
"""How the API name of a field begins that stands on the document itself; orders have the same fields as drafts, but one."""

_NOT_ON_ORDERS: Final = frozenset({"electronic_reference"})
"""Source: Spiris' API document, OrderApi."""

_NUMBERS: Final = frozenset({"personal_number", "contact_personal_number", "orgnr", "vat_number"})
"""The fields in which a sole trader's number, which is a person's, may stand."""

_AFTER: Final[Mapping[DealStatus, str]] = {
    DealStatus.DRAFT: "next_draft",
    DealStatus.ISSUED: "next_issued",
    DealStatus.PARTLY_PAID: "next_issued",
    DealStatus.OVERDUE: "next_issued",
}
"""What comes next for a Deal that has a document; nothing for every other status."""


class FieldFacts(Facts):
    """One target field: Spiris' API name, its name on the screen, and where the value came from.

    `source` is the place that won, null when nothing says anything: a path in Salesforce, or what comes after Salesforce, such
    as the customer's card or the company's own default. `line` counts sold items from 1.
    """

    field: str
    api: str
    label: str
    line: int | None
    value: Words | None
    source: Words | None
    tried: tuple[TriedFacts, ...]


class ConditionFacts(Facts):
    """One condition of a route and the deal's value."""

    path: str
    value: Words | None
    accepted: tuple[str, ...]


class RouteFacts(Facts):
    """One route in the order of the configuration; the first that matches takes the deal, or leaves it out: no company."""

    position: int
    company: Id | None
    matches: bool
    taken: bool
    conditions: tuple[ConditionFacts, ...]


class MatchFacts(Facts):
    """Who would be invoiced, or is: `existing` was found by `evidence`, `new` is made, `none` could not be told."""

    state: Literal["existing", "new", "none"]
    number: Id | None = None
    name: Words | None = None
    evidence: Words | None = None


class DocumentFacts(Facts):
    """What stands for the deal in the ledger already: a draft, or an order, or the invoice that came of it."""

    target: Literal["draft", "order"] = "draft"
    draft_id: Id
    invoice_number: Id | None
    status: str
    correlation_id: Id


class ReasonFacts(Facts):
    """One reason why the deal waits, or would wait."""

    code: Id
    field: Words | None
    value: Words | None
    message: Words
    fix: Words
    versions: tuple[VersionFacts, ...] = ()


class HappenedFacts(Facts):
    """Something in the deal's past."""

    at: Moment
    what: str
    who: Words
    words: Words | None


class WrittenFacts(Facts):
    """One write for the deal by the last thing that happened to it; `net` is in major units of `currency`.

    `event` is what happened: `confirm` is done, `adopt` found in Spiris and taken over.
    """

    at: Moment
    kind: str
    event: str
    run_id: Id
    note: Words | None
    target_id: Id | None
    net: Amount | None
    currency: Id | None


class ExplainDocument(Facts):
    """What `sfspiris explain` tells: one deal, as found today. `settled` is a person's word that nothing of `holds` is to be done."""

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["explain"] = "explain"
    language: Language
    deal: Id
    deal_name: Words
    stage: Words
    owner: Words | None
    closed_on: str
    url: Url
    correlation_id: Id | None = None
    gate: Words
    passes_gate: bool
    gate_code: str | None
    before_start: bool
    company: Id | None
    target: Literal["draft", "order"] = "draft"
    routes: tuple[RouteFacts, ...]
    customer: MatchFacts
    fields: tuple[FieldFacts, ...]
    totals: CheckFacts | None
    document: DocumentFacts | None
    holds: tuple[ReasonFacts, ...]
    settled: HappenedFacts | None = None
    warnings: tuple[Words, ...]
    history: tuple[HappenedFacts, ...]
    writes: tuple[WrittenFacts, ...] = ()
    next_step: Words


def explain_document(found: Explanation, *, gate: str, url: str, language: Language) -> ExplainDocument:
    """The facts of one Deal; `gate` is the configuration's condition, `url` where a person sees the Deal."""
    deal, spoken = found.deal, language_words(language)
    taken = next((one for one in found.routes if one.is_match), None)
    return ExplainDocument(
        language=language,
        deal=deal.id,
        deal_name=deal.name,
        stage=found.stage,
        owner=deal.owner_name,
        closed_on=deal.closed_on.isoformat(),
        url=url,
        correlation_id=found.correlation_id,
        gate=gate,
        passes_gate=found.is_gated,
        gate_code=None if found.is_gated else "GATE_NOT_MET",
        before_start=found.is_too_old,
        company=taken.company if taken else None,
        target=found.target.value,
        routes=tuple(
            RouteFacts(
                position=one.position,
                company=one.company,
                matches=one.is_match,
                taken=one is taken,
                conditions=tuple(
                    ConditionFacts(path=seen.path, value=seen.value, accepted=seen.accepted)
                    for seen in one.conditions
                ),
            )
            for one in found.routes
        ),
        customer=_match(found),
        fields=tuple(
            _field(one, found.target, language)
            for one in _without_person(found.sources)
            if one.field in _TARGETS
            and (one.tried or one.field not in _OPTIONAL)
            and not (found.target is Target.ORDER and one.field in _NOT_ON_ORDERS)
        ),
        totals=check(found, language),
        document=None
        if found.link is None
        else DocumentFacts(
            target=found.link.target.value,
            draft_id=found.link.draft_id,
            invoice_number=found.link.invoice_number,
            status=found.link.status,
            correlation_id=found.link.correlation_id,
        ),
        holds=tuple(
            ReasonFacts(
                code=one.code,
                field=one.field,
                value=one.value,
                message=spoken.sentence(one.message),
                fix=spoken.sentence(one.fix),
                versions=tuple(
                    VersionFacts(field=two.field, written=two.wrote, salesforce=two.crm, spiris=two.ledger)
                    for two in one.versions
                ),
            )
            for one in found.holds
        ),
        settled=None
        if found.settled is None
        else HappenedFacts(
            at=found.settled.at, what=found.settled.what, who=found.settled.who, words=found.settled.words
        ),
        warnings=tuple(f"{spoken.sentence(one.message)} ({one.code})" for one in found.plan.warnings),
        history=tuple(
            HappenedFacts(at=one.at, what=one.what, who=one.who, words=one.words) for one in found.happened
        ),
        writes=tuple(WrittenFacts.model_validate(one, from_attributes=True) for one in found.written),
        next_step=_next_step(found, language),
    )


def print_explanation(console: Console, document: ExplainDocument, *, steps: bool = False) -> None:
    """Print the page; of the writes how each ended, or every one of their `steps`."""
    page, words = Page(console, document.language), _WORDS[document.language]
    page.say(f"{document.deal_name} ({document.deal})", style="bold")
    page.entry(words["deal"], document.stage)
    page.entry(words["owner"], document.owner or words["empty"])
    page.entry(words["closed"], document.closed_on)
    if document.correlation_id:
        page.entry(words["correlation"], document.correlation_id)
    if document.url:
        page.entry("", document.url)
    page.entry(words["gate"], f"{document.gate}: {words['passes' if document.passes_gate else 'not_passed']}")
    if document.before_start:
        page.entry("", words["too_old"])
    _print_routes(page, document, words)
    page.title(words["customer"])
    page.say(_customer(document, words), indent=2)
    _print_fields(page, document, words)
    if document.totals is not None:
        print_check(page, document.totals, words)
    _print_document(page, document, words)
    _print_findings(page, document, words)
    _print_history(page, document, words, steps=steps)
    page.last(f"{words['next']}: {document.next_step}")


def _print_document(page: Page, document: ExplainDocument, words: Mapping[str, str]) -> None:
    if document.document is None:
        return
    page.title(words["document"])
    is_order = document.document.target == "order"
    page.entry(words["order" if is_order else "draft"], document.document.draft_id, indent=2)
    if document.document.invoice_number:
        page.entry(words["invoice"], document.document.invoice_number, indent=2)
    stands = is_order and document.document.status == DealStatus.DRAFT
    status = language_words(document.language).sentence(status_words(document.document.status))
    page.entry(words["status"], words["ordered"] if stands else status, indent=2)


def _print_findings(page: Page, document: ExplainDocument, words: Mapping[str, str]) -> None:
    if (settled := document.settled) is not None:
        day = swedish_time(settled.at)[: len("2026-11-20")]
        page.gap()
        page.say(
            words["settled"].format(who=settled.who, day=day, note=settled.words or ""), style="bold green"
        )
    elif document.holds:
        page.title(words["held"])
    for reason in document.holds:
        shown = find_page(reason.code, document.language)
        page.say(f"{reason.code}: {shown.title}" if shown else reason.code, sign="!", style="yellow")
        page.say(f"{reason.message} {reason.fix}", indent=2)
        for one in reason.versions:
            sides = zip(
                (words["written"], "Salesforce", "Spiris"),
                (one.written, one.salesforce, one.spiris),
                strict=True,
            )
            told = ", ".join(f"{label} {words['empty'] if said is None else said}" for label, said in sides)
            page.say(f"{one.field}: {told}", sign="*", indent=2, sign_style="yellow")
    for warning in document.warnings:
        page.say(warning, sign="*", style="yellow")


def _print_history(page: Page, document: ExplainDocument, words: Mapping[str, str], *, steps: bool) -> None:
    """When what happened to the deal, in Sweden's time: each write by how it ended, or by all its steps; and what people decided."""
    if not document.history:
        return
    page.title(words["history"])
    told: list[tuple[datetime, str]] = []
    for one in document.history:
        kind, _, event = one.what.partition(" ")
        if kind == _REVIEW:
            made = say("%(event)s by %(who)s", event=whole(event), who=one.who)
            told.append((one.at, joined((made, one.words), ": ") if one.words else made))
        elif steps:
            step = joined((kind_words(kind), step_words(event, one.words)), ": ")
            because = (note_words(one.words),) if one.words else ()
            told.append((one.at, joined((step, joined(("(", joined((one.who, *because), ", "), ")"), "")))))
    if not steps:
        told += [
            (
                one.at,
                ending_of_write(one.kind, one.event, note=one.note, net=one.net, currency=one.currency),
            )
            for one in document.writes
        ]
    for at, sentence in sorted(told, key=lambda one: one[0]):
        page.say(joined((swedish_time(at), sentence), "  "), indent=2)


def _print_routes(page: Page, document: ExplainDocument, words: Mapping[str, str]) -> None:
    page.title(words["routes"])
    for one in document.routes:
        verdict = "taken" if one.taken else "not_reached" if one.matches else "not_taken"
        page.say(
            f"{one.position}. {one.company or words['left_out']}: {words[verdict]}",
            indent=2,
            style="bold" if one.taken else "",
        )
        for seen in one.conditions:
            accepted = ", ".join(words["any"] if value == "*" else value for value in seen.accepted)
            page.say(f"{seen.path} = {seen.value or words['empty']} ({accepted})", indent=5, style="dim")
    if not any(one.taken for one in document.routes):
        page.say(words["no_route"], indent=2)


def _print_fields(page: Page, document: ExplainDocument, words: Mapping[str, str]) -> None:
    page.title(words["fields"])
    for one in document.fields:
        where = f", {words['line'].format(line=one.line)}" if one.line is not None else ""
        page.say(f"{one.label} ({one.api}{where}): {one.value or words['empty']}", indent=2)
        chain = f" {page.arrow} ".join(
            f"{seen.path}{' *' if seen.path == one.source else ''}" for seen in one.tried
        )
        page.say(chain or words["nowhere"], indent=5, style="dim")


def _customer(document: ExplainDocument, words: Mapping[str, str]) -> str:
    one = document.customer
    match one.state:
        case "existing":
            key = "stands_on" if one.evidence is None else "created" if one.evidence == _CREATED else "found"
            evidence = one.evidence or ""
            told = _EVIDENCE_SV.get(evidence, evidence) if document.language == "sv" else evidence
            return words[key].format(number=one.number, name=one.name, evidence=told)
        case "new":
            return f"{one.name}: {words['new_order' if document.target == 'order' else 'new']}"
        case "none":
            return words["unknown"]


def _match(found: Explanation) -> MatchFacts:
    if found.customer is not None:
        known = found.customer
        return MatchFacts(
            state="existing",
            number=known.number,
            name=known.name,
            evidence=known.evidence,
        )
    draft = found.expected
    if draft is None:
        return MatchFacts(state="none")
    if isinstance(draft.customer, NewCustomer):
        return MatchFacts(state="new", name=draft.customer_name)
    customer = draft.customer
    return MatchFacts(
        state="existing", number=customer.number, name=customer.name, evidence=customer.evidence
    )


def _without_person(sources: tuple[SourceSeen, ...]) -> tuple[SourceSeen, ...]:
    """The sources with every number masked that might be a person's: decided by shape, in whatever way it is typed."""
    country = next((dict(one.tried)[one.won] for one in sources if one.field == "country" and one.won), None)

    def shown(value: str | None) -> str | None:
        cleaned = text.one_line(value or "").upper()
        is_person = personal_shape.in_text(cleaned) or personal_shape.is_foreign_person(
            cleaned, country=(country or "").upper()
        )
        return PERSONAL_ID if is_person else value

    return tuple(
        replace(one, tried=tuple((path, shown(value)) for path, value in one.tried))
        if one.field in _NUMBERS
        else one
        for one in sources
    )


def _field(one: SourceSeen, target: Target, language: Language) -> FieldFacts:
    spoken = language_words(language)
    api, english, swedish = _TARGETS[one.field]
    if target is Target.ORDER:
        api = api.replace(_OF_DRAFTS, _OF_ORDERS)
    value = dict(one.tried).get(one.won) if one.won else None
    return FieldFacts(
        field=one.field,
        api=api,
        label=swedish if language == "sv" else english,
        line=one.line,
        value=None if value is None else spoken.sentence(value),
        source=None if one.won is None else spoken.sentence(one.won),
        tried=tuple(
            TriedFacts(path=spoken.sentence(path), value=None if value is None else spoken.sentence(value))
            for path, value in one.tried
        ),
    )


def _next_step(found: Explanation, language: Language) -> str:
    """What a person does next: for a held Deal the first hold's own next step, which knows what stands, then a comparison's."""
    if found.settled is not None:
        return _WORDS[language]["next_settled"]
    if found.holds:
        return language_words(language).sentence(found.holds[0].fix)
    if found.advice is not None:
        return language_words(language).sentence(found.advice)
    key = _next(found)
    words = _WORDS[language]
    return words.get(f"{key}_order", words[key]) if found.target is Target.ORDER else words[key]


def _next(found: Explanation) -> str:
    """The key of the words that say what comes next for a Deal that nothing holds."""
    if found.link is not None:
        return _AFTER.get(found.link.status, "next_none")
    if not found.is_gated:
        return "next_gate"
    if found.deal.id in found.plan.out_of_scope:
        return "next_left_out"
    if found.is_too_old:
        return "next_old"
    return "next_adopt" if any(isinstance(one, Adopt) for one in found.plan.actions) else "next_make"
