"""The facts of a run as JSON: the contract that pipelines rely on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from report_samples import (
    COMPANIES,
    HOSTILE,
    START,
    adopt,
    create_customer,
    create_draft,
    deal_id,
    hold,
    hostile_run,
    planned,
    realistic_apply,
    realistic_dry_run,
    record_url,
    row,
    run,
    write_deal,
)
from sfspiris.core.holds import HoldCode, Warn, WarningCode
from sfspiris.core.model import SyncState
from sfspiris.core.outcome import ActionResult, HeldSince, Outcome, RunResult
from sfspiris.errors import SafetyStop
from sfspiris.report.document import failure_document, run_document
from sfspiris.report.json import SHIPPED, schema_text, shipped_schema, to_json
from sfspiris.report.shapes import FailureDocument, RunDocument, money_text
from sfspiris.sentences import as_told


def as_json(result: RunResult) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        to_json(run_document(result, record_url=record_url, companies=COMPANIES))
    )
    return found


def test_a_document_has_every_field_of_the_contract() -> None:
    document = as_json(realistic_dry_run())
    assert document["schema_version"] == 1
    assert document["command"] == "push-closed-won"
    assert document["run_id"] == "01KAFZ3M7V9QDX"
    assert document["mode"] == "dry-run"
    assert document["status"] == "partial"
    assert document["started_at"] == "2026-11-20T08:00:00Z"
    assert document["finished_at"] == "2026-11-20T08:00:14Z"
    assert document["summary"] == {
        "create": 7,
        "update": 0,
        "delete": 0,
        "unchanged": 23,
        "held": 4,
        "failed": 0,
        "out_of_scope": 0,
        "beyond_limit": 0,
    }
    assert document["api_calls"] == {"salesforce": 3, "spiris": 12}
    action = next(one for one in document["actions"] if one["kind"] == "create_draft")
    assert {"id", "kind", "deal", "company", "target_id", "outcome", "correlation_id", "changes"} <= set(
        action
    )
    assert {"field": "Customer", "before": None, "after": "Åkerlunds Mekaniska Verkstad AB"} in action[
        "changes"
    ]
    held = document["holds"][0]
    expected = {"deal", "company", "code", "field", "value", "message", "fix", "owner", "since", "links"}
    assert expected <= set(held)
    assert held["links"] == {"salesforce": record_url(held["deal"]), "spiris": None}
    assert [set(one) for one in document["warnings"]] == [{"code", "deal", "message"}] * 2


def test_the_same_run_gives_the_same_bytes_and_ends_with_a_line_break() -> None:
    one, two = (run_document(realistic_apply(), record_url=record_url) for _ in range(2))
    assert to_json(one).encode() == to_json(two).encode()
    assert to_json(one).endswith("}\n")
    assert "Åkerlunds" in to_json(one)


def test_holds_and_warnings_come_in_one_order_however_they_were_found() -> None:
    holds = [hold(1, "B"), hold(2, "A"), hold(3, "C", HoldCode.NO_ROUTE, company=None)]
    warnings = [
        Warn(WarningCode.TERRITORY, as_told("b")),
        Warn(WarningCode.COUNTRY_ASSUMED, as_told("c")),
        Warn(WarningCode.TERRITORY, as_told("a")),
    ]
    forward = as_json(run(holds=holds, warnings=warnings))
    backward = as_json(run(holds=reversed(holds), warnings=reversed(warnings)))
    assert forward == backward
    assert [one["deal_name"] for one in forward["holds"]] == ["C", "A", "B"]


def test_a_document_read_back_from_its_json_is_the_same_document() -> None:
    for result in (realistic_dry_run(), realistic_apply(), *map(hostile_run, HOSTILE)):
        document = run_document(result, record_url=record_url)
        read = RunDocument.model_validate_json(to_json(document))
        assert read == document
        assert to_json(read) == to_json(document)


def test_money_is_a_decimal_string_with_its_currency_beside_it() -> None:
    draft = create_draft(
        1, "D", row("Tid", "3", "33.335"), row("Bok", "1", "100", rate="6"), rounding="-0.01"
    )
    action = as_json(run(*planned(draft)))["actions"][0]
    assert (action["net"], action["currency"]) == ("200.00", "SEK")
    assert action["draft"]["deal_net"] == "200.00"
    assert action["draft"]["totals"] == {
        "currency": "SEK",
        "net": "200.00",
        "vat": "31.00",
        "rounding": "-0.01",
        "total": "230.99",
        "rates": [
            {"rate": "25", "net": "100.00", "vat": "25.00"},
            {"rate": "6", "net": "100.00", "vat": "6.00"},
        ],
    }
    assert action["draft"]["rows"][0]["unit_price"] == "33.335"
    assert action["draft"]["rows"][0]["quantity"] == "3"


@pytest.mark.parametrize(
    ("amount", "text"), [("1E+3", "1000.00"), ("-0.00", "0.00"), ("0.005", "0.005"), ("-12.5", "-12.50")]
)
def test_an_amount_has_at_least_two_decimals_and_never_a_negative_zero(amount: str, text: str) -> None:
    assert money_text(Decimal(amount)) == text


def test_create_counts_customers_and_drafts_that_are_planned_or_done_but_neither_mirrors_nor_failures() -> (
    None
):
    draft, customer = create_draft(1, "D", row("Tid", "1", "1")), create_customer(1, "Kund")
    mirror = write_deal(1, SyncState(), SyncState(status="Draft"))
    result = run(
        ActionResult(customer, Outcome.DONE),
        ActionResult(draft, Outcome.DONE),
        ActionResult(mirror, Outcome.DONE),
        ActionResult(create_draft(2, "E", row("Tid", "1", "1")), Outcome.FAILED),
        ActionResult(create_draft(3, "F", row("Tid", "1", "1")), Outcome.UNKNOWN),
        ActionResult(create_draft(4, "G", row("Tid", "1", "1")), Outcome.SKIPPED),
        dry=False,
    )
    summary = as_json(result)["summary"]
    assert (summary["create"], summary["update"], summary["failed"]) == (2, 0, 2)


def test_what_an_earlier_run_had_made_is_adopted_and_not_counted_as_created() -> None:
    result = run(
        ActionResult(adopt(1, "Avtal"), Outcome.DONE, "draft-1"),
        ActionResult(create_draft(2, "Annat", row("Tid", "1", "1")), Outcome.DONE, "draft-2", adopted=True),
        ActionResult(create_customer(2, "Kund"), Outcome.DONE, "c-2", adopted=True),
        dry=False,
    )
    document = as_json(result)
    assert [one["kind"] for one in document["actions"]] == ["adopt"] * 3
    assert [one["adopted"] for one in document["actions"]] == [
        "create_draft",
        "create_draft",
        "create_customer",
    ]
    assert document["actions"][0]["net"] == "1000.00"
    assert document["actions"][0]["deal_name"] == "Avtal"
    assert document["summary"]["create"] == 0


def test_a_draft_tells_whether_its_customer_is_new_or_by_what_it_was_found() -> None:
    new = create_draft(1, "D", row("Tid", "1", "1"), customer="Ny AB", new=True)
    known = create_draft(2, "E", row("Tid", "1", "1"), customer="Gammal AB")
    actions = as_json(run(*planned(create_customer(1, "Ny AB"), new, known)))["actions"]
    assert actions[1]["customer"]["state"] == "new"
    assert actions[1]["customer"]["action"] == actions[0]["id"]
    assert actions[2]["customer"] == {
        "name": "Gammal AB",
        "state": "existing",
        "id": "c-2",
        "number": "1002",
        "evidence": "organisation number",
        "action": None,
    }


def test_a_deal_that_the_result_does_not_name_can_be_named_by_the_caller() -> None:
    result = run(*planned(write_deal(1, SyncState(), SyncState(status="Paid"))))
    document = run_document(result, record_url=record_url, deal_names={deal_id(1): "Avtal"})
    assert document.actions[0].deal_name == "Avtal"


def test_companies_are_named_and_those_without_a_name_are_shown_by_key() -> None:
    result = run(
        *planned(create_draft(1, "D", row("Tid", "1", "1"), company="no")), holds=[hold(2, company="dk")]
    )
    document = run_document(result, record_url=record_url, companies={"se": "Exempel AB"})
    assert document.companies == {"dk": "dk", "no": "no", "se": "Exempel AB"}


def test_times_are_told_in_utc_to_the_second() -> None:
    swedish = datetime(2026, 11, 20, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))
    late = HeldSince(hold(1).hold, swedish)
    assert as_json(run(holds=[late]))["holds"][0]["since"] == "2026-11-20T08:00:00Z"
    assert datetime(2026, 11, 20, 8, tzinfo=UTC) == START


# --- the print of a plan -------------------------------------------------------------------------------------------


def test_a_dry_run_and_the_run_that_carried_it_out_have_the_same_plan_hash() -> None:
    actions = (
        create_customer(1, "Ny AB"),
        create_draft(1, "D", row("Tid", "1", "1"), new=True, customer="Ny AB"),
    )
    dry = as_json(run(*planned(*actions)))
    done = as_json(run(*(ActionResult(one, Outcome.DONE, "id") for one in actions), dry=False))
    assert dry["plan_hash"] == done["plan_hash"]


def test_another_amount_gives_another_plan_hash() -> None:
    one, two = (
        as_json(run(*planned(create_draft(1, "D", row("Tid", "1", price))))) for price in ("1", "1.01")
    )
    assert one["plan_hash"] != two["plan_hash"]


def test_a_saved_plan_keeps_the_hash_it_was_saved_with() -> None:
    document = run_document(run(), record_url=record_url, plan_hash="abc123")
    assert document.plan_hash == "abc123"


# --- privacy and safety --------------------------------------------------------------------------------------------


def test_a_number_that_is_known_to_be_a_persons_stands_nowhere_in_any_spelling() -> None:
    person = create_customer(
        1,
        "Lisa Ek",
        orgnr="671016-0013",
        vat_number="SE671016001301",
        is_personal=True,
        note="orgnr 6710160013",
    )
    draft = create_draft(
        1,
        "Snickeri 19671016-0013",
        row("Arbete för 671016 0013", "1", "100"),
        customer="Lisa Ek",
        your_reference="SE671016001301",
    )
    holds = [hold(2, "Lisa 6710160013", value="671016-0013", message="The number 671016-0013 is used twice.")]
    text = to_json(run_document(run(*planned(person, draft), holds=holds), record_url=record_url))
    assert "[personal-id]" in text
    for spelled in ("671016", "0013", "67 10 16"):
        assert spelled not in text.replace(deal_id(1), "").replace("2026-11-20", "")


def test_an_address_for_mail_is_masked_in_every_field() -> None:
    customer = create_customer(1, "Kund AB", email="per.person@kund.example")
    text = to_json(run_document(run(*planned(customer)), record_url=record_url))
    assert "per.person" not in text
    assert "p…@kund.example" in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_character_of_the_json_text_can_act_on_a_terminal(hostile: str) -> None:
    text = to_json(run_document(hostile_run(hostile), record_url=record_url))
    assert not {one for one in text if ord(one) < 0x20 and one != "\n"}
    assert not set(text) & {*map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066", "\u2028"}
    text.encode()


def test_joiners_and_marks_survive_in_json_as_escapes_where_a_terminal_could_be_fooled() -> None:
    document = run_document(run(), record_url=record_url).model_copy(update={"command": "a\u200fb"})
    text = to_json(document)
    assert "a\\u200fb" in text
    assert json.loads(text)["command"] == "a\u200fb"


def test_an_address_that_no_browser_should_follow_becomes_no_link() -> None:
    document = run_document(run(holds=[hold(1)]), record_url=lambda _: "javascript:alert(1)")
    assert document.holds[0].links.salesforce is None


def test_a_run_that_stopped_early_carries_the_error_and_has_failed() -> None:
    document = as_json(
        run(dry=False, stopped=SafetyStop("Spiris opened another company.", remedy="Sign in again."))
    )
    assert document["status"] == "failed"
    assert document["stopped"] == {
        "code": "SAFETY_STOP",
        "message": "Spiris opened another company.",
        "remedy": "Sign in again.",
    }
    assert as_json(run())["stopped"] is None


# --- failures and schemas ------------------------------------------------------------------------------------------


def test_a_failure_tells_code_message_and_remedy() -> None:
    error = SafetyStop("Spiris opened another company.", remedy="Sign in again.", code="WRONG_COMPANY")
    assert json.loads(to_json(failure_document(error))) == {
        "schema_version": 1,
        "error": {
            "code": "WRONG_COMPANY",
            "message": "Spiris opened another company.",
            "remedy": "Sign in again.",
        },
    }


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_shipped_schema_is_the_models_own(name: str) -> None:
    """Whoever adds a field writes `schema_text(name)` to the file; whoever renames one breaks somebody's pipeline."""
    assert shipped_schema(name) == schema_text(name), (
        f"report/schemas/{name}-1.json is not what the model says"
    )


def test_the_schema_names_every_field_that_a_document_carries() -> None:
    schema = json.loads(shipped_schema("run"))
    assert_described(as_json(realistic_apply()), schema, schema)


def assert_described(value: Any, part: dict[str, Any], schema: dict[str, Any]) -> None:
    """Every key in the value is a property of the schema, every required property is there, all the way down."""
    options = [resolved(one, schema) for one in part.get("anyOf", [part])]
    described = next((one for one in options if fits(value, one)), None)
    assert described is not None, f"{value!r} is nothing that {part} allows"
    if isinstance(value, dict) and "properties" in described:
        assert set(described["required"]) <= set(value) <= set(described["properties"])
        for key, one in value.items():
            assert_described(one, described["properties"][key], schema)
    if isinstance(value, list):
        for one in value:
            assert_described(one, described["items"], schema)


def resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: dict[str, Any] = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return found


def fits(value: Any, part: dict[str, Any]) -> bool:
    types = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
    return isinstance(value, types[part["type"]])


def test_a_failure_document_keeps_to_its_schema() -> None:
    error = SafetyStop("No.", remedy="Stop.")
    schema = json.loads(shipped_schema("error"))
    document = json.loads(to_json(failure_document(error)))
    assert_described(document, schema, schema)
    assert FailureDocument.model_validate(document).error.code == "SAFETY_STOP"
