"""Money in documents for programs is a decimal number with its currency beside it; people read it the Swedish way."""

from __future__ import annotations

import json

from report_samples import realistic_dry_run
from sfspiris.report.document import run_document
from sfspiris.report.json import to_json
from sfspiris.report.markdown import markdown_report

PLAN = run_document(realistic_dry_run(), record_url=lambda one: f"https://crm.test/{one}")


def test_a_price_among_the_changes_is_a_decimal_with_its_currency() -> None:
    changes = [one for action in json.loads(to_json(PLAN))["actions"] for one in action["changes"]]
    prices = [one for one in changes if one["field"].endswith(".UnitPrice")]
    assert prices
    for one in prices:
        assert one["currency"] in {"SEK", "EUR", "NOK"}
        whole, point, decimals = one["after"].partition(".")
        assert whole.isdecimal()
        assert (point, len(decimals) >= 2) == (".", True)
    assert all("currency" not in one for one in changes if one not in prices)


def test_people_still_read_amounts_the_swedish_way() -> None:
    assert "SEK" in markdown_report(PLAN)
