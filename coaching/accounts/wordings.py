"""The exact words that people agree to. A consent row names the version it was given under.

Never edit a version that has been shown: add a new one and point CURRENT at it.
"""

CURRENT = "2026-11"

CONSENT = {
    "2026-11": {
        "en-in": (
            "I agree that {centre} may send me class details and reminders on WhatsApp and e-mail "
            "and call me at this number, also with an automated assistant. I can stop this at any "
            "time by replying STOP or by the link in every e-mail."
        ),
        "hi": (
            "मैं सहमत हूँ कि {centre} मुझे इस नंबर पर WhatsApp और ई-मेल से कोर्स की जानकारी और "
            "रिमाइंडर भेज सकता है और फ़ोन कर सकता है, स्वचालित सहायक से भी। मैं इसे कभी भी STOP "
            "लिखकर या हर ई-मेल में दिए लिंक से बंद कर सकता/सकती हूँ।"
        ),
    }
}


def consent_wording(language, centre_name, version=CURRENT):
    """Return the wording of `version` in `language` (English where there is none)."""
    texts = CONSENT[version]
    return texts.get(language, texts["en-in"]).format(centre=centre_name)
