"""A chart of accounts after BAS: the accounts that sales, payments and daily takings touch, and the usual ones around.

The product's own chart has more than a thousand; these keep their numbers and names. Each line is number, VAT code, name.
"""

from typing import Final

_TABLE = """
1010||Utvecklingsutgifter
1030||Patent
1050||Varumärken
1110||Byggnader
1119||Ackumulerade avskrivningar på byggnader
1130||Mark
1210||Maskiner och andra tekniska anläggningar
1220||Inventarier och verktyg
1229||Ackumulerade avskrivningar på inventarier och verktyg
1240||Bilar och andra transportmedel
1250||Datorer
1259||Ackumulerade avskrivningar på datorer
1380||Andra långfristiga fordringar
1410||Lager av råvaror
1460||Lager av handelsvaror
1470||Pågående arbeten
1510||Kundfordringar
1511||Kundfordringar, ej betalda
1513||Kundfordringar – delad faktura
1519||Nedskrivning av kundfordringar
1610||Kortfristiga fordringar hos anställda
1630||Avräkning för skatter och avgifter (skattekonto)
1650||Momsfordran
1680||Andra kortfristiga fordringar
1686||Fordringar för kontokort och kuponger
1710||Förutbetalda hyreskostnader
1730||Förutbetalda försäkringspremier
1790||Övriga förutbetalda kostnader och upplupna intäkter
1910||Kassa
1920||Plusgiro
1930||Företagskonto
1940||Övriga bankkonton
1980||Valutakonton
2010||Eget kapital
2081||Aktiekapital
2091||Balanserad vinst eller förlust
2098||Vinst eller förlust från föregående år
2099||Årets resultat
2110||Periodiseringsfonder
2350||Andra långfristiga skulder till kreditinstitut
2390||Övriga långfristiga skulder
2420||Förskott från kunder
2421||Ej inlösta presentkort
2440||Leverantörsskulder
2510||Skatteskulder
2610||Utgående moms, 25 %
2611|25|Utgående moms på försäljning inom Sverige, 25 %
2614|U25|Utgående moms omvänd betalningsskyldighet, 25 %
2615|U25|Utgående moms import av varor, 25 %
2620||Utgående moms, 12 %
2621|12|Utgående moms på försäljning inom Sverige, 12 %
2624|U12|Utgående moms omvänd betalningsskyldighet, 12 %
2630||Utgående moms, 6 %
2631|6|Utgående moms på försäljning inom Sverige, 6 %
2634|U6|Utgående moms omvänd betalningsskyldighet, 6 %
2640||Ingående moms
2641|I|Debiterad ingående moms
2645|I|Beräknad ingående moms på förvärv från utlandet
2650||Redovisningskonto för moms
2670||Utgående moms på försäljning inom EU, OSS
2710||Personalskatt
2730||Lagstadgade sociala avgifter och särskild löneskatt
2820||Kortfristiga skulder till anställda
2890||Övriga kortfristiga skulder
2920||Upplupna semesterlöner
2940||Upplupna lagstadgade sociala och andra avgifter
2970||Förutbetalda intäkter
2990||Övriga upplupna kostnader och förutbetalda intäkter
3001|MP1|Försäljning inom Sverige, 25 % moms
3002|MP2|Försäljning inom Sverige, 12 % moms
3003|MP3|Försäljning inom Sverige, 6 % moms
3004|MF|Försäljning inom Sverige, momsfri
3041|MP1|Försäljning av tjänster inom Sverige, 25 % moms
3042|MP2|Försäljning av tjänster inom Sverige, 12 % moms
3043|MP3|Försäljning av tjänster inom Sverige, 6 % moms
3044|MF|Försäljning av tjänster inom Sverige, momsfri
3105|VTEU|Försäljning av varor till land utanför EU
3106|MP1|Försäljning av varor till annat EU-land, momspliktig
3107|3VEU|Mellanmans försäljning vid trepartshandel
3108|VEU|Försäljning av varor till annat EU-land, momsfri
3211|VMB|Försäljning positiv VMB
3212|VMB|Försäljning negativ VMB
3231|OMVB|Försäljning inom byggsektorn, omvänd skattskyldighet
3305|TTEU|Försäljning av tjänster till land utanför EU
3306|MP1|Försäljning av tjänster till annat EU-land, momspliktig
3308|TEU|Försäljning av tjänster till annat EU-land
3510|MP1|Fakturerat emballage
3520|MP1|Fakturerade frakter
3521|VEU|Fakturerade frakter, EU-land
3522|VTEU|Fakturerade frakter, export
3540|MP1|Faktureringsavgifter
3550|MP1|Fakturerade resekostnader
3590|MP1|Övriga fakturerade kostnader
3730||Lämnade rabatter
3740||Öres- och kronutjämning
3911||Hyresintäkter
3960||Valutakursvinster på fordringar och skulder av rörelsekaraktär
3990||Övriga ersättningar och intäkter
4010||Inköp av material och varor
4515||Inköp av varor från annat EU-land, 25 %
4535||Inköp av tjänster från annat EU-land, 25 %
4600||Legoarbeten och underentreprenader
4960||Förändring av lager av handelsvaror
5010||Lokalhyra
5060||Städning och renhållning
5220||Hyra av inventarier och verktyg
5410||Förbrukningsinventarier
5420||Programvaror
5460||Förbrukningsmaterial
5611||Drivmedel för personbilar
5615||Leasing av personbilar
5710||Frakter, transporter och försäkringar vid varudistribution
5800||Resekostnader
5830||Kost och logi
5910||Annonsering
6040||Kontokortsavgifter
6071||Representation, avdragsgill
6072||Representation, ej avdragsgill
6110||Kontorsmateriel
6212||Mobiltelefon
6230||Datakommunikation
6250||Postbefordran
6310||Företagsförsäkringar
6351||Konstaterade förluster på kundfordringar
6352||Befarade förluster på kundfordringar
6420||Ersättningar till revisor
6530||Redovisningstjänster
6540||IT-tjänster
6550||Konsultarvoden
6570||Bankkostnader
6970||Tidningar, tidskrifter och facklitteratur
6980||Föreningsavgifter
6991||Övriga externa kostnader, avdragsgilla
6992||Övriga externa kostnader, ej avdragsgilla
7010||Löner till kollektivanställda
7210||Löner till tjänstemän
7331||Skattefria bilersättningar
7510||Lagstadgade sociala avgifter
7570||Premier för arbetsmarknadsförsäkringar
7610||Utbildning
7631||Personalrepresentation, avdragsgill
7690||Övriga personalkostnader
7832||Avskrivningar på inventarier och verktyg
7960||Valutakursförluster på fordringar och skulder av rörelsekaraktär
7970||Förlust vid avyttring av immateriella och materiella anläggningstillgångar
8311||Ränteintäkter från bank
8313||Ränteintäkter från kundfordringar
8330||Valutakursdifferenser på kortfristiga fordringar och placeringar
8410||Räntekostnader för långfristiga skulder
8422||Dröjsmålsräntor för leverantörsskulder
8431||Valutakursdifferenser på skulder
8910||Skatt som belastar årets resultat
8999||Årets resultat
"""

ACCOUNTS: Final = tuple(
    (number, vat_code or None, name)
    for number, vat_code, name in (line.split("|") for line in _TABLE.split("\n") if line)
)

BLOCKED_FOR_MANUAL_BOOKING: Final = frozenset({"1510", "2440"})
"""Accounts that only the ledgers book on, as the product sets them up."""

RECEIVABLES: Final = 1510
BANK: Final = 1930
ROUNDING: Final = 3740
BANK_FEES: Final = 6570
OUTPUT_VAT: Final = {25: 2611, 12: 2621, 6: 2631}
"""The VAT account of each rate in per cent."""
