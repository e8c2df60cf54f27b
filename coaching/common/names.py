"""Names of people as they are compared."""

import unicodedata


def name_key(name):
    """Return what makes two spellings of a name the same person: 'Asha  RAO.' -> 'asha rao'."""
    text = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return " ".join(kept.split())[:120]
