"""Each line's VAT: what the law says of the sale, what the ledger will charge, and what is held when the two differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

import pytest

from sfspiris.core import vat
from sfspiris.core.actions import CreateArticle, CreateCustomer, CreateDraft, Plan, UpdateCustomer
from sfspiris.core.model import Article, Buyer, Deal, LedgerCustomer, Unit
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import Unresolved
from sfspiris.core.policy import (
    ArticlePolicy,
    CompanyPolicy,
    MissingArticle,
    Owner,
    VatPolicy,
    WithoutProduct,
)
from sfspiris.sentences import as_told
from shorthand import CODINGS, INT, POLICY, SE, UNITS, buyer, customer, deal, inputs, line, view

GERMAN = buyer(
    "Hanse Werkzeug GmbH",
    country="DE",
    vat_number="DE136695976",
    orgnr=None,
    postal_code="20457",
    city="Hamburg",
)
NORWEGIAN = buyer("Equinor ASA", country="NO", orgnr=None, postal_code="4035", city="Stavanger")
BUILDER = buyer("Bygg AB", vat_number="SE556012579001", sells_construction="Ja")
GOODS = Article("art-VARA", "VARA", "Sensor", is_active=True, vat_rate=Decimal(25), is_service=False)
BUILDING = VatPolicy(category_by_article={"KONS": "construction", "VARA": "electronics", "MAT": "food"})


class Settings(TypedDict, total=False):
    """What a company has decided."""

    articles: ArticlePolicy
    taxes: VatPolicy
    unresolved: tuple[Unresolved, ...]


def plan(one: Deal, *known: LedgerCustomer, **settings: Unpack[Settings]) -> Plan:
    articles, taxes = settings.get("articles"), settings.get("taxes")

    def chosen(company: CompanyPolicy) -> CompanyPolicy:
        return replace(company, articles=articles or company.articles, vat=taxes or company.vat)

    wanted = inputs(one)
    ledger = view(*known)
    ledger = replace(ledger, articles=(*ledger.articles, GOODS))
    return decide(
        replace(
            wanted,
            ledgers={"se": ledger, "int": ledger},
            policy=replace(POLICY, companies={"se": chosen(SE), "int": chosen(INT)}),
            unresolved=settings.get("unresolved", ()),
        )
    )


def drafted(one: Deal, *known: LedgerCustomer, **settings: Unpack[Settings]) -> CreateDraft:
    made = plan(one, *known, **settings)
    assert not made.holds, made.holds
    (draft,) = [action for action in made.actions if isinstance(action, CreateDraft)]
    return draft


def held(one: Deal, *known: LedgerCustomer, **settings: Unpack[Settings]) -> list[str]:
    return [str(hold.code) for hold in plan(one, *known, **settings).holds]


def treatments(draft: CreateDraft) -> list[tuple[str | None, int]]:
    return [(row.treatment, int(row.vat_rate)) for row in draft.draft.rows if not row.is_text]


def texts(draft: CreateDraft) -> list[str]:
    return [row.text for row in draft.draft.rows if row.is_text]


# --- what the law says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "article", "treatment", "rate", "words"),
    [
        (buyer(), "KONS", "SE_25", 25, None),
        (buyer(), "MAT", "SE_12", 12, None),
        (buyer(), "BOK", "SE_6", 6, None),
        (buyer(), "KURS", "SE_EXEMPT", 0, "Undantag från skatteplikt - 10 kap. ML"),
        (GERMAN, "KONS", "EU_SERVICES_RC", 0, "Omvänd betalningsskyldighet / Reverse charge"),
        (GERMAN, "VARA", "EU_GOODS_IC", 0, "Article 138"),
        (GERMAN, "BOK", "EU_GOODS_IC", 0, "Article 138"),
        (NORWEGIAN, "KONS", "NON_EU_SERVICES", 0, "omsatt utanför Sverige"),
        (NORWEGIAN, "VARA", "EXPORT_GOODS", 0, "export"),
    ],
)
def test_each_sale_has_its_treatment_and_the_text_that_the_law_asks_for(
    who: Buyer, article: str, treatment: str, rate: int, words: str | None
) -> None:
    draft = drafted(deal("D1", f"2 x 500 {article}", buyer=who))
    assert treatments(draft) == [(treatment, rate)]
    assert (texts(draft) == []) if words is None else (words in texts(draft)[0])


def test_a_text_that_a_row_carries_already_is_not_written_twice() -> None:
    words = "Rådgivning. Omvänd betalningsskyldighet / Reverse charge - Article 196 Directive 2006/112/EC"
    draft = drafted(deal("D1", line("1 x 500 KONS", text=words), buyer=GERMAN))
    assert texts(draft) == []


def test_texts_that_the_ledger_prints_itself_are_left_to_it() -> None:
    draft = drafted(deal("D1", "1 x 500 KONS", buyer=GERMAN), taxes=VatPolicy(writes_texts=False))
    assert texts(draft) == []


def test_the_plan_says_why_there_is_no_vat_with_number_box_and_statement() -> None:
    draft = drafted(deal("D1", "1 x 500 KONS", "1 x 10 KONS", "1 x 5 BOK", buyer=GERMAN))
    service, goods = draft.vat_reasons
    for words in (
        "rows 1, 2",
        "EU_SERVICES_RC",
        "DE136695976",
        "box 39",
        "recapitulative statement: services",
    ):
        assert words in service
    for words in ("row 3", "EU_GOODS_IC", "box 35", "goods"):
        assert words in goods


def test_a_plan_with_vat_on_every_row_explains_nothing() -> None:
    assert drafted(deal("D1", "1 x 500 KONS")).vat_reasons == ()


# --- building services and electronics -----------------------------------------------------------------------------


def test_building_services_to_a_builder_are_reverse_charged_and_its_new_customer_is_marked_for_it() -> None:
    draft = drafted(deal("D1", "2 x 500 KONS", buyer=BUILDER), taxes=BUILDING)
    (row,) = [one for one in draft.draft.rows if not one.is_text]
    assert (row.treatment, row.vat_rate, row.reverse_charge) == ("SE_RC_CONSTRUCTION", Decimal(0), True)
    assert texts(draft) == ["Omvänd betalningsskyldighet - 16 kap. 13 § ML"]


def test_building_services_are_held_while_nobody_knows_whether_the_buyer_builds() -> None:
    unknown = deal("D1", "2 x 500 KONS", buyer=replace(BUILDER, sells_construction=None))
    assert held(unknown, taxes=BUILDING) == ["VAT_TREATMENT_UNCLEAR"]
    no = deal("D1", "2 x 500 KONS", buyer=replace(BUILDER, sells_construction="nej"))
    assert treatments(drafted(no, taxes=BUILDING)) == [("SE_25", 25)]


def test_a_builder_that_the_ledger_has_not_marked_is_held_since_it_would_charge_vat() -> None:
    one = deal("D1", "2 x 500 KONS", buyer=BUILDER)
    assert held(one, customer("1001", name="Bygg AB"), taxes=BUILDING) == ["VAT_TREATMENT_UNCLEAR"]
    marked = customer("1001", name="Bygg AB", vat_number="SE556012579001", sells_construction=True)
    assert treatments(drafted(one, marked, taxes=BUILDING)) == [("SE_RC_CONSTRUCTION", 0)]


def test_electronics_above_the_limit_need_an_article_that_is_coded_for_it() -> None:
    registered = replace(BUILDER, sells_construction=None)
    large = deal("D1", "1 x 120000 VARA", buyer=registered)
    assert held(large, taxes=BUILDING) == ["VAT_TREATMENT_UNCLEAR"]
    special = ArticlePolicy(by_treatment={"SE_RC_ELECTRONICS": "KURS"})
    draft = drafted(large, taxes=BUILDING, articles=special)
    assert treatments(draft) == [("SE_RC_ELECTRONICS", 0)]
    assert draft.draft.rows[0].article_number == "KURS"


def test_the_limit_for_electronics_counts_the_whole_invoice_and_is_warned_about_when_near() -> None:
    registered = replace(BUILDER, sells_construction=None)
    near = plan(deal("D1", "1 x 60000 VARA", "1 x 39000 VARA", buyer=registered), taxes=BUILDING)
    assert {str(one.code) for one in near.warnings} == {"VAT_TREATMENT"}
    assert held(deal("D1", "1 x 60000 VARA", "1 x 40000.01 VARA", buyer=registered), taxes=BUILDING) != []


# --- dated rates ---------------------------------------------------------------------------------------------------


def test_food_at_12_percent_while_its_rate_is_6_is_held_by_its_day() -> None:
    assert held(deal("D1", "1 x 100 MAT"), taxes=BUILDING) == ["VAT_RATE_DATE"]
    before = deal("D1", line("1 x 100 MAT", service_from=date(2026, 3, 31)))
    assert treatments(drafted(before, taxes=BUILDING)) == [("SE_12", 12)]


def test_food_delivered_across_a_change_of_rate_is_held() -> None:
    across = deal("D1", line("1 x 100 MAT", service_from=date(2026, 3, 1), service_until=date(2026, 4, 30)))
    assert held(across, taxes=BUILDING) == ["VAT_RATE_DATE"]


def test_food_paid_before_a_change_and_delivered_after_is_held_since_the_day_of_payment_decides() -> None:
    later = deal("D1", line("1 x 100 BOK", service_from=date(2028, 1, 10)))
    assert held(later, taxes=VatPolicy(category_by_article={"BOK": "food"})) == ["VAT_RATE_DATE"]


# --- where law and ledger differ -----------------------------------------------------------------------------------


BARE = customer("1001", name=GERMAN.name, orgnr=None, vat_number=None, country="DE")
LINKED = replace(GERMAN, customer_number="1001")


def test_a_vat_number_that_the_same_plan_adds_to_its_customer_counts() -> None:
    two = [
        deal("D1", "1 x 100 KONS", buyer=LINKED),
        deal("D2", "1 x 200 KONS", buyer=LINKED, closed_on=date(2026, 11, 11)),
    ]
    made = decide(replace(inputs(*two), ledgers={"se": view(BARE), "int": view(BARE)}))
    assert not made.holds
    assert [type(action) for action in made.actions][:3] == [UpdateCustomer, CreateDraft, CreateDraft]
    drafts = [action for action in made.actions if isinstance(action, CreateDraft)]
    assert [treatments(one) for one in drafts] == [[("EU_SERVICES_RC", 0)]] * 2


def test_a_german_customer_whose_vat_number_finance_keeps_empty_is_held() -> None:
    """The ledger would charge Swedish VAT, whatever Salesforce knows."""
    finances = {
        key: replace(one, owners={"vat_number": Owner.SPIRIS}) for key, one in POLICY.companies.items()
    }
    wanted = inputs(deal("D1", "1 x 100 KONS", buyer=LINKED))
    made = decide(
        replace(
            wanted,
            policy=replace(POLICY, companies=finances),
            ledgers={"se": view(BARE), "int": view(BARE)},
        )
    )
    assert [hold.code for hold in made.holds] == ["VAT_TREATMENT_UNCLEAR"]


def test_a_customer_that_the_ledger_has_in_another_country_is_held() -> None:
    moved = customer("1001", country="NO")
    assert held(deal("D1", "1 x 100 KONS"), moved) == ["VAT_TREATMENT_UNCLEAR"]


def test_a_hotel_night_sold_to_germany_is_held_since_it_is_taxed_in_sweden_and_the_ledger_would_not() -> None:
    assert held(deal("D1", "1 x 100 MAT", buyer=GERMAN)) == ["VAT_TREATMENT_UNCLEAR"]


def test_goods_delivered_in_sweden_are_no_intra_eu_sale_and_services_follow_the_buyer() -> None:
    assert held(deal("D1", "1 x 100 VARA", buyer=GERMAN, delivery_country="SE")) == ["VAT_TREATMENT_UNCLEAR"]
    service = plan(deal("D1", "1 x 100 KONS", buyer=GERMAN, delivery_country="Sverige"))
    assert not service.holds
    assert [str(one.code) for one in service.warnings] == ["DELIVERY_COUNTRY_DIFFERS"]


def test_a_rate_that_the_product_has_and_the_sale_has_not_is_held() -> None:
    assert held(deal("D1", line("1 x 100 KONS", vat_rate="12 %"))) == ["VAT_RATE_MISMATCH"]
    assert held(deal("D1", line("1 x 100 KONS", vat_rate="0,25"))) == []
    assert held(deal("D1", line("1 x 100 KONS", vat_rate="22"))) == ["VAT_RATE_UNKNOWN"]
    assert held(deal("D1", line("1 x 100 KONS", vat_rate="hög"))) == ["VAT_RATE_UNKNOWN"]


def test_an_unknown_kind_of_sale_is_held() -> None:
    assert "VAT_TREATMENT_UNCLEAR" in held(deal("D1", line("1 x 100 KONS", vat_category="fish")))


def test_a_territory_that_only_the_country_field_names_has_its_own_treatment() -> None:
    who = buyer(
        "Livigno Srl",
        country="Livigno",
        vat_number="IT00743110157",
        orgnr=None,
        postal_code="23030",
        city="Livigno",
    )
    assert treatments(drafted(deal("D1", "1 x 100 VARA", buyer=who))) == [("EXPORT_GOODS", 0)]


def test_a_vat_number_typed_as_organisation_number_fills_both_fields() -> None:
    (made,) = [
        one.customer
        for one in plan(deal("D1", "1 x 5 KONS", buyer=buyer(orgnr="SE556012579001"))).actions
        if isinstance(one, CreateCustomer)
    ]
    assert (made.orgnr, made.vat_number) == ("556012-5790", "SE556012579001")


def test_a_sole_traders_number_is_warned_about_and_not_shown() -> None:
    made = plan(deal("D1", "1 x 5 KONS", buyer=buyer("Eks Bygg", orgnr="900602-2397")))
    assert [str(one.code) for one in made.warnings] == ["ORGNR_PERSONAL"]
    assert "900602" not in made.warnings[0].message


def test_prices_to_a_private_person_wait_until_it_is_said_how_the_ledger_reads_them() -> None:
    one = deal("D1", "1 x 100 KONS")
    person = customer("1001", is_private=True)
    assert held(one, person) == ["VAT_TREATMENT_UNCLEAR"]
    assert treatments(drafted(one, person, taxes=VatPolicy(private_prices_are_net=True))) == [("SE_25", 25)]
    assert held(deal("D1", "1 x 100 KURS"), person) == [], "without VAT both readings come to the same"


@pytest.mark.parametrize("ending", ["MWST", "TVA", "IVA", ""])
def test_a_swiss_number_is_sent_without_its_languages_ending(ending: str) -> None:
    """Which is more than the ledger's field takes, and not the same for every account of one company."""
    swiss = buyer(
        "Rhein AG",
        country="CH",
        orgnr=None,
        vat_number=f"CHE-107.787.577 {ending}",
        postal_code="4051",
        city="Basel",
    )
    made = [
        one
        for one in plan(deal("D1", "1 x 100 KONS", buyer=swiss)).actions
        if isinstance(one, CreateCustomer)
    ]
    assert [one.customer.vat_number for one in made] == ["CHE107787577"]


@pytest.mark.parametrize(
    ("billed", "expected"),
    [
        (vat.Billed("SE", has_vat_number=False), 25),
        (vat.Billed("SE", has_vat_number=True, sells_construction=True), 0),
        (vat.Billed("DE", has_vat_number=True), 0),
        (vat.Billed("DE", has_vat_number=False), 25),
        (vat.Billed("DE", has_vat_number=True, is_private=True), 25),
        (vat.Billed("NO", has_vat_number=False), 0),
        (vat.Billed("NO", has_vat_number=False, vat_outside_eu=True), 25),
    ],
)
def test_what_a_ledger_charges_follows_from_coding_and_customer(billed: vat.Billed, expected: int) -> None:
    assert vat.charged_rate(Decimal(25), billed, reverse_charge=True) == expected


# --- articles ------------------------------------------------------------------------------------------------------

FALLBACK = ArticlePolicy(missing=MissingArticle.FALLBACK, fallback={"25": "KONS", "12": "MAT", "6": "BOK"})
CREATE = ArticlePolicy(missing=MissingArticle.CREATE)


def numbers(draft: CreateDraft) -> list[str | None]:
    return [row.article_number for row in draft.draft.rows]


def test_a_product_without_an_article_takes_its_familys_then_the_one_for_its_rate() -> None:
    family = ArticlePolicy(by_family={"Böcker": "BOK"})
    assert numbers(drafted(deal("D1", line("1 x 10 NY", family="Böcker")), articles=family)) == ["BOK"]
    assert numbers(drafted(deal("D1", "1 x 10 NY"), articles=FALLBACK)) == ["KONS"]
    assert numbers(drafted(deal("D1", line("1 x 10 NY", vat_rate="12")), articles=FALLBACK)) == ["MAT"]
    told = plan(deal("D1", "1 x 10 NY"), articles=FALLBACK).warnings
    assert [str(one.code) for one in told] == ["ARTICLE_FALLBACK"]


def test_a_rate_without_a_fallback_takes_the_default_or_is_held() -> None:
    zero = deal("D1", line("1 x 10 NY", vat_rate="0"))
    assert held(zero, articles=FALLBACK) == ["ARTICLE_MISSING"]
    assert numbers(drafted(zero, articles=replace(FALLBACK, default="KURS")))[0] == "KURS"


def test_an_article_is_made_once_for_all_deals_that_need_it_and_with_the_coding_of_its_rate() -> None:
    one = plan(deal("D1", line("1 x 10 NY", unit="tim"), line("2 x 10 NY", unit="tim")), articles=CREATE)
    (made,) = [action for action in one.actions if isinstance(action, CreateArticle)]
    assert (made.article.number, made.article.unit) == ("NY", UNITS[1])
    assert (made.article.coding.vat_rate, made.article.coding.is_service) == (Decimal(25), True)
    assert [type(action).__name__ for action in one.actions][:3] == [
        "CreateCustomer",
        "CreateArticle",
        "CreateDraft",
    ]


def test_goods_are_made_as_goods_when_their_kind_of_sale_says_so() -> None:
    book = line("1 x 10 NY", vat_category="scrap")
    registered = replace(BUILDER, sells_construction=None)
    assert held(deal("D1", book, buyer=registered), articles=CREATE) == ["VAT_TREATMENT_UNCLEAR"]
    food = deal("D1", line("1 x 10 NY", vat_category="food"))
    made = [one for one in plan(food, articles=CREATE).actions if isinstance(one, CreateArticle)]
    assert (made[0].article.coding.is_service, made[0].article.coding.vat_rate) == (False, Decimal(6))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (line("1 x 10 NY", unit="låda"), "ARTICLE_MISSING"),
        (line("1 x 10 NY", article="X" * 41), "FIELD_TOO_LONG"),
        (line("1 x 10 NY", name="X" * 51, text="kort"), "FIELD_TOO_LONG"),
    ],
    ids=["unknown unit", "long number", "long name"],
)
def test_an_article_that_cannot_be_made_whole_is_held(words: object, code: str) -> None:
    assert held(deal("D1", words), articles=CREATE) == [code]  # type: ignore[arg-type]


def test_a_deal_waits_for_an_article_of_which_nobody_knows_whether_it_was_made() -> None:
    waiting = Unresolved("se", "006-another", None, as_told("lost"), as_told("wait"), article_key="ny")
    assert held(deal("D1", "1 x 10 NY"), articles=CREATE, unresolved=(waiting,)) == ["OUTCOME_UNKNOWN"]


def test_a_line_without_a_product_is_held_falls_back_or_is_text_when_it_costs_nothing() -> None:
    words = line("1 x 10", name="Enligt avtal")
    free = line("1 x 0", name="Enligt avtal")
    paid = line("1 x 10 KONS")
    assert held(deal("D1", words)) == ["ARTICLE_MISSING"]
    fallback = replace(FALLBACK, without_product=WithoutProduct.FALLBACK)
    assert numbers(drafted(deal("D1", words), articles=fallback)) == ["KONS"]
    text_row = ArticlePolicy(without_product=WithoutProduct.TEXT_ROW)
    assert texts(drafted(deal("D1", paid, free), articles=text_row)) == ["Enligt avtal"]
    assert held(deal("D1", paid, words), articles=text_row) == ["ARTICLE_MISSING"]


def test_a_line_of_a_bundle_that_costs_nothing_stands_as_it_was_sold() -> None:
    rows = drafted(deal("D1", "1 x 500 KONS", "3 x 0 BOK")).draft.rows
    assert [(row.article_number, row.quantity, row.unit_price) for row in rows] == [
        ("KONS", Decimal(1), Decimal(500)),
        ("BOK", Decimal(3), Decimal(0)),
    ]


def test_days_of_service_stand_in_the_rows_text_in_the_buyers_language() -> None:
    month = {"service_from": date(2026, 11, 1), "service_until": date(2026, 11, 9)}
    day = {"service_from": date(2026, 11, 5)}
    at_home = drafted(deal("D1", line("1 x 5 KONS", **month), line("1 x 5 KONS", **day))).draft.rows
    assert at_home[0].text.splitlines()[1] == "Period 2026-11-01 – 2026-11-09"
    assert at_home[1].text.splitlines()[1] == "Leveransdatum 2026-11-05"
    abroad = drafted(deal("D1", line("1 x 5 KONS", **day), buyer=GERMAN)).draft.rows
    assert abroad[0].text.splitlines()[1] == "Delivery date 2026-11-05"
    same = drafted(deal("D1", line("1 x 5 KONS", **day), delivery_date=date(2026, 11, 5))).draft.rows
    assert same[0].text == "Produkt KONS"


def test_units_that_differ_are_warned_about() -> None:
    box = Unit("unit-fp", "fp")
    assert box.name == "fp"
    tim = replace(GOODS, unit="st")
    wanted = inputs(deal("D1", line("1 x 5 VARA", unit="tim")))
    ledger = replace(view(), articles=(tim,), codings=CODINGS)
    told = decide(replace(wanted, ledgers={"se": ledger, "int": ledger})).warnings
    assert [str(one.code) for one in told] == ["UNIT_DIFFERS"]


def test_the_new_customer_of_a_builder_is_made_with_its_mark() -> None:
    one = plan(deal("D1", "1 x 5 KONS", buyer=BUILDER), taxes=BUILDING)
    made = [action.customer for action in one.actions if isinstance(action, CreateCustomer)]
    assert [one.sells_construction for one in made] == [True]
