"""Amounts in words, as Indian papers carry them: lakh and crore, in English and in Hindi."""

ONES = [
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten",
    "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen",
    "Nineteen",
]  # fmt: skip
TENS = ["Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"]
ENGLISH = ONES + [f"{ten}-{ONES[one]}" if one else ten for ten in TENS for one in range(10)]
HINDI = [  # 0–99: each has a name of its own; spelt as the Central Hindi Directorate does
    "शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ",
    "दस", "ग्यारह", "बारह", "तेरह", "चौदह", "पंद्रह", "सोलह", "सत्रह", "अठारह", "उन्नीस",
    "बीस", "इक्कीस", "बाईस", "तेईस", "चौबीस", "पच्चीस", "छब्बीस", "सत्ताईस", "अट्ठाईस", "उनतीस",
    "तीस", "इकतीस", "बत्तीस", "तैंतीस", "चौंतीस", "पैंतीस", "छत्तीस", "सैंतीस", "अड़तीस", "उनतालीस",
    "चालीस", "इकतालीस", "बयालीस", "तैंतालीस", "चवालीस", "पैंतालीस", "छियालीस", "सैंतालीस",
    "अड़तालीस", "उनचास",
    "पचास", "इक्यावन", "बावन", "तिरपन", "चौवन", "पचपन", "छप्पन", "सत्तावन", "अट्ठावन", "उनसठ",
    "साठ", "इकसठ", "बासठ", "तिरसठ", "चौंसठ", "पैंसठ", "छियासठ", "सड़सठ", "अड़सठ", "उनहत्तर",
    "सत्तर", "इकहत्तर", "बहत्तर", "तिहत्तर", "चौहत्तर", "पचहत्तर", "छिहत्तर", "सतहत्तर", "अठहत्तर", "उनासी",
    "अस्सी", "इक्यासी", "बयासी", "तिरासी", "चौरासी", "पचासी", "छियासी", "सतासी", "अठासी", "नवासी",
    "नब्बे", "इक्यानवे", "बानवे", "तिरानवे", "चौरानवे", "पचानवे", "छियानवे", "सतानवे", "अठानवे", "निन्यानवे",
]  # fmt: skip
SCALES = (
    (10_000_000, "Crore", "करोड़"),
    (100_000, "Lakh", "लाख"),
    (1_000, "Thousand", "हज़ार"),
    (100, "Hundred", "सौ"),
)


def in_words(paise, language):
    """Say an amount: 12345650 -> 'Rupees One Lakh Twenty-Three Thousand Four Hundred Fifty-Six
    and Fifty Paise Only'; in 'hi' 'एक लाख तेईस हज़ार चार सौ छप्पन रुपये और पचास पैसे मात्र'.

    `paise` is 0 or more.
    """
    rupees, rest = divmod(paise, 100)
    if language == "hi":
        only, joint = "मात्र", " और "
        parts = (
            f"{number_in_words(rupees, HINDI)} {'रुपया' if rupees == 1 else 'रुपये'}",
            f"{number_in_words(rest, HINDI)} {'पैसा' if rest == 1 else 'पैसे'}",
        )
    else:
        only, joint = "Only", " and "
        parts = (
            f"{'Rupee' if rupees == 1 else 'Rupees'} {number_in_words(rupees, ENGLISH)}",
            f"{number_in_words(rest, ENGLISH)} {'Paisa' if rest == 1 else 'Paise'}",
        )
    said = [part for part, number in zip(parts, (rupees, rest), strict=True) if number]
    return f"{joint.join(said or parts[:1])} {only}"


def number_in_words(number, names):
    """Say a whole number of 0 or more with the `names` of 0 to 99, ENGLISH or HINDI."""
    if number < 100:
        return names[number]
    words = []
    for size, english, hindi in SCALES:
        count, number = divmod(number, size)
        if count:
            words += [number_in_words(count, names), hindi if names is HINDI else english]
    return " ".join([*words, names[number]] if number else words)
