"""The ways of Spiris that clients trip on and that no company can choose; see `sfspiris.sandbox.kernel.traps`."""

from collections.abc import Mapping
from typing import Final

TRAPS: Final[Mapping[str, str]] = {
    "put_wipes_what_is_omitted": "a PUT replaces the whole object: what it does not name is empty afterwards",
    "draft_rows_get_new_ids": "every save of a draft gives its rows new ids",
    "drafts_vanish_when_issued": "an issued draft is gone, and nothing that was on it points to its invoice",
    "an_article_row_is_needed": "a draft of text rows alone is refused",
    "lengths_are_limits": "a text that is longer than its field is refused",
    "part_payments_set_the_date": "PaymentDate is set by any payment, not by the last one",
    "drafts_tell_no_time_of_change": "a draft has CreatedUtc and no ModifiedUtc",
    "numbers_are_unique_whatever_their_case": "two customer numbers that differ in case only are the same number",
}
