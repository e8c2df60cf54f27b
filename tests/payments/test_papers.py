"""Papers: the same content as page and PDF, in both languages, whatever people are called."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pytest
import typst
from django.template.loader import render_to_string
from django.test import RequestFactory

from coaching.centre.models import Profile
from payments.papers.pdf import FOLDER, fonts, pdf
from payments.papers.sheet import sheet
from payments.tax import gst
from tests.payments.papers import INSTALMENT, paper

KINDS = ("receipt", "refund_note", "tax_invoice", "credit_note")
TAX_WORDS = re.compile(r"\b([CSI]?GST(IN)?|UTGST|SAC|tax\w*|टैक्स|जीएसटी|कर योग्य)\b", re.I)
UNSHOWN = re.compile("[\x00-\x1f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
HOSTILE = (
    '#panic("no") $x$ *bold* = #sys.inputs @ref <label> `raw` \\ // /* " \' [ { ( ~',
    "Ａ" * 3 + "<script>alert(1)</script> {{ 7|add:1 }} {% now 'Y' %} &amp;",
    "Nul\x00 bell\x07 new\nline\u2028 tab\t escape\x1b[31m",
    "right \u202egnorw\u202c \u2066isolate\u2069 شاهد עברית",
    "emoji 👩🏽\u200d💻 🇮🇳 lone \ud83d surrogate, 中文 ਪੰਜਾਬੀ தமிழ்",
    "W" * 120,
    "क्षत्रिय" * 15,
    "z" + "\u0301" * 119,
    "",
)


def text_of(data):
    """Read the PDF's text as a viewer copies it, spaces made plain."""
    pages = pypdfium2.PdfDocument(data)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


def page_of(made):
    context = {"paper": sheet(made), "pdf_url": "/payments/papers/abc.pdf"}
    return render_to_string("payments/paper/page.html", context, RequestFactory().get("/"))


def visible_text(html):
    article = re.search(r"<article.*</article>", html, re.S)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", article).split())


def texts(value):
    """All texts within a sheet."""
    if isinstance(value, str):
        return [value]
    return [text for item in (value.values() if isinstance(value, dict) else value)
            for text in texts(item)]  # fmt: skip


def named(name, **changes):
    buyer = {"name": name, "phone": "", "email": "", "state_code": "27"}
    return paper(buyer=buyer, course=name, reason=name, **changes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en-in", "hi"])
@pytest.mark.django_db
def test_page_and_pdf_say_everything_on_the_sheet(kind, language):
    made = paper(kind, language=language, **(INSTALMENT if kind == "tax_invoice" else {}))

    said = texts({**sheet(made), "kind": "", "language": ""})
    page, printed = visible_text(page_of(made)), text_of(pdf(made)).replace(" ", "")

    assert [text for text in said if text not in page] == []
    assert [text for text in said if text.replace(" ", "") not in printed] == []


@pytest.mark.django_db
def test_a_tax_invoice_carries_what_rule_46_asks_for():
    made = paper("tax_invoice", number="INV/26-27/00042", **INSTALMENT)

    printed = text_of(pdf(made))

    for particular in (
        "Tax invoice", "Original for recipient", "Pathkriti Python Academy", "2nd floor, Sai Plaza",
        "GSTIN 27ABCDE1234F1Z5", "INV/26-27/00042", "23 November 2026", "Asha Rao",
        "State: 27 Maharashtra", "SAC 999293", "Python Foundation", "Taxable value ₹5,084.74",
        "CGST 9% ₹457.63", "SGST 9% ₹457.63", "Place of supply 27 Maharashtra", "Reverse charge No",
        "it needs no signature",
    ):  # fmt: skip
        assert particular in printed


def test_a_credit_note_names_its_invoice_and_what_goes_back():
    said = texts(sheet(paper("credit_note")))

    assert "INV/26-27/00042 of 20 November 2026" in said
    assert {"Credit note", "Total refunded", "₹5,000.00", "The student left", "₹381.36"} <= set(
        said
    )


def test_another_state_pays_igst_and_a_union_territory_utgst():
    asha = paper()["buyer"]
    tax = {"sac": "999293", "rate_percent": 5, "place_of_supply": "04"}

    elsewhere = paper("tax_invoice", buyer={**asha, "state_code": "29"})
    chandigarh = paper("tax_invoice")
    chandigarh["tax"] = {**tax, **vars(gst(1_150_000, 5, True))}

    for made, names in (
        (elsewhere, ["Taxable value", "IGST 18%"]),
        (chandigarh, ["Taxable value", "CGST 2.5%", "UTGST 2.5%"]),
    ):
        [(_label, rows)] = sheet(made)["sums"]
        assert [name for name, _amount in rows] == names


def test_an_instalment_says_what_is_paid_and_what_is_left():
    rows = [
        ("The whole fee", "₹1,23,456.50"),
        ("Paid so far", "₹6,000.00"),
        ("Still to pay", "₹1,17,456.50"),
    ]

    assert sheet(paper(**INSTALMENT))["sums"] == [("Your fee", rows)]
    assert sheet(paper())["sums"] == []


def test_a_paper_in_hindi_has_its_words_dates_and_amounts_in_hindi():
    said = sheet(paper("tax_invoice", language="hi"))

    assert (said["title"], said["total"]) == ("टैक्स इनवॉइस", "₹11,500.00")
    assert said["words"] == "ग्यारह हज़ार पाँच सौ रुपये मात्र"
    assert ("तारीख", "23 नवंबर 2026") in said["facts"]
    assert ("भुगतान की तारीख", "23 नवंबर 2026, 5:04 PM IST") in said["payment"]


def test_cash_is_said_in_the_papers_language_and_another_way_as_it_was_stored():
    def method(name, language):
        return sheet(paper(method=name, language=language))["payment"][0][1]

    assert [method("cash", "en-in"), method("cash", "hi")] == ["Cash", "नकद"]
    assert method("Cheque 004512", "hi") == "Cheque 004512"


@pytest.mark.parametrize("language", ["en-in", "hi"])
@pytest.mark.django_db
def test_without_a_gstin_no_paper_has_a_word_about_tax(language):
    """Not even when the centre is registered later, and its other pages say so."""
    Profile.objects.update_or_create(pk=1, defaults={"gstin": "27ABCDE1234F1Z5"})

    for kind in ("receipt", "refund_note"):
        made = paper(kind, language=language, **(INSTALMENT if kind == "receipt" else {}))

        assert TAX_WORDS.findall(text_of(pdf(made)) + page_of(made)) == []


@pytest.mark.parametrize("language", ["en-in", "hi"])
def test_with_a_gstin_those_words_are_found(language):
    for kind in ("tax_invoice", "credit_note"):
        assert len(TAX_WORDS.findall(text_of(pdf(paper(kind, language=language))))) >= 5


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.django_db
def test_what_people_are_called_is_shown_and_nothing_more(name):
    made = named(name)

    pages, page = pypdfium2.PdfDocument(pdf(made)), page_of(made)

    assert len(pages) == 1
    assert "<script" not in page.split("<article")[1]
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\u2028\u202a-\u202e\u2066-\u2069]", "".join(texts(sheet(made)))
    )


def test_markup_in_a_name_is_its_letters():
    assert HOSTILE[0].replace(" ", "") in text_of(pdf(named(HOSTILE[0]))).replace(" ", "")


def test_the_same_name_within_the_source_would_be_obeyed():
    with pytest.raises(typst.TypstError, match="panicked"):
        typst.compile(HOSTILE[0].encode(), font_paths=fonts())


def test_a_broken_letter_would_stop_a_paper_that_is_not_cleaned(monkeypatch):
    monkeypatch.setattr("payments.papers.sheet._readable", lambda value: value)

    with pytest.raises(typst.TypstError):
        pdf(named("lone \ud83d surrogate"))


def right_edge(data):
    """How far the letters of a paper reach to the right, in parts of its width."""
    [page] = pypdfium2.PdfDocument(data)
    letters = page.get_textpage()
    return max(letters.get_charbox(n)[2] for n in range(letters.count_chars())) / page.get_width()


def test_an_endless_word_stays_within_the_page():
    made = named("W" * 120)
    unbroken = (FOLDER / "paper.typ").read_text().replace("len() > 36", "len() > 999")

    loose = typst.compile(
        unbroken.encode(), font_paths=fonts(), sys_inputs={"sheet": json.dumps(sheet(made))}
    )

    assert right_edge(pdf(made)) < 0.95
    assert right_edge(loose) > 1


def test_the_same_paper_is_the_same_bytes_in_every_thread(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    made = [paper("tax_invoice", number=f"INV/26-27/{n % 4:05}") for n in range(24)]

    with ThreadPoolExecutor(8) as pool:
        printed = list(pool.map(pdf, made))

    assert printed[:4] * 6 == printed
    assert len(set(printed)) == 4
    made_at = pypdfium2.PdfDocument(printed[0]).get_metadata_value("CreationDate")
    assert made_at == "D:20261123000000Z"


def test_a_pdf_has_our_fonts_within_and_no_others():
    data = pdf(named("Ω Ж தமிழ் whom they do not cover", language="hi"))

    assert set(re.findall(rb"/BaseFont/[A-Z]{6}\+([A-Za-z-]+)", data)) == {
        b"NotoSansDevanagari-Regular", b"NotoSansDevanagari-SemiBold",
    }  # fmt: skip
    assert data.count(b"/FontFile2") == 2


def test_the_fonts_are_small_and_bring_their_licence():
    files = {path.name: path.stat().st_size for path in (FOLDER / "fonts").iterdir()}

    assert sum(size for name, size in files.items() if name.endswith(".ttf")) < 400_000
    assert "OFL.txt" in files


def drawn(word, script="auto"):
    """The glyphs of a word from left to right, as they are drawn with the papers' font."""
    source = (
        f'#set text(font: "Noto Sans Devanagari", lang: "hi", script: {script})\n'
        "#json(bytes(sys.inputs.word))"
    )
    svg = typst.compile(
        source.encode(), font_paths=fonts(), sys_inputs={"word": json.dumps(word)}, format="svg"
    )
    return re.findall(r'<use xlink:href="#(\w+)"', svg.decode())


@pytest.mark.parametrize("word", ["प्रश्न", "क्षत्रिय", "शिक्षार्थी", "हिन्दी"])
def test_devanagari_is_joined_as_it_is_written(word):
    assert len(drawn(word)) < len(drawn(word, script='"latn"')) == len(word)


def test_a_short_i_stands_before_its_consonant():
    [ka] = drawn("क")

    assert drawn("कि")[1] == ka
    assert drawn("कि", script='"latn"')[0] == ka


def test_the_rupee_sign_is_of_our_font():
    assert drawn("₹") != drawn("\U0001f600")  # which is the empty box


def test_a_paper_is_quickly_made():
    def seconds():
        begun = time.perf_counter()
        pdf(paper("tax_invoice", number=f"INV/26-27/{begun % 99999:05.0f}"))
        return time.perf_counter() - begun

    assert min(seconds() for _ in range(5)) < 0.3


@pytest.mark.django_db
def test_the_page_keeps_to_the_content_security_policy():
    html = page_of(paper("tax_invoice"))

    assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=", html)
