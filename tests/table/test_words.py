"""words.def against the kernel's headers."""

import csv

import pytest

from . import declared, words

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def known():
    return words.read()


def extracted():
    with open(declared.HERE / "words.csv", newline="") as file:
        return {row["word"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("arch", words.ARCHES)
def test_every_word_has_the_value_of_the_headers(arch, known):
    headers = extracted()
    wrong = []
    for word in known:
        if word.arches & words.ARCHES[arch]:
            value = headers[word.name][arch]
            # A call that other architectures do not have is none of their words' business.
            elsewhere = not value and word.arches == sum(words.ARCHES.values())
            if not elsewhere and int(value or -1) != word.value:
                wrong.append((word, value))
    assert not wrong


@pytest.mark.parametrize("arch", words.ARCHES)
def test_no_word_is_missing_on_an_architecture(arch, known):
    here = {(word.vocabulary, word.name) for word in known if word.arches & words.ARCHES[arch]}
    headers = extracted()
    missing = [
        word
        for word in known
        if headers[word.name][arch] and (word.vocabulary, word.name) not in here
    ]
    assert not missing


def test_the_extract_is_of_these_words(known):
    headers = extracted()
    assert set(headers) == {word.name for word in known}
    for name, row in headers.items():
        assert any(row[arch] for arch in words.ARCHES), name


def test_bits_stay_inside_their_masks(known):
    for word in known:
        assert not word.value & ~word.mask, word
