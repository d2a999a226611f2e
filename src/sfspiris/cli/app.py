"""The command `sfspiris`: its commands, and what happens when one fails.

Commands import what they need when they are called, so that `--version` and `--help` answer at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from sfspiris import __version__
from sfspiris.cli import (
    auth,
    demo,
    fields,
    helping,
    init,
    pull,
    push,
    reconcile,
    review,
    runs,
    sandbox,
    sync,
)
from sfspiris.cli.exits import Exit
from sfspiris.errors import SfspirisError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="sfspiris",
    help="Turns Closed Won deals in Salesforce into customers and invoice drafts in Spiris, and brings their status back.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("push-closed-won")(push.push_closed_won)
app.command("pull-invoice-status")(pull.pull_invoice_status)
app.command("reconcile")(reconcile.reconcile)
app.command("sync")(sync.sync)
app.command("init")(init.init)
app.add_typer(review.app, name="review")
app.add_typer(runs.app, name="runs")
app.command("help")(helping.show_help)
app.add_typer(auth.app, name="auth")
app.add_typer(fields.app, name="salesforce")
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
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and give its exit code; whatever fails has been told to the user then."""
    try:
        code = app(args=list(arguments), standalone_mode=False, prog_name="sfspiris")
    except BaseException as error:  # noqa: BLE001 - the last resort: every end has its code and its words
        return _end(arguments, error)
    return code if isinstance(code, int) else Exit.DONE


def _end(arguments: Sequence[str], error: BaseException) -> int:
    """The exit code for whatever ended a command, once the user has been told."""
    match error:
        case typer.Exit():
            return error.exit_code
        case KeyboardInterrupt() | typer.Abort():
            typer.echo("Interrupted. What was done is recorded; the next run picks up.", err=True)
            return Exit.INTERRUPTED
        case _TerminatedError():
            typer.echo("Ended by the system. What was done is recorded; the next run picks up.", err=True)
            return Exit.TERMINATED
        case BrokenPipeError():  # whoever read our output has gone, as `| head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return Exit.DONE
        case TyperException(message=""):  # no command was named, and the help has been shown
            return Exit.USAGE
        case TyperException():
            told: SfspirisError = UsageError(error.format_message(), remedy=_usage_hint(error))
        case SfspirisError():
            told = error
        case Exception():
            told = _bug(error)
        case _:
            raise error
    _tell(arguments, told)
    return told.exit_code


def _terminate(_signal: int, _frame: Any) -> NoReturn:
    raise _TerminatedError


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
    """Show what went wrong: a document on stdout for `--json`, words on stderr for people."""
    if "--debug" in arguments:
        traceback.print_exc()
    if "--json" in arguments:
        from sfspiris.report.document import failure_document
        from sfspiris.report.json import to_json

        sys.stdout.write(to_json(failure_document(error)))
    typer.echo(_plain(str(error)), err=True)


def _plain(words: str) -> str:
    """Words that cannot move the cursor or change colours, whatever a record put into them."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in words)
