"""People for tests, each of whom is nobody else."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from stdnum import luhn

NUMBERS = count(1)


def somebody() -> dict[str, Any]:
    """What tells who somebody is, as it is sent to join: nobody was that before."""
    number = next(NUMBERS)
    return {
        "name": f"Åsa Öberg {number}",
        "email": f"asa.{number}@example.se",
        "phone": f"070-{number:07}",
        "personal_number": personal_number(number),
    }


def personal_number(number: int) -> str:
    """One with its right check digit, another one for each number below ten million."""
    days, serial = divmod(number, 1000)
    born = date(1930, 1, 1) + timedelta(days=days)
    digits = f"{born:%Y%m%d}{serial:03}"
    return f"{digits[:8]}-{digits[8:]}{luhn.calc_check_digit(digits[2:])}"
