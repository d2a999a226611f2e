"""Territories whose VAT does not follow from their country code.

The EU's VAT area is not its map (directive 2006/112/EC, articles 5 to 7): some parts of member states lie outside, Monaco
counts as France, and Northern Ireland belongs to the area for goods alone. The delivery address decides, so that codes
here come from postal codes as often as from country fields. Codes are ISO 3166-1 where it has one, ISO's reserved IC
and EA, the VAT prefix XI, and plain names for single towns.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """One territory: the ISO country of its addresses, the prefix of its VAT numbers, and what it belongs to."""

    code: str
    name: str
    iso2: str
    vat_prefix: str
    in_eu_vat_area: bool
    in_eu: bool
    goods_only: bool = False
    """Inside the VAT area for goods; services follow the country."""


def _outside(code: str, name: str, iso2: str, vat_prefix: str) -> Territory:
    return Territory(code=code, name=name, iso2=iso2, vat_prefix=vat_prefix, in_eu_vat_area=False, in_eu=True)


TERRITORIES: dict[str, Territory] = {
    territory.code: territory
    for territory in (
        _outside("AX", "Åland", "AX", "FI"),
        _outside("IC", "the Canary Islands", "ES", "ES"),
        _outside("EA", "Ceuta and Melilla", "ES", "ES"),
        _outside("GP", "Guadeloupe", "GP", "FR"),
        _outside("MQ", "Martinique", "MQ", "FR"),
        _outside("GF", "French Guiana", "GF", "FR"),
        _outside("RE", "Réunion", "RE", "FR"),
        _outside("YT", "Mayotte", "YT", "FR"),
        _outside("MF", "Saint Martin", "MF", "FR"),
        _outside("LIVIGNO", "Livigno", "IT", "IT"),
        _outside("CAMPIONE", "Campione d'Italia", "IT", "IT"),
        _outside("BUSINGEN", "Büsingen", "DE", "DE"),
        _outside("HELGOLAND", "Heligoland", "DE", "DE"),
        _outside("ATHOS", "Mount Athos", "GR", "EL"),
        Territory(code="MC", name="Monaco", iso2="MC", vat_prefix="FR", in_eu_vat_area=True, in_eu=False),
        Territory(
            code="IM", name="the Isle of Man", iso2="IM", vat_prefix="GB", in_eu_vat_area=False, in_eu=False
        ),
        Territory(
            code="XI",
            name="Northern Ireland",
            iso2="GB",
            vat_prefix="XI",
            in_eu_vat_area=True,
            in_eu=False,
            goods_only=True,
        ),
    )
}

_GREENLAND = Territory(
    code="GL", name="Greenland", iso2="GL", vat_prefix="GL", in_eu_vat_area=False, in_eu=False
)
"""A country of its own, in this table only because its postal codes are Danish."""

_POSTAL_AREAS: dict[str, tuple[tuple[str, str], ...]] = {
    "DK": (("39", "GL"),),
    "FI": (("22", "AX"),),
    "ES": (("35|38", "IC"), ("51|52", "EA")),
    "FR": (
        ("97150", "MF"),
        ("971", "GP"),
        ("972", "MQ"),
        ("973", "GF"),
        ("974", "RE"),
        ("976", "YT"),
        ("980", "MC"),
    ),
    "IT": (("23041", "LIVIGNO"), ("22061", "CAMPIONE")),
    "DE": (("78266", "BUSINGEN"), ("27498", "HELGOLAND")),
    "GR": (("63086|63087", "ATHOS"),),
    "GB": (("BT", "XI"), ("IM", "IM")),
}


def of_postal_code(compact: str, *, country: str) -> Territory | None:
    """The territory a postal code lies in; `compact` is the code without spaces and hyphens, `country` its ISO code."""
    for beginning, code in _POSTAL_AREAS.get(country, ()):
        if re.match(beginning, compact):
            return TERRITORIES.get(code, _GREENLAND)
    return TERRITORIES.get(country)
