"""Numbers that somebody may put into our form to run up a bill, or to break it.

Each comes with what must become of it: "" where the text is no number and is refused, else the
reason why the enquiry is saved but never messaged or called. What the telephone numbering plans
know is generated, so that it grows with them; what people think of is written down.
"""

from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

REFUSED, ABROAD, NOT_MOBILE = "", "number_abroad", "number_not_mobile"
KINDS = {
    value: name.lower()
    for name, value in vars(PhoneNumberType).items()
    if name.isupper() and value != PhoneNumberType.UNKNOWN
}
MAY_BE_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class Hostile(NamedTuple):
    text: str
    kind: str
    reason: str

    @property
    def is_number(self):
        return self.reason != REFUSED


def _written(number):
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _may_be_mobile(number):
    return phonenumbers.number_type(number) in MAY_BE_MOBILE


def of_every_country_and_type():
    """An example of each type of number of each country, but for what we may message: ours."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind, name in KINDS.items():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None or (region == "IN" and _may_be_mobile(number)):
                continue
            text = _written(number)
            reason = NOT_MOBILE if region == "IN" else ABROAD
            too_short = len(text) < 8  # service numbers of some countries: nobody's own
            yield Hostile(text, f"{region} {name}", REFUSED if too_short else reason)


def of_no_country():
    """Satellite, international toll-free, shared-cost, premium: +800 +808 +870 +878 +881 +88x."""
    for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = phonenumbers.example_number_for_non_geo_entity(code)
        yield Hostile(_written(number), "of no country", ABROAD)


WRITTEN_DOWN = {
    ("satellite and premium", ABROAD): [
        "+870773111632", "+881612345678", "+8823421234", "+882 16 12345678", "+883510012345",
        "+979 1 2345 6789", "+80012345678", "+808 1234 5678", "+1 900 234 5678", "+1 876 210 1234",
        "+1-809-234-5678", "+44 70 1234 5678", "+44 909 8790000", "+44 7640 123456",
        "+53 5 1234567", "+252 61 5551234", "+371 2123 4567", "+675 7012 3456", "+960 771 2345",
        "0044 7400 123456", "00 1 415 555 0123", "+４４７４００１２３４５６",
        "+१४१५५५५०१२३", "+92 301 2345678", "+880 1812 345678", "+94 71 234 5678",
    ],
    ("ours, but no mobile", NOT_MOBILE): [
        "0712 255 5010", "+91 22 2345 6789", "1800 111 111", "+91 1800 425 3800", "1860 123 4567",
        "+911860 5001066", "011-2345-6789", "०७१२२५५५०१०", "1234567890",
    ],
    ("short and emergency", REFUSED): [
        "100", "101", "108", "112", "911", "999", "1909", "198", "139", "155260", "+91112",
        "+91 100", "121", "56767", "*#06#", "*21*9876543210#", "**61*9876543210#", "*9876543210",
        "9876543210#", "#9876543210",
    ],
    ("no number of anybody", REFUSED): [
        "0000000000", "5555555555", "+919", "+91 0000 000 000", "98765", "987654321",
        "98765432101", "9" * 39, "9" * 41, "+" + "9" * 30, "1" * 5000, "-9876543210-" * 20, "+", "",
        "+91-1900 123 4567", "+91 900 555 012", "+91 +1 900 234 5678", "+0919876543210",
        "+9198765432100", "+999 9876543210", "+210 9876543210", "++919876543210",
        "9876543210+", "98765+43210", "+91 1 900 234 5678", "0 0 0 0 0", "....", "()", "+-+-",
    ],
    ("letters and parameters", REFUSED): [
        "98765HELLO", "1-800-FLOWERS", "98765 4321O", "9876543Z1O", "９8765 4321О", "l876543210",
        "9876543210 ext 5", "9876543210x5", "9876543210;ext=5", "9876543210,,1", "9876543210p1",
        "9876543210w1", "tel:+919876543210", "tel:9876543210;phone-context=+1",
        "tel:9002345678;phone-context=+1", "+919876543210;phone-context=+44", "sip:98765@evil.com",
        "tel:+91-98765-43210;isub=12345", "whatsapp:+919876543210", "client:owner", "+91IN98765",
        "9876543210;postd=99", "https://wa.me/919876543210", "9876543210&To=+19002345678",
        "9876543210?x=1", "9876543210%0aTo:+19002345678", "98765_43210", "9876543210 9876543211",
        "9876543210/9876543211", "9876543210, 9876543211", "call me", "asha@example.com",
    ],
    ("code and queries", REFUSED): [
        "' OR 1=1 --", "9876543210'; DROP TABLE leads_lead; --", "9876543210\" OR \"\"=\"",
        "%s%s%s%n", "%(phone)s", "{phone}", "{0.__class__}", "${jndi:ldap://evil}", "{{7*7}}",
        "<script>alert(1)</script>", "<Dial>+19002345678</Dial>", "../../etc/passwd", "$(reboot)",
        "`id`", "NaN", "Infinity", "1e10", "0x24CB016EA", "9.876543210e9", "-9876543210e0", "null",
        "True", "９８７６５４３２１０; rm -rf /", "=cmd|'/c calc'!A1", "@SUM(1+1)", "\\x39\\x38",
    ],
    ("digits that are none", REFUSED): [
        "⑨⑧⑦⑥⑤④③②①⓪", "⁹⁸⁷⁶⁵⁴³²¹⁰", "₉₈₇₆₅₄₃₂₁₀", "九八七六五四三二一〇", "ⅨⅧⅦⅥⅤⅣⅢⅡⅠ", "➈➇➆➅➄➃➂➁➀",
        "९८७६५४३२१o", "98765４３２１Ｏ", "🄊🄉🄈🄇🄆🄅🄄🄃🄂🄁", "9️⃣8️⃣7️⃣6️⃣5️⃣4️⃣3️⃣2️⃣1️⃣0️⃣",
    ],
    ("control characters", REFUSED): [
        "98765\x0043210", "\x009876543210", "9876543210\x00", "98765\x1b[31m43210",
        "98765\x7f43210", "98765\r\nTo: +19002345678", "98765\n43210", "98765\t43210",
        "98765\x8543210", "98765\u202843210", "98765\u202943210", "98765\ufffd43210",
        "98765\ue00043210", "98765\u033643210", "9876543210\u20e3", "\x08\x08\x08",
    ],
    ("unseen marks alone", REFUSED): ["\u200b\u200b", "\u202e\u202c", "\ufeff", "\U000e0039" * 10],
    ("unseen marks in a number abroad", ABROAD): [
        "\u202e+14155550123\u202c", "+1\u200b415\u200b5550123", "\ufeff+447400123456",
        "\u2066+870773111632\u2069", "+4\u20604 7400 123456", "+\u200d881612345678",
    ],
}  # fmt: skip

# Disguises of one real mobile: they change nothing, neither its limits nor its STOP.
DISGUISES = [
    "९८७६५४३२१०", "９８７６５４３２１０", "٩٨٧٦٥٤٣٢١٠", "৯৮৭৬৫৪৩২১০", "98765४३२१०", "9８7６5४3२1०",
    "𝟗𝟖𝟕𝟔𝟓𝟒𝟑𝟐𝟏𝟎", "＋९१ 98765 ４３２１０", "98765\u200b43210", "\u202a+91 98765 43210\u202c",
    "\u200e9876543210", "9876543210\u2060", "98765\u00ad43210", "+91 09876543210",
    "+91 (0)98765-43210", "0091 98765 43210", "+0091 98765 43210", "[98765].43210", "98765–43210",
    "98765\u202f43210", "9 8 7 6 5 4 3 2 1 0",
]  # fmt: skip
DISGUISED = "+919876543210"


def everything():
    """Every hostile number once, in an order that does not change."""
    written = (
        Hostile(text, kind, reason)
        for (kind, reason), texts in WRITTEN_DOWN.items()
        for text in texts
    )
    found = [*of_every_country_and_type(), *of_no_country(), *written]
    return list({hostile.text: hostile for hostile in found}.values())


def a_good_share():
    """All that is written down, and every seventh of the generated: for doors with slow pages."""
    generated = [*of_every_country_and_type(), *of_no_country()]
    return [*generated[::7], *everything()[len({h.text for h in generated}) :]]
