"""Amounts in words: lakh and crore, in English and in Hindi."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.words import ENGLISH, HINDI, SCALES, in_words, number_in_words

VALUES = {
    names_of: {name: value for value, name in enumerate(names)}
    for names_of, names in (("en-in", ENGLISH), ("hi", HINDI))
}


def heard(words, language):
    """Read a number back from its words, another way than it was written."""
    sizes = {scale[2] if language == "hi" else scale[1]: scale[0] for scale in SCALES}
    total = current = 0
    for word in words.split():
        if word not in sizes:
            current += VALUES[language][word]
        elif sizes[word] == 10_000_000:
            total, current = (total + current) * sizes[word], 0
        elif sizes[word] == 100:
            current *= 100
        else:
            total, current = total + current * sizes[word], 0
    return total + current


@pytest.mark.parametrize(
    ("paise", "english", "hindi"),
    [
        (0, "Rupees Zero Only", "शून्य रुपये मात्र"),
        (1, "One Paisa Only", "एक पैसा मात्र"),
        (50, "Fifty Paise Only", "पचास पैसे मात्र"),
        (100, "Rupee One Only", "एक रुपया मात्र"),
        (250_000, "Rupees Two Thousand Five Hundred Only", "दो हज़ार पाँच सौ रुपये मात्र"),
        (
            12_345_650,
            "Rupees One Lakh Twenty-Three Thousand Four Hundred Fifty-Six and Fifty Paise Only",
            "एक लाख तेईस हज़ार चार सौ छप्पन रुपये और पचास पैसे मात्र",
        ),
        (2_000_000_000, "Rupees Two Crore Only", "दो करोड़ रुपये मात्र"),
    ],
)
def test_amounts_are_said_as_on_indian_papers(paise, english, hindi):
    assert in_words(paise, "en-in") == english
    assert in_words(paise, "hi") == hindi


@given(st.integers(0, 10**13), st.sampled_from(["en-in", "hi"]))
def test_what_is_said_is_the_number(number, language):
    words = number_in_words(number, HINDI if language == "hi" else ENGLISH)

    assert heard(words, language) == number


def test_each_number_below_a_hundred_has_a_name_of_its_own():
    assert len(set(ENGLISH)) == len(set(HINDI)) == len(ENGLISH) == len(HINDI) == 100
    assert all(re.fullmatch("[\u0900-\u097f]+", name) for name in HINDI)
