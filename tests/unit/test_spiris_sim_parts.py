"""The small pure parts of the Spiris simulator: moments, check digits, validation, routing, fragments, PDF."""

import re
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.sandbox.kernel.jsonio import loads
from sfspiris.sandbox.spiris.errors import Refusal
from sfspiris.sandbox.spiris.fragments import Fragments
from sfspiris.sandbox.spiris.model import accounting, company, extras, parties, registers, sales
from sfspiris.sandbox.spiris.model.fields import (
    Field,
    Kind,
    Shape,
    day,
    flag,
    guids,
    moment,
    number,
    text,
    texts,
    whole,
)
from sfspiris.sandbox.spiris.moments import days_after, last_of_month, parsed_day, parsed_moment, sortable
from sfspiris.sandbox.spiris.numbers import is_personal_number, luhn, payment_reference
from sfspiris.sandbox.spiris.pdf import Page, document, text_width
from sfspiris.sandbox.spiris.validation import checked, normal_guid
from sfspiris.sandbox.spiris.wire import DONE, Answer, Call, Operation, Router

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


# Moments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T00:00:00", "2026-11-20"),
        ("2026-11-20T23:59:59.9999999Z", "2026-11-20"),
        ("2026-11-20 08:00", "2026-11-20"),
        ("2026-02-29", None),
        ("20261120", None),
        ("2026-11-20T", None),
        ("2026-11-20x", None),
        ("i dag", None),
        ("", None),
    ],
)
def test_a_day_is_read_from_a_date_or_a_timestamp(text: str, expected: str | None) -> None:
    assert parsed_day(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", "2026-11-20T00:00:00.000Z"),
        ("2026-11-20T08:30:00Z", "2026-11-20T08:30:00.000Z"),
        ("2026-11-20T08:30:00.1234567Z", "2026-11-20T08:30:00.123Z"),
        ("2026-11-20T08:30", "2026-11-20T08:30:00.000Z"),
        ("2026-11-20T00:30:00+01:00", "2026-11-19T23:30:00.000Z"),
        ("2026-11-20T08:30:00-05:30", "2026-11-20T14:00:00.000Z"),
        ("2026-11-20T25:00:00Z", None),
        ("yesterday", None),
    ],
)
def test_a_moment_is_read_in_utc(text: str, expected: str | None) -> None:
    assert parsed_moment(text) == expected


def test_days_and_moments_of_every_form_sort_as_they_happened() -> None:
    values = [
        "2026-11-20T08:00:00.000Z",
        "2026-11-19",
        "2026-11-20",
        "2026-11-20T00:00:00Z",
        "2026-11-19T23:59:59.999Z",
    ]
    assert sorted(values, key=sortable) == [values[1], values[4], values[2], values[3], values[0]]


def test_the_calendar_is_counted_over_months_and_leap_years() -> None:
    assert days_after("2028-02-28", 2) == "2028-03-01"
    assert (last_of_month("2028-02-01"), last_of_month("2026-12-31")) == ("2028-02-29", "2026-12-31")


# Check digits


def test_a_payment_reference_ends_in_a_luhn_digit() -> None:
    assert luhn("12345678") == 2
    assert payment_reference("K-1001", 7) == "100172"  # 14→5 + 1 + 0 + 0 + 2 = 8
    assert len(payment_reference("9" * 16, 10**12)) == 25


@pytest.mark.parametrize("number", ["811228-9874", "19811228-9874", "8112289874", "701063-2391"])
def test_a_personal_number_with_a_right_digit_is_one(number: str) -> None:
    assert is_personal_number(number)


@pytest.mark.parametrize("number", ["811228-9875", "811328-9874", "559000-0013", "", "abc", "811228"])
def test_anything_else_is_none(number: str) -> None:
    assert not is_personal_number(number)


# Validation

INNER = Shape("Inner", [whole("Count", 0, 10, required=True), Field("Only", Kind.TEXT, read_only=True)])
SHAPE = Shape(
    "Thing",
    [
        text("Name", 5, required=True),
        text("Note", 5),
        flag("Is"),
        whole("Kind", choices=(1, 2), nullable=True),
        whole("Count"),
        whole("Long", bits=64),
        number("Price", 2, least="0", most="10"),
        day("Day"),
        moment("At"),
        texts("Tags", 2),
        guids("Ids"),
        Field("Inner", Kind.OBJECT, nullable=True, shape=INNER),
        Field("Rows", Kind.OBJECTS, nullable=True, shape=INNER),
    ],
)


def faults(text: str) -> dict[str, str]:
    with pytest.raises(Refusal) as refused:
        checked(loads(text), SHAPE)
    return {violation.field: violation.code for violation in refused.value.violations}


def test_what_fits_is_brought_into_normal_form() -> None:
    sent = loads(
        '{"Name": "ok", "Kind": 1.0, "Count": -2147483648, "Long": 9223372036854775807, "Price": 9.90, "Day": "2026-11-20T00:00:00Z", "At": "2026-11-20",'
        f' "Ids": ["{GUID.upper()}"], "Inner": {{"Count": 3, "Only": "text"}}, "Rows": [{{"Count": 4}}], "Note": null}}'
    )
    assert checked(sent, SHAPE) == {
        "Name": "ok",
        "Kind": 1,
        "Count": -2147483648,
        "Long": 9223372036854775807,
        "Price": Decimal("9.90"),
        "Day": "2026-11-20",
        "At": "2026-11-20T00:00:00.000Z",
        "Ids": [GUID],
        "Inner": {"Count": 3},
        "Rows": [{"Count": 4}],
        "Note": None,
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", {"Name": "Required"}),
        ('{"Name": ""}', {"Name": "Required"}),
        ('{"Name": null}', {"Name": "Required"}),
        ('{"Name": "toolong"}', {"Name": "MaxLength"}),
        ('{"Name": "x", "name": "x"}', {"name": "UnknownField"}),
        ('{"Name": "x", "Is": null}', {"Is": "Type"}),
        ('{"Name": "x", "Is": "true"}', {"Is": "Type"}),
        ('{"Name": "x", "Kind": 3}', {"Kind": "Range"}),
        ('{"Name": "x", "Kind": 1.5}', {"Kind": "Type"}),
        ('{"Name": "x", "Kind": true}', {"Kind": "Type"}),
        ('{"Name": "x", "Count": 2147483648}', {"Count": "Type"}),
        ('{"Name": "x", "Long": 9223372036854775808}', {"Long": "Type"}),
        ('{"Name": "x", "Inner": {"Count": 1, "Only": 7}}', {"Inner.Only": "Type"}),
        ('{"Name": "x", "Inner": {"Count": 1e999999999}}', {"Inner.Count": "Type"}),
        ('{"Name": "x", "Price": "1"}', {"Price": "Type"}),
        ('{"Name": "x", "Price": 1.005}', {"Price": "Decimals"}),
        ('{"Name": "x", "Price": -0.01}', {"Price": "Range"}),
        ('{"Name": "x", "Price": 10.01}', {"Price": "Range"}),
        ('{"Name": "x", "Price": 1e400}', {"Price": "Range"}),
        ('{"Name": "x", "Price": 1e-400}', {"Price": "Range"}),
        ('{"Name": "x", "Day": "20 nov"}', {"Day": "Type"}),
        ('{"Name": "x", "Day": 20261120}', {"Day": "Type"}),
        ('{"Name": "x", "At": "20 nov"}', {"At": "Type"}),
        ('{"Name": "x", "Tags": ["a", "b", "c"]}', {"Tags": "MaxItems"}),
        ('{"Name": "x", "Tags": ["a", 1]}', {"Tags[1]": "Type"}),
        ('{"Name": "x", "Tags": "a"}', {"Tags": "Type"}),
        ('{"Name": "x", "Ids": ["42"]}', {"Ids[0]": "Type"}),
        ('{"Name": "x", "Ids": "42"}', {"Ids": "Type"}),
        ('{"Name": "x", "Inner": []}', {"Inner": "Type"}),
        ('{"Name": "x", "Inner": {"Count": 11}}', {"Inner.Count": "Range"}),
        (
            '{"Name": "x", "Rows": [{"Count": 1}, {"X": 1}]}',
            {"Rows[1].X": "UnknownField", "Rows[1].Count": "Required"},
        ),
        ('{"Name": "x", "Rows": [null]}', {"Rows[0]": "Type"}),
        ("[]", {"": "Type"}),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(body: str, expected: dict[str, str]) -> None:
    assert faults(body) == expected


def test_lengths_count_as_the_vendors_platform_counts() -> None:
    assert checked({"Name": "åäö🙂"}, SHAPE) == {"Name": "åäö🙂"}
    assert faults('{"Name": "åäöå🙂"}') == {"Name": "MaxLength"}


@pytest.mark.parametrize("value", [42, None, GUID[:-1], "{" + GUID + "}", GUID.replace("-", ""), "x" * 36])
def test_only_the_hyphenated_form_is_a_guid(value: Any) -> None:
    assert normal_guid(value) is None


def test_every_required_field_can_be_sent_and_every_default_can_be_answered() -> None:
    for module in (accounting, company, extras, parties, registers, sales):
        for shape in [value for value in vars(module).values() if isinstance(value, Shape)]:
            blank = shape.blank()
            for field in shape.fields.values():
                assert not (field.required and field.read_only), f"{shape.name}.{field.name}"
                assert (field.shape is not None) == (field.kind in {Kind.OBJECT, Kind.OBJECTS})
                if (
                    not field.absent
                    and field.kind in {Kind.FLAG, Kind.WHOLE, Kind.NUMBER}
                    and not field.nullable
                ):
                    assert blank[field.name] is not None, f"{shape.name}.{field.name}"


# Addresses


def answer(name: str) -> Any:
    def handler(_call: Call) -> Answer:
        return Answer(name)

    return handler


ROUTER = Router.of(
    [
        Operation("GET", "/things", answer("list")),
        Operation("POST", "/things", answer("create")),
        Operation("GET", "/things/{}", answer("one")),
        Operation("GET", "/things/special", answer("special")),
        Operation("DELETE", "/things/{}/{}", answer("part")),
        Operation("DELETE", "/things/kind/{}", answer("kind")),
    ]
)


@pytest.mark.parametrize(
    ("path", "pattern", "variable"),
    [
        ("things", "things", ()),
        ("Things/", "things", ()),
        ("things/42", "things/{}", ("42",)),
        ("things/special", "things/special", ()),
        ("things/a/B", "things/{}/{}", ("a", "B")),
        ("things/kind/B", "things/kind/{}", ("B",)),
    ],
)
def test_an_address_finds_its_operation_and_literal_parts_win(
    path: str, pattern: str, variable: tuple[str, ...]
) -> None:
    found = ROUTER.find(path)
    assert found is not None
    assert found[:2] == (pattern, variable)


def test_an_unknown_address_finds_nothing() -> None:
    assert ROUTER.find("nothing") is None
    assert ROUTER.find("things/a/b/c") is None


def test_one_address_may_have_several_methods() -> None:
    found = ROUTER.find("things")
    assert found is not None
    assert set(found[2]) == {"GET", "POST"}


def test_an_answer_without_content_has_no_body() -> None:
    response = DONE.response()
    assert (response.status_code, response.body) == (200, b"")


# Fragments


def test_a_fragment_is_written_anew_when_the_record_or_what_is_beside_it_changes() -> None:
    fragments, record = Fragments(), {"Id": "1"}
    assert fragments.of(record, {"Status": 1}, "open") == b'{"Status":1}'
    assert fragments.of(record, {"Status": 2}, "open") == b'{"Status":1}', (
        "nothing changed, so nothing is written"
    )
    assert fragments.of(record, {"Status": 2}, "overdue") == b'{"Status":2}'
    assert fragments.of(dict(record), {"Status": 3}, "overdue") == b'{"Status":3}'


# PDF


def test_a_pdf_says_where_each_of_its_objects_begins() -> None:
    page = Page()
    page.text(50, 700, "Smörgåsbord (à la carte) \\ 100 €")
    page.text_right(545, 700, "1 250,00", bold=True)
    page.line(50, 690, 545)
    file = document([page, Page()], title="Prov")
    assert file.startswith(b"%PDF-1.4")
    assert file.endswith(b"%%EOF\n")
    assert b"(Sm\xf6rg\xe5sbord \\(\xe0 la carte\\) \\\\ 100 \x80) Tj" in file
    table = int(file.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert file[table:].startswith(b"xref\n0 10\n")
    starts = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n ", file[table:])]
    for number_of, start in enumerate(starts, start=1):
        assert file[start:].startswith(b"%d 0 obj" % number_of)
    for length, stream in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", file, re.DOTALL):
        assert len(stream) == int(length)


def test_wide_letters_are_wider_than_narrow_ones() -> None:
    assert text_width("WWW", 10) > text_width("abc", 10) > text_width("ill", 10)
    assert text_width("12,50", 20) == 2 * text_width("12,50", 10)
