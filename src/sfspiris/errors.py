"""Every error, grouped by what may happen next.

SfspirisError
├── Retryable               nothing is lost; the same command may simply be run again          (exit 8)
│   ├── Unreachable         no connection, or no answer to a read in time
│   ├── OutOfQuota          the remote system asks us to wait longer than a run may last
│   └── BrokenReply         an answer that is not the promised document
├── Held                    a person must change something about one record first              (a hold, exit 3)
│   └── Refused             the ledger looked at the record and said no
├── OutcomeUnknown          a write without an answer: ask the ledger before sending it again  (a hold, exit 3)
└── Fatal                   stops the run
    ├── UsageError          a wrong option or argument                                         (exit 2)
    ├── ConfigError         sfspiris.toml, a secret, or a Salesforce field it names              (exit 2)
    ├── SignInNeeded        a person must sign in again                                        (exit 5)
    ├── Locked              another run, or another program, holds the state                   (exit 6)
    ├── SafetyStop          carrying on could do harm                                          (exit 7)
    └── StateDamaged        the local memory cannot be trusted                                 (exit 7)
"""

from __future__ import annotations


class SfspirisError(Exception):
    """What happened, to which record, and what to do next; rendered as it stands for people and for `--json`."""

    code = "INTERNAL"
    exit_code = 1

    def __init__(
        self, message: str, *, remedy: str, record: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.record = record
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy} ({self.code})"


class Retryable(SfspirisError):
    """Nothing was written by the call that failed; running again is safe."""

    code = "UNREACHABLE"
    exit_code = 8


class Unreachable(Retryable):
    """No connection, or no answer in time; for a create it means that not one byte of it was sent."""


class OutOfQuota(Retryable):
    """The remote system refused the call before doing it and asks us to wait.

    `retry_after` is in seconds, as told by the remote system.
    """

    code = "OUT_OF_QUOTA"

    def __init__(self, message: str, *, remedy: str, retry_after: float) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


def stood_still() -> OutOfQuota:
    """A create that waited too long for its turn, or whose process was stopped or slept, and was therefore not sent."""
    return OutOfQuota(
        "The run stood still before a write could be sent, so it was not sent.",
        remedy="Nothing is lost; run the same command again.",
        retry_after=0,
    )


class BrokenReply(Retryable):
    """An answer that is not the promised document: cut short, not JSON, wrong shape, or counts that disagree."""

    code = "BROKEN_REPLY"


class Held(SfspirisError):
    """One record waits for a person; the run goes on with the others."""

    code = "HELD"
    exit_code = 3


class Refused(Held):
    """The remote system understood the write and said no; nothing was written.

    `vendor_code` is the vendor's own code, `details` its sentences, without the record's values.
    """

    code = "LEDGER_REFUSED"

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        vendor_code: str = "",
        details: str = "",
        record: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, record=record)
        self.vendor_code = vendor_code
        self.details = details


class VatNumberRefused(Refused):
    """The remote system asked VIES, the EU's register, which does not know the VAT number as valid."""

    code = "VIES_REFUSED"


class VatNumberUnchecked(Refused):
    """The remote system could not ask VIES about the VAT number: no answer, which is neither a yes nor a no."""

    code = "VIES_UNAVAILABLE"


class OutcomeUnknown(SfspirisError):
    """A write left us and no trustworthy answer came back: it is neither done nor failed."""

    code = "OUTCOME_UNKNOWN"
    exit_code = 3


class Fatal(SfspirisError):
    """The run stops here; what was done is recorded and the next run picks up."""


class UsageError(Fatal):
    """A wrong option, argument or identifier on the command line."""

    code = "USAGE"
    exit_code = 2


class ConfigError(Fatal):
    """The configuration names something that does not exist or cannot be read."""

    code = "CONFIG"
    exit_code = 2


class SignInNeeded(Fatal):
    """Only a person can sign in again; the remedy names the command."""

    code = "SIGN_IN_NEEDED"
    exit_code = 5


class Locked(Fatal):
    """Another run is at work, or another program keeps the state file locked."""

    code = "LOCKED"
    exit_code = 6


class SafetyStop(Fatal):
    """Too many changes, the wrong org or company, or read-only mode."""

    code = "SAFETY_STOP"
    exit_code = 7


class StateDamaged(Fatal):
    """The local memory is unreadable, from a newer version, or not ours."""

    code = "STATE_DAMAGED"
    exit_code = 7
