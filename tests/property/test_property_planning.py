"""What holds for every plan, whatever the two systems say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfspiris.core import vat
from sfspiris.core.actions import Adopt, CreateCustomer, CreateDraft, Plan, WriteDeal
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.changes import changes
from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import Marker, content_hash, customer_key, markers_in
from sfspiris.core.model import Buyer, Deal, DealLine, DealStatus, DraftRow, PaymentTerms, SyncState
from sfspiris.core.planning.adoption import Gap
from sfspiris.core.planning.changed import Standing
from sfspiris.core.planning.documents import Documents, Sent, Verdict, resolve
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs, Unresolved
from sfspiris.sentences import as_told
from sfspiris.swedish import text
from shorthand import (
    COUNTRY,
    NOW,
    POLICY,
    SE,
    TAG,
    TODAY,
    buyer,
    customer,
    deal,
    deal_id,
    inputs,
    invoice,
    ledger_draft,
    line,
    link,
    view,
)

PERSON = "811228-9874"
EUROPEANS = {"BG": "7552010005", "LV": "16117519997", "ES": "54362315K", "CZ": "7103192745"}


def often(examples: int) -> settings:
    """The same examples in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


# --- anything that the two systems might say -------------------------------------------------------------------------

NASTY = (
    "",
    " ",
    "\ud800",
    "\u200b",
    "\x00",
    "e\u0301",
    "👩‍👩‍👧",
    "\u202eBA",
    "a" * 300,
    "'; DROP TABLE",
    "\n\r\t",
    "SF:",
    "²",
    "٣",
)
any_text = st.sampled_from(NASTY) | st.text(max_size=20)
any_number = st.sampled_from(
    [
        Decimal(one)
        for one in (
            "0",
            "-0",
            "-1",
            "1E+400",
            "-1E+999999",
            "1E-400",
            "1E+15",
            "9" * 60,
            "0." + "9" * 60,
            "0.005",
            "1E+2",
        )
    ]
) | st.decimals(allow_nan=False, allow_infinity=False)


def mostly(*usual: Any, otherwise: st.SearchStrategy[Any] = any_text) -> st.SearchStrategy[Any]:
    """One of the usual values more often than not, so that rules beyond the first are reached."""
    return st.sampled_from(usual) | st.sampled_from(usual) | st.sampled_from(usual) | otherwise


deal_lines = st.builds(
    DealLine,
    id=st.just("00k"),
    name=mostly("Konsulttimme"),
    quantity=mostly(Decimal(1), Decimal("2.5"), otherwise=any_number),
    unit_price=mostly(Decimal(500), Decimal("0.01"), otherwise=any_number),
    article=mostly("KONS", "mat", "GAMMAL", None),
    family=mostly(None, "Tjänster"),
    text=mostly(None, "Enligt avtal\nmars"),
    discount_percent=mostly(Decimal(0), Decimal("12.5"), otherwise=any_number),
    total=mostly(None, otherwise=any_number),
)
deal_buyers = st.builds(
    Buyer,
    id=st.sampled_from([f"001000000000A0{n}AAA" for n in range(4)]),
    name=mostly("AB Volvo", "Anna Ek"),
    orgnr=mostly("556012-5790", "556016-0680", PERSON, None),
    vat_number=mostly(None, "SE556012579001", "DE136695976"),
    customer_number=mostly(None, "1001", "1003"),
    street=mostly("Storgatan 1", None),
    postal_code=mostly("11122", "10115"),
    city=mostly("Stockholm"),
    country=mostly("SE", "SE", "DE", "US", None),
    email=mostly(None, "a@example.se"),
    phone=mostly(None, "08-123 45"),
)


@st.composite
def deals(draw: st.DrawFn) -> tuple[Deal, ...]:
    """Some deals with any content; ids and days are what Salesforce's types promise."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        who = draw(mostly(buyer(), otherwise=deal_buyers | st.none()))
        found.append(
            Deal(
                id=deal_id(f"D{number}"),
                name=draw(any_text),
                buyer=who,
                lines=draw(st.lists(deal_lines, max_size=3).map(tuple)),
                closed_on=draw(mostly(TODAY, otherwise=st.dates())),
                changed_at=NOW,
                amount=draw(mostly(None, otherwise=any_number)),
                currency=draw(mostly(None, "SEK", "EUR")),
                owner_name=draw(any_text),
                your_reference=draw(mostly(None, "Eva Berg")),
                our_reference=draw(mostly(None, "Anna Ek")),
                purchase_order=draw(mostly(None, "PO-7")),
                payment_terms_days=draw(mostly(None, "30", "10.0", "45")),
                delivery_date=draw(st.none() | st.dates()),
                sync=draw(
                    mostly(
                        SyncState(),
                        SyncState(status="Held"),
                        SyncState(draft_id="draft-1"),
                        otherwise=st.just(SyncState()),
                    )
                ),
                values={COUNTRY: draw(mostly(who.country if who else None))},
            )
        )
    return tuple(found)


customers = st.lists(
    st.sampled_from(
        [
            customer("1001"),
            customer("1002", orgnr="16556016-0680", name="Ericsson", currency=None),
            customer("1003", orgnr=None, vat_number="DE 136695976", currency="EUR", country="DE"),
            customer("1004", is_active=False),
            customer("1005", orgnr=None, name="\ud800", note=f"SF:001000000000A02AAA:{TAG}"),
            customer("1006", currency="EUR"),
        ]
    ),
    unique=True,
).map(tuple)


@st.composite
def anything(draw: st.DrawFn) -> PushInputs:
    """Deals, ledgers, links, documents, gaps and unresolved writes in any combination."""
    found = draw(deals())
    names = [one.id for one in found]
    known = view(*draw(customers), rounds_to_krona=draw(st.booleans()))
    known = replace(known, terms=(*known.terms, PaymentTerms("terms-30b", "30 dagar, e-faktura", 30)))
    documents = Documents.of(
        [
            ledger_draft(
                f"d{number}",
                draw(st.sampled_from(["1000", "500"])),
                draw(st.sampled_from([str(Marker(name, 1, TAG)), "Eva"])),
            )
            for number, name in enumerate(draw(st.lists(st.sampled_from(names), max_size=3)))
        ],
        [invoice("1042", "500", texts=(str(Marker(names[0], 1, TAG)),))] if draw(st.booleans()) else [],
    )
    linked = draw(st.lists(st.sampled_from(found), unique_by=lambda one: one.id, max_size=2))
    ends = NOW + timedelta(minutes=draw(st.sampled_from([-1, 1])))
    return PushInputs(
        deals=found,
        policy=replace(POLICY, tolerance=draw(st.sampled_from([Decimal("0.00"), Decimal(1)]))),
        today=TODAY,
        links={
            one.id: replace(
                link(replace(one, lines=())),
                content=content_hash(one) if draw(st.booleans()) else "0",
                status=draw(st.sampled_from([DealStatus.DRAFT, DealStatus.DELETED])),
            )
            for one in linked
        },
        standing={one.id: Standing(None, None, read_at=NOW) for one in linked},
        customer_links={("se", buyer().id): "cust-1001"} if draw(st.booleans()) else {},
        made_customers={("se", customer_key(TAG, "se", "556012-5790")): "cust-9"}
        if draw(st.booleans())
        else {},
        unresolved=[
            Unresolved("se", name, None, as_told("?"), as_told("!"))
            for name in draw(st.lists(st.sampled_from(names), max_size=1))
        ],
        ledgers={"se": known, "int": known},
        documents={"se": documents, "int": Documents()} if draw(st.booleans()) else {},
        gaps={"se": Gap(NOW, ends, is_over=ends < NOW)} if draw(st.booleans()) else {},
        taken={("se", "d0")} if draw(st.booleans()) else frozenset(),
    )


# --- every plan --------------------------------------------------------------------------------------------------------


@given(anything(), st.none() | st.integers(0, 3))
@often(60)
def test_anything_at_all_gives_a_plan_and_twice_the_same(given_: PushInputs, limit: int | None) -> None:
    plan = decide(given_, limit=limit)
    assert plan == decide(given_, limit=limit)
    for hold in plan.holds:
        assert hold.message.strip()
        assert hold.fix.strip()
    for action in plan.actions:
        assert changes(action) is not None


@given(anything(), st.randoms(use_true_random=False))
@often(40)
def test_the_order_in_which_things_were_read_does_not_matter(given_: PushInputs, dice: Any) -> None:
    def shuffled(some: Any) -> tuple[Any, ...]:
        several = list(some)
        dice.shuffle(several)
        return tuple(several)

    known = given_.ledgers["se"]
    mixed = replace(
        known,
        customers=shuffled(known.customers),
        articles=shuffled(known.articles),
        terms=shuffled(known.terms),
    )
    again = replace(
        given_,
        deals=shuffled(given_.deals),
        ledgers={"int": mixed, "se": mixed},
        documents={key: Documents(shuffled(one.all)) for key, one in given_.documents.items()},
    )
    assert decide(again) == decide(given_)


@given(anything(), st.none() | st.integers(0, 3))
@often(60)
def test_every_deal_is_made_or_taken_over_or_held_or_unchanged_or_beyond_the_limit(
    given_: PushInputs, limit: int | None
) -> None:
    plan, whole = decide(given_, limit=limit), decide(given_)
    drafted = [one.deal_id for one in plan.actions if isinstance(one, CreateDraft)]
    adopted = [one.deal_id for one in plan.actions if isinstance(one, Adopt)]
    beyond = {one.deal_id for one in whole.actions if isinstance(one, CreateDraft)} - set(drafted)
    places = [*drafted, *adopted, *plan.held_deals, *plan.unchanged, *beyond]
    assert sorted(places) == sorted(one.id for one in given_.deals), "each in exactly one place"
    if limit is None:
        assert beyond == set()
    else:
        assert len(drafted) <= limit
        assert not beyond or len(drafted) == limit
    made = [(one.company, one.key) for one in plan.actions if isinstance(one, CreateCustomer)]
    assert len(made) == len(set(made)), "no customer is made twice"
    told = [one.deal_id for one in plan.actions if isinstance(one, WriteDeal)]
    assert len(told) == len(set(told))
    assert not set(told) & beyond, "of a deal beyond the limit nothing is told"


@given(anything())
@often(40)
def test_no_document_stands_for_two_deals(given_: PushInputs) -> None:
    taken = [(one.company, one.draft_id) for one in decide(given_).actions if isinstance(one, Adopt)]
    assert len(taken) == len(set(taken))
    assert not set(taken) & set(given_.taken)


# --- personal numbers --------------------------------------------------------------------------------------------------


def shown(plan: Plan) -> str:
    """Everything of a plan that a report, log or person may see; the payload of a new customer is not."""
    bare = [
        replace(one, customer=replace(one.customer, orgnr=None, vat_number=None))
        if isinstance(one, CreateCustomer)
        else one
        for one in plan.actions
    ]
    return repr((plan.holds, plan.warnings, plan.unchanged, bare, [changes(one) for one in plan.actions]))


def shows(number: str, words: str) -> bool:
    """Whether the number stands in the words, however it is spelled."""
    spelled = r"[^0-9A-Za-z]{0,3}".join(one for one in number if one.isalnum())
    return re.search(spelled, words.upper().translate(str.maketrans("OIL", "011"))) is not None


@given(
    number=st.sampled_from(
        [PERSON, "19811228-9874", "8112289874", "811228+9874", "811228-9873", "0811228-9874", "81I228-9874"]
    ),
    where=st.sampled_from([("orgnr",), ("vat_number",), ("orgnr", "vat_number")]),
    country=st.sampled_from(["SE", "Sverige", None, "", "DE", "NO", "US", "Atlantis"]),
    name=st.sampled_from(["Anna Ek", "Ek & Co AB"]),
    found=customers,
    breaks=st.sampled_from([{}, {"city": None}, {"postal_code": "1"}]),
)
@often(300)
def test_a_personal_number_shows_nowhere_but_in_what_is_sent(
    *,
    number: str,
    where: tuple[str, ...],
    country: str | None,
    name: str,
    found: Any,
    breaks: dict[str, Any],
) -> None:
    values = {one: f"SE{text.code(number)}01" if one == "vat_number" else number for one in where}
    who = buyer(name, **{"orgnr": None, "country": country, **values, **breaks})
    twins = (
        customer("2001", orgnr="8112289874", name="Anna"),
        customer("2002", orgnr="811228-9874", name="Anna E"),
    )
    for people in ((), twins[:1], twins):
        plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=who), customers=(*found, *people)))
        assert not shows("811228987", shown(plan))


@pytest.mark.parametrize("country", sorted(EUROPEANS))
def test_a_vat_number_that_names_a_person_abroad_is_masked_too(country: str) -> None:
    number = EUROPEANS[country]
    who = buyer(
        "Jana Nováková",
        orgnr=None,
        vat_number=country + number,
        country=country,
        postal_code="1000",
        city="Sofia",
    )
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=who)))
    assert not shows(number, shown(plan))
    assert [one.customer.vat_number for one in plan.actions if isinstance(one, CreateCustomer)] in (
        [],
        [country + number],
    )


# --- sums ----------------------------------------------------------------------------------------------------------------

rows = st.lists(
    st.builds(
        DraftRow,
        text=st.just("Rad"),
        article_id=st.sampled_from(["art", None]),
        quantity=st.decimals(Decimal("0.01"), Decimal(10_000), places=2),
        unit_price=st.decimals(Decimal(0), Decimal(1_000_000), places=2),
        discount=st.decimals(Decimal(0), Decimal(1), places=4),
        vat_rate=st.sampled_from([Decimal(one) for one in (25, 12, 6, 0)]),
    ),
    max_size=8,
)


@given(rows, st.booleans())
@often(40)
def test_a_foretold_total_is_the_sum_of_its_parts(some: list[DraftRow], to_krona: bool) -> None:
    sums = vat.foretell(some, to_krona=to_krona)
    assert sums.net == sum((vat.row_net(row) for row in some if not row.is_text), Decimal(0))
    assert sums.gross == sums.net + sums.vat + sums.rounding
    assert [one.rate for one in sums.lines] == sorted(
        {row.vat_rate for row in some if not row.is_text}, reverse=True
    )
    for one in sums.lines:
        assert abs(one.vat - one.net * one.rate / 100) <= Decimal("0.005")
    if to_krona:
        assert sums.gross == sums.gross.to_integral_value()
        assert abs(sums.rounding) <= Decimal("0.50")
    else:
        assert sums.rounding == 0


@given(anything())
@often(40)
def test_what_a_draft_comes_to_is_what_its_deal_comes_to(given_: PushInputs) -> None:
    tolerance = given_.policy.tolerance
    found = {one.id: one for one in given_.deals}
    for one in decide(given_).actions:
        if not isinstance(one, CreateDraft):
            continue
        sold = found[one.deal_id]
        assert (
            one.net
            == one.vat.net
            == sum((vat.row_net(row) for row in one.draft.rows if not row.is_text), Decimal(0))
        )
        assert one.net > 0
        if sold.amount is not None:
            assert abs(sold.amount - one.net) <= tolerance + Decimal("0.005")


@given(
    off=st.decimals(Decimal(-3), Decimal(3), places=3),
    tolerances=st.tuples(*[st.decimals(Decimal(0), Decimal(3), places=2)] * 2),
)
@often(40)
def test_more_tolerance_never_holds_what_less_let_pass(
    off: Decimal, tolerances: tuple[Decimal, Decimal]
) -> None:
    little, much = sorted(tolerances)
    sold = deal("D1", line("2 x 500 KONS", total=Decimal(1000) - off), amount=Decimal(1000) + off)

    def holds(tolerance: Decimal) -> int:
        return len(decide(inputs(sold, policy=replace(POLICY, tolerance=tolerance))).holds)

    assert holds(much) <= holds(little)
    assert holds(little) == (abs(off.quantize(Decimal("0.01"), "ROUND_HALF_UP")) > little)


# --- markers -------------------------------------------------------------------------------------------------------------

references = (
    any_text
    | st.text(alphabet="SF:0A1 å", max_size=12)
    | st.just(f"SF:{deal_id('D9')}:1:{TAG}")
    | st.text(max_size=110)
)


@given(where=st.sampled_from(list(MarkerField)), ours=references, yours=references, order=references)
@often(60)
def test_a_marker_survives_every_reference_beside_it(
    where: MarkerField, ours: str, yours: str, order: str
) -> None:
    policy = replace(POLICY, companies={**POLICY.companies, "se": replace(SE, marker_field=where)})
    sold = deal("D1", "1 x 500 KONS", our_reference=ours, your_reference=yours, purchase_order=order)
    plan = decide(inputs(sold, policy=policy))
    drafts = [one.draft for one in plan.actions if isinstance(one, CreateDraft)]
    if not drafts:
        assert {one.code for one in plan.holds} == {HoldCode.FIELD_TOO_LONG}
        return
    (made,) = drafts
    marker = Marker(sold.id, 1, TAG)
    places = {
        MarkerField.OUR_REFERENCE: made.our_reference,
        MarkerField.YOUR_REFERENCE: made.your_reference,
        MarkerField.CONTRACT_NUMBER: made.contract_number,
        MarkerField.SUBSCRIPTION_NUMBER: made.subscription_number,
        MarkerField.BUYERS_ORDER_REFERENCE: made.purchase_order,
        MarkerField.TEXT_ROW: made.rows[-1].text,
    }
    assert marker in markers_in(places[where])
    limits = SE.capabilities
    assert all(
        text.length(one or "") <= limits.reference_length for one in (made.our_reference, made.your_reference)
    )
    assert text.length(made.purchase_order or "") <= limits.purchase_order_length
    stored = Documents.of([ledger_draft("d", "500", *(one for one in places.values() if one))], [])
    assert [one.draft_id for one in stored.marked(marker)] == ["d"]


@given(st.lists(st.tuples(st.sampled_from("ABCD"), references), max_size=6))
@often(40)
def test_documents_are_found_by_their_markers_as_if_each_had_been_read(some: list[tuple[str, str]]) -> None:
    found = Documents.of(
        [
            ledger_draft(f"d{number}", "500", f"{words} {Marker(deal_id(name), 1, TAG)}")
            for number, (name, words) in enumerate(some)
        ],
        [],
    )
    for name in "ABCDE":
        marker = Marker(deal_id(name), 1, TAG)
        assert found.marked(marker) == tuple(
            one for one in found.all if marker in {mark for text in one.texts for mark in markers_in(text)}
        )


# --- lost replies --------------------------------------------------------------------------------------------------------


@given(
    minutes=st.integers(0, 60),
    seen=st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["500", "501"]),
            st.integers(-30, 30),
            st.sampled_from(["cust-1001", "other"]),
        ),
        max_size=3,
    ),
    known=st.booleans(),
)
@often(80)
def test_a_draft_is_given_back_only_when_nothing_could_be_it(
    minutes: int, seen: list[tuple[bool, str, int, str]], known: bool
) -> None:
    marker = Marker(deal_id("D1"), 1, TAG)
    documents = Documents.of(
        [
            ledger_draft(
                f"d{n}",
                net,
                str(marker) if marked else "",
                customer_id=who,
                created_at=NOW + timedelta(minutes=at),
            )
            for n, (marked, net, at, who) in enumerate(seen)
        ],
        [],
    )
    sent = Sent(marker, "cust-1001", Decimal(500), "SEK", NOW)
    taken = {"d0"} if known else set()
    found = resolve(sent, documents, now=NOW + timedelta(minutes=minutes), known=taken)
    marked = [one for one in seen if one[0]]
    alike = [
        one
        for n, one in enumerate(seen)
        if not one[0] and one[1] == "500" and one[2] >= -5 and one[3] == "cust-1001" and f"d{n}" not in taken
    ]
    if found.verdict is Verdict.GIVE_BACK:
        assert not marked
        assert not alike
        assert minutes >= 15
    if found.verdict is Verdict.ADOPT:
        assert [one[1] for one in marked] == ["500"]
    if found.verdict is Verdict.WAIT:
        assert minutes < 15
    if found.verdict is Verdict.DOUBT:
        assert marked or alike


def test_a_gap_reaches_to_the_ends_of_the_calendar() -> None:
    sold = deal("D1", "1 x 500 KONS", closed_on=date.min)
    found = Documents.of([ledger_draft("d", "500", "Eva", created_at=datetime.max.replace(tzinfo=UTC))], [])
    gaps = {"se": Gap(NOW, NOW, is_over=True)}
    assert decide(inputs(sold, customers=(customer("1001"),), documents={"se": found}, gaps=gaps)).holds == ()
