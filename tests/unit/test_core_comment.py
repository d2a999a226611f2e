"""Words of the deal that stand on the invoice below its lines."""

from __future__ import annotations

from sfspiris.core.actions import CreateDraft
from sfspiris.core.changes import changes
from sfspiris.core.holds import HoldCode
from sfspiris.core.planning.push import decide
from shorthand import deal, inputs


def test_a_deals_comment_stands_in_a_text_row_below_its_lines_and_in_the_plan() -> None:
    sold = deal("D1", "1 x 500 KONS", comment="Enligt avtal\r\n\n  mars till maj ")
    (draft,) = [one for one in decide(inputs(sold)).actions if isinstance(one, CreateDraft)]
    assert [one.is_text for one in draft.draft.rows] == [False, True]
    assert draft.draft.rows[-1].text == "Enligt avtal\nmars till maj"
    assert any("mars till maj" in (one.after or "") for one in changes(draft))
    (hold,) = decide(inputs(deal("D1", "1 x 500 KONS", comment="x" * 2001))).holds
    assert hold.code is HoldCode.FIELD_TOO_LONG
