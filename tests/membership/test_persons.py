"""Numbers, addresses and names have one form each; what is none is refused, not repeated."""

import time
from datetime import timedelta

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from infra import clock
from services.membership import persons
from tests import people


@pytest.mark.parametrize("text", ["19800102-1230", "198001021230"])
def test_a_personal_number_has_one_form(text: str) -> None:
    assert persons.personal_number(text) == "198001021230"


def test_a_coordination_number_is_one_too() -> None:
    digits = "800162123"
    number = f"19{digits}{luhn.calc_check_digit(digits)}"

    assert persons.personal_number(number) == number


@pytest.mark.parametrize("digit", "123456789")
def test_a_personal_number_with_another_check_digit_is_refused(digit: str) -> None:
    with pytest.raises(ValueError, match="no personal number"):
        persons.personal_number(f"19800102-123{digit}")


@given(st.integers(0, 9_999_999), st.integers(0, 9), st.integers(1, 9))
def test_any_one_digit_that_is_wrong_is_found(number: int, place: int, more: int) -> None:
    good = people.personal_number(number).replace("-", "")
    at = place + 2
    wrong = f"{good[:at]}{(int(good[at]) + more) % 10}{good[at + 1 :]}"

    assert persons.personal_number(good) == good
    with pytest.raises(ValueError, match="no"):
        persons.personal_number(wrong)


def born(day: str) -> str:
    """A number of somebody born that day, YYYYMMDD, with its right check digit."""
    digits = f"{day}123"
    return digits + luhn.calc_check_digit(digits[2:])


@pytest.mark.parametrize("day", ["19801302", "19800230", "19800100", "19800192", "00000101"])
def test_a_day_that_there_is_not_is_refused(day: str) -> None:
    with pytest.raises(ValueError, match="no personal number"):
        persons.personal_number(born(day))


def test_nobody_is_born_tomorrow() -> None:
    today = clock.today()

    assert persons.personal_number(born(f"{today:%Y%m%d}"))
    with pytest.raises(ValueError, match="not born yet"):
        persons.personal_number(born(f"{today + timedelta(days=1):%Y%m%d}"))


@pytest.mark.parametrize("text", ["8001021230", "", "٢٠٠٠٠١٠١١٢٣٤", "19800102123x", "1" * 10_000])
def test_what_is_no_personal_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no"):
        persons.personal_number(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Asa.Oberg@Example.SE", "Asa.Oberg@example.se"),
        ("åsa@öberg.example.se", "åsa@öberg.example.se"),
        ("asa+parti@example.co.uk", "asa+parti@example.co.uk"),
    ],
)
def test_an_address_has_its_domain_in_lower_case(text: str, kept: str) -> None:
    assert persons.email(text) == kept


@pytest.mark.parametrize(
    "text", ["asa", "asa@example", "a@b@c.se", "asa@example..se", ".asa@example.se", "a b@c.se"]
)
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address") as refused:
        persons.email(text)

    assert text not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("text", ["x" * 10_000, f"{'x' * 10_000}@example.se", "a@" + "b." * 5_000])
def test_an_address_of_ten_thousand_characters_is_refused_at_once(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(ValueError, match="too long"):
        persons.email(text)

    assert time.perf_counter() - begun < 0.01


@pytest.mark.parametrize(
    "text",
    ["070-123 45 67", "0701234567", "+46 70 123 45 67", "+46 (0)70-123 45 67", "0046701234567"],
)
def test_a_swedish_number_has_one_form(text: str) -> None:
    assert persons.phone(text) == "+46701234567"


def test_a_number_of_another_country_keeps_it() -> None:
    assert persons.phone("+47 22 12 34 56") == "+4722123456"


@pytest.mark.parametrize("text", ["ring", "1234", "1" * 16, "+999 123 45 67", ""])
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no .*telephone number"):
        persons.phone(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Åsa Öberg", "  ÅSA   öberg "),
        ("Åsa", "A\u030asa"),
        ("Ａｌｉ", "ali"),
        ("Strauß", "STRAUSS"),
        ("Ивáн", "ИВÁН"),
        ("Ali\u00a0Öz", "Ali Öz"),
    ],
)
def test_a_name_is_the_same_in_any_case_width_and_spacing(one: str, other: str) -> None:
    assert persons.folded(one) == persons.folded(other)


@pytest.mark.parametrize(("one", "other"), [("Åsa", "Asa"), ("محمد", "محمود"), ("李", "季")])
def test_other_letters_are_another_name(one: str, other: str) -> None:
    assert persons.folded(one) != persons.folded(other)


@given(st.text(min_size=1, max_size=200))
def test_a_name_folded_is_folded(name: str) -> None:
    folded = persons.folded(name)

    assert persons.folded(folded) == folded


LOCAL = st.text("az09.+_-AÖ", min_size=1, max_size=8)
DOMAINS = (
    "example.se",
    "EXAMPLE.se",
    "xn--rksmrgs-5wao1o.se",
    "a..se",
    "-a.se",
    "a",
    "1.2",
    "localhost",
)


@given(LOCAL, st.integers(0, 70), st.sampled_from(DOMAINS))
def test_an_address_is_what_the_library_makes_of_it(local: str, more: int, domain: str) -> None:
    text = f"{local}{'x' * more}@{domain}"
    try:
        wanted = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        with pytest.raises(ValueError, match="no e-mail address"):
            persons.email(text)
    else:
        assert persons.email(text) == wanted
