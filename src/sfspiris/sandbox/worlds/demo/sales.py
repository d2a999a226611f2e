"""What is sold in the demo: deals to invoice, deals to hold, and deals that must not appear."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sfspiris.sandbox.worlds.deals import LOST, OPEN, deal, line

Json = dict[str, Any]
DealAndLines = tuple[Json, list[Json]]

CLEAN: tuple[str, ...] = (
    "Volvo – införande steg 1",
    "Ericsson – licenser 2027",
    "Saab – utbildning höst",
    "Hanse Werkzeug – Rollout Q4",
    "Malmö stad – arbetsmiljödag",
    "Equinor – rådgivning",
    "Keramikverkstan – handböcker",
    'H & M – julkampanj 🎄 "Glögg & O\'Learys"',
    "Uppsala universitet – sensorer",
    "Röda Korset – hälsovecka i Örnsköldsvik",
)
"""Names of the won deals that become invoice drafts."""

PLANTED: Mapping[str, str] = {
    "SKF – konsultstöd": "CUSTOMER_ADDRESS_INCOMPLETE",
    "Bergslagens Verktyg – sensorer": "ORGNR_INVALID",
    "Kustens Båtvarv – licenser": "ORGNR_MISSING",
    "Kalmar Provbolag – licenser": "ORGNR_PLACEHOLDER",
    "Rheinland Maschinen – Beratung": "VAT_NUMBER_INVALID",
    "Atlas Copco – utbildning": "POSTAL_CODE_INVALID",
    "Kooperativa Förbundet – handböcker": "FIELD_TOO_LONG",
    "Sandvik – förstudie": "CUSTOMER_AMBIGUOUS",
    "Electrolux – licenser": "CUSTOMER_INACTIVE",
    "Volvo – mätning Lundby": "ARTICLE_MISSING",
    "Ericsson – licens 2019": "ARTICLE_INACTIVE",
    "Saab – ramavtal": "NO_LINES",
    "H & M – butikssensorer": "AMOUNT_MISMATCH",
    "Uppsala universitet – provtagning": "PRECISION_LOST",
    "Telia – införande": "PAYMENT_TERMS_UNKNOWN",
    "Blåbär & Lingon – workshop": "NO_ROUTE",
    "Nokia – Sensoren": "CURRENCY_MISMATCH",
}
"""Name of each deal with a planted defect, and the code it must be held by."""


def clean_deals() -> list[DealAndLines]:
    """The deals that become invoice drafts, in the order of `CLEAN`."""
    (volvo, ericsson, saab, hanse, malmo, equinor, keramik, hm, uppsala, redcross) = CLEAN
    return [
        deal(
            "d-volvo",
            volvo,
            "volvo",
            "2026-11-02",
            [
                line("KONSULT-TIM", "12.5", discount="10", text="Införande, november"),
                line("UTB-DAG", "2"),
                line("HANDBOK", "10"),
                line("LUNCH-KONF", "8"),
            ],
            Primary_Contact__c="@anna",
            PO_Number__c="4500118823",
        ),
        deal(
            "d-ericsson",
            ericsson,
            "ericsson",
            "2026-11-03",
            [line("LIC-STD", "25"), line("SUPPORT-BAS", "1")],
            Primary_Contact__c="@johan",
            Payment_Terms__c=Decimal(20),
        ),
        deal(
            "d-saab",
            saab,
            "saab",
            "2026-11-04",
            [line("UTB-DAG", "3", "9350.00"), line("HOTELL-NATT", "6")],
            owner="erik",
        ),
        deal(
            "d-hanse",
            hanse,
            "hanse",
            "2026-11-05",
            [line("KONSULT-TIM", "40", currency="EUR"), line("LIC-STD", "12", currency="EUR", discount="5")],
            currency="EUR",
            owner="erik",
            Primary_Contact__c="@greta",
        ),
        deal(
            "d-malmo",
            malmo,
            "malmo",
            "2026-11-06",
            [line("UTB-DAG", "1"), line("LUNCH-KONF", "45")],
            Primary_Contact__c="@fatima",
            PO_Number__c="PO-2026-11874",
        ),
        deal(
            "d-equinor",
            equinor,
            "equinor",
            "2026-11-09",
            [line("KONSULT-TIM", "18")],
            Primary_Contact__c="@ola",
        ),
        deal("d-keramik", keramik, "keramik", "2026-11-10", [line("HANDBOK", "2")], owner="erik"),
        deal(
            "d-hm",
            hm,
            "hm",
            "2026-11-11",
            [
                line("KONSULT-TIM", "7.75", text='Kampanj "Glögg" 🎄\nsteg 1 & 2'),
                line("SENSOR-3", "4", text="O'Learys, skyltfönster"),
            ],
        ),
        deal(
            "d-uppsala",
            uppsala,
            "uppsala",
            "2026-11-12",
            [line("SENSOR-3", "16", "649.90")],
            Primary_Contact__c="@siri",
        ),
        deal(
            "d-rodakorset",
            redcross,
            "rodakorset",
            "2026-11-13",
            [line("HALSOKOLL", "24"), line("HANDBOK", "24", discount="25")],
        ),
    ]


def planted_deals() -> list[DealAndLines]:
    """One deal for each defect, in the order of `PLANTED`."""
    name = {code: each for each, code in PLANTED.items()}
    return [
        deal("d-skf", name["CUSTOMER_ADDRESS_INCOMPLETE"], "skf", "2026-11-09", [line("KONSULT-TIM", "16")]),
        deal("d-bergslagen", name["ORGNR_INVALID"], "bergslagen", "2026-11-09", [line("SENSOR-3", "12")]),
        deal(
            "d-batvarv", name["ORGNR_MISSING"], "batvarv", "2026-11-10", [line("LIC-STD", "3")], owner="erik"
        ),
        deal("d-kalmar", name["ORGNR_PLACEHOLDER"], "kalmar", "2026-11-10", [line("LIC-STD", "1")]),
        deal(
            "d-rheinland",
            name["VAT_NUMBER_INVALID"],
            "rheinland",
            "2026-11-11",
            [line("KONSULT-TIM", "8", currency="EUR")],
            currency="EUR",
            owner="erik",
        ),
        deal("d-atlas", name["POSTAL_CODE_INVALID"], "atlas", "2026-11-11", [line("UTB-DAG", "2")]),
        deal("d-kf", name["FIELD_TOO_LONG"], "kf", "2026-11-12", [line("HANDBOK", "60", discount="15")]),
        deal("d-sandvik", name["CUSTOMER_AMBIGUOUS"], "sandvik", "2026-11-12", [line("KONSULT-TIM", "24")]),
        deal("d-electrolux", name["CUSTOMER_INACTIVE"], "electrolux", "2026-11-13", [line("LIC-STD", "10")]),
        deal("d-matning", name["ARTICLE_MISSING"], "volvo", "2026-11-16", [line("MATNING-PRO", "2")]),
        deal("d-lic2019", name["ARTICLE_INACTIVE"], "ericsson", "2026-11-16", [line("LIC-2019", "5")]),
        deal(
            "d-ramavtal", name["NO_LINES"], "saab", "2026-11-17", [], owner="erik", Amount=Decimal("48000.00")
        ),
        deal(
            "d-butik",
            name["AMOUNT_MISMATCH"],
            "hm",
            "2026-11-17",
            [line("SENSOR-3", "30")],
            Amount=Decimal("21000.00"),
        ),
        deal("d-prov", name["PRECISION_LOST"], "uppsala", "2026-11-18", [line("SENSOR-3", "200", "99.995")]),
        deal(
            "d-telia",
            name["PAYMENT_TERMS_UNKNOWN"],
            "telia",
            "2026-11-18",
            [line("KONSULT-TIM", "32")],
            Payment_Terms__c=Decimal(45),
        ),
        deal("d-blabar", name["NO_ROUTE"], "blabar", "2026-11-19", [line("UTB-DAG", "1")], owner="erik"),
        deal(
            "d-nokia",
            name["CURRENCY_MISMATCH"],
            "nokia",
            "2026-11-19",
            [line("SENSOR-3", "20", currency="EUR")],
            currency="EUR",
            owner="erik",
        ),
    ]


def other_deals() -> list[DealAndLines]:
    """Deals that must not appear: won before the first day of November, lost, or still open."""
    return [
        deal("d-skanska", "Skanska – pilot", "skanska", "2025-10-22", [line("KONSULT-TIM", "20")]),
        deal("d-lost-1", "Skanska – sensorer", "skanska", "2026-11-06", [line("SENSOR-3", "80")], stage=LOST),
        deal(
            "d-lost-2", "Telia – handböcker", "telia", "2026-11-13", [line("HANDBOK", "15")], stage=LOST, owner="erik"
        ),
        deal("d-open-1", "Mærsk – konsultstöd", "maersk", "2026-11-27", [line("KONSULT-TIM", "30")], stage=OPEN),
        deal("d-open-2", "Volvo – införande steg 2", "volvo", "2026-11-30", [line("KONSULT-TIM", "60")], stage=OPEN),
        deal(
            "d-open-3", "Malmö stad – sensorer", "malmo", "2026-11-26", [line("SENSOR-3", "25")], stage=OPEN, owner="erik"
        ),
        deal(
            "d-open-4", "Hanse Werkzeug – Schulung", "hanse", "2026-11-24", [line("UTB-DAG", "2", currency="EUR")],
            stage=OPEN, currency="EUR", owner="erik",
        ),
    ]  # fmt: skip
