"""Sealed data is unreadable without a key, and keys can be changed."""

import pytest
from cryptography.fernet import Fernet, InvalidToken

from infra.sealing import Sealer

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_what_was_sealed_is_opened_again() -> None:
    person = {"name": "Åsa \U0001f339", "union": {"official": True}, "email": None}

    sealed = Sealer([OLD]).seal(person)

    assert b"name" not in sealed
    assert Sealer([OLD]).unseal(sealed) == person


def test_the_first_key_seals_and_an_older_one_still_opens() -> None:
    before = Sealer([OLD]).seal({"name": "x"})

    both = Sealer([NEW, OLD])

    assert both.unseal(before) == {"name": "x"}
    assert Sealer([NEW]).unseal(both.seal({"name": "y"})) == {"name": "y"}


def test_without_the_key_it_stays_sealed() -> None:
    with pytest.raises(InvalidToken):
        Sealer([NEW]).unseal(Sealer([OLD]).seal({"name": "x"}))


def test_what_an_older_key_sealed_is_sealed_anew_and_the_rest_left_as_it_is() -> None:
    before, after = Sealer([OLD]).seal({"name": "x"}), Sealer([NEW]).seal({"name": "y"})
    both = Sealer([NEW, OLD])

    anew = both.renewed(before)

    assert Sealer([NEW]).unseal(anew) == {"name": "x"}
    assert both.renewed(anew) == anew
    assert both.renewed(after) == after
    with pytest.raises(InvalidToken):
        Sealer([NEW]).renewed(before)
