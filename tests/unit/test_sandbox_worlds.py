"""Worlds: what the loader refuses and why, what the generator repeats, and whether the demo tells one story."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stdnum.de import vat as de_vat
from stdnum.fi import alv
from stdnum.no import mva
from stdnum.se import orgnr as se_orgnr

from sfspiris.sandbox import worlds
from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.spiris.company import PARTS
from sfspiris.sandbox.spiris.world import _MAKERS
from sfspiris.sandbox.worlds import demo, numbers
from sfspiris.sandbox.worlds.document import COMPANY_KEYS

Json = dict[str, Any]


def records(world: Json) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = world["salesforce"]["records"]
    return found


def by_ref(world: Json) -> dict[str, Json]:
    return {f"@{row['_ref']}": row for rows in records(world).values() for row in rows if "_ref" in row}


# Loading


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"salesfroce": {}}, 'Did you mean "salesforce"'),
        ({"salesforce": {"record": {}}}, 'Did you mean "records"'),
        (
            {"spiris": {"companies": [{"key": "se", "custmers": []}]}},
            'company se has an unknown key "custmers"',
        ),
        ({"spiris": {"companies": [{"name": "X"}]}}, 'needs a "key"'),
        ({"spiris": {"companies": [{"key": "se"}, {"key": "se"}]}}, 'two companies with the key "se"'),
        (
            {"spiris": {"companies": [{"key": "se", "customers": {}}]}},
            "customers of company se must be a list",
        ),
        (
            {"spiris": {"companies": [{"key": "se", "drafts": [1]}]}},
            r"drafts of company se\[0\] must be an object",
        ),
        ({"salesforce": {"records": {"Account": {}}}}, "Account must be a list, not an object"),
        ({"salesforce": []}, "salesforce must be an object, not a list"),
        ([], "the world must be an object"),
        ({"now": "today"}, "must be a moment"),
        ({"now": "2026-11-20T08:00:00"}, "must be a moment"),
        ({"now": 5}, "must be a moment"),
    ],
)
def test_a_document_of_the_wrong_shape_is_refused_with_the_place(document: Any, message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        worlds.load(document)


def world_of(**sobjects: list[Json]) -> Json:
    return {"salesforce": {"records": sobjects}}


def test_a_reference_that_leads_nowhere_is_named_with_the_nearest() -> None:
    world = world_of(Account=[{"_ref": "acme"}], Opportunity=[{"AccountId": "@amce"}])
    with pytest.raises(
        SandboxError, match=r'Opportunity\[0\].AccountId refers to "@amce".*Did you mean "acme"'
    ):
        worlds.load(world)


def test_a_reference_in_a_nested_record_is_checked_too() -> None:
    world = world_of(Opportunity=[{"OpportunityLineItems": [{"_ref": "row"}, {"Product2Id": "@nothing"}]}])
    with pytest.raises(SandboxError, match=r"Opportunity\[0\].OpportunityLineItems\[1\].Product2Id"):
        worlds.load(world)


def test_two_records_with_one_ref_are_refused() -> None:
    with pytest.raises(SandboxError, match='Two records have the _ref "acme"'):
        worlds.load(world_of(Account=[{"_ref": "acme"}], Contact=[{"_ref": "acme"}]))


def test_text_that_merely_begins_with_an_at_sign_is_text() -> None:
    world = world_of(Account=[{"Description": "@acme on the web"}, {"Description": "@"}])
    assert worlds.load(world) is world


def test_a_world_is_read_from_a_file_with_exact_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"salesforce": {"records": {"Opportunity": [{"Amount": 0.10}]}}}')
    (deal,) = records(worlds.load(str(path)))["Opportunity"]
    assert str(deal["Amount"]) == "0.10"


def test_a_file_that_is_no_world_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text("{")
    with pytest.raises(SandboxError, match=r"mine\.json cannot be read"):
        worlds.load(str(path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dmeo", "demo, empty, generated"),
        ("generated:deal=5", 'Did you mean "deals"'),
        ("generated:deals=many", "whole number"),
        ("generated:size=5", "deals, seed"),
    ],
)
def test_an_unknown_world_is_answered_with_those_that_exist(name: str, message: str) -> None:
    with pytest.raises(SandboxError, match=message):
        worlds.load(name)


@pytest.mark.parametrize("name", ["demo", "empty", "generated:deals=20"])
def test_a_named_world_can_be_written_as_json_and_loaded_again(name: str) -> None:
    world = worlds.load(name)
    assert worlds.load(jsonio.loads(jsonio.dumps(world))) == world


def test_the_empty_world_is_one_company_and_no_records() -> None:
    world = worlds.load("empty")
    assert not any(records(world).values())
    (company,) = world["spiris"]["companies"]
    assert (company["key"], company.get("customers")) == ("se", None)


# Numbers


def test_check_digits_are_those_of_the_registers() -> None:
    assert numbers.orgnr("556012579") == "556012-5790"
    assert numbers.norwegian_vat("92360901") == "NO923609016MVA"
    assert numbers.finnish_vat("0112038") == "FI01120389"
    assert numbers.german_vat("13669597") == "DE136695976"


# Generating


def test_the_same_seed_gives_the_same_world_byte_for_byte() -> None:
    first, second = (jsonio.dumps(worlds.load("generated:deals=300,seed=7")) for _ in range(2))
    assert first == second
    assert first != jsonio.dumps(worlds.load("generated:deals=300,seed=8"))


@pytest.fixture(scope="module")
def generated() -> Json:
    return worlds.load("generated:deals=600,seed=3")


def test_a_generated_world_has_as_many_won_deals_as_asked_for(generated: Json) -> None:
    deals = records(generated)["Opportunity"]
    assert len(deals) == 600
    assert {deal["StageName"] for deal in deals} == {"Closed Won"}
    assert all("2026-11-02" <= deal["CloseDate"] <= "2026-11-19" for deal in deals)


def test_generated_deals_have_from_one_to_two_hundred_lines_that_add_up(generated: Json) -> None:
    lines = records(generated)["OpportunityLineItem"]
    counts = Counter(line["OpportunityId"] for line in lines)
    assert (min(counts.values()), max(counts.values()), len(counts)) == (1, 200, 600)
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line["OpportunityId"]] = sums.get(line["OpportunityId"], Decimal(0)) + line["TotalPrice"]
    assert all(deal["Amount"] == sums[f"@{deal['_ref']}"] for deal in records(generated)["Opportunity"])


def test_generated_accounts_carry_numbers_that_pass_and_belong_to_one_company_each(generated: Json) -> None:
    seen = []
    validators = {"DE": de_vat.is_valid, "FI": alv.is_valid, "NO": mva.is_valid}
    for account in records(generated)["Account"]:
        assert len(account["Name"]) <= 50
        country = account["BillingCountryCode"]
        if country == "SE":
            number = account["Organisation_Number__c"]
            assert se_orgnr.is_valid(number)
            # Third digit 2 or more, and out of every company's reach: nobody's number, and no person's.
            assert number.startswith("559")
        else:
            number = account["VAT_Number__c"]
            assert validators[country](number)
        seen.append(number)
    assert len(seen) == len(set(seen))
    ours = {company["orgnr"] for company in generated["spiris"]["companies"]}
    assert ours.isdisjoint(seen)


def test_some_generated_accounts_are_customers_already(generated: Json) -> None:
    known = sum(len(company["customers"]) for company in generated["spiris"]["companies"])
    assert 0.2 < known / len(records(generated)["Account"]) < 0.4


def test_generated_names_hold_what_breaks_careless_programs(generated: Json) -> None:
    text = json.dumps(records(generated), default=str, ensure_ascii=False)
    assert all(piece in text for piece in ("🚚", '\\"', "O'Hara", "\\n", "&", "<", "å"))


# The demo


@pytest.fixture(scope="module")
def world() -> Json:
    return worlds.load("demo")


def deals_by_name(world: Json) -> dict[str, Json]:
    return {deal["Name"]: deal for deal in records(world)["Opportunity"]}


def test_every_planted_defect_has_a_won_deal_and_a_code_of_its_own(world: Json) -> None:
    deals = deals_by_name(world)
    assert len(set(demo.PLANTED.values())) == len(demo.PLANTED) >= 12
    assert {deals[name]["StageName"] for name in demo.PLANTED} == {"Closed Won"}


def test_every_deal_is_clean_planted_or_not_to_be_invoiced(world: Json) -> None:
    deals = deals_by_name(world)
    assert len(deals) == len(records(world)["Opportunity"])
    due = {
        name
        for name, deal in deals.items()
        if deal["StageName"] == "Closed Won" and deal["CloseDate"] >= "2026-11-01"
    }
    assert due == {*demo.CLEAN, *demo.PLANTED}
    assert not set(demo.CLEAN) & set(demo.PLANTED)
    assert {deal["StageName"] for deal in deals.values()} == {
        "Closed Won",
        "Closed Lost",
        "Proposal/Price Quote",
    }


def test_deals_due_closed_in_november_before_today_and_every_deal_is_complete(world: Json) -> None:
    refs = by_ref(world)
    for name, deal in deals_by_name(world).items():
        for field in ("AccountId", "OwnerId", "Pricebook2Id"):
            assert deal[field] in refs, (name, field)
        if name in demo.PLANTED or name in demo.CLEAN:
            assert "2026-11-02" <= deal["CloseDate"] <= "2026-11-19"


def lines_of(world: Json, deal: Json) -> list[Json]:
    return [
        line for line in records(world)["OpportunityLineItem"] if line["OpportunityId"] == f"@{deal['_ref']}"
    ]


def test_amounts_are_the_sums_of_lines_except_where_that_is_the_defect(world: Json) -> None:
    for name, deal in deals_by_name(world).items():
        total = sum(line["TotalPrice"] for line in lines_of(world, deal))
        deviates = demo.PLANTED.get(name) in {"AMOUNT_MISMATCH", "NO_LINES"}
        assert (deal["Amount"] != total) == deviates, name


def test_lines_agree_with_their_price_book_entry_in_product_and_currency(world: Json) -> None:
    refs = by_ref(world)
    for line in records(world)["OpportunityLineItem"]:
        entry, deal = refs[line["PricebookEntryId"]], refs[line["OpportunityId"]]
        assert entry["Product2Id"] == line["Product2Id"]
        assert entry["CurrencyIsoCode"] == line["CurrencyIsoCode"] == deal["CurrencyIsoCode"]


def test_products_are_articles_of_both_companies_except_where_that_is_the_defect(world: Json) -> None:
    refs = by_ref(world)
    for company in world["spiris"]["companies"]:
        articles = {article["Number"]: article["IsActive"] for article in company["articles"]}
        for name, deal in deals_by_name(world).items():
            codes = {refs[line["Product2Id"]]["ProductCode"] for line in lines_of(world, deal)}
            assert (not codes <= set(articles)) == (demo.PLANTED.get(name) == "ARTICLE_MISSING"), name
            inactive = any(not articles.get(code, True) for code in codes)
            assert inactive == (demo.PLANTED.get(name) == "ARTICLE_INACTIVE"), name


def account_of(world: Json, code: str) -> Json:
    name = next(name for name, planted in demo.PLANTED.items() if planted == code)
    return by_ref(world)[deals_by_name(world)[name]["AccountId"]]


def test_accounts_have_the_defect_they_are_there_for_and_no_other(world: Json) -> None:
    assert account_of(world, "CUSTOMER_ADDRESS_INCOMPLETE")["BillingPostalCode"] is None
    assert account_of(world, "ORGNR_INVALID")["Organisation_Number__c"] == "556012-5791"
    assert account_of(world, "ORGNR_PLACEHOLDER")["Organisation_Number__c"] == "556677-8899"
    assert account_of(world, "VAT_NUMBER_INVALID")["VAT_Number__c"] == "DE136695978"
    assert "Organisation_Number__c" not in account_of(world, "ORGNR_MISSING")
    assert len(account_of(world, "FIELD_TOO_LONG")["Name"]) > 50
    nowhere = account_of(world, "NO_ROUTE")
    assert not {"BillingCountryCode", "BillingCountry", "Organisation_Number__c"} & set(nowhere)
    by_orgnr = {"ORGNR_INVALID", "ORGNR_PLACEHOLDER"}
    for code in set(demo.PLANTED.values()) - by_orgnr:
        number = account_of(world, code).get("Organisation_Number__c")
        assert number is None or se_orgnr.is_valid(number), code


def test_existing_customers_can_be_found_each_in_its_own_way(world: Json) -> None:
    swedish, international = world["spiris"]["companies"]
    numbers_in = Counter(
        "".join(filter(str.isdigit, customer.get("CorporateIdentityNumber", "")))
        for customer in swedish["customers"]
    )
    assert numbers_in["5560160680"] == 1
    assert numbers_in["5560003468"] == 2
    inactive = [customer for customer in swedish["customers"] if not customer["IsActive"]]
    assert [customer["CorporateIdentityNumber"] for customer in inactive] == ["556009-4178"]
    saab = next(account for account in records(world)["Account"] if account["Name"] == "Saab AB (publ)")
    (by_number,) = (
        one for one in swedish["customers"] if one["CustomerNumber"] == saab["Spiris_Customer_Number__c"]
    )
    assert "CorporateIdentityNumber" not in by_number
    currencies = {customer["VatNumber"]: customer["CurrencyCode"] for customer in international["customers"]}
    assert currencies == {"DE136695976": "EUR", "FI01120389": "SEK"}


def test_the_companies_are_nobody_elses(world: Json) -> None:
    ours = [company["orgnr"] for company in world["spiris"]["companies"]]
    assert len(set(ours)) == 2
    assert all(se_orgnr.is_valid(number) for number in ours)
    assert not set(ours) & {account.get("Organisation_Number__c") for account in records(world)["Account"]}


def test_the_sole_traders_number_is_the_only_personal_one(world: Json) -> None:
    personal = [
        account["Organisation_Number__c"]
        for account in records(world)["Account"]
        if len("".join(filter(str.isdigit, account.get("Organisation_Number__c", "")))) == 12
    ]
    assert personal == ["199006022397"]


def test_the_loader_knows_exactly_the_parts_that_the_simulator_reads() -> None:
    assert set(COMPANY_KEYS) == {"key", *PARTS, *_MAKERS}
