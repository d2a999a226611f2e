"""`sfspiris sandbox`: both vendors on this machine, to rehearse with before go-live."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from sfspiris.cli.options import Common, with_common
from sfspiris.errors import SafetyStop, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sfspiris.sandbox.server import Addresses

app = typer.Typer(
    help="Rehearse with both vendors on this machine: nothing leaves it, nothing is real.",
    no_args_is_help=True,
)

SalesforcePort = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")]
SpirisPort = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")]
_SALESFORCE_PORT, _SPIRIS_PORT = 8701, 8702
_CLIENT_ID, _CLIENT_SECRET = "sfspiris-sandbox", "sandbox-secret"


@app.command("up")
def up(
    *,
    salesforce_port: SalesforcePort = _SALESFORCE_PORT,
    spiris_port: SpirisPort = _SPIRIS_PORT,
    world: Annotated[
        str, typer.Option(help="demo, empty, generated:deals=1000,seed=1, or a JSON file.")
    ] = "demo",
    data: Annotated[
        Path | None,
        typer.Option(help="Keep every write in this folder; else it is gone at the end.", show_default=False),
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Also HTTPS, with a certificate made for it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON when both are ready.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something breaks.")] = False,  # noqa: ARG001 - read by the last resort
) -> None:
    """Start both simulators and stay in the foreground until Ctrl-C."""
    from sfspiris.sandbox.kernel.errors import SandboxError
    from sfspiris.sandbox.server import serve

    def ready(addresses: Addresses) -> None:
        register_key(addresses.salesforce, shared_key())
        _announce(addresses, as_json=as_json)

    try:
        serve(
            world,
            salesforce_port=salesforce_port,
            spiris_port=spiris_port,
            data=data,
            tls=tls,
            on_ready=ready,
        )
    except SandboxError as error:
        raise UsageError(str(error), remedy="`sfspiris sandbox up --help` lists the options.") from error


@app.command("config")
def config(
    *,
    salesforce_port: SalesforcePort = _SALESFORCE_PORT,
    spiris_port: SpirisPort = _SPIRIS_PORT,
    as_json: Annotated[
        bool, typer.Option("--json", help="The same, as a string in one JSON document.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something breaks.")] = False,  # noqa: ARG001 - read by the last resort
) -> None:
    """Print a complete, working sfspiris.toml for a running sandbox."""
    salesforce, spiris, key = (
        f"http://127.0.0.1:{salesforce_port}",
        f"http://127.0.0.1:{spiris_port}",
        shared_key(),
    )
    text = config_text(salesforce, spiris, key=key, client_id=known_client(salesforce, key))
    if as_json:
        sys.stdout.write(json.dumps({"schema_version": 1, "config": text}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(text)


@app.command("login")
@with_common
def login(common: Common) -> None:
    """Sign in to both simulators through the real OAuth flows, without a browser, for every company in the config."""
    from sfspiris.cli.auth import show_sign_ins
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.signin import sign_in_salesforce, sign_in_spiris

    with open_desk(common) as desk:
        if not desk.is_local:
            raise SafetyStop(
                "The configuration does not lead to the sandbox, so nobody is signed in without a person.",
                remedy='Use the configuration that `sfspiris sandbox config` prints (environment = "local").',
            )
        found = [
            sign_in_salesforce(desk, no_browser=False, browse=_consenter("username", desk.salesforce_user))
        ]
        found += [
            sign_in_spiris(desk, company, no_browser=False, browse=_consenter("company", company))
            for company in desk.chosen_companies()
        ]
        show_sign_ins(common, "sandbox login", found)


# --- a configuration for it ----------------------------------------------------------------------------------------


def config_text(salesforce: str, spiris: str, *, key: Path, client_id: str = _CLIENT_ID) -> str:
    """A whole configuration for the sandbox at these addresses, naming the companies that it has now.

    `key` is the private key file that Salesforce's sign-in uses, `client_id` the app that knows it.
    """
    from sfspiris.sandbox.worlds.group import SALESFORCE_USERNAME

    companies = [
        (one["key"], one["settings"]["Name"], one["settings"]["CorporateIdentityNumber"])
        for one in ask("GET", f"{spiris}/_sandbox/state")["companies"]
    ]
    year = ask("GET", f"{salesforce}/_sandbox/clock")["now"][:4]
    return "".join(
        [
            _HEAD.format(
                year=year, salesforce=salesforce, client_id=client_id, username=SALESFORCE_USERNAME, key=key
            ),
            *_routes([key for key, _, _ in companies]),
            *(
                _COMPANY.format(
                    key=key,
                    name=json.dumps(name, ensure_ascii=False),
                    orgnr=orgnr,
                    spiris=spiris,
                    client_id=_CLIENT_ID,
                    secret=_CLIENT_SECRET,
                )
                for key, name, orgnr in companies
            ),
        ]
    )


_HEAD = """\
# A complete configuration for the local sandbox. Nothing in it leads off this machine.
version = 1
mode = "active"
start_date = {year}-01-01

[state]
url = "sqlite:///sfspiris.db"

[secrets]
store = "file"
file = "tokens"

[salesforce]
environment = "local"
base_url = "{salesforce}"
auth = "jwt"
client_id = "{client_id}"
username = "{username}"
private_key = "file:{key}"

"""
_COMPANY = """
[companies.{key}]
environment = "local"
base_url = "{spiris}"
orgnr = "{orgnr}"
name = {name}
client_id = "{client_id}"
client_secret = "{secret}"
redirect_uri = "http://127.0.0.1:0/callback"
"""


def _routes(keys: list[str]) -> list[str]:
    """Sweden goes to the first company and every other country to the second; a single company takes all."""
    if len(keys) == 1:
        return [f'[[routes]]\ncompany = "{keys[0]}"\n']
    home = "se" if "se" in keys else keys[0]
    others = [key for key in keys if key != home]
    return [
        (
            f'[[routes]]                          # the first that fits wins\ncompany = "{home}"\n'
            'when = { "Account.BillingCountryCode" = "SE" }\n\n'
        ),
        f'[[routes]]\ncompany = "{others[0]}"\nwhen = {{ "Account.BillingCountryCode" = "*" }}\n',
    ]


# --- the running sandbox -------------------------------------------------------------------------------------------


def _announce(addresses: Addresses, *, as_json: bool) -> None:
    if as_json:
        line: dict[str, Any] = {"ready": True, "salesforce": addresses.salesforce, "spiris": addresses.spiris}
        if addresses.salesforce_tls:
            line |= {
                "salesforce_tls": addresses.salesforce_tls,
                "spiris_tls": addresses.spiris_tls,
                "certificate": str(addresses.certificate),
            }
        sys.stdout.write(json.dumps(line) + "\n")
    else:
        salesforce, spiris = (urlsplit(one).port for one in (addresses.salesforce, addresses.spiris))
        ports = f"--salesforce-port {salesforce} --spiris-port {spiris}"
        sys.stdout.write(
            f"Salesforce  {addresses.salesforce}\nSpiris      {addresses.spiris}\n\n"
            "In another terminal:\n"
            f"  sfspiris sandbox config {ports} > sfspiris.toml\n"
            "  sfspiris sandbox login\n"
            "  sfspiris push-closed-won --dry-run\n\n"
            "Ctrl-C ends it.\n"
        )
    sys.stdout.flush()


def shared_key() -> Path:
    """The private key that every sandbox on this account accepts; made on first use."""
    import platformdirs

    from sfspiris.sandbox.kernel.keys import ensure_salesforce_key

    return ensure_salesforce_key(platformdirs.user_data_path("sfspiris") / "sandbox")


def known_client(salesforce: str, key: Path) -> str:
    """The app at the sandbox that accepts this private key.

    A sandbox that another account of this machine started knows another key. It gets an app of ours beside its own, whose
    key stays as it is.
    """
    from sfspiris.sandbox.kernel.keys import public_pem

    known = ask("GET", f"{salesforce}/_sandbox/clients")["clients"]
    pem = public_pem(key)
    found = [one["client_id"] for one in known if one.get("public_key") == pem]
    if found:
        return _CLIENT_ID if _CLIENT_ID in found else str(found[0])
    ours = f"{_CLIENT_ID}-{hashlib.sha256(pem.encode()).hexdigest()[:8]}"
    register_key(salesforce, key, client_id=ours)
    return ours


def register_key(salesforce: str, key: Path, *, client_id: str = _CLIENT_ID) -> None:
    """Make the sandbox accept assertions that are signed with this private key."""
    from sfspiris.sandbox.kernel.keys import public_pem
    from sfspiris.sandbox.worlds.group import SALESFORCE_USERNAME

    ask(
        "PUT",
        f"{salesforce}/_sandbox/clients",
        {"client_id": client_id, "public_key": public_pem(key), "username": SALESFORCE_USERNAME},
    )


def ask(method: str, address: str, document: object = None) -> Any:
    """One call to a sandbox's control API."""
    import httpx

    try:
        reply = httpx.request(method, address, json=document, timeout=10, trust_env=False)
        reply.raise_for_status()
        return reply.json()
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(
            f"No sandbox answers at {address.partition('/_sandbox')[0]}.",
            remedy="Start it with `sfspiris sandbox up`, or give the ports that it listens on.",
        ) from error


def _consenter(name: str, value: str) -> Callable[[str], object]:
    """A browser without a screen: fills in the page's form as a person would, agrees, and follows the way back."""

    def visit(address: str) -> None:
        import httpx

        with httpx.Client(timeout=10, trust_env=False) as browser:
            page = browser.get(address)
            form = _Form()
            form.feed(page.text)
            answer = browser.post(str(page.url.join(form.action)), data=form.fields | {name: value})
            if answer.is_redirect:
                browser.get(answer.headers["location"])

    def browse(address: str) -> None:
        threading.Thread(target=visit, args=(address,), daemon=True).start()

    return browse


class _Form(HTMLParser):
    """The hidden fields and the first button of a page's form, and where it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what would be sent along."""
        found = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.action = found.get("action", "")
        elif tag in {"input", "button"} and found.get("type") in {"hidden", "submit"} and found.get("name"):
            self.fields.setdefault(found["name"], found.get("value", ""))
