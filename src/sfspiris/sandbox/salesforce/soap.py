"""`/services/Soap/u` and `/c`: signing in with a password, as old clients do, and signing out.

Absent from API version 65.0 on and retired with Summer '27; off in new orgs, so the switch `legacy_logins` decides.
Source: SOAP API Developer Guide, `login()` (read November 2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.responses import Response

from sfspiris.sandbox.kernel.jsonio import JsonResponse
from sfspiris.sandbox.salesforce.errors import ApiError, not_found
from sfspiris.sandbox.salesforce.oauth import OAuthError, base_of
from sfspiris.sandbox.salesforce.rest.dispatch import check_version

if TYPE_CHECKING:
    from starlette.requests import Request

    from sfspiris.sandbox.kernel.switches import Switches
    from sfspiris.sandbox.salesforce.oauth import OAuth
    from sfspiris.sandbox.salesforce.org import Org
    from sfspiris.sandbox.salesforce.sessions import Sessions

_NAMESPACES: Final = {"u": "urn:partner.soap.sforce.com", "c": "urn:enterprise.soap.sforce.com"}
_FAULTS: Final = {"u": "urn:fault.partner.soap.sforce.com", "c": "urn:fault.enterprise.soap.sforce.com"}
_GONE_SINCE: Final = 65
_APP: Final[dict[str, Any]] = {"client_id": "SOAP login"}
"""What such a session belongs to, in place of an app."""


class Fault(Exception):
    """A refusal: an exception code and its words, status 500."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SoapLogin:
    """The sign-in calls of one org's SOAP API; it has no others."""

    def __init__(self, switches: Switches, org: Org, sessions: Sessions, oauth: OAuth) -> None:
        self._switches = switches
        self._org = org
        self._sessions = sessions
        self._oauth = oauth

    async def serve(self, request: Request) -> Response:
        """`POST /services/Soap/u/62.0`, with or without the org's id behind it."""
        kind, version = request.path_params["kind"], request.path_params["version"]
        if kind not in _NAMESPACES:
            error = not_found()
            return JsonResponse(error.body(), status_code=error.status)
        try:
            body = self._answer(kind, version, await request.body(), base_of(request))
            status = 200
        except Fault as fault:
            words = escape(f"{fault.code}: {fault.message}")
            body = (
                f"<soapenv:Fault><faultcode>sf:{fault.code}</faultcode><faultstring>{words}</faultstring>"
                f"<detail><sf:LoginFault><sf:exceptionCode>{fault.code}</sf:exceptionCode>"
                f"<sf:exceptionMessage>{escape(fault.message)}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
            )
            status = 500
        return Response(_envelope(kind, body), status, media_type="text/xml;charset=UTF-8")

    def _answer(self, kind: str, version: str, raw: bytes, base: str) -> str:
        try:
            check_version(version)
        except ApiError as error:
            raise Fault(
                "UNSUPPORTED_API_VERSION", f"Invalid Api version specified on URL: {version}"
            ) from error
        call, header = _call(raw)
        match call.tag.rpartition("}")[2]:
            case "login":
                return self._login(kind, version, call, base)
            case "logout":
                session = header.get("sessionId", "")
                if self._sessions.live(session) is None or not self._sessions.end(session):
                    raise Fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader")
                return "<logoutResponse/>"
            case other:
                raise Fault("INVALID_OPERATION", f"No operation available for request {{{kind}}}{other}")

    def _login(self, kind: str, version: str, call: ET.Element, base: str) -> str:
        if int(version.partition(".")[0]) >= _GONE_SINCE:
            raise Fault("INVALID_OPERATION", f"login() is not part of API version {version}")
        if not self._switches.is_on("legacy_logins"):
            raise Fault("INVALID_OPERATION", "SOAP API login() is disabled in this org.")
        said = {child.tag.rpartition("}")[2]: child.text or "" for child in call}
        try:
            user = self._oauth.by_password(said.get("username", ""), said.get("password", ""))
        except OAuthError:
            raise Fault(
                "INVALID_LOGIN", "Invalid username, password, security token; or user locked out."
            ) from None
        opened = self._sessions.opened(_APP, user, "api", base)
        server = f"{base}/services/Soap/{kind}/{version}/{self._org.id[:15]}"
        lifetime = self._switches.number("session_seconds")
        answer = {
            "metadataServerUrl": server.replace(f"/Soap/{kind}/", "/Soap/m/"),
            "passwordExpired": "false",
            "sandbox": str(bool(self._org.settings["IsSandbox"])).lower(),
            "serverUrl": server,
            "sessionId": opened["access_token"],
            "userId": user["Id"],
        }
        info = {
            "organizationId": self._org.id,
            "organizationName": self._org.settings["Name"],
            "sessionSecondsValid": str(lifetime),
            "userEmail": user["Email"] or "",
            "userFullName": user["Name"],
            "userId": user["Id"],
            "userLocale": user["LocaleSidKey"] or "",
            "userName": user["Username"],
            "userTimeZone": user["TimeZoneSidKey"] or "",
        }
        return f"<loginResponse><result>{_elements(answer)}<userInfo>{_elements(info)}</userInfo></result></loginResponse>"


def _call(raw: bytes) -> tuple[ET.Element, dict[str, str]]:
    """The operation that an envelope asks for, and what its headers say. Raises `Fault`."""
    try:
        root = ET.fromstring(raw)  # noqa: S314 - what the machine's own user sends to a sandbox on loopback
    except ET.ParseError as error:
        raise Fault("INVALID_REQUEST", f"The envelope cannot be read: {error}") from error
    parts = {child.tag.rpartition("}")[2]: child for child in root}
    if "Body" not in parts or not len(parts["Body"]):
        raise Fault("INVALID_REQUEST", "The envelope has no operation in its body")
    header = parts.get("Header")
    said = {} if header is None else {one.tag.rpartition("}")[2]: one.text or "" for one in header.iter()}
    return parts["Body"][0], said


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items())


def _envelope(kind: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{_NAMESPACES[kind]}" '
        f'xmlns:sf="{_FAULTS[kind]}"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>'
    )
