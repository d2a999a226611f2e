"""A sandbox, a folder and the installed command: what a user has in front of them."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import held_codes
from plainhttp import BROWSER
from sfspiris.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Json = dict[str, Any]
CALLS = "SFSPIRIS_SANDBOX_CALLS"  # read by every sandbox: where the calls of the whole suite are gathered
SECONDS = 120
DEMO_HELD = 17


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Json:
        """The one document on stdout."""
        found: Json = json.loads(self.out)
        return found

    def kinds(self) -> list[str]:
        return [one["kind"] for one in self.document["actions"]]


@dataclass
class Playground:
    """A folder with a configuration, beside a running sandbox."""

    folder: Path
    salesforce: str
    spiris: str
    environ: dict[str, str] = field(default_factory=dict)
    configured_for: str | Json = "demo"
    printed: str = ""

    def sfspiris(self, *arguments: str, stdin: str = "", **environ: str) -> Ended:
        """Run the command line in the folder, in this process: all that the installed command does, only sooner."""
        return carry_out(arguments, folder=self.folder, environ=self.environ | environ, stdin=stdin)

    def installed(self, *arguments: str, stdin: str = "", **environ: str) -> Ended:
        """Run the installed command in the folder, as a process of its own."""
        done = subprocess.run(
            [command(), *arguments],
            cwd=self.folder,
            env=self.environ | environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        held_codes.note(done.stdout)
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [command(), *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    # --- the control API -------------------------------------------------------------------------------------------

    def control(self, side: str, method: str, path: str, document: object = None) -> Any:
        base = self.salesforce if side == "salesforce" else self.spiris
        reply = BROWSER.request(method, f"{base}/_sandbox/{path}", json=document)
        assert reply.is_success, reply.text
        return reply.json() if reply.content else None

    def deals(self) -> dict[str, Json]:
        """The opportunities as Salesforce has them, by name."""
        records = self.control("salesforce", "GET", "state")["records"]
        return {one["Name"]: one for one in records["Opportunity"]}

    def company(self, key: str = "se") -> Json:
        companies = self.control("spiris", "GET", "state")["companies"]
        found: Json = next(one for one in companies if one["key"] == key)
        return found

    def drafts(self) -> list[Json]:
        return [one for key in ("se", "int") for one in self.company(key)["drafts"]]

    def calls(self, side: str) -> list[Json]:
        """The vendor's calls since the log was emptied, sign-ins left out."""
        found: list[Json] = self.control(side, "GET", "requests")
        return [one for one in found if "/oauth2/" not in one["path"] and "/connect/" not in one["path"]]

    def writes(self) -> list[Json]:
        """Calls that could change something. A batch of reads is a POST by the vendor's design."""
        return [
            one
            for side in ("salesforce", "spiris")
            for one in self.calls(side)
            if one["method"] != "GET" and not one["path"].rstrip("/").endswith("/composite/batch")
        ]

    def forget_calls(self) -> None:
        for side in ("salesforce", "spiris"):
            self.control(side, "DELETE", "requests")

    def reset(self, world: str | Json) -> None:
        """Both simulators start over with this world; so does our memory."""
        for side in ("salesforce", "spiris"):
            self.control(side, "POST", "reset", {"world": world})
            self.control(side, "DELETE", "faults")
        for left_over in self.folder.glob("sfspiris.db*"):
            left_over.unlink()
        if world != self.configured_for:
            self.configure()
            self.configured_for = world
        else:
            (self.folder / "sfspiris.toml").write_text(self.printed, encoding="utf-8")

    def configure(self) -> None:
        ports = [part.rsplit(":", 1)[1] for part in (self.salesforce, self.spiris)]
        printed = self.sfspiris("sandbox", "config", "--salesforce-port", ports[0], "--spiris-port", ports[1])
        assert printed.code == 0, printed.err
        self.printed = printed.out
        (self.folder / "sfspiris.toml").write_text(printed.out, encoding="utf-8")
        signed_in = self.sfspiris("sandbox", "login")
        assert signed_in.code == 0, signed_in.err

    def edit_config(self, before: str, after: str) -> None:
        path = self.folder / "sfspiris.toml"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    def add_config(self, section: str) -> None:
        """Add a section that the configuration does not have yet."""
        path = self.folder / "sfspiris.toml"
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{section}", encoding="utf-8")


def finance(demo: Playground, what: str, document: Json | None = None, company: str = "se") -> Json:
    """Do in Spiris what people of finance do there: `drafts/ID/issue`, `invoices/ID/pay` and so on."""
    answer: Json = demo.control("spiris", "POST", f"{what}?company={company}", document or {})
    return answer


def pushed(demo: Playground) -> dict[str, str]:
    """Draft id by deal id, of the Swedish company."""
    document = demo.sfspiris("push-closed-won", "--json").document
    return {
        one["deal"]: one["target_id"]
        for one in document["actions"]
        if one["kind"] == "create_draft" and one["company"] == "se"
    }


def carry_out(
    arguments: Sequence[str], *, folder: Path, environ: Mapping[str, str], stdin: str = ""
) -> Ended:
    """One command line in this process, with a folder, an environment and streams of its own."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    before = (Path.cwd(), dict(os.environ), sys.stdin, sys.stdout, sys.stderr)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.stdin, (sys.stdout, sys.stderr) = io.StringIO(stdin), streams
    try:
        code = run(arguments)
    finally:
        os.chdir(before[0])
        os.environ.clear()
        os.environ.update(before[1])
        sys.stdin, sys.stdout, sys.stderr = before[2:]
    told = []
    for stream in streams:
        stream.flush()
        told.append(stream.buffer.getvalue().decode())
    held_codes.note(told[0])
    return Ended(code, *told)


def command() -> str:
    """The installed command of this environment."""
    found = shutil.which("sfspiris", path=str(Path(sys.executable).parent))
    assert found, "the package is not installed here"
    return found


def clean_environ(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment with a home of its own and nothing of the caller's that could steer the command.

    Nor is the coverage of such processes measured: the sandbox is none of what is measured, and what else they do is done in
    this process too.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SFSPIRIS_", "XDG_", "NO_COLOR", "COVERAGE")) or name == CALLS
    }
    return kept | {"HOME": str(home), "COLUMNS": "100"} | dict(extra or {})


@dataclass(frozen=True)
class Served:
    """A running sandbox: where it answers, and the home whose key it knows."""

    salesforce: str
    spiris: str
    home: Path


@contextmanager
def serving(folder: Path, world: str = "demo") -> Iterator[Served]:
    """`sandbox up` as a process of its own, on free ports, with a home in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    ports = ["--salesforce-port", "0", "--spiris-port", "0"]
    server = subprocess.Popen(
        [command(), "sandbox", "up", *ports, "--world", world, "--json"],
        cwd=folder,
        env=clean_environ(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line, server.communicate()[1]
        ready = json.loads(line)
        yield Served(ready["salesforce"], ready["spiris"], home)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=SECONDS)


@contextmanager
def sandbox_up(folder: Path, world: str = "demo") -> Iterator[Playground]:
    """A sandbox of one's own with this world, and a signed-in configuration in `folder`."""
    with serving(folder, world) as served:
        playground = Playground(folder, served.salesforce, served.spiris, clean_environ(served.home))
        playground.configure()
        yield playground


def settled(folder: Path, served: Served, world: str | Json = "demo") -> Playground:
    """A signed-in configuration and a home in `folder` beside a sandbox that others used before, which starts over."""
    home = folder / "home"
    shutil.copytree(served.home / ".local" / "share", home / ".local" / "share")
    playground = Playground(folder, served.salesforce, served.spiris, clean_environ(home), configured_for="")
    playground.reset(world)
    playground.forget_calls()
    return playground
