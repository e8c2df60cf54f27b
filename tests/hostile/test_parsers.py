"""What must hold for every text there is, not only for the ones that we thought of."""

import ipaddress
import re

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from coaching.accounts.phone import E164, NotANumber, read_phone, why_not_reachable
from coaching.common.http import client_ip
from coaching.common.logs import redact
from coaching.common.money import inr
from coaching.messaging.inbound import START, STOP, fold
from leads.forms import clean_name
from leads.models import name_key
from tests.hostile.numbers import DISGUISED, DISGUISES

settings.register_profile(
    "hostile", derandomize=True, max_examples=200, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
ALWAYS_THE_SAME = settings(settings.get_profile("hostile"))
ANY_TEXT = st.text(st.characters(), max_size=60)  # lone surrogates and NUL included
NUMBERISH = st.text(st.sampled_from("0123456789+-() .०९８٣\u200b\u202exe;,#*"), max_size=24)
ADDRESSES = st.ip_addresses().map(str)


@ALWAYS_THE_SAME
@given(ANY_TEXT | NUMBERISH)
def test_a_number_is_e164_or_refused_and_reads_the_same_again(text):
    try:
        phone = read_phone(text)
    except NotANumber:
        return
    assert E164.fullmatch(phone.e164)
    assert read_phone(phone.e164) == phone


@ALWAYS_THE_SAME
@given(ANY_TEXT | NUMBERISH)
def test_only_plain_e164_of_an_indian_mobile_is_ever_reachable(text):
    if why_not_reachable(text, {"IN"}) == "":
        assert re.fullmatch(r"\+91[6-9][0-9]{9}", text)


@ALWAYS_THE_SAME
@given(st.sampled_from([DISGUISED, *DISGUISES]), st.text(st.sampled_from("abcXYZ*#;=\x00\n'\"")))
def test_a_letter_or_a_sign_beside_a_number_makes_it_none(number, rubbish):
    assume(rubbish)

    for text in (number + rubbish, rubbish + number):
        with pytest.raises(NotANumber):
            read_phone(text)


@ALWAYS_THE_SAME
@given(ANY_TEXT)
@example("http://evil.example")
@example("\u202eAsha")
def test_a_name_is_one_clean_line_or_refused(text):
    try:
        name = clean_name(text)
    except ValidationError:
        return
    assert name.isprintable()
    assert name == " ".join(name.split())
    assert "://" not in name
    assert clean_name(name) == name


@ALWAYS_THE_SAME
@given(ANY_TEXT)
def test_a_name_key_is_short_and_knows_itself(text):
    key = name_key(text)

    assert len(key) <= 120
    assert name_key(key) == key
    assert name_key(f"  {text} . ") == key


@ALWAYS_THE_SAME
@given(ANY_TEXT)
def test_folding_is_done_once(text):
    assert fold(fold(text)) == fold(text)


@ALWAYS_THE_SAME
@given(st.sampled_from(sorted(STOP)), st.text(st.sampled_from(" .!?,\n\t🙏-*"), max_size=6))
def test_a_stop_word_is_one_however_it_is_decorated(word, decoration):
    for text in (word.upper(), decoration + word + decoration, word.title() + decoration):
        assert fold(text) in STOP
        assert fold(text) not in START


@ALWAYS_THE_SAME
@given(
    proxies=st.integers(0, 3),
    forged=st.lists(ADDRESSES | ANY_TEXT.filter(lambda text: "," not in text), max_size=5),
    hops=st.lists(ADDRESSES, min_size=3, max_size=3),
)
def test_what_a_visitor_writes_about_their_address_is_never_believed(
    settings, proxies, forged, hops
):
    """The last `proxies` entries were written by machines of ours; `hops` stand for them."""
    settings.TRUSTED_PROXIES = proxies
    own = hops[3 - proxies :]  # visitor's address first, as our outermost proxy saw it
    header = ", ".join([*forged, *own])

    seen = client_ip(
        RequestFactory().get("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=header)
    )

    visitor = ipaddress.ip_address(own[0] if proxies else "203.0.113.9")
    assert seen == str(getattr(visitor, "ipv4_mapped", None) or visitor)


@ALWAYS_THE_SAME
@given(proxies=st.integers(0, 3), header=ANY_TEXT, remote=ADDRESSES | ANY_TEXT)
def test_an_address_is_an_address_or_nothing(settings, proxies, header, remote):
    settings.TRUSTED_PROXIES = proxies

    seen = client_ip(RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=header))

    assert seen is None or re.fullmatch(r"[0-9a-f:.]+", seen)


def test_control_counted_from_the_left_a_forged_address_wins(settings):
    settings.TRUSTED_PROXIES = 1
    header = "6.6.6.6, 203.0.113.9"

    seen = client_ip(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=header))

    assert (seen, header.split(", ")[0]) == ("203.0.113.9", "6.6.6.6")


@ALWAYS_THE_SAME
@given(st.integers(-(10**15), 10**15))
def test_rupees_say_exactly_the_paise(paise):
    text = inr(paise)

    rupees, _, rest = text.replace("₹", "").replace(",", "").partition(".")
    sign = -1 if rupees.startswith("-") else 1
    assert sign * (abs(int(rupees)) * 100 + int(rest or 0)) == paise
    assert re.fullmatch(r"-?₹\d{1,2}(,\d\d)*,\d{3}(\.\d\d)?|-?₹\d{1,3}(\.\d\d)?", text)


@ALWAYS_THE_SAME
@given(ANY_TEXT)
def test_a_log_line_keeps_no_number_whatever_stands_around_it(text):
    assert "9876543210" not in redact(f"{text} +919876543210 {text}")
