"""Many records saved by one job of Bulk API 2.0: a table goes up, and what became of each line comes down.

A job says nothing of its own accord, so nothing here is taken for saved unless Salesforce's own table of results names it,
by its external id. Whatever no table accounts for, for whichever reason, is left to the caller, who saves it the usual way:
saving by external id does no harm twice. A job that we stop waiting for is aborted first, so that it cannot put older values
over newer ones; its id is kept before any data is sent, so that the next run aborts one that this run had to leave behind.

Source: Bulk API 2.0 and Bulk API Developer Guide, "Upload Job Data", "Prepare CSV Files", "Get Job Successful Record Results"
(read November 2026). A job takes its data once; a second upload makes it impossible to close.
"""

from __future__ import annotations

import csv
import io
import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sfspiris.adapters.salesforce.refusals import first_sentence
from sfspiris.errors import BrokenReply, ConfigError, OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sfspiris.adapters.salesforce import wire
    from sfspiris.adapters.salesforce.client import SalesforceClient
    from sfspiris.adapters.transport import Pace
    from sfspiris.ports.kept import Kept

log = logging.getLogger(__name__)

ROWS_PER_JOB: Final = 10_000
"""Salesforce works through a job in portions of this size; what a killed run has to save again is no more."""
_PATIENCE: Final = 600.0  # seconds; an org whose queue is longer is served sooner by ordinary calls
_FIRST_PAUSE, _LONGEST_PAUSE = (
    1.0,
    10.0,
)  # seconds between two looks at a job; each look is one of the org's calls

_OPEN, _COMPLETE = "Open", "JobComplete"
_OVER: Final = frozenset({_COMPLETE, "Failed", "Aborted"})
_NULL: Final = "#N/A"
"""What a cell says to empty a field; an empty cell would leave the field as it is."""
_MOST_BYTES: Final = 100_000_000
"""Salesforce takes 150 MB once it has been turned into base64, so no more than this as it is."""
_UNPROCESSED: Final = "unprocessedrecords"
_TABLES: Final = ("successfulResults", "failedResults", _UNPROCESSED)
_ERROR: Final = "sf__Error"


@dataclass(slots=True)
class Told:
    """What the tables of results say, by external id: None when saved, else the code and the sentence.

    `doubtful` are records of which two lines say something, or one that nothing was done: what is said of them counts for
    nothing.
    """

    errors: dict[str, str | None] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def note(self, key: str, error: str | None) -> None:
        """Note what became of a line."""
        if key in self.errors:
            self.doubtful.add(key)
        self.errors[key] = error


class Bulk:
    """Saves records of one object by jobs; `kept` remembers, over the end of a run, the job that is under way."""

    def __init__(self, *, client: SalesforceClient, kept: Kept, pace: Pace) -> None:
        self._client = client
        self._kept = kept
        self._pace = pace
        self._is_refused = False

    def upsert(self, kind: str, key: str, records: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
        """Make or save these records, known by the external id field `key`, as far as a job can.

        Gives what became of those that a job accounts for, by external id; the caller saves the others. Raises what makes
        further calls pointless: Unreachable, OutOfQuota, SignInNeeded, SafetyStop.
        """
        table = csv_of(records, key) if not self._is_refused else None
        if table is None or len(table) > _MOST_BYTES:
            return {}
        job_id = self._opened(kind, key)
        if job_id is None:
            return {}
        told = self._carried_out(job_id, table, key) or Told()
        self._remember(None)
        return {name: error for name, error in told.errors.items() if name not in told.doubtful}

    def end_left_over(self) -> None:
        """Abort the job that an earlier run did not see through, if there is one."""
        kept = self._kept.load(self._place())
        left = kept[0].get("job") if kept else None
        if left:
            self._abort(str(left))
            self._remember(None)

    # --- a job's life ----------------------------------------------------------------------------------------------

    def _opened(self, kind: str, key: str) -> str | None:
        """A new job's id; None when the org does not let us have one, or nobody knows whether it did."""
        asked_at = self._client.heard_at
        try:
            job = self._client.create_job(kind, key)
        except ConfigError as error:
            log.info("no bulk job is possible, so records are saved in ordinary calls: %s", error.message)
            self._is_refused = True
            return None
        except (OutcomeUnknown, BrokenReply):
            self._abort_unknown(kind, key, since=asked_at)
            return None
        self._remember(job.id)
        return job.id

    def _carried_out(self, job_id: str, table: bytes, key: str) -> Told | None:
        """What became of the lines; None when the job was given up, which leaves nothing of it running."""
        try:
            self._client.upload(job_id, table)
            self._client.close_job(job_id)
        except (ConfigError, BrokenReply) as error:
            # After a lost answer, what was sent again may be refused although the first try was carried out.
            log.info("job %s: %s", job_id, error.message)
        try:
            job = self._watched(job_id)
            if job is not None:
                return self._results(job, key)
        except (ConfigError, BrokenReply) as error:
            log.info("job %s: %s", job_id, error.message)
        self._abort(job_id)
        return None

    def _watched(self, job_id: str) -> wire.Job | None:
        """The job when it is over; None when it never began, or takes too long."""
        pause, ends = _FIRST_PAUSE, self._pace.monotonic() + _PATIENCE
        while True:
            job = self._client.job(job_id)
            if job.state in _OVER:
                return job
            if job.state == _OPEN or self._pace.monotonic() >= ends:
                return None
            self._pace.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)

    def _results(self, job: wire.Job, key: str) -> Told:
        told = Told()
        for name in _TABLES:
            for row in rows_of(self._client.job_table(job.id, name), key):
                if name == _UNPROCESSED:
                    told.doubtful.add(row[key])
                else:
                    told.note(row[key], _refusal(row[_ERROR]) if _ERROR in row else None)
        failed = sum(error is not None for error in told.errors.values())
        if job.state == _COMPLETE and (len(told.errors), failed) != (job.processed, job.failed):
            log.warning(
                "job %s says that it processed %s records of which %s failed, and its tables tell of %d and %d",
                job.id,
                job.processed,
                job.failed,
                len(told.errors),
                failed,
            )
        return told

    def _abort(self, job_id: str) -> None:
        """Stop the job; one that is over already, or gone, cannot be stopped and need not be."""
        try:
            self._client.abort_job(job_id)
        except (ConfigError, BrokenReply) as error:
            log.info("job %s is not to be aborted: %s", job_id, error.message)

    def _abort_unknown(self, kind: str, key: str, *, since: datetime | None) -> None:
        """Abort jobs that may be the one whose making nobody answered: like it, still open, and no older than it."""
        try:
            jobs = self._client.jobs()
        except (ConfigError, BrokenReply):
            return  # it is empty, does nothing, and Salesforce throws it away after a week
        for job in jobs:
            is_like_ours = (job.object, job.key, job.operation) == (kind, key, "upsert")
            if job.state == _OPEN and is_like_ours and (since is None or job.created_at >= since):
                self._abort(job.id)

    # --- memory ----------------------------------------------------------------------------------------------------

    def _place(self) -> str:
        return f"salesforce-bulk:{self._client.session.identity}"

    def _remember(self, job_id: str | None) -> None:
        self._kept.save(self._place(), {"job": job_id})


# --- tables ------------------------------------------------------------------------------------------------------------


def csv_of(records: Sequence[Mapping[str, Any]], key: str) -> bytes | None:
    """The records as a table, those left out that a table cannot say; None when nothing remains.

    Every text is quoted, with its quotes doubled (RFC 4180), so that whatever stands in it stays in its cell; nothing is put
    before it, for no spreadsheet reads this. A text that is the very sign for "nothing" cannot be said.
    """
    sayable = [one for one in records if _NULL not in one.values()]
    if not sayable:
        return None
    columns = [key, *(name for name in sayable[0] if name not in {key, "attributes"})]
    lines = [",".join(columns), *(",".join(_cell(one[name]) for name in columns) for one in sayable)]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: object) -> str:
    match value:
        case None | "":
            return _NULL
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case _:
            text = str(value).replace('"', '""')
            return f'"{text}"'


def rows_of(table: bytes, key: str) -> Iterable[dict[str, str]]:
    """The lines of a table of results, which must have the key as a column; a table without any line may be empty.

    Raises BrokenReply for anything else.
    """
    try:
        reader = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _broken() from error
    if table.strip() and key not in (reader.fieldnames or ()):
        raise _broken()
    if any(
        None in row or None in row.values() for row in rows
    ):  # a line with more or fewer cells than columns
        raise _broken()
    return rows


def _refusal(said: str) -> str:
    """A line's error in the form that single records are refused in: `CODE: sentence [fields]`.

    Salesforce writes `CODE:sentence:fields --`, and the sentence may have colons of its own.
    """
    code, _, rest = said.removesuffix("--").strip().partition(":")
    message, _, names = rest.rpartition(":")
    fields = f" [{names.strip()}]" if names.strip() else ""
    return f"{code}: {first_sentence(message or rest)}{fields}"


def _broken() -> BrokenReply:
    return BrokenReply(
        "Salesforce's table of a job's results is cut short or not a table.",
        remedy="Nothing is lost; run the same command again.",
    )
