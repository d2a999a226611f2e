"""The platform's ways that clients trip on, by name. All of them hold, always, in every sandbox that people start.

Each can be suspended from inside the process; see `sfspiris.sandbox.kernel.traps`. Traps that an org may choose, or that the
vendor leaves open, are switches, settings or parts of the schema instead and are not listed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAPS: Final[Mapping[str, str]] = {
    "amount_follows_lines": "an update of the amount of a deal with lines succeeds and changes nothing",
    "reopened_deal_is_not_won": "a deal that is opened again leaves every filter on IsWon",
    "quote_sync_renews_lines": "syncing a quote replaces the deal's lines by others with new ids, the old ones gone for good",
    "formulas_leave_no_stamp": "what a formula shows changes without any stamp moving",
    "plus_is_a_space": "a plus sign in a query string that is not encoded arrives as a space",
    "offset_has_no_colon": "an instant's offset is +0000, which many readers of ISO 8601 refuse",
    "child_rows_come_in_pages": "a child subquery has pages and a nextRecordsUrl of its own",
    "child_rows_fill_pages": "child records count towards the page of their parents",
    "shared_external_id_is_300": "an external id that two records share is answered with 300 and both addresses",
    "slash_ends_external_id": "an external id with a slash in it names another resource unless it is encoded",
    "partial_success_is_200": "a collection whose records failed is answered with 200",
    "sixth_login_ends_first": "a user has five approvals of an app; the sixth login silently ends the first",
    "login_hosts_refuse_client_credentials": "client credentials work on the org's own host only",
    "ids_have_two_lengths": "an id of 15 characters is taken wherever one of 18 is, and answered with 18",
    "digits_are_text": "postal codes and account numbers keep their leading zeros",
    "text_is_trimmed": "white space around a text and NUL characters in it are not kept",
    "deployed_fields_wait_for_grant": "a deployed field is invisible until a permission set grants it to the user",
    "required_fields_take_no_grant": "a permission set that names a required field cannot be deployed",
    "last_locator_is_null_text": "after the last page of a bulk query the locator is the text null, not an absent header",
    "bulk_v1_says_400_for_session": "the first bulk API answers a bad session with 400, not 401",
    "merge_leaves_a_pointer": "the loser of a merge points to the winner by MasterRecordId",
}
