"""What tells who somebody is, each in one form: numbers, addresses, names.

What is wrong is a ValueError, which repeats nothing of it.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.se import personnummer

from infra import clock

REGION = "SE"
LONGEST_EMAIL = 254
# Of such a local part the library says no more than that it is one; most are.
PLAIN = re.compile(r"(?P<local>[a-z0-9]+(?:[._+-][a-z0-9]+)*)@(?P<domain>[a-z0-9.-]+)\Z")
LONGEST_LOCAL = 64
COORDINATION = 60
"""What the day of a coordination number is higher than that of the birth."""


def personal_number(text: str) -> str:
    """`YYYYMMDDNNNN`, of it or with a hyphen: its day has been and its check digit is right."""
    digits = text.replace("-", "")
    if len(digits) != 12:
        raise ValueError("not twelve digits")
    try:
        luhn.validate(digits[2:])
        born = personnummer.get_birth_date(_of_birth(digits))
    except ValidationError:
        raise ValueError("no personal number") from None
    if born > clock.today():
        raise ValueError("not born yet")
    return digits


def email(text: str) -> str:
    """The address with its domain in lower case; no server is asked whether it is there."""
    # The library would read all of it first.
    if len(text) > LONGEST_EMAIL:
        raise ValueError("too long")
    plain = PLAIN.match(text)
    if plain is not None and len(plain["local"]) <= LONGEST_LOCAL and _is_domain(plain["domain"]):
        return text
    return _normalized(text)


def phone(text: str) -> str:
    """The number in E.164, `+46701234567`; one without a country is Swedish."""
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise ValueError("no telephone number") from None
    # Not whether it is valid: a range may have been given out since the library's edition.
    if not phonenumbers.is_possible_number(number):
        raise ValueError("no possible telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def folded(name: str) -> str:
    """The name as it is compared, in any script: without case, width or more spaces than one."""
    caseless = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", caseless).split())


def _normalized(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError("no e-mail address") from None


@lru_cache(1024)
def _is_domain(text: str) -> bool:
    """Whether it is a domain, and in the form that is kept; the same few come again and again."""
    try:
        return validate_email(f"a@{text}", check_deliverability=False).domain == text
    except EmailNotValidError:
        return False


def _of_birth(digits: str) -> str:
    day = int(digits[6:8])
    return f"{digits[:6]}{day - COORDINATION:02}{digits[8:]}" if day > COORDINATION else digits
