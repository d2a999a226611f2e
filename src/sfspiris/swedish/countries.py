"""Countries as people type them, and where each stands to the EU and its VAT area.

Names come from an explicit table; unknown or ambiguous text is held, because a wrong country is a wrong VAT treatment.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from sfspiris.sentences import Sentence, say
from sfspiris.swedish import text
from sfspiris.swedish.country_names import COUNTRIES, EVERYDAY_FORMS, TERRITORY_NAMES
from sfspiris.swedish.territories import TERRITORIES, Territory
from sfspiris.swedish.verdict import Finding, Verdict, rewritten

EU_MEMBERS = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 - read as one line
)
"""The 27 member states, by ISO code (November 2026)."""

_OWN_PREFIXES = {"GR": "EL", "CH": "CHE"}

Area = Literal["sweden", "eu", "goods_only", "outside"]
"""Where a place lies for Swedish VAT; `goods_only` is Northern Ireland."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryFinding(Finding):
    """A country field: `canonical` and `iso2` are the ISO code, `vat_prefix` begins its VAT numbers (EL, XI, CHE …).

    `eu_member` tells whether the place is part of the Union, `eu_vat_area` whether its VAT rules apply there; both are
    None when the country is unknown. `territory` names a special territory (see `territories.py`).
    """

    iso2: str | None
    vat_prefix: str | None = None
    eu_member: bool | None = None
    eu_vat_area: bool | None = None
    territory: str | None = None


def parse(raw: text.Raw, *, has_swedish_orgnr: bool = False) -> CountryFinding:
    """The country a field names, in Swedish, English or code. An empty field is Sweden only beside a Swedish orgnr."""
    raw = text.written(raw)
    key = _key(raw)
    if not key:
        if has_swedish_orgnr:
            return _known(
                "SE",
                verdict=Verdict.WARN,
                reason=say("the country is empty; Sweden, as the organisation number says"),
            )
        return CountryFinding(
            verdict=Verdict.HOLD,
            canonical=None,
            iso2=None,
            problem="missing",
            reason=say("the country is empty"),
        )
    if key in _AMBIGUOUS:
        return CountryFinding(
            verdict=Verdict.HOLD,
            canonical=None,
            iso2=None,
            problem="ambiguous",
            reason=say("more than one country goes by this name"),
        )
    code = _FORMS.get(key)
    if code is None:
        return CountryFinding(
            verdict=Verdict.HOLD,
            canonical=None,
            iso2=None,
            problem="unknown",
            reason=say("the country is not in the table of names and codes; countries are never guessed"),
        )
    territory = TERRITORIES.get(code)
    if territory is not None:
        return _in_territory(territory)
    verdict = rewritten(code, raw)
    return _known(
        code,
        verdict=verdict,
        reason=say("an ISO country code") if verdict is Verdict.ACCEPT else say("a known name"),
    )


def vat_prefix(code: str) -> str:
    """What VAT numbers of an ISO country or territory code begin with; the code itself where nothing else is known."""
    territory = TERRITORIES.get(code)
    return territory.vat_prefix if territory else _OWN_PREFIXES.get(code, code)


def area(code: str) -> Area:
    """Where an ISO country or territory code lies for Swedish VAT."""
    territory = TERRITORIES.get(code)
    if code == "SE":
        return "sweden"
    if territory is not None and territory.goods_only:
        return "goods_only"
    is_inside = territory.in_eu_vat_area if territory else code in EU_MEMBERS
    return "eu" if is_inside else "outside"


def is_known(code: str) -> bool:
    """Whether a text is an ISO alpha-2 code or a territory code, exactly as we store them."""
    return code in TERRITORIES or code in _ALPHA_2


def _in_territory(territory: Territory) -> CountryFinding:
    extent = (
        say("inside the EU VAT area for goods only; services follow its country")
        if territory.goods_only
        else say("treated as inside the EU VAT area")
        if territory.in_eu_vat_area
        else say("outside the EU VAT area")
    )
    return CountryFinding(
        verdict=Verdict.WARN,
        canonical=territory.iso2,
        reason=say(
            "%(name)s is %(extent)s; its VAT numbers begin with %(vat_prefix)s",
            name=territory.name,
            extent=extent,
            vat_prefix=territory.vat_prefix,
        ),
        iso2=territory.iso2,
        vat_prefix=territory.vat_prefix,
        eu_member=territory.in_eu,
        eu_vat_area=territory.in_eu_vat_area,
        territory=territory.code,
    )


def _known(code: str, *, verdict: Verdict, reason: Sentence) -> CountryFinding:
    return CountryFinding(
        verdict=verdict,
        canonical=code,
        reason=reason,
        iso2=code,
        vat_prefix=vat_prefix(code),
        eu_member=code in EU_MEMBERS,
        eu_vat_area=code in EU_MEMBERS,
    )


def _key(name: str) -> str:
    """A name as it is compared: without case, width, punctuation, a leading article, and differences of & or S:t."""
    narrow = unicodedata.normalize("NFKC", text.one_line(name))
    folded = re.sub(r"\bs(?::t|t\.?|ankt|aint)[ -]", "saint ", narrow.casefold().replace("&", " and "))
    words = re.sub(r"[\W_]+", " ", re.sub(r"[.'’]", "", folded)).split()
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)


def _plain(key: str) -> str:
    """A key typed on a keyboard without the letter's accent."""
    return "".join(
        letter for letter in unicodedata.normalize("NFD", key) if not unicodedata.combining(letter)
    )


def _table() -> tuple[dict[str, str], frozenset[str]]:
    forms: dict[str, set[str]] = {}

    def add(key: str, code: str) -> None:
        forms.setdefault(key, set()).add(code)

    for code, alpha_3, english, swedish in COUNTRIES:
        for name in (code, alpha_3, english, swedish, *EVERYDAY_FORMS.get(code, ())):
            add(_key(name), code)
    for code, names in TERRITORY_NAMES.items():
        for name in names:
            add(_key(name), code)
    # A name without its accents counts only where it is not already somebody's name.
    for key, codes in list(forms.items()):
        if _plain(key) not in forms:
            forms[_plain(key)] = set(codes)
    return (
        {key: next(iter(codes)) for key, codes in forms.items() if len(codes) == 1},
        frozenset(key for key, codes in forms.items() if len(codes) > 1) | _SHARED_NAMES,
    )


_SHARED_NAMES = frozenset(
    {"kongo", "congo", "korea", "virgin islands", "jungfruöarna", "eu", "america", "amerika"}
)
"""Names of more than one country, and of what is not one."""

_ALPHA_2 = frozenset(row[0] for row in COUNTRIES)
_FORMS, _AMBIGUOUS = _table()
