"""`sfspiris demo`: the whole story in a minute, against a sandbox of its own; nothing leaves the machine."""

from __future__ import annotations

import contextlib
import io
import json
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sfspiris.cli.exits import Exit
from sfspiris.core.money import Money
from sfspiris.errors import SfspirisError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sfspiris.sandbox.server import Addresses

Json = dict[str, Any]
_MARKER: Final = ".sfspiris-demo"


def demo(
    *,
    out: Annotated[
        Path, typer.Option(help="The folder for the configuration, the state and the reports.")
    ] = Path("sfspiris-demo"),
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something breaks.")] = False,  # noqa: ARG001 - read by the last resort
) -> None:
    """Watch Closed Won deals become customers and invoice drafts, get issued and paid, and be told back."""
    from sfspiris.sandbox.server import running_world

    _own_folder(out)
    with running_world("demo") as addresses:
        _Story(out, addresses).tell()


def _own_folder(out: Path) -> None:
    """Make the folder, or begin again in one that an earlier demonstration left.

    Raises UsageError for a folder with anything else in it: a configuration, a state and sign-ins are put there, and
    another run's memory is what keeps it from drafting twice.
    """
    marker = out / _MARKER
    try:
        if out.is_dir() and not marker.exists() and any(out.iterdir()):
            raise UsageError(
                f"The folder {out} has files in it that are not the demonstration's.",
                remedy="Name a new or empty folder with --out; nothing there was touched.",
            )
        out.mkdir(parents=True, exist_ok=True)
        marker.write_text(
            "What `sfspiris demo` puts into this folder it may also overwrite.\n", encoding="utf-8"
        )
        for left_over in ("sfspiris.db", "sfspiris.db.lock", "sfspiris.db.seal"):
            (out / left_over).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"The demonstration cannot use {out} as its folder: {error.strerror}.",
            remedy="Name a new or empty folder that this account can write to with --out.",
        ) from error


class _WrongTurnError(SfspirisError):
    """A step of the demonstration did not end as it must."""

    code = "DEMO_WENT_WRONG"


@dataclass
class _Story:
    out: Path
    addresses: Addresses
    step: int = 0
    drafts: dict[str, Json] = field(default_factory=dict)

    def tell(self) -> None:
        """All steps; raises when one does not end as it must."""
        self._set_up()
        self._preflight()
        planned = self._plan()
        self._push(planned)
        self._push_again()
        issued = self._finance_works()
        self._pull(issued)
        self._reconcile()
        self._say(
            "That is the whole round. The configuration, the state and the reports are in "
            f"{self.out}{'/' if not str(self.out).endswith('/') else ''}. Open plan.html in a browser."
        )

    # --- the steps -------------------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        from sfspiris.cli.sandbox import config_text, register_key
        from sfspiris.sandbox.kernel.keys import ensure_salesforce_key

        key = ensure_salesforce_key(self.out.resolve())
        register_key(self.addresses.salesforce, key)
        self._config.write_text(
            config_text(self.addresses.salesforce, self.addresses.spiris, key=key), encoding="utf-8"
        )
        self._title("A Swedish group sells in Salesforce and keeps its books in Spiris")
        self._run("sandbox", "login", expect=Exit.DONE)
        world = self._state()
        won = [one for one in world["Opportunity"] if one.get("IsWon")]
        first = str(tomllib.loads(self._config.read_text(encoding="utf-8"))["start_date"])
        old = sum(one["CloseDate"] < first for one in won)
        self._say(
            f"Norrsken has {len(world['Account'])} accounts and {len(world['Opportunity'])} deals in Salesforce, "
            f"{len(won)} of them won; {old} of these closed before the first day that counts (start_date) and stays "
            "untouched. Its two companies in Spiris are “se” for Sweden and “int” for the rest of the world. "
            "Both systems are simulated on this machine; sfspiris has just signed in to them."
        )

    def _preflight(self) -> None:
        self._title("Preflight: what would be held, also of deals that are not won yet")
        document = self._run("preflight", "--report", str(self.out / "preflight.html"), expect=Exit.HELD)
        owners = ", ".join(f"{one['owner']} {one['deals']}" for one in document["by_owner"])
        self._say(
            f"{document['checked']} deals judged, {len(document['open_deals'])} of them still open; "
            f"{document['summary']['held']} would be held. By owner: {owners}."
        )

    def _plan(self) -> Json:
        self._title("Dry run: what would happen, before anything does")
        document = self._run(
            "push-closed-won", "--dry-run", "--report", str(self.out / "plan.html"), expect=Exit.HELD
        )
        self._tell_creates(document, "would make")
        self._tell_holds(document)
        return document

    def _push(self, planned: Json) -> None:
        self._title("Push: customers and drafts are made in Spiris, for finance to look at and issue")
        document = self._run("push-closed-won", "--report", str(self.out / "push.html"), expect=Exit.HELD)
        self._must(_created(document) == _created(planned), "the run made something else than it had planned")
        self.drafts = {one["deal"]: one for one in document["actions"] if one["kind"] == "create_draft"}
        self._tell_creates(document, "made")
        self._say(
            "Every draft carries its deal's id, and every deal in Salesforce now says Draft, or Held and why."
        )

    def _push_again(self) -> None:
        self._title("Push again: nothing is made twice")
        before = self._writes()
        document = self._run("push-closed-won", expect=Exit.HELD)
        self._must(self._writes() == before, "a second run wrote something")
        calls = document["api_calls"]
        self._say(
            f"Nothing to do: {document['summary']['unchanged']} deals unchanged, {document['summary']['held']} still "
            f"waiting. Calls: {calls['salesforce']} to Salesforce, {calls['spiris']} to Spiris; none of them a write."
        )

    def _finance_works(self) -> dict[str, str]:
        self._title("Finance works in Spiris: edits a draft, issues four, gets paid")
        swedish = [one for one in self.drafts.values() if one["company"] == "se"][:4]
        self._must(len(swedish) == 4, "there are too few Swedish drafts")  # noqa: PLR2004 - the four of the title
        self._finance(f"drafts/{swedish[0]['target_id']}/edit", {"YourReference": "Ekonomiavdelningen"})
        expected = {}
        words = []
        for action, status in zip(swedish, ("Paid", "Partly Paid", "Overdue", "Issued"), strict=True):
            day = "2026-10-01" if status == "Overdue" else "2026-11-20"
            invoice = self._finance(f"drafts/{action['target_id']}/issue", {"date": day})
            if status == "Paid":
                self._finance(f"invoices/{invoice['Id']}/pay", {"date": "2026-11-20"})
            elif status == "Partly Paid":
                self._finance(f"invoices/{invoice['Id']}/pay", {"amount": "1000.00", "date": "2026-11-20"})
            expected[action["deal"]] = status
            words.append(
                f"  invoice {invoice['InvoiceNumber']} to {action['customer']['name']}: {status.lower()}"
            )
        self._say(
            "One draft got another reference. Four were issued; only now do they have numbers, and Spiris chose them:"
        )
        self._lines(words)
        return expected

    def _pull(self, expected: dict[str, str]) -> None:
        self._title("Pull: sales sees in Salesforce what became of the deals")
        self._run("pull-invoice-status", expect=Exit.DONE)
        deals = {one["Id"]: one for one in self._state()["Opportunity"]}
        told = {deal: deals[deal].get("Spiris_Sync_Status__c") for deal in expected}
        self._must(told == expected, f"Salesforce should say {expected}, but says {told}")
        self._lines(
            f"  {deals[deal]['Name']}: {status}, invoice {deals[deal]['Spiris_Invoice_Number__c']}"
            for deal, status in expected.items()
        )

    def _reconcile(self) -> None:
        self._title("Reconcile: both sides side by side, to the öre")
        document = self._run("reconcile", "--report", str(self.out / "reconcile.html"), expect=Exit.DONE)
        counts = document["counts"]
        self._must(counts["same"] == len(self.drafts), "not every pushed deal has its document")
        self._must(
            counts["differs"] == counts["only_in_spiris"] == counts["unreadable"] == 0, "the sides differ"
        )
        self._say(
            f"{counts['same']} deals agree with their draft or invoice; {counts['only_in_salesforce']} are only in "
            "Salesforce, each with its reason; nothing differs, and nothing is only in Spiris. "
            f"{sum(one['documents'] for one in document['apart'])} older invoices there are of customers that no account is "
            "linked to: they are summed apart."
        )

    # --- telling ---------------------------------------------------------------------------------------------------

    def _tell_creates(self, document: Json, verb: str) -> None:
        drafts = [one for one in document["actions"] if one["kind"] == "create_draft"]
        customers = sum(one["kind"] == "create_customer" for one in document["actions"])
        found = len(drafts) - customers
        self._say(
            f"It {verb} {len(drafts)} invoice drafts, and {customers} customers; the other {max(found, 0)} drafts go to "
            "customers that Spiris has already."
        )
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for one in drafts:
            sums[one["company"], one["currency"]] += Decimal(one["net"])
        self._lines(
            f"  {company}: {Money(net, currency)} net in drafts"
            for (company, currency), net in sorted(sums.items())
        )

    def _tell_holds(self, document: Json) -> None:
        from sfspiris.sandbox.worlds.demo import PLANTED

        held = {one["deal_name"]: one for one in document["holds"]}
        codes = {name: one["code"] for name, one in held.items()}
        self._must(codes == dict(PLANTED), f"the planted defects are {dict(PLANTED)}, but held are {codes}")
        self._say(f"{len(held)} deals would be held, each with its reason and what to do. Three of them:")
        for name in list(held)[:3]:
            self._lines([f"  {name}: {held[name]['message']}", f"      → {held[name]['fix']}"])

    def _title(self, words: str) -> None:
        self.step += 1
        typer.echo(f"\n{self.step}. {words}\n")

    def _say(self, words: str) -> None:
        from textwrap import fill

        typer.echo(fill(words, 96, initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False))

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            typer.echo(f"   {line}")

    # --- doing -----------------------------------------------------------------------------------------------------

    @property
    def _config(self) -> Path:
        return self.out / "sfspiris.toml"

    def _run(self, *arguments: str, expect: Exit) -> Json:
        """One command as a user would type it, and the document that it prints."""
        from sfspiris.cli.app import run

        typer.echo(f"   $ sfspiris {_shown(arguments)}")
        said, grumbled = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(grumbled):
            code = run(
                [
                    *arguments,
                    "--config",
                    str(self._config),
                    "--state",
                    str(self.out / "sfspiris.db"),
                    "--json",
                ]
            )
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt
        if code != expect:
            raise _WrongTurnError(
                f"`sfspiris {_shown(arguments)}` ended with exit code {code} instead of {int(expect)}.\n"
                f"{grumbled.getvalue() or said.getvalue()}",
                remedy="Run `sfspiris demo --debug` and report what it shows.",
            )
        document: Json = json.loads(said.getvalue())
        return document

    def _must(self, claim: bool, otherwise: str) -> None:
        if not claim:
            raise _WrongTurnError(
                f"The demonstration took a wrong turn: {otherwise}.",
                remedy="Run `sfspiris demo --debug` and report what it shows.",
            )

    def _state(self) -> Json:
        from sfspiris.cli.sandbox import ask

        records: Json = ask("GET", f"{self.addresses.salesforce}/_sandbox/state")["records"]
        return records

    def _finance(self, what: str, document: Json) -> Json:
        from sfspiris.cli.sandbox import ask

        answer: Json = ask("POST", f"{self.addresses.spiris}/_sandbox/{what}?company=se", document)
        return answer

    def _writes(self) -> int:
        from sfspiris.cli.sandbox import ask

        return sum(
            one["method"] != "GET" and not one["path"].endswith(("/token", "/batch"))
            for address in (self.addresses.salesforce, self.addresses.spiris)
            for one in ask("GET", f"{address}/_sandbox/requests")
        )


def _created(document: Json) -> list[tuple[str, str, Any]]:
    return [
        (one["kind"], one["deal"], one["changes"])
        for one in document["actions"]
        if one["kind"] in {"create_customer", "create_draft"}
    ]


def _shown(arguments: Sequence[str]) -> str:
    return " ".join(arguments)
