"""Cost centres and projects of a draft's rows: what the deal names must exist in the ledger, be open, and be switched on.

The ledger keeps a row without them as gladly as one with the wrong ones, and nobody would notice before the reports of the
month: so a name that is not found is a hold, never left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from sfspiris.core.model import CostCentre, LedgerView, Project
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.lines import ScreenedLine
    from sfspiris.core.planning.screening import Screened
    from sfspiris.sentences import Sentence

_BETWEEN: Final = ";"  # as Salesforce writes several choices in one field
_TOLD: Final = 10  # names that a message lists


@dataclass(slots=True)
class Dimensions:
    """Looks each name up once, so that one mistake on many lines is told once."""

    screened: Screened
    ledger: LedgerView
    found: Findings
    known_centres: dict[str, tuple[CostCentre, ...]] = field(default_factory=dict)
    known_projects: dict[str, Project | None] = field(default_factory=dict)

    def cost_centres(self, line: ScreenedLine) -> tuple[CostCentre, ...]:
        """The line's cost centres, else the Deal's, one of each group; fewer with a hold."""
        own = text.one_line(line.cost_centre or "")
        words = own or text.one_line(self.screened.deal.cost_centre or "")
        about = "line_cost_centre" if own else "cost_centre"
        if words and words not in self.known_centres:
            self.known_centres[words] = self._cost_centres(words, about)
        return self.known_centres.get(words, ())

    def project(self, line: ScreenedLine) -> Project | None:
        """The line's project, else the Deal's; None also with a hold."""
        own = text.one_line(line.project or "")
        words = own or text.one_line(self.screened.deal.project or "")
        about = "line_project" if own else "project"
        if words and words not in self.known_projects:
            self.known_projects[words] = self._project(words, about)
        return self.known_projects.get(words)

    def _cost_centres(self, words: str, about: str) -> tuple[CostCentre, ...]:
        ledger = self.screened.company.ledger
        if not self.ledger.profile.uses_cost_centres:
            self._off(say("cost centres"), words, about)
            return ()
        chosen: dict[int, CostCentre] = {}
        for word in (one.strip() for one in words.split(_BETWEEN)):
            if not word:
                continue
            centre = self._cost_centre(word, about)
            if centre is None:
                continue
            if centre.group in chosen:
                self.found.hold(
                    HoldCode.COST_CENTRE_UNKNOWN,
                    say(
                        "%(first)s and %(other)s are cost centres of the same kind in %(ledger)s, and a row "
                        "takes one of each.",
                        first=chosen[centre.group].code,
                        other=centre.code,
                        ledger=ledger,
                    ),
                    say("Choose one of them in Salesforce."),
                    about=about,
                    value=words,
                )
            chosen.setdefault(centre.group, centre)
        return tuple(chosen[group] for group in sorted(chosen))

    def _cost_centre(self, word: str, about: str) -> CostCentre | None:
        ledger = self.screened.company.ledger
        listed = self.ledger.cost_centres
        alike = [one for one in listed if one.code.casefold() == word.casefold()]
        alike = alike or [one for one in listed if one.name.casefold() == word.casefold()]
        active = [one for one in alike if one.is_active]
        if len(active) == 1:
            return active[0]
        if len(active) > 1:
            what = say("has %(count)s cost centres %(word)s", count=len(active), word=word)
            fix = say("Give them different short names there.")
        elif alike:
            what = say("has closed the cost centre %(word)s", word=word)
            fix = say("Open it again in %(ledger)s, or choose another.", ledger=ledger)
        else:
            usual = ", ".join(sorted(one.code for one in listed if one.is_active)[:_TOLD])
            what = say("has no cost centre %(word)s", word=word)
            fix = (
                say(
                    "Make it in %(ledger)s, or correct it in Salesforce; there are %(usual)s.",
                    ledger=ledger,
                    usual=usual,
                )
                if usual
                else say("Make it in %(ledger)s, or correct it in Salesforce.", ledger=ledger)
            )
        self.found.hold(
            HoldCode.COST_CENTRE_UNKNOWN,
            say("%(ledger)s %(what)s.", ledger=ledger, what=what),
            fix,
            about=about,
            value=word,
        )
        return None

    def _project(self, word: str, about: str) -> Project | None:
        ledger = self.screened.company.ledger
        if not self.ledger.profile.uses_projects:
            self._off(say("projects"), word, about)
            return None
        listed = self.ledger.projects
        alike = [one for one in listed if one.number.casefold() == word.casefold()]
        alike = alike or [one for one in listed if one.name.casefold() == word.casefold()]
        ongoing = [one for one in alike if one.is_ongoing]
        if len(ongoing) == 1:
            return ongoing[0]
        if len(ongoing) > 1:
            what = say("has %(count)s projects called %(word)s", count=len(ongoing), word=word)
            fix = say("Name it by its number in Salesforce.")
        elif alike:
            what = say("has finished the project %(word)s", word=word)
            fix = say("Open it again in %(ledger)s, or choose another.", ledger=ledger)
        else:
            what = say("has no project %(word)s", word=word)
            fix = say("Make it in %(ledger)s, or correct it in Salesforce.", ledger=ledger)
        self.found.hold(
            HoldCode.PROJECT_UNKNOWN,
            say("%(ledger)s %(what)s.", ledger=ledger, what=what),
            fix,
            about=about,
            value=word,
        )
        return None

    def _off(self, what: Sentence, words: str, about: str) -> None:
        ledger = self.screened.company.ledger
        self.found.hold(
            HoldCode.DIMENSION_OFF,
            say(
                "The deal names %(words)s, but %(what)s are switched off for this company in %(ledger)s.",
                words=words,
                what=what,
                ledger=ledger,
            ),
            say(
                "Switch %(what)s on in %(ledger)s (Settings, company settings), or take "
                "%(about)s out of [source.fields] in the configuration.",
                what=what,
                ledger=ledger,
                about=about,
            ),
            about=about,
            value=words,
        )
