"""Planted bugs of the protocol, and a runner that shows that the tests notice each of them.

Each is one change to one file, made in a copy of the package; the tests named with it must fail. A bug that is not found
any more where it should be planted is an error, so that this list stays true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PUSH, FAULTS, RETRY = "tests/unit/test_engine_push.py", "tests/faults", "tests/unit/test_retrying.py"
ROLLBACK, COUNTING = "tests/unit/test_engine_rollback.py", "tests/unit/test_engine_counting.py"
PROTOCOL, LEDGER = "tests/unit/test_engine_protocol.py", "tests/contract/test_spiris_ledger.py"
LINES, SIGN_IN = "tests/contract/test_transport_faults.py", "tests/contract/test_spiris_sign_in.py"
RULE, MEASURED = "tests/unit/test_core_searchlag.py", "tests/unit/test_engine_searchlag.py"
KEEPING, QUOTA = "tests/state/test_state_keeping.py", "tests/unit/test_quota.py"
CUSTOMERS = "tests/unit/test_engine_customers.py"


@dataclass(frozen=True)
class Bug:
    """What is wrong with it, where it is planted, and which tests must notice."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


BUGS = (
    Bug(
        "a lost reply counts as a refusal, so the draft is sent again",
        "engine/work.py",
        "self.move(intent, IntentEvent.LOSE, error.code)",
        "self.move(intent, IntentEvent.REFUSE, error.code)",
        (PUSH,),
    ),
    Bug(
        "no settle window: what is not listed at once is sent again",
        "core/planning/documents.py",
        "if now - sent.sent_at < settle:\n        return Resolution(Verdict.WAIT",
        "if now < sent.sent_at:\n        return Resolution(Verdict.WAIT",
        (PUSH,),
    ),
    Bug(
        "no fingerprint: a draft whose marker was removed is made again",
        "core/planning/documents.py",
        "    if alike:\n        return Resolution(\n            Verdict.DOUBT",
        "    if alike and not alike:\n        return Resolution(\n            Verdict.DOUBT",
        (PUSH,),
    ),
    Bug(
        "issued drafts are not looked for among invoices",
        "core/planning/documents.py",
        "return Documents((*behind.alone(), *waiting, *issued))",
        "return Documents((*behind.alone(), *waiting))",
        (PUSH,),
    ),
    Bug(
        "the run goes on though nobody answers",
        "engine/work.py",
        "if self._unanswered[company] >= UNANSWERED_IN_A_ROW:",
        "if self._unanswered[company] >= 1000 * UNANSWERED_IN_A_ROW:",
        (PUSH,),
    ),
    Bug(
        "a year's wait for quota is waited for",
        "engine/work.py",
        "if quota_waits > _QUOTA_WAITS or error.retry_after > _LONGEST_WAIT:",
        "if quota_waits > _QUOTA_WAITS:",
        (PUSH,),
    ),
    Bug(
        "the cursor moves though the run stopped",
        "engine/run.py",
        "if scope.is_everything and carried.stopped is None:",
        "if scope.is_everything:",
        (PUSH,),
    ),
    Bug(
        "the cursor is read without an overlap",
        "engine/gather.py",
        "changed_since=cursor - OVERLAP if cursor else None",
        "changed_since=cursor if cursor else None",
        (PUSH,),
    ),
    Bug(
        "a gateway's page proves that a create was not done",
        "adapters/retrying.py",
        "return row.refused if is_vendors else row.page",
        "return row.refused",
        (RETRY,),
    ),
    Bug(
        "a create without an answer counts as never sent",
        "adapters/retrying.py",
        "LineRow(httpx.ReadTimeout, Then.RETRY, Then.UNKNOWN)",
        "LineRow(httpx.ReadTimeout, Then.RETRY, Then.STOP)",
        (RETRY,),
    ),
    Bug(
        "a 503 to a create counts as not done",
        "adapters/retrying.py",
        "StatusRow(502, 504, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN)",
        "StatusRow(502, 504, Then.RETRY, Then.RETRY, Then.RETRY)",
        (RETRY,),
    ),
    Bug(
        "a place in the quota is free a window after it was taken, not after its answer",
        "adapters/quota.py",
        "taken.append(now + quota.window)",
        "taken.append(reserved + quota.window)",
        (QUOTA,),
    ),
    Bug(
        "a flipped bit is taken for an interrupted run",
        "state/seal.py",
        "        return Finding.CHANGED",
        "        return Finding.INTERRUPTED",
        (KEEPING,),
    ),
    Bug(
        "an older copy of the state is believed",
        "state/seal.py",
        "    return Finding.OLDER",
        "    return Finding.INTERRUPTED",
        (KEEPING,),
    ),
    Bug(
        "the seal stays whole while the file is written to",
        "state/database.py",
        "                self._break_seal()\n                sqlite.begin_generation(connection)",
        "                pass",
        (KEEPING,),
    ),
    Bug(
        "a restored backup does not know that it has lost anything",
        "state/keeping.py",
        "        state.note_loss(until, at=now)",
        "        state.note_loss(until, at=now) if state.is_dry else None",
        (KEEPING,),
    ),
    Bug(
        "nothing tells that a memory without a seal is just being replaced",
        "state/keeping.py",
        "            seal.expect(file, at=lost)\n",
        "            pass\n",
        (KEEPING,),
    ),
    Bug(
        "the seal of a memory that is being replaced goes before the new one is there",
        "state/keeping.py",
        "    is_there = file.exists()\n",
        "    is_there = file.exists()\n    seal.remove(file)\n",
        (KEEPING,),
    ),
    Bug(
        "the seal goes before the loss that it tells of is noted",
        "state/database.py",
        "        if self.lost_until is None:\n            seal.remove",
        "        if self._file:\n            seal.remove",
        (f"{KEEPING}::test_an_opening_that_ends_half_way_forgets_no_loss",),
    ),
    Bug(
        "a file that is gone counts as one that was just written to",
        "state/store.py",
        "lost = None if was_writing and _state_id(database) is not None else",
        "lost = None if was_writing else",
        (f"{KEEPING}::test_the_journal_of_a_file_that_is_gone_does_not_make_a_first_run",),
    ),
    Bug(
        "a commit need not outlive a power cut",
        "state/sqlite.py",
        '"PRAGMA synchronous = EXTRA"',
        '"PRAGMA synchronous = NORMAL"',
        ("tests/state/test_state_store.py",),
    ),
    Bug(
        "two live creates for one deal can be recorded",
        "state/journal.py",
        "        if known is not None:\n            raise SafetyStop(",
        "        if known is not None and known is None:\n            raise SafetyStop(",
        ("tests/state/test_state_journal.py",),
    ),
    Bug(
        "an intent that another run has moved is acted upon",
        "state/journal.py",
        "if current.get(one.id) != (one.state, one.attempt):",
        "if current.get(one.id) is None:",
        ("tests/state/test_state_journal.py",),
    ),
    Bug(
        "a rollback deletes what finance has edited",
        "core/planning/rollback.py",
        "if link.stood is None or found.draft.print != link.stood:",
        "if link.stood is None:",
        (ROLLBACK,),
    ),
    Bug(
        "a rollback deletes a draft of which nobody knows how it stood",
        "core/planning/rollback.py",
        "if link.stood is None or found.draft.print != link.stood:",
        "if link.stood is not None and found.draft.print != link.stood:",
        (ROLLBACK,),
    ),
    Bug(
        "a deal whose draft was taken back gets a new one by itself",
        "core/planning/rollback.py",
        "status=DealStatus.DELETED, code=HoldCode.DRAFT_DELETED",
        "status=DealStatus.DRAFT, code=HoldCode.DRAFT_DELETED",
        (ROLLBACK,),
    ),
    Bug(
        "a lost reply to a deletion counts as done",
        "engine/removal.py",
        "if ledger.draft(action.draft_id, target=action.target) is None:",
        "if ledger.draft(action.draft_id, target=action.target) is None or action.draft_id:",
        (ROLLBACK,),
    ),
    Bug(
        "a draft that was issued while the reply was lost counts as deleted",
        "engine/recover.py",
        'if was_issued(ledger, link.draft_id, intent.marker or ""):',
        'if was_issued(ledger, "", ""):',
        (ROLLBACK,),
    ),
    Bug(
        "a deal that fell between plan and memory is not told",
        "engine/counting.py",
        "lost = sorted(set(read) - known - set(decided))",
        "lost = sorted(set(read) - set(read))",
        (COUNTING,),
    ),
    Bug(
        "a document that the memory does not know is not told",
        "engine/counting.py",
        "(one.deal_id, one.revision) not in known and one.deal_id not in told",
        "(one.deal_id, one.revision) in known and one.deal_id not in told",
        (COUNTING,),
    ),
    Bug(
        "two documents for one deal are not told",
        "engine/counting.py",
        "if len(stands) > 1",
        "if len(stands) > 2",
        (COUNTING,),
    ),
    Bug(
        "a second document that a list shows late is looked for never",
        "engine/twins.py",
        "one.created_at + world.settle > counted and now >= one.created_at + world.settle",
        "one.created_at + world.settle > counted and now < one.created_at",
        (COUNTING,),
    ),
    Bug(
        "a young draft that is gone is called deleted at once",
        "core/planning/pull.py",
        "seen.read_at - (since or seen.read_at) < settle",
        "seen.read_at - (since or seen.read_at) < settle - settle",
        ("tests/unit/test_engine_pull.py",),
    ),
    Bug(
        "a settle window of a minute is accepted",
        "config/settings.py",
        "if value < _SHORTEST_SETTLE:",
        "if value < 0:",
        ("tests/unit/test_config.py",),
    ),
    Bug(
        "a short settle window needs no measurement",
        "core/searchlag.py",
        "if settle >= UNMEASURED:",
        "if settle >= SHORTEST:",
        (RULE,),
    ),
    Bug(
        "a draft that was missing for minutes does not count against a short settle window",
        "core/searchlag.py",
        "if known.longest_lag is not None and known.longest_lag > room:",
        "if known.longest_lag is not None and known.longest_lag > VALID:",
        (RULE,),
    ),
    Bug(
        "a short settle window is never held against what was measured",
        "engine/recover.py",
        "    searchlag.check(world)\n",
        "",
        (f"{MEASURED}::test_without_a_measurement_a_short_window_stops_the_run_before_anything_is_sent",),
    ),
    Bug(
        "a draft that a list does not show is not noted",
        "engine/searchlag.py",
        "return None if marked else Looked(one, read_at)",
        "return None",
        (
            f"{MEASURED}::test_a_lagging_list_gives_its_lag_between_the_last_look_without_and_the_first_with_it",
        ),
    ),
    Bug(
        "a short window begins before the request has left",
        "engine/searchlag.py",
        "return settle + max(last.at - (intent.sent_at or intent.created_at), timedelta(0))",
        "return settle",
        (f"{MEASURED}::test_a_short_window_begins_when_the_request_was_given_up",),
    ),
    Bug(
        "what a run sent that died is waited for by the short window",
        "engine/searchlag.py",
        "if last.event != IntentEvent.LOSE:",
        "if last is None:",
        (f"{MEASURED}::test_what_a_run_sent_that_died_is_waited_for_as_without_a_measurement",),
    ),
    Bug(
        "a memory that lost something keeps its measurement",
        "state/store.py",
        "        connection.execute(search_lags.delete())\n",
        "",
        (f"{MEASURED}::test_a_memory_that_died_has_no_measurement",),
    ),
    Bug(
        "customers are waited for no longer than drafts that were measured",
        "engine/world.py",
        "        return self.policy.settle\n\n",
        "        return self.policy.settle_documents or self.policy.settle\n\n",
        (f"{MEASURED}::test_a_customer_that_nobody_answered_for_is_waited_for_ten_minutes_all_the_same",),
    ),
    Bug(
        "a create is written down as sent only when its answer is there",
        "engine/work.py",
        """            intent = self.move(intent, IntentEvent.ARM)
            log.info(
                "%s for deal %s",
                kind(action),
                action.deal_id,
                extra={"correlation_id": action.correlation_id},
            )
            self.sent.add(action.id)
            try:
                made = cast("Made", (yield Call(self._while_fresh(send))))
""",
        """            self.sent.add(action.id)
            try:
                try:
                    made = cast("Made", (yield Call(self._while_fresh(send))))
                except Exception:
                    intent = self.move(intent, IntentEvent.ARM)
                    raise
                intent = self.move(intent, IntentEvent.ARM)
""",
        ("tests/faults/test_faults_every_step.py",),
    ),
    Bug(
        "the transport repeats a create",
        "adapters/transport.py",
        "case Effect.READ | Effect.UPDATE | Effect.REPLACE:",
        "case Effect.READ | Effect.UPDATE | Effect.REPLACE | Effect.CREATE:",
        (f"{LINES}::test_a_create_without_a_trustworthy_answer_is_unknown_and_not_repeated",),
    ),
    Bug(
        "a redirect answers a create",
        "adapters/retrying.py",
        "StatusRow(300, 399, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN)",
        "StatusRow(300, 399, Then.JUDGE, Then.JUDGE, Then.JUDGE)",
        (RETRY, f"{LINES}::test_a_create_without_a_trustworthy_answer_is_unknown_and_not_repeated"),
    ),
    Bug(
        "a kept connection is trusted however long it was idle",
        "adapters/deadline.py",
        "httpx.Limits(keepalive_expiry=idle)",
        "httpx.Limits(keepalive_expiry=None)",
        (f"{LINES}::test_a_connection_is_kept_for_a_while_and_then_not_trusted_any_more",),
    ),
    Bug(
        "an answer may drip for as long as it likes",
        "adapters/deadline.py",
        "left = self._ends - self._monotonic()",
        "left = self._ends",
        (f"{LINES}::test_an_answer_that_drips_is_given_up_when_the_time_for_the_whole_request_is_up",),
    ),
    Bug(
        "an answer may be as large as it likes",
        "adapters/unpacking.py",
        "if len(self._body) > self._most:",
        "if len(self._body) > 1000 * self._most:",
        (f"{LINES}::test_an_answer_larger_than_we_take_is_not_read_to_its_end",),
    ),
    Bug(
        "a packed answer that was cut is taken for a whole one",
        "adapters/unpacking.py",
        "and not self._packed.eof:",
        "and self._packed.unused_data:",
        (f"{LINES}::test_a_packed_answer_without_its_end_or_with_more_behind_it_is_no_answer",),
    ),
    Bug(
        "a vendor may make us wait for a year",
        "adapters/transport.py",
        "if told is not None and told > self._limits.longest_wait:",
        "if told is not None and told > 1e12:",
        ("tests/faults/test_storms.py",),
    ),
    Bug(
        "the next page is fetched wherever it is said to be",
        "adapters/salesforce/client.py",
        'if f"{full.scheme}://{full.netloc}" != host or not',
        "if not",
        ("tests/unit/test_salesforce_client.py",),
    ),
    Bug(
        "a query with fewer rows than promised is complete",
        "adapters/salesforce/client.py",
        "if len(rows) != total:",
        "if len(rows) > total:",
        ("tests/unit/test_salesforce_client.py",),
    ),
    Bug(
        "a list with fewer rows than promised is complete",
        "adapters/spiris/client.py",
        "if len(found) != total:",
        "if len(found) > total:",
        ("tests/contract/test_spiris_lists.py",),
    ),
    Bug(
        "a list that changed between its pages is believed",
        "adapters/spiris/client.py",
        "number == 1 or not any(_is_younger(one, began) for one in found.values())",
        "True",
        ("tests/contract/test_spiris_lists.py",),
    ),
    Bug(
        "any page that says 404 proves that a draft is gone",
        "adapters/spiris/client.py",
        "if body is not None and (reply.status == _NOT_THERE or body.error_code == refusals.NOT_FOUND):\n            return None\n        raise",
        "if reply.status == _NOT_THERE or (body is not None and body.error_code == refusals.NOT_FOUND):\n            return None\n        raise",
        (f"{LEDGER}::test_a_page_that_says_404_does_not_prove_that_a_draft_is_gone",),
    ),
    Bug(
        "deals of the cursor's own second are left out",
        "adapters/salesforce/soql.py",
        "{one} >= {since}' for one in moved",
        "{one} > {since}' for one in moved",
        ("tests/unit/test_salesforce_soql.py", "tests/unit/test_salesforce_crm.py"),
    ),
    Bug(
        "the cursor is put to when the run ended, not to when reading began",
        "engine/run.py",
        "gather.read_to(world, gathered.read_at)",
        "gather.read_to(world, world.clock.now())",
        (PROTOCOL,),
    ),
    Bug(
        "held deals are not looked at again",
        "engine/gather.py",
        "waiting = _waiting(world) - read.keys()",
        "waiting = _waiting(world) & read.keys()",
        (PUSH,),
    ),
    Bug(
        "this machine's clock shortens the settle window",
        "engine/world.py",
        "        return self._local() + self.ahead\n\n    def today",
        "        return self._local()\n\n    def today",
        (PROTOCOL,),
    ),
    Bug(
        "any document answers for a marker",
        "core/planning/documents.py",
        "return self.by_marker.get(marker, ())",
        "return self.by_marker.get(marker, self.all)",
        (PUSH,),
    ),
    Bug(
        "a draft is adopted whatever it comes to",
        "core/planning/documents.py",
        "if document.totals.net != sent.net or document.totals.currency != sent.currency:",
        "if document.totals.currency != sent.currency:",
        ("tests/unit/test_core_documents.py",),
    ),
    Bug(
        "a draft is adopted whoever its customer is",
        "core/planning/documents.py",
        "if document.customer_id != sent.customer_id:",
        "if not document.customer_id:",
        ("tests/unit/test_core_documents.py",),
    ),
    Bug(
        "a draft whose reply was lost may come to any total with VAT",
        "engine/recover.py",
        "        gross=intent.gross,\n",
        "        gross=None,\n",
        (f"{PROTOCOL}::test_another_vat_than_foretold_is_held_whether_the_reply_arrived_or_not",),
    ),
    Bug(
        "an update whose reply was lost may come to any total with VAT",
        "engine/recover.py",
        "    after, differs = _compared(world, intent, after, standing.totals)\n",
        "    differs = _compared(world, intent, after, standing.totals)[1][:0]\n",
        (f"{PROTOCOL}::test_another_vat_than_foretold_is_held_whether_the_reply_arrived_or_not",),
    ),
    Bug(
        "a memory made anew adopts drafts whatever they come to",
        "core/planning/adoption.py",
        "elif document.totals.currency != screened.currency or is_other_sum(\n",
        "elif document.totals.currency != screened.currency and is_other_sum(\n",
        ("tests/unit/test_core_push.py", PUSH),
    ),
    Bug(
        "of two documents with one marker the first is taken",
        "core/planning/documents.py",
        'if len(marked) > 1:\n        return f"{len(marked)} documents carry',
        'if len(marked) > 2:\n        return f"{len(marked)} documents carry',
        ("tests/unit/test_core_documents.py",),
    ),
    Bug(
        "of two documents with one marker a memory made anew takes the first",
        "core/planning/adoption.py",
        "    if len(marked) > 1 or len(standing) > 1:\n",
        "    if len(marked) > 2 or len(standing) > 2:\n",
        ("tests/unit/test_core_push.py", PUSH),
    ),
    Bug(
        "a customer whose answer was lost is made again at once",
        "core/planning/documents.py",
        "return (Verdict.WAIT if now - sent_at < settle else Verdict.GIVE_BACK), None",
        "return Verdict.GIVE_BACK, None",
        (PUSH, "tests/unit/test_core_documents.py"),
    ),
    Bug(
        "a customer that nobody answered for hides an update of the same deal",
        "core/planning/push.py",
        "min(waiting, key=lambda one: one.customer_key is not None, default=None)",
        "next(iter(waiting), None)",
        (PROTOCOL,),
    ),
    Bug(
        "a customer without an answer is known by its number alone",
        "core/planning/customers.py",
        "(one.customer_key in keys or one.customer_note in notes)",
        "one.customer_key in keys",
        (f"{CUSTOMERS}::test_a_customer_without_an_answer_is_waited_for_though_its_number_was_corrected",),
    ),
    Bug(
        "a customer that no list shows yet is made again when its number is corrected",
        "core/planning/customers.py",
        "if made is not None or self._is_awaited(screened, buyer.id, ledger):",
        "if made is not None:",
        (CUSTOMERS,),
    ),
    Bug(
        "a customer that was found just now is made again when a list leaves it out",
        "engine/gather.py",
        "for one in linked if one.at > before),",
        "for one in linked if one.at > world.clock.now()),",
        (CUSTOMERS,),
    ),
    Bug(
        "what an earlier run sent is not looked for",
        "engine/run.py",
        "unresolved = recover(world)",
        "unresolved = recover(world)[:0]",
        (PUSH,),
    ),
    Bug(
        "a missing memory is a first run",
        "engine/search.py",
        "searched_to = world.state.cursors.get(_feed(company))\n        if searched_to is not None and",
        "searched_to = world.state.cursors.get(_feed(company)) or world.clock.now()\n        if",
        (PROTOCOL,),
    ),
    Bug(
        "after a loss nothing is waited for",
        "engine/search.py",
        "is_over=now - since >= world.settle",
        "is_over=now - since >= timedelta(0)",
        (PROTOCOL,),
    ),
    Bug(
        "a lost memory does not count where Salesforce has no field for a witness",
        "engine/search.py",
        "lost = world.state.cursors.get(LOST)\n",
        "lost = None if world.state.cursors.get(LOST) else None\n",
        (PROTOCOL,),
    ),
    Bug(
        "Salesforce is not told of a draft before it is sent",
        "engine/execute.py",
        "self._telling.bear_witness([one for one in actions if isinstance(one, CreateDraft)])",
        "self._telling.bear_witness([])",
        (PROTOCOL,),
    ),
    Bug(
        "the witness in Salesforce is not asked",
        "engine/search.py",
        "            *_armed_by_others(world, unknown, searched_to),\n",
        "",
        (PROTOCOL,),
    ),
    Bug(
        "nothing is counted after a run",
        "engine/run.py",
        "        *_counted(world, scope, gathered, plan, inputs.documents),\n    )\n    return finish(",
        "    )\n    return finish(",
        (COUNTING,),
    ),
    Bug(
        "one request more than the quota allows",
        "adapters/quota.py",
        "if len(taken) < quota.calls:",
        "if len(taken) <= quota.calls:",
        (QUOTA,),
    ),
    Bug(
        "a run may make as much as it likes",
        "engine/run.py",
        "if count > guard.max_changes and not guard.allow_large:",
        "if count > 1000 * guard.max_changes and not guard.allow_large:",
        (PUSH,),
    ),
    Bug(
        "a list that shows no draft proves that it was deleted, though it was made just now",
        "core/planning/pull.py",
        "    is_young = seen.read_at - link.created_at < settle\n",
        "    is_young = seen.read_at < link.created_at\n",
        ("tests/unit/test_engine_pull.py",),
    ),
    Bug(
        "a run that stood still sends what it wrote down before",
        "engine/work.py",
        "if ticks() - armed > _FRESH:",
        "if ticks() < armed:",
        (PROTOCOL,),
    ),
    Bug(
        "the settle window begins before the request was given up",
        "engine/searchlag.py",
        "return settle + max(last.at",
        "return settle + 0 * max(last.at",
        (PROTOCOL,),
    ),
    Bug(
        "what rests for quota is sent although the run was stopped",
        "engine/work.py",
        "if self.stopped is not None:  # meanwhile",
        "if self.stopped is not None and not self.stopped:  # meanwhile",
        (PROTOCOL,),
    ),
    Bug(
        "a create that waited for minutes for its turn is sent",
        "adapters/transport.py",
        "- asked > self._limits.stale:",
        "- asked < 0:",
        (LINES,),
    ),
    Bug(
        "a memory that was lost sees witnesses on the deals that it reads alone",
        "engine/search.py",
        "one.company in {company, None}",
        "one.company in {company, None} and not borne",
        (PROTOCOL,),
    ),
    Bug(
        "what one list lacks was deleted, though nobody has asked for it by itself",
        "core/planning/pull.py",
        "    if not is_gone:  #",
        "    if is_gone and not is_gone:  #",
        ("tests/unit/test_core_pull.py",),
    ),
    Bug(
        "a memory made anew knows documents of the first revision only",
        "core/planning/adoption.py",
        "else _carried(own, marker)",
        "else marker",
        (PROTOCOL,),
    ),
    Bug(
        "a document is made again although the one that was taken for deleted still stands",
        "core/planning/adoption.py",
        "if marker.revision > FIRST_REVISION and (earlier",
        "if marker.revision < FIRST_REVISION and (earlier",
        (PROTOCOL,),
    ),
    Bug(
        "a list that was read in part proves that a draft was deleted",
        "core/planning/pull.py",
        "if is_told or not seen.complete or",
        "if is_told or",
        ("tests/unit/test_core_pull.py", "tests/unit/test_engine_pull.py"),
    ),
    Bug(
        "an update overwrites what finance has edited",
        "core/planning/changed.py",
        "if standing.draft is None or standing.print is None or standing.print != link.stood:",
        "if standing.draft is None:",
        ("tests/unit/test_engine_changes.py",),
    ),
    Bug(
        "an update is sent over a draft that was edited while the run lasted",
        "adapters/spiris/ledger.py",
        "replacing.replacement(self._unmoved_draft(draft_id, stood), ours)",
        "replacing.replacement(self._client.draft(draft_id), ours)",
        (f"{LEDGER}::test_a_draft_that_finance_edited_meanwhile_is_neither_replaced_nor_deleted",),
    ),
    Bug(
        "a deletion does not read the draft again",
        "adapters/spiris/ledger.py",
        "delete_draft(draft_id, lambda: self._unmoved_draft(draft_id, stood))",
        "delete_draft(draft_id, lambda: None)",
        (f"{LEDGER}::test_a_draft_that_finance_edited_meanwhile_is_neither_replaced_nor_deleted",),
    ),
    Bug(
        "a customer is sent again as it was read before the wait",
        "adapters/spiris/client.py",
        "            sent = make()\n",
        "            sent = sent or make()\n",
        (f"{LEDGER}::test_an_update_that_waits_before_it_goes_again_keeps_what_finance_wrote_meanwhile",),
    ),
    Bug(
        "a customer's field that finance changed meanwhile is written over",
        "adapters/spiris/replacing.py",
        "if _standing(record, one.field) not in {",
        "if not _standing(record, one.field) and () not in {",
        (f"{LEDGER}::test_an_update_of_a_field_that_finance_changed_meanwhile_is_refused",),
    ),
    Bug(
        "a replacement without an answer is sent again",
        "adapters/retrying.py",
        "if effect is Effect.CREATE or (effect is Effect.REPLACE and row.create is Then.UNKNOWN):",
        "if effect is Effect.CREATE:",
        (RETRY, f"{LINES}::test_a_replacement_whose_answer_was_lost_is_not_sent_again"),
    ),
    Bug(
        "a replacement that may be carried out counts as not done",
        "adapters/transport.py",
        "if effect is Effect.REPLACE and _may_be_done(reply):",
        "if effect is Effect.CREATE and _may_be_done(reply):",
        (f"{LINES}::test_a_replacement_that_is_given_up_counts_as_not_done_only_where_that_is_proven",),
    ),
    Bug(
        "what a write rests on is read before the wait for the quota",
        "adapters/transport.py",
        "        with self._turnstile.turn(endpoint_of(address.path)):\n",
        "        request = build()\n        build = lambda: request\n        with self._turnstile.turn(endpoint_of(address.path)):\n",
        (f"{LEDGER}::test_what_finance_edits_while_a_write_waits_for_the_quota_is_seen_before_it_leaves",),
    ),
    Bug(
        "the run's lock is not taken",
        "state/runlock.py",
        "        lock.acquire()\n    except Timeout:\n        raise _locked",
        "        pass\n    except Timeout:\n        raise _locked",
        ("tests/state/test_state_store.py",),
    ),
    Bug(
        "the lock of a run that died stays for ever",
        "state/runlock.py",
        "            _write_owner(facts, owner)\n",
        "            if facts.exists():\n                raise _locked(file, _read_owner(facts))\n            _write_owner(facts, owner)\n",
        ("tests/state/test_state_store.py",),
    ),
    Bug(
        "the journal of a commit lies in memory",
        "state/sqlite.py",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA journal_mode = MEMORY",
        ("tests/state/test_state_store.py",),
    ),
    Bug(
        "a new sign-in takes the old one's name before it is on the disk",
        "credentials.py",
        "    file.flush()\n    os.fsync(file.fileno())\n",
        "    file.flush()\n",
        ("tests/unit/test_credentials.py",),
    ),
    Bug(
        "a new token is used before it is kept",
        "adapters/spiris/oauth.py",
        "        self._keep(fresh)\n        return fresh\n",
        "        return fresh\n",
        (SIGN_IN,),
    ),
    Bug(
        "two runs renew a sign-in side by side",
        "adapters/spiris/oauth.py",
        "        with self._store.lock(self._key):\n            # Whoever",
        "        if self._key:\n            # Whoever",
        (SIGN_IN,),
    ),
    Bug(
        "whoever waited for the sign-in's lock renews it once more",
        "adapters/spiris/oauth.py",
        "return kept if is_usable(kept) else self._refreshed(kept)",
        "return self._refreshed(kept)",
        (SIGN_IN,),
    ),
    Bug(
        "a rejected grant is shown again",
        "adapters/spiris/oauth.py",
        "if grant is None or grant == self._rejected_grant:",
        "if grant is None:",
        (SIGN_IN,),
    ),
    Bug(
        "a grant that was answered without tokens is shown again",
        "adapters/spiris/oauth.py",
        "if now_kept.refresh_token == kept.refresh_token and not isinstance(error, Unreachable):",
        "if now_kept.refresh_token == kept.refresh_token and isinstance(error, SignInNeeded):",
        (SIGN_IN,),
    ),
    Bug(
        "a run that must only read may change records",
        "adapters/transport.py",
        "if self._read_only and effect not in {Effect.READ, Effect.TOKEN}:",
        "if self._read_only and effect is Effect.CREATE:",
        ("tests/unit/test_transport.py",),
    ),
    Bug(
        "a filter that the server passed over is taken for its word",
        "adapters/spiris/ledger.py",
        "return since is None or invoice.modified_at is None or invoice.modified_at >= since",
        "return True",
        (f"{LEDGER}::test_a_server_that_passes_over_the_filter_is_checked_row_by_row",),
    ),
    Bug(
        "a share on which each machine keeps its own locks is used",
        "state/store.py",
        "        place.check(file)\n",
        "",
        ("tests/state/test_state_place.py",),
    ),
    Bug(
        "a run that begins while another opens the file looks like damage",
        "state/store.py",
        "    if seal.read(file) != known:\n",
        "    if seal.read(file) is known:\n",
        (
            "tests/faults/test_two_at_once.py::test_a_run_that_begins_or_ends_while_another_opens_the_file_is_no_damage",
        ),
    ),
    Bug(
        "a paid invoice that is found again counts as issued",
        "engine/drafting.py",
        "            link = as_invoiced(link, action.invoice, today=world.clock.today())\n",
        "            link = replace(link, invoice_id=action.invoice.id, invoice_number=action.invoice.number)\n",
        (PROTOCOL,),
    ),
    Bug(
        "documents of one customer overtake each other",
        "core/lanes.py",
        'yield "new", action.company, new.key',
        'yield "new", action.deal_id, new.key',
        ("tests/unit/test_core_lanes.py",),
    ),
    Bug(
        "creates go on after somebody asked for an end",
        "engine/execute.py",
        " and not is_ending()",
        "",
        ("tests/unit/test_engine_crew.py",),
    ),
    Bug(
        "a call that could not begin counts as sent",
        "cli/crew.py",
        "error=_no_thread(error)",
        "error=error",
        ("tests/unit/test_engine_crew.py",),
    ),
    Bug(
        "a pause for quota begins while others are under way",
        "engine/execute.py",
        """                if self._under_way:
                    answer""",
        """                if self._under_way and not self._resting:
                    answer""",
        ("tests/unit/test_engine_crew.py",),
    ),
    Bug(
        "the limit of one request is another's",
        "adapters/deadline.py",
        "self._of_thread = threading.local()",
        "self._of_thread = type('Everybody', (), {})()",
        ("tests/unit/test_deadline.py",),
    ),
    Bug(
        "what Salesforce does not show counts as not won any more",
        "engine/run.py",
        "one.deal_id for one in gathered.gone if one.deal_id not in untold",
        "(*gathered.unseen, *(one.deal_id for one in gathered.gone))",
        (PUSH,),
    ),
    Bug(
        "the cursor moves though Salesforce does not show what it showed before",
        "engine/run.py",
        "        if not gathered.unseen:\n            gather",
        "        if gathered is not None:\n            gather",
        ("tests/cli/test_cli_empty_answers.py",),
    ),
    Bug(
        "an empty list of customers is believed",
        "engine/wholeness.py",
        "return missing if len(missing) * 2 > of else []",
        "return missing if len(missing) * 2 > of + 1000 else []",
        ("tests/cli/test_cli_empty_answers.py",),
    ),
)


PLUGINS = [
    part for name in ("cacheprovider", "schemathesis", "xdist", "anyio") for part in ("-p", f"no:{name}")
]
"""What takes time to import and these tests do without."""


def survives(bug: Bug, folder: Path) -> bool:
    """Whether the tests pass with the bug planted."""
    package = folder / "sfspiris"
    shutil.copytree(ROOT / "src" / "sfspiris", package)  # with what is compiled of all other files
    place = package / bug.file
    whole = place.read_text(encoding="utf-8")
    if whole.count(bug.before) != 1:
        raise AssertionError(
            f"{bug.name}: what it changes stands {whole.count(bug.before)} times in {bug.file}"
        )
    place.write_text(whole.replace(bug.before, bug.after), encoding="utf-8")
    Path(cache_from_source(str(place))).unlink(missing_ok=True)
    usual = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environ = usual | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *bug.tests, "-x", "-q", *PLUGINS],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        check=False,
    )
    return ended.returncode == 0
