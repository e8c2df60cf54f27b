"""Who is under 18 joins with a parent's or guardian's consent: the exact words, and the row.

Never edit a version that has been shown: add a new one and point CURRENT at it.
"""

from coaching.accounts.models import Consent

CURRENT = "2026-11-guardian"

WORDING = {
    "2026-11-guardian": {
        "en-in": (
            "I am the parent or guardian of this student. I agree that the student joins this "
            "course at {centre}, that {centre} keeps the details given here for it, and that "
            "{centre} may write to this number and e-mail and call this number about the course. "
            "I can take this back at any time."
        ),
        "hi": (
            "मैं इस छात्र/छात्रा का माता-पिता या अभिभावक हूँ। मैं सहमत हूँ कि वह {centre} के इस कोर्स में "
            "शामिल हो, कि {centre} इसके लिए यहाँ दी गई जानकारी रखे, और कोर्स के बारे में इस नंबर और ई-मेल "
            "पर लिखे और इस नंबर पर फ़ोन करे। मैं यह सहमति कभी भी वापस ले सकता/सकती हूँ।"
        ),
    }
}


def guardian_wording(language, centre_name):
    """Return the present wording in `language` (English where there is none)."""
    texts = WORDING[CURRENT]
    return texts.get(language, texts["en-in"]).format(centre=centre_name)


def give_guardian_consent(contact, *, name, language, ip=None):
    """Record that `name`, the student's parent or guardian, agreed to the present wording."""
    Consent.objects.create(
        contact=contact, action=Consent.Action.GIVEN, channel="guardian",
        source=Consent.Source.FORM, wording_version=CURRENT, language=language, given_by=name,
        ip=ip,
    )  # fmt: skip
