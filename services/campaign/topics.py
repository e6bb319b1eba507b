"""The party's own words for what conversations are about; the party adds to them."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, Instant, insert_new
from infra.errors import Invalid
from infra.paging import Page, page

# Words are never taken away: what was found once in a database need not be looked up again.
_seen: WeakKeyDictionary[object, set[str]] = WeakKeyDictionary()


class Topic(Base):
    """A word, or a few, that a conversation may be about."""

    __tablename__ = "topic"

    word: Mapped[str] = mapped_column(String(50), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Instant)


def add_all(session: Session, words: Iterable[str]) -> Sequence[Topic]:
    """Add the words that are not in the list; answers all of them as they are there."""
    now, wanted = clock.now(), set(words)
    insert_new(session, Topic, [{"word": word, "added_at": now} for word in wanted], "word")
    return session.scalars(select(Topic).where(Topic.word.in_(wanted)).order_by(Topic.word)).all()


def listed(session: Session, query: dict[str, Any]) -> Page[Topic]:
    """The whole list, in the order of the words."""
    return page(session, select(Topic), (Topic.word,), query, ascending=True)


def check(session: Session, words: Sequence[str], field: str = "topics") -> None:
    """Invalid, naming `topics.<index>` (or another field's), for a word that is not in the list."""
    check_among(known(session, words), words, field)


def named(session: Session, reports: Iterable[Mapping[str, Any]]) -> Set[str]:
    """The words of the list, as far as the `topics` of reports use it; at most one query."""
    return known(session, {word for report in reports for word in report["topics"]})


def known(session: Session, words: Iterable[str]) -> Set[str]:
    """Those of the words that are in the list; one query where one of them was never seen."""
    wanted = set(words)
    if not wanted:
        return wanted
    seen = _seen.setdefault(session.get_bind(), set())
    if not wanted <= seen:
        seen.update(session.scalars(select(Topic.word)))
    return wanted & seen


def check_among(found: Set[str], words: Sequence[str], field: str = "topics") -> None:
    """As `check`, with the words that `known` has found for many."""
    wrong = [index for index, word in enumerate(words) if word not in found]
    if wrong:
        text = "There is no such word in the party's list of topics."
        raise Invalid("Unknown topics", {f"{field}.{index}": [text] for index in wrong})
