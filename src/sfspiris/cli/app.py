"""The command `sfspiris`: its commands, and what happens when one fails.

Commands import what they need when they are called, so that `--version` and `--help` answer at once.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import sys
import traceback
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from sfspiris import __version__
from sfspiris.cli import (
    accepting,
    apply,
    audit,
    auth,
    config,
    demo,
    doctor,
    draft,
    duplicates,
    explain,
    fields,
    gdpr,
    helping,
    init,
    match,
    preflight,
    pull,
    push,
    reconcile,
    revenue,
    review,
    rollback,
    runs,
    sandbox,
    scaffold,
    selftest,
    state,
    status,
    sync,
    testing,
)
from sfspiris.cli.exits import Exit
from sfspiris.errors import SafetyStop, SfspirisError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class InterruptedRun(SfspirisError):
    """The keyboard ended the command."""

    code = "INTERRUPTED"
    exit_code = Exit.INTERRUPTED


class TerminatedRun(SfspirisError):
    """The system ended the command."""

    code = "TERMINATED"
    exit_code = Exit.TERMINATED


class _PassedOnError(BaseException):
    """Carries what the command-line library would end the process for, with codes and silence of its own."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


class _Root(TyperGroup):
    """The commands, with interruptions and lost readers left for `run` to tell."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the arguments; `--help` is printed here."""
        with _passed_on():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Carry out the command."""
        with _passed_on():
            return super().invoke(ctx)


@contextmanager
def _passed_on() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, OSError) as error:
        raise _PassedOnError(error) from error


app = typer.Typer(
    name="sfspiris",
    cls=_Root,
    help="Turns Closed Won deals in Salesforce into customers and invoice drafts in Spiris, and brings their status back.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("push-closed-won")(push.push_closed_won)
app.command("apply")(apply.apply)
app.command("pull-invoice-status")(pull.pull_invoice_status)
app.command("reconcile")(reconcile.reconcile)
app.command("preflight")(preflight.preflight)
app.command("explain")(explain.explain)
app.command("test")(testing.check_deals)
app.command("sync")(sync.sync)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("init")(init.init)
app.add_typer(config.app, name="config")
app.command("rollback")(rollback.rollback)
app.add_typer(draft.app, name="draft")
app.add_typer(duplicates.app, name="duplicates")
app.add_typer(match.app, name="match")
app.add_typer(review.app, name="review")
review.app.command("accept")(accepting.accept)
app.add_typer(runs.app, name="runs")
app.add_typer(revenue.app, name="report")
app.add_typer(audit.app, name="audit")
app.add_typer(gdpr.app, name="gdpr")
app.add_typer(state.app, name="state")
app.add_typer(selftest.app, name="selftest")
app.command("help")(helping.show_help)
app.add_typer(auth.app, name="auth")
app.add_typer(fields.app, name="salesforce")
app.command("scaffold")(scaffold.scaffold)
app.add_typer(sandbox.app, name="sandbox")
app.command("demo")(demo.demo)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"sfspiris {__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="The version, and nothing else."),
    ] = False,
) -> None:
    """Nothing happens before a command is named."""


class _TerminatedError(BaseException):
    """SIGTERM arrived; derived as KeyboardInterrupt is, so that no handler of errors swallows it."""


def main() -> NoReturn:
    """Run the command line and end the process with the documented exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names in any script, also into a pipe of an older Windows
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(_flushed(run(sys.argv[1:])))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and give its exit code; whatever fails has been told to the user then."""
    logging.getLogger("sfspiris").handlers.clear()  # of an earlier command of this process, with its run's id
    try:
        code = _command()(args=list(arguments), standalone_mode=False, prog_name="sfspiris")
    except BaseException as error:  # noqa: BLE001 - the last resort: every end has its code and its words
        return _end(arguments, error.cause if isinstance(error, _PassedOnError) else error)
    return code if isinstance(code, int) else Exit.DONE


@cache
def _command() -> Any:
    """What typer makes of all the commands: the same for every command line of a process."""
    return get_command(app)


def _end(arguments: Sequence[str], error: BaseException) -> int:
    """The exit code for whatever ended a command, once the user has been told."""
    told: SfspirisError
    match error:
        case typer.Exit():
            return error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            told = InterruptedRun("Interrupted. What was done is recorded.", remedy=_PICKS_UP)
        case _TerminatedError():
            told = TerminatedRun("Ended by the system. What was done is recorded.", remedy=_PICKS_UP)
        case _ if _is_reader_gone(error):
            _nobody_reads(sys.stdout)
            return Exit.DONE
        case TyperException() if (
            not error.format_message()
        ):  # no command was named, and the help has been shown
            return Exit.USAGE
        case TyperException():
            told = _wrongly_used(error)
        case SfspirisError():
            told = error
        case OSError() if error.errno in _DISK_FULL:
            told = SafetyStop(
                f"There is no room left on the disk{f' for {error.filename}' if error.filename else ''}. Nothing is sent "
                "that cannot be recorded first; what was done is recorded.",
                remedy="Make room, then run the same command again.",
                code="STATE_UNWRITABLE",
            )
        case Exception():
            told = _bug(error)
        case _:
            raise error
    with suppress(OSError):  # who cannot be told still gets the exit code
        _tell(arguments, told)
    return told.exit_code


_PICKS_UP: Final = "Run the same command again; it picks up where this one ended."


def _flushed(code: int) -> int:
    """The exit code once all output has left the process; 2 instead of 0 when it could not."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _nobody_reads(stream)
        except OSError as error:
            _nobody_reads(stream)
            with suppress(OSError):
                typer.echo(f"The output could not be written: {error.strerror}. (OUTPUT_LOST)", err=True)
            code = code or Exit.USAGE
    return code


def _is_reader_gone(error: BaseException) -> bool:
    """Whether whoever read our output has seen enough, as `| head` has; Rich ends the process for it by itself."""
    found = error.__context__ if isinstance(error, SystemExit) else error
    return isinstance(found, BrokenPipeError)


def _nobody_reads(stream: Any) -> None:
    """What is still on its way to a lost reader goes nowhere, so that the process may end in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _terminate(_signal: int, _frame: Any) -> NoReturn:
    raise _TerminatedError


def _wrongly_used(error: TyperException) -> UsageError:
    """What is wrong with the command line, and what to do next."""
    from sfspiris.cli.usage import plainly

    words, remedy = plainly(error.format_message())
    return UsageError(words, remedy=remedy or _usage_hint(error))


def _usage_hint(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sfspiris"
    return f"`{path} --help` lists what there is."


def _bug(error: Exception) -> SfspirisError:
    return SfspirisError(
        f"Something broke inside sfspiris ({type(error).__name__}). What was done is recorded.",
        remedy="Run again with --debug to see where, and report it.",
    )


def _tell(arguments: Sequence[str], error: SfspirisError) -> None:
    """Show what went wrong: a document on stdout for `--json`, words or a log line on stderr for people and collectors."""
    if "--debug" in arguments:
        traceback.print_exc()
    try:
        if "--json" in arguments:
            from sfspiris.report.document import failure_document
            from sfspiris.report.json import to_json

            sys.stdout.write(to_json(failure_document(error)))
            sys.stdout.flush()
    finally:
        if _logs_json(arguments):
            from sfspiris.cli import logs

            logs.failure(error)
        else:
            typer.echo(_plain(str(error)), err=True)


def _logs_json(arguments: Sequence[str]) -> bool:
    """Whether stderr carries JSON lines; read here too, since the arguments may be what is wrong."""
    told = os.environ.get("SFSPIRIS_LOG_FORMAT", "text")
    for one, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if one == "--log-format":
            told = following
        elif one.startswith("--log-format="):
            told = one.partition("=")[2]
    return told == "json"


def _plain(words: str) -> str:
    """Words that cannot move the cursor or change colours, whatever a record put into them."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in words)
