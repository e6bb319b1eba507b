"""Moves dated before what is known come out as if all had come in the order of their days.

Membership's own changes of units, through its events, over the handlers of metrics.
"""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, select

from infra import migrate
from infra.database import Database
from infra.errors import Invalid
from infra.outbox import OutboxRow
from services.membership import units
from services.metrics import counters
from tests.membership.given import small_edition
from tests.metrics.feeds import Metrics, rows

CODES = ("SE", "norr", "syd", "mitt", "0001", "0002", "0003", "0001-by")
DISTRICTS = ("norr", "syd", "mitt")
BRANCHES = ("0001", "0002", "0003")
BEGAN = date(1900, 1, 1)
YEARS = (2023, 2024, 2025)


class Story:
    """What happens to units, in membership, in metrics and in a plain model."""

    def __init__(self, folder: Path) -> None:
        self.membership = _database(folder, "membership")
        self.metrics = Metrics(_database(folder, "metrics"))
        self.parents = {row["code"]: {BEGAN: row["parent"]} for row in small_edition()}
        self.parents["mitt"] = {BEGAN: "SE"}
        self.facts: list[tuple[str, str, date]] = []
        mitt = {"code": "mitt", "name": "Mitt", "kind": "district", "parent": "SE"}
        edition = [*small_edition(), {**mitt, "population": None}]
        with self.membership.writing() as session:
            units.load_edition(session, edition, national=False)
        self._publish()

    def change(self, code: str, on: date, **request: Any) -> None:
        """Change a unit, and let metrics hear of it."""
        full = {"on": on, "name": None, "parent": None, "open": None, **request}
        with self.membership.writing() as session:
            units.change(session, units.take_turn(session), code, full)
        self._publish()

    def move(self, code: str, on: date, parent: str) -> None:
        """Move a unit, in the model as well: until its next move, if there is one."""
        self.change(code, on, parent=parent)
        if self.parent(code, on) != parent:
            known = self.parents[code]
            later = min((day for day in known if day > on), default=None)
            if later is not None and known[later] == parent:
                del known[later]
            known[on] = parent

    def happen(self, code: str, day: date) -> None:
        """A member joins the unit, and a conversation is held in it."""
        self.facts += [(code, "members", day), (code, "conversations.door", day)]
        told = {"unit": code, "joined_on": day.isoformat(), "source": "digital"}
        self.metrics.feeds["membership"].publish("member_joined", told)
        report = {"unit": code, "arena": "door", "held_on": day.isoformat(), "count": 1}
        self.metrics.feeds["campaign"].publish("conversation_logged", report)
        self.metrics.deliver()

    def parent(self, code: str, day: date) -> str | None:
        """Where the model has the unit on a day."""
        known = self.parents[code]
        return known[max(since for since in known if since <= day)]

    def expected(self) -> dict[tuple[str, str, int], int]:
        """The model's counters: flows where they happened, stocks where the unit is at the end."""
        found: dict[tuple[str, str, int], int] = {}
        for code, measure, day in self.facts:
            for year in YEARS:
                stock = measure == "members"
                if year == day.year or (stock and year > day.year):
                    at: str | None = code
                    while at is not None:
                        found[at, measure, year] = found.get((at, measure, year), 0) + 1
                        at = self.parent(at, date(year, 12, 31) if stock else day)
        return found

    def counted(self) -> dict[tuple[str, str, int], int]:
        """The same of metrics."""
        with self.metrics.database.reading() as session:
            return {
                (unit, measure, year): value
                for year in YEARS
                for unit, measures in counters.years(session, CODES, year).items()
                for measure, value in measures.items()
                if value and not measure.startswith("recruited")
            }

    def close(self) -> None:
        """Close both databases."""
        self.membership.close()
        self.metrics.database.close()

    def _publish(self) -> None:
        with self.membership.writing() as session:
            for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id)):
                data = orjson.loads(row.body)["data"]
                self.metrics.feeds["membership"].publish(row.name, data)
            session.execute(delete(OutboxRow))
        self.metrics.deliver()


def _database(folder: Path, service: str) -> Database:
    made = Database(f"sqlite:///{folder}/{service}.db", service)
    migrate.upgrade(made.engine, service)
    return made


@pytest.fixture
def story(tmp_path: Path) -> Any:
    """The small edition with a third district."""
    made = Story(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(6))
def test_any_moves_in_any_order_count_as_in_the_order_of_their_days(
    story: Story, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)

    def day() -> date:
        return date(2023, 1, 1) + timedelta(days=chance.randrange(0, 1050, 7))

    for step in range(14):
        code = chance.choice(BRANCHES)
        story.happen(chance.choice(("0001-by", code)), day())
        if chance.random() < 0.3:
            story.change(code, day(), name=f"Namn {step}")
        story.move(code, day(), chance.choice(DISTRICTS))
        assert story.counted() == story.expected()

    (tmp_path / "again").mkdir()
    shuffled = Metrics(_database(tmp_path / "again", "metrics"))
    entries = [entry for feed in story.metrics.feeds.values() for entry in feed.entries]
    chance.shuffle(entries)
    shuffled.handle(entries)
    assert rows(shuffled.database) == rows(story.metrics.database)
    shuffled.database.close()


def test_a_move_before_a_rename_takes_the_members_along_from_its_day(story: Story) -> None:
    story.happen("0003", date(2023, 5, 1))
    story.happen("0003", date(2024, 5, 1))
    story.change("0003", date(2025, 3, 1), name="Nytt namn")

    story.change("0003", date(2024, 1, 1), parent="norr")

    counted = story.counted()
    assert counted["norr", "members", 2024] == 2
    assert counted["syd", "members", 2023] == 1
    assert ("syd", "members", 2024) not in counted
    assert counted["syd", "conversations.door", 2023] == 1
    assert counted["norr", "conversations.door", 2024] == 1


def test_a_unit_is_not_closed_before_its_last_move_but_before_a_rename(story: Story) -> None:
    story.change("0003", date(2024, 1, 1), parent="norr")
    story.change("0003", date(2025, 3, 1), name="Nytt namn")

    with pytest.raises(Invalid, match="Too early"):
        story.change("0003", date(2023, 12, 31), open=False)
    story.change("0003", date(2024, 6, 1), open=False)

    with story.membership.reading() as session:
        unit = units.get(session, "0003")
        tree = units.load(session)
    assert (unit.open, unit.valid_from) == (False, date(2024, 6, 1))
    tree.check_fact("0003", date(2024, 5, 31))
    with pytest.raises(Invalid):
        tree.check_fact("0003", date(2024, 6, 1))
