"""Whether a text reaches a person: none that campaign keeps may.

What is told at a door is kept without whom it was told by. So a telephone number, an e-mail
address or a personal number is refused wherever a text or a reference is taken.
"""

import re

import phonenumbers
from stdnum import luhn

REGION = "SE"
# One character before the @ tells as much as all: a long text is looked through once.
E_MAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
# A century, a month, a day (60 more in a coordination number), four digits.
NUMBER = re.compile(
    r"(?<!\d)(?:\d\d)?(\d\d(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01]))[ +-]?(\d{4})(?!\d)"
)
UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
DIGITS_OF_A_NUMBER = 7


def what(text: str) -> str | None:
    """Which of a person's numbers or addresses is in the text, in words; None if none is."""
    if E_MAIL.search(text):
        return "an e-mail address"
    # A UUID may look like any number, and is nobody's.
    rest = UUID.sub(" ", text)
    if sum(character.isdigit() for character in rest) < DIGITS_OF_A_NUMBER:
        return None
    if any(luhn.is_valid(born + last) for born, last in NUMBER.findall(rest)):
        return "a personal number"
    if any(phonenumbers.PhoneNumberMatcher(rest, REGION)):
        return "a telephone number"
    return None
