"""Whatever is sealed is sealed anew with the first key, and nothing else is touched."""

from importlib import import_module
from typing import cast
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, Table, update

from infra.database import Base, Database
from infra.sealing import Blinder, Sealer
from services.membership import joins, members, resealing, units
from services.membership.marks import LIKELY, REFUSING
from services.membership.members import Member
from services.membership.resealing import Chunk
from services.membership.vault import Vault, Vaults
from tests.membership.given import joining

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
KEYS = Sealer([NEW, OLD])

NOT_SEALED = {
    "follow_up.digest",
    "member.digest",
    *(f"member.{name}" for name in REFUSING + LIKELY),
    "panel_invitation.token",
    "prospect.digest",
    "prospect.email_mark",
    "prospect.phone_mark",
}
"""Columns of bytes that are indexes or digests, which no key opens."""


def someone(database: Database, key: str, name: str = "Åsa Öberg") -> UUID:
    """A new member, sealed with a key."""
    vault = Vault(Sealer([key]), Blinder(b"a key for tests"))
    with database.writing() as session:
        return joins.join(session, units.take_turn(session), joining(name=name), vault)[0].id


def sealed(database: Database, member_id: UUID) -> bytes:
    """What is sealed of a member."""
    with database.reading() as session:
        return members.get(session, member_id).personal


def total(chunks: list[Chunk], what: str) -> int:
    """The sum of a number over the members' chunks."""
    return sum(getattr(chunk, what) for chunk in chunks if chunk.column == "member.personal")


def test_every_row_is_sealed_with_the_first_key(
    either: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "CHUNK", 2)
    ids = [someone(either, OLD, f"Person {number}") for number in range(5)]

    list(resealing.reseal(either, KEYS))

    names = [Sealer([NEW]).unseal(sealed(either, each))["name"] for each in ids]
    assert names == [f"Person {number}" for number in range(5)]


def test_what_is_sealed_with_it_already_and_what_is_erased_stay_as_they_are(
    either: Database,
) -> None:
    done, gone = someone(either, NEW), someone(either, OLD)
    before = sealed(either, done)
    with either.writing() as session:
        session.execute(update(Member).where(Member.id == gone).values(personal=b""))

    list(resealing.reseal(either, KEYS))

    assert sealed(either, done) == before
    assert sealed(either, gone) == b""


def test_it_tells_what_it_did_and_the_second_time_does_nothing(database: Database) -> None:
    for key in (OLD, OLD, NEW, LOST):
        someone(database, key)
    with database.reading() as session:
        assert resealing.counts(session) == {
            "blind_key.sealed": 0,
            "member.personal": 4,
            "prospect.personal": 0,
            "follow_up.text": 0,
        }

    first, second = (list(resealing.reseal(database, KEYS)) for _ in "12")

    assert [total(first, what) for what in ("rows", "renewed", "unreadable")] == [4, 2, 1]
    assert [total(second, what) for what in ("rows", "renewed", "unreadable")] == [4, 0, 1]


def test_broken_off_it_goes_on_when_it_is_begun_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "CHUNK", 2)
    ids = [someone(database, OLD) for _ in range(5)]
    begun = resealing.reseal(database, KEYS)
    while next(begun).column != "member.personal":
        pass
    begun.close()

    assert total(list(resealing.reseal(database, KEYS)), "renewed") == 3
    assert all(Sealer([NEW]).unseal(sealed(database, each)) for each in ids)


def test_indexes_are_what_they_were(database: Database) -> None:
    before = Vaults(Sealer([OLD])).open(database).index("email", "asa@example.se")

    list(resealing.reseal(database, KEYS))

    after = Vaults(Sealer([NEW])).open(database).index("email", "asa@example.se")
    assert after == before


def test_no_sealed_column_is_forgotten() -> None:
    import_module("services.membership.service")
    tables = [
        cast("Table", mapper.local_table)
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith("services.membership.")
    ]
    of_bytes = {
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    listed = {f"{column.class_.__tablename__}.{column.key}" for column in resealing.SEALED}
    assert of_bytes - NOT_SEALED == listed
