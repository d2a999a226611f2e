"""`sfspiris doctor`: every precondition of a run looked at, each with what to do about it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sfspiris.cli import exits
from sfspiris.cli.options import Common, Lang, with_common
from sfspiris.errors import SfspirisError, UsageError
from sfspiris.sentences import joined, say, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sfspiris.cli.desk import Desk
    from sfspiris.core.doctor import Finding
    from sfspiris.core.searchlag import Measurement
    from sfspiris.report.doctor import DoctorDocument
    from sfspiris.state.keeping import Look

_HIDDEN: Final = re.compile(
    r"^(\s*(?:client_id|client_secret|username|private_key|orgnr|name|owner|login_url|url|file|command)\s*=\s*).*$",
    re.MULTILINE,
)


@with_common
def doctor(
    common: Common,
    *,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="Also write a zip for whoever helps you: findings, versions, recent runs and the configuration, "
            "without secrets, names and numbers.",
            show_default=False,
        ),
    ] = None,
    lang: Lang = "en",
) -> None:
    """Look at every precondition: sign-ins, who they open, the books' set-up, articles, terms, our fields, and who looks at held deals. Writes nothing.

    Ends with 3 when something keeps runs from doing all their work.
    """
    from sfspiris import __version__
    from sfspiris.cli.answers import answer
    from sfspiris.cli.desk import open_desk
    from sfspiris.cli.machine import utc_now
    from sfspiris.core.doctor import State
    from sfspiris.report.doctor import doctor_document, print_doctor
    from sfspiris.report.searchlag import lag_facts

    if bundle is not None and not bundle.parent.is_dir():
        raise UsageError(
            f"There is no folder {bundle.parent}.", remedy="Give --bundle a file in a folder that exists."
        )
    with open_desk(common, read_only=True) as desk:
        config_files = desk.config_files
        found, measured = _state(common)
        findings = [*found, *_flows(desk), *_review(desk), *_salesforce(desk)]
        lags = _lags(desk, measured)
        for company in desk.chosen_companies():
            findings += [
                *_company(desk, company),
                *_search_lag(desk, [one for one in lags if one.company == company]),
            ]
    seen = [lag_facts(one, now=utc_now()) for one in lags]
    document = doctor_document(findings, version=__version__, search_lags=seen)
    told = doctor_document(findings, version=__version__, search_lags=seen, language=lang)
    answer(common, document, lambda console: print_doctor(console, told, lang))
    if bundle is not None:
        _write_bundle(common, bundle, document, config_files)
    if any(one.state is State.BAD for one in findings):
        raise typer.Exit(exits.Exit.HELD)


def _looked(area: str, check: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    """What was found; or, where it could not be looked at, why, with the remedy that the error itself knows."""
    from sfspiris.core.doctor import Finding, State

    try:
        return look()
    except SfspirisError as error:
        return [Finding(area, check, State.BAD, error.message, error.remedy)]


def _state(common: Common) -> tuple[list[Finding], Sequence[Measurement]]:
    """What there is to know of the state file, and what was measured of the ledgers' lists."""
    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.wiring import state_file
    from sfspiris.core.doctor import Finding, State
    from sfspiris.state.keeping import look

    measured: list[Measurement] = []

    def judged() -> list[Finding]:
        found = look(state_file(common), now=utc_now())
        measured.extend(found.measured)
        where = (
            [
                Finding(
                    "state",
                    say("place of the state file"),
                    State.BAD if found.is_place_refused else State.WARN,
                    found.place,
                    found.place_remedy or "",
                )
            ]
            if found.place
            else []
        )
        return [*where, *as_it_is(found)]

    def as_it_is(found: Look) -> list[Finding]:
        if not found.exists and found.generation is None:
            made = say("%(file)s is made by the first run.", file=found.file)
            return [Finding("state", say("state file"), State.OK, made)]
        if found.trouble:
            remedy = say(
                "`sfspiris state restore FILE` puts a backup in its place; `sfspiris state rebuild` makes it anew."
            )
            return [Finding("state", say("state file"), State.BAD, found.trouble, remedy)]
        waiting = (
            [
                Finding(
                    "state",
                    say("writes of unknown outcome"),
                    State.WARN,
                    say("%(count)s wait to be looked up.", count=found.open_writes),
                    say("The next run asks Spiris first; nothing is sent twice."),
                )
            ]
            if found.open_writes
            else []
        )
        seen = joined((joined((found.file, whole(found.finding)), ": "), "."), "")
        return [Finding("state", say("state file"), State.OK, seen), *waiting]

    return _looked("state", say("state file"), judged), measured


def _review(desk: Desk) -> list[Finding]:
    """Whether somebody is named to look at held deals. The name itself is not told: findings are given away in bundles."""
    from sfspiris.core.doctor import Finding, State

    check = say("held deals")
    if desk.settings.review.owner is not None:
        return [Finding("review", check, State.OK, say("Somebody is named to look at them."))]
    return [
        Finding(
            "review",
            check,
            State.WARN,
            say("Nobody is named to look at deals that wait, so they may wait until a customer asks."),
            say(
                'Write owner = "a person or a mailbox" under [review] in the configuration. `sfspiris review list` shows '
                "that person what waits and what to do; `sfspiris review assign` hands one deal to somebody else."
            ),
        )
    ]


def _lags(desk: Desk, measured: Sequence[Measurement]) -> list[Measurement]:
    """What was measured of each list in which the chosen companies' documents appear, also where that is nothing yet."""
    from sfspiris.cli.policies import company_policies, policy_routes
    from sfspiris.core.searchlag import Measurement

    known = {(one.company, one.target): one for one in measured}
    policies, routes = company_policies(desk.settings), policy_routes(desk.settings)
    lags = []
    for company in desk.chosen_companies():
        targets = {
            policies[company].target,
            *(one.target for one in routes if one.company == company and one.target),
        }
        lags += [known.get((company, one), Measurement(company, one)) for one in sorted(targets)]
    return lags


def _search_lag(desk: Desk, lags: Sequence[Measurement]) -> list[Finding]:
    """Whether the configured settle window fits what was measured of the company's lists."""
    from datetime import timedelta

    from sfspiris.cli.machine import utc_now
    from sfspiris.core.doctor import Finding, State
    from sfspiris.core.model import Target
    from sfspiris.core.searchlag import latest, settle_allowed
    from sfspiris.engine.searchlag import too_short
    from sfspiris.report.searchlag import lag_facts, lag_words

    settle = timedelta(minutes=desk.settings.limits.settle_minutes)
    findings = []
    for one in lags:
        now = max(utc_now(), latest([one]) or utc_now())
        check = say("list of new orders") if one.target is Target.ORDER else say("list of new drafts")
        refusal = settle_allowed(settle, one, now)
        if refusal is None:
            findings.append(Finding(one.company, check, State.OK, lag_words(lag_facts(one, now=now))))
        else:
            told = too_short(settle, refusal)
            findings.append(Finding(one.company, check, State.BAD, told.message, told.remedy))
    return findings


def _flows(desk: Desk) -> list[Finding]:
    """The flows that are switched off; one that is on needs no line."""
    from sfspiris.cli import flows
    from sfspiris.core.doctor import Finding, State

    return [
        Finding(
            one,
            say("flow"),
            State.WARN,
            say("The configuration has it switched off: it plans nothing and asks neither system."),
            say("Set enabled = true under [%(flow)s] when it is to run.", flow=one),
        )
        for one in flows.off(desk.settings)
    ]


def _salesforce(desk: Desk) -> list[Finding]:
    from sfspiris.core.doctor import Finding, State

    area = "salesforce"

    def signed_in() -> list[Finding]:
        org_id, name = desk.salesforce_org()
        opened = say("opens %(name)s (%(id)s).", name=name, id=org_id)
        return [Finding(area, say("sign-in"), State.OK, opened)]

    def sources() -> list[Finding]:
        lacks = desk.salesforce_shortcomings()
        return [
            Finding(
                area,
                say("source fields"),
                State.WARN,
                one,
                say("Add the field, or name another in [source.fields]."),
            )
            for one in lacks
        ] or [
            Finding(
                area,
                say("source fields"),
                State.OK,
                say("every field that deals are read from is there."),
            )
        ]

    def own() -> list[Finding]:
        states = desk.field_states()
        lacking = [
            Finding(
                area,
                f"{one.object}.{one.name}",
                State.WARN,
                one.problem,
                say(
                    "`sfspiris salesforce fields --deploy` adds the fields and gives them to the integration user."
                ),
            )
            for one in states
            if one.problem
        ]
        return lacking or [
            Finding(
                area,
                say("our fields"),
                State.OK,
                say("all %(count)s are there and can be written.", count=len(states)),
            )
        ]

    def files() -> list[Finding]:
        if why := desk.files_unavailable():
            remedy = say(
                'Let the integration user see files (ContentVersion), or set attachments = "off" under [write_back].'
            )
            return [Finding(area, say("files"), State.WARN, why, remedy)]
        return [Finding(area, say("files"), State.OK, say("invoices can be put on their records as PDF."))]

    found = _looked(area, say("sign-in"), signed_in)
    if any(one.state is State.BAD for one in found):
        return found
    found += _looked(area, say("source fields"), sources) + _looked(area, say("our fields"), own)
    is_wanted = desk.settings.write_back.attachments == "pdf"
    return found + _looked(area, say("files"), files) if is_wanted else found


def _company(desk: Desk, company: str) -> list[Finding]:
    from sfspiris.cli.machine import utc_now
    from sfspiris.cli.policies import company_policies
    from sfspiris.core.doctor import Finding, State, examine_company
    from sfspiris.engine.world import STOCKHOLM
    from sfspiris.errors import ConfigError

    settings = desk.settings
    makes_orders = "order" in {
        settings.companies[company].target,
        *(one.target for one in settings.routes if one.company == company),
    }

    def judged() -> list[Finding]:
        facts = desk.company_facts(company)
        today = utc_now().astimezone(STOCKHOLM).date()
        own = company_policies(desk.settings)[company]
        opened = Finding(company, say("sign-in"), State.OK, say("opens %(name)s.", name=facts.setup.name))
        return [opened, *examine_company(own, facts, today=today, makes_orders=makes_orders)]

    def orders() -> list[Finding]:
        try:
            desk.look_for_orders(company)
        except ConfigError as error:
            why = say("Deals become orders here, and Spiris takes none: %(why)s", why=error.message)
            remedy = say('%(remedy)s Or let deals become drafts: target = "draft".', remedy=error.remedy)
            return [Finding(company, say("orders"), State.BAD, why, remedy)]
        return [
            Finding(company, say("orders"), State.OK, say("Spiris takes orders, which deals become here."))
        ]

    found = _looked(company, say("sign-in"), judged)
    is_open = makes_orders and len(found) > 1
    return [*found, *(_looked(company, say("orders"), orders) if is_open else [])]


def _write_bundle(
    common: Common, bundle: Path, document: DoctorDocument, config_files: Mapping[str, str]
) -> None:
    import platform

    from sfspiris import __version__
    from sfspiris.report.json import to_json

    facts = f"sfspiris {__version__}\nPython {platform.python_version()}\n{platform.platform()}\n"
    try:
        with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("doctor.json", to_json(document))
            archive.writestr("versions.txt", facts)
            for name, text in config_files.items():
                archive.writestr(name if len(config_files) > 1 else "sfspiris.toml", redacted(text))
    except OSError as error:
        raise UsageError(
            f"{bundle} cannot be written: {error.strerror}.",
            remedy="Give --bundle a file that you may write.",
        ) from error
    if not (common.json or common.quiet):
        typer.echo(
            f"{bundle} holds the findings, versions and the configuration without secrets, names and numbers."
        )


def redacted(config_text: str) -> str:
    """A configuration that may be shown: secrets, names, numbers and addresses are hidden, comments are gone."""
    without_comments = re.sub(r"(?m)\s*#.*$", "", config_text)
    return _HIDDEN.sub(r'\1"[hidden]"', without_comments)
