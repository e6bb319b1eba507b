"""People whose data can be told from everybody else's, and a search for it in whatever came out."""

import random
import string
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

LETTERS = 12
FIRST_DAY, DAYS = date(1931, 1, 1), 3650
"""Nothing else in the tests is of these years."""


class Person:
    """Somebody with marks of their own in all that is personal."""

    def __init__(self, chance: random.Random) -> None:
        self.given, self.family, self.mailbox, self.host, self.union = (
            word(chance) for _ in range(5)
        )
        self.born = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        self.number = personal_number(self.born, chance)
        digits = "".join(chance.choices(string.digits, k=7))
        self.phone = f"070-{digits[:3]} {digits[3:5]} {digits[5:]}"
        self.name = f"{self.given.title()} Ö {self.family.title()}"
        self.email = f"{self.mailbox}@{self.host}.se"

    def joining(self, unit: str, **changes: Any) -> dict[str, Any]:
        """A body to join with."""
        body = {
            "id": str(uuid4()),
            "unit": unit,
            "joined_on": "2024-05-06",
            "source": "digital",
            **self.personal(),
        }
        return {**body, **changes}

    def personal(self) -> dict[str, Any]:
        """What is personal of a body."""
        return {
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "personal_number": self.number,
            "birth_date": self.born.isoformat(),
            "union": {"organisation": self.union, "consent_at": "2024-05-06T10:00:00Z"},
        }

    def marks(self) -> list[str]:
        """What tells of this person and of nothing else, in small letters."""
        digits = self.phone.replace("-", "").replace(" ", "")
        number = self.number.replace("-", "")
        words = [self.given, self.family, self.mailbox, self.host, self.union]
        # The end of the number and of the phone alone is in every way of writing them.
        numbers = [self.phone, digits[1:], number[2:], self.number[2:], self.born.isoformat()]
        return [*words, *numbers]


def word(chance: random.Random) -> str:
    """A word that nobody else has."""
    return "".join(chance.choices(string.ascii_lowercase, k=LETTERS))


def personal_number(born: date, chance: random.Random) -> str:
    """A personal number of that day with a right checksum, `19310102-1234`."""
    serial = f"{chance.randrange(1000):03}"
    digits = f"{born:%y%m%d}{serial}"
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(digits))
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    return f"{born:%Y%m%d}-{serial}{check}"


class Search:
    """Looks for marks as they are, in capitals, as hexadecimal digits and in base64."""

    def __init__(self, marks: Iterable[str]) -> None:
        self._plain: dict[bytes, str] = {}
        self._exact: dict[bytes, str] = {}
        for mark in marks:
            for text in {mark.encode(), mark.title().encode()}:
                self._plain |= {text.lower(): mark, text.hex().encode(): mark}
                self._exact |= dict.fromkeys(in_base64(text), mark)

    def __call__(self, data: bytes | str) -> set[str]:
        """Which of the marks are in `data`."""
        raw = data.encode() if isinstance(data, str) else data
        small = raw.lower()
        found = {mark for form, mark in self._plain.items() if form in small}
        return found | {mark for form, mark in self._exact.items() if form in raw}

    def in_files(self, folder: Path, called: str = "*") -> dict[str, set[str]]:
        """Which of the marks are in which files below a folder, in their names too."""
        found = {
            str(path.relative_to(folder)): self(path.read_bytes()) | self(path.name)
            for path in sorted(folder.rglob(called))
            if path.is_file()
        }
        return {name: marks for name, marks in found.items() if marks}


def in_base64(text: bytes) -> Iterator[bytes]:
    """What of `text` shows in base64, wherever in a longer text it begins."""
    for before in range(3):
        whole = b64encode(b"\0" * before + text).rstrip(b"=")
        # The ends share their characters with what is beside them.
        yield whole[(0, 2, 3)[before] : -1]
