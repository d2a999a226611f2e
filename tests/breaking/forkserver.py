"""Runs the command again and again, each time in a process of its own that has everything imported already.

A line of JSON on stdin asks for a run and is answered by two: its process id, and how it ended. With `waits` the process
waits, before its first step, for SIGUSR1, so that strace can be attached to it. With `at_once` so many processes do what
is asked for, and the answer is how each ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sfspiris.adapters.spiris.oauth import SpirisSignIn
from sfspiris.cli import app
from sfspiris.cli.desk import open_desk
from sfspiris.cli.identity import spiris_key
from sfspiris.cli.options import Common
from sfspiris.errors import SfspirisError

if TYPE_CHECKING:
    from collections.abc import Mapping


def main() -> None:
    _warm_up(json.loads(sys.stdin.readline()))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        order = json.loads(line)
        if number := order.get("at_once"):
            _send({"codes": _at_once(order, number)})
            continue
        settled, ready = os.pipe()
        child = os.fork()
        if not child:
            _become(order, ready)
        os.close(ready)
        os.read(
            settled, 1
        )  # until the calls of this harness are behind it: strace is to count the command's alone
        os.close(settled)
        _send({"pid": child})
        _, status = os.waitpid(child, 0)
        _send({"code": os.waitstatus_to_exitcode(status)})


def _send(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _at_once(order: Mapping[str, Any], number: int) -> list[int]:
    """How so many processes ended that began together."""
    starting, go = os.pipe()
    children = []
    for _ in range(number):
        child = os.fork()
        if not child:
            os.close(go)
            os.read(starting, 1)  # until all are there
            _become(order)
        children.append(child)
    os.close(starting)
    os.close(go)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def _warm_up(order: Mapping[str, Any]) -> None:
    """Run once here, so that nothing is left to be imported by those that follow."""
    ours = os.dup(1)
    with Path(order["out"]).open("wb") as out:
        os.dup2(out.fileno(), 1)
        _settle(order)
        app.run(order["arguments"])
        sys.stdout.flush()
    os.dup2(ours, 1)
    os.close(ours)


def _settle(order: Mapping[str, Any]) -> None:
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])


def _become(order: Mapping[str, Any], ready: int | None = None) -> NoReturn:
    code = 99
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, name in ((1, "out"), (2, "err")):
            opened = os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        _settle(order)
        if ready is not None:
            os.close(ready)
        if order["waits"]:
            signal.sigwait({signal.SIGUSR1})
        if company := order.get("token_of"):
            code = _fetch_a_token(company)
        else:
            sys.argv = ["sfspiris", *order["arguments"]]
            app.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 98
    finally:
        os._exit(code)


def _fetch_a_token(company: str) -> int:
    """The exit code of a command that does nothing but sign in to a company, from the kept sign-in."""
    with open_desk(Common(quiet=True)) as desk:
        calls = desk.spiris_calls(company, desk.spiris_transport(company))
        sign_in = SpirisSignIn(calls, desk.store, key=spiris_key(company), company=company, now=desk.now)
        try:
            return 0 if sign_in.token() else 1
        except SfspirisError as error:
            sys.stderr.write(f"{error.message}\n")
            sys.stderr.flush()
            return int(error.exit_code)


if __name__ == "__main__":
    main()
