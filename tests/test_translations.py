"""Every public sentence has its Hindi, and the compiled catalogue is the one that was written."""

import io
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

LOCALE = settings.BASE_DIR / "locale" / "hi" / "LC_MESSAGES"
TEMPLATES = ("base.html", "403.html", "404.html", "429.html", "components", "leads", "messages",
             "messaging", "account", "mfa", "usersessions", "portal", "payments")  # fmt: skip
SOURCES = ("leads", "academics/models", "payments", "coaching/messaging/webhooks.py",
           "coaching/common", "coaching/login")  # fmt: skip
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def files(names, base, suffixes):
    for name in names:
        path = base / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.suffix in suffixes and file.is_file())


def sentences_of(path):
    """Yield (context, message id) of everything that a file asks to be translated."""
    code = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        code = templatize(code, origin=str(path))
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(code.encode()), keywords=KEYWORDS, options={"encoding": "utf-8"}
    ):
        yield context, message[0] if isinstance(message, tuple) else message


def wanted():
    templates = files(TEMPLATES, settings.BASE_DIR / "templates", {".html", ".txt"})
    sources = files(SOURCES, settings.BASE_DIR, {".py"})
    return {
        (context, message, str(path.relative_to(settings.BASE_DIR)))
        for path in [*templates, *sources]
        for context, message in sentences_of(path)
    }


@pytest.fixture(scope="module")
def written():
    with Path(LOCALE / "django.po").open("rb") as file:
        return read_po(file, locale="hi")


@pytest.fixture(scope="module")
def compiled():
    with Path(LOCALE / "django.mo").open("rb") as file:
        return read_mo(file)


def is_translated(catalogue, context, message):
    entry = catalogue.get(message, context)
    if entry is None or entry.fuzzy:
        return False
    texts = entry.string if isinstance(entry.string, (tuple, list)) else [entry.string]
    return all(texts)


def test_every_public_sentence_has_its_hindi(written):
    missing = [
        f"{where}: {message!r}"
        for context, message, where in sorted(wanted(), key=str)
        if not is_translated(written, context, message)
    ]

    assert missing == []


def test_a_sentence_that_nobody_translated_is_noticed(written):
    assert not is_translated(written, None, "A sentence that nobody has translated")


def test_the_extraction_sees_templates_and_python():
    found = {message for _context, message, _where in wanted()}

    assert {"Send my enquiry", "Your name", "Sat", "{left} seat left"} - found == {
        "{left} seat left"
    }
    assert {"Two-step log-in", "This device", "Code of 6 digits"} <= found
    assert "%(left)s seat left" in found


def test_hindi_keeps_every_placeholder(written):
    broken = [
        (message.id, error) for message in written if message.id for error in message.check(written)
    ]

    assert broken == []


def test_the_compiled_catalogue_is_what_was_written(written, compiled):
    def several(text):
        return tuple(text) if isinstance(text, (list, tuple)) else (text,)

    def text(context):  # Babel reads that of a compiled catalogue as bytes
        return context.decode() if isinstance(context, bytes) else context

    def content(catalogue):
        return {(text(m.context), several(m.id)): several(m.string) for m in catalogue if m.id}

    assert content(compiled) == content(written)
