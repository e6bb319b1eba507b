"""Whatever happens to members and units, every counter of metrics is what a plain count says.

The count knows nothing of Samtal: it keeps who was where from which day on, and begins from
nothing each time.
"""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import hypothesis.strategies as st
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from infra import clock, migrate
from infra.database import Database
from infra.outbox import OutboxRow
from infra.sealing import Blinder, Sealer
from infra.units import load
from services.membership import departures, erasing, joins, merging, rejoining, units
from services.membership.events.members import LEAVE_REASONS, SOURCES
from services.membership.members import HOMES
from services.membership.vault import Vault
from services.metrics.counters import YearCounter
from tests.membership.given import joining, unit
from tests.metrics.feeds import Metrics

STEPS, RUNS, PARTS = 50, 50, 4
"""Ten thousand steps, in parts that none takes long."""

DAYS = 1000
"""How many days back anything happens: three calendar years or four."""

BEGINNING = date(1900, 1, 1)
VAULT = Vault(Sealer([Fernet.generate_key().decode()]), Blinder(b"a key for tests"))
SERVICES = ("membership", "metrics")


@dataclass
class Membership:
    """One membership: where since when, and how it ended."""

    source: str
    places: list[tuple[date, str]]
    left_on: date | None = None
    reason: str = ""
    previous_left_on: date | None = None

    def unit_on(self, day: date) -> str | None:
        """Where the member was at the end of a day."""
        if self.left_on is not None and self.left_on <= day:
            return None
        return next((unit for since, unit in reversed(self.places) if since <= day), None)


@dataclass
class Person:
    """A member as the plain count knows one."""

    id: UUID
    memberships: list[Membership]
    status: str = "member"

    @property
    def last(self) -> Membership:
        return self.memberships[-1]

    @property
    def since(self) -> date:
        """Nothing may happen to the member before this day."""
        return self.last.left_on or self.last.places[-1][0]


@dataclass
class Count:
    """The plain count."""

    people: list[Person] = field(default_factory=list)
    parents: dict[str, list[tuple[date, str]]] = field(default_factory=dict)

    def path(self, code: str, day: date) -> Iterator[str]:
        """The unit and all that it stood below on a day."""
        yield code
        for since, parent in reversed(self.parents.get(code, [])):
            if since <= day:
                yield from self.path(parent, day)
                return

    def of_status(self, *statuses: str) -> list[Person]:
        return [person for person in self.people if person.status in statuses]

    def values(self, years: list[int], today: date) -> Counter[tuple[str, int, str]]:
        """By unit, year and what: everything that is not nothing."""
        found: Counter[tuple[str, int, str]] = Counter()
        for one in (each for person in self.people for each in person.memberships):
            joined_on, home = one.places[0]
            if one.previous_left_on is None or one.previous_left_on.year != joined_on.year:
                self._add(found, home, joined_on, f"recruited.{one.source}")
            if one.left_on is not None:
                self._add(found, one.places[-1][1], one.left_on, f"left.{one.reason}")
            for year in years:
                end = min(date(year, 12, 31), today)
                at = one.unit_on(end)
                for code in self.path(at, end) if at is not None else ():
                    found[code, year, "members"] += 1
        return found

    def _add(self, found: Counter[tuple[str, int, str]], home: str, day: date, what: str) -> None:
        for code in self.path(home, day):
            found[code, day.year, what] += 1


class Register(RuleBasedStateMachine):
    """Membership and metrics beside the plain count."""

    empty: dict[str, Path]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="samtal-register-"))
        self.databases = {}
        for name, path in self.empty.items():
            shutil.copy(path, self.folder)
            self.databases[name] = Database(f"sqlite:///{self.folder}/{name}.db", name)
        self.metrics = Metrics(self.databases["metrics"])
        self.count = Count()
        self.today = clock.today()

    def teardown(self) -> None:
        for database in self.databases.values():
            database.close()
        shutil.rmtree(self.folder)

    @initialize(
        branches=st.lists(st.integers(0, 2), min_size=2, max_size=4),
        associations=st.lists(st.integers(0, 3), max_size=2),
    )
    def organise(self, branches: list[int], associations: list[int]) -> None:
        """A random tree: three districts, branches in some, associations and clubs below."""
        edition = [unit("SE", "party", None)]
        edition += [unit(f"d{n}", "district", "SE") for n in range(3)]
        edition += [unit(f"b{n}", "branch", f"d{of}") for n, of in enumerate(branches)]
        below = [f"b{of % len(branches)}" for of in associations]
        edition += [unit(f"a{n}", "association", of) for n, of in enumerate(below)]
        edition += [unit(f"c{n}", "club", of) for n, of in enumerate(below)]
        self.units = {row["code"]: row["kind"] for row in edition}
        self.homes = [code for code, kind in self.units.items() if kind in HOMES]
        for row in edition:
            if row["parent"] is not None:
                self.count.parents[row["code"]] = [(BEGINNING, row["parent"])]
        with self.writing() as session:
            units.load_edition(session, edition, national=False)

    @rule(data=st.data())
    def join(self, data: st.DataObject) -> None:
        home, day = self.some_home(data), self.some_day(data, BEGINNING)
        source = data.draw(st.sampled_from(SOURCES))
        person = Person(uuid4(), [Membership(source, [(day, home)])])
        request = joining(
            id=person.id,
            unit=home,
            joined_on=day,
            source=source,
            name=f"Namn {person.id}",
            email=None,
            phone=None,
            birth_date=None,
        )
        with self.writing() as session:
            assert joins.join(session, load(session), request, VAULT)[1]
        self.count.people.append(person)

    @precondition(lambda self: self.count.of_status("member"))
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        person = self.someone(data, "member")
        since, before = person.since, person.last.previous_left_on
        if before is not None:
            # Nobody leaves twice on one day.
            since = max(since, before + timedelta(days=1))
        if since > self.today:
            return
        day = self.some_day(data, since)
        reason = data.draw(st.sampled_from(LEAVE_REASONS))
        with self.writing() as session:
            request = {"left_on": day, "reason": reason}
            assert departures.leave(session, person.id, request)[1]
        person.last.left_on, person.last.reason, person.status = day, reason, "left"

    @precondition(lambda self: self.count.of_status("member"))
    @rule(data=st.data())
    def transfer(self, data: st.DataObject) -> None:
        person = self.someone(data, "member")
        day, home = self.some_day(data, person.since), self.some_home(data)
        # What was done before, in an earlier membership too, is not done again.
        done = [place for each in person.memberships for place in each.places[1:]]
        if home == person.last.places[-1][1] or (day, home) in done:
            return
        with self.writing() as session:
            request = {"unit": home, "on": day}
            assert departures.transfer(session, load(session), person.id, request)[1]
        person.last.places.append((day, home))

    @precondition(lambda self: self.count.of_status("left"))
    @rule(data=st.data())
    def rejoin(self, data: st.DataObject) -> None:
        person = self.someone(data, "left")
        home, day = self.some_home(data), self.some_day(data, person.since)
        source = data.draw(st.sampled_from(SOURCES))
        before = [(each.places[0], each.source) for each in person.memberships[1:]]
        if ((day, home), source) in before:
            return
        with self.writing() as session:
            request = {"unit": home, "joined_on": day, "source": source}
            assert rejoining.rejoin(session, load(session), person.id, request)[1]
        previous = person.last.left_on
        person.memberships.append(Membership(source, [(day, home)], previous_left_on=previous))
        person.status = "member"

    @precondition(lambda self: len(self.count.of_status("member", "left")) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        mistake = self.someone(data, "member", "left")
        rest = [each for each in self.count.of_status("member", "left") if each is not mistake]
        into = data.draw(st.sampled_from(rest))
        with self.writing() as session:
            assert merging.merge(session, VAULT, mistake.id, into.id, lambda _: None)[1]
        self.count.people.remove(mistake)

    @precondition(lambda self: self.count.of_status("left"))
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        person = self.someone(data, "left")
        with self.writing() as session:
            assert erasing.erase(session, person.id)[1]
        person.status = "erased"

    @rule(data=st.data())
    def move_branch(self, data: st.DataObject) -> None:
        branches = [code for code, kind in self.units.items() if kind == "branch"]
        code = data.draw(st.sampled_from(branches))
        since, parent = self.count.parents[code][-1]
        wanted = data.draw(st.sampled_from([f"d{n}" for n in range(3) if f"d{n}" != parent]))
        day = self.some_day(data, since)
        with self.writing() as session:
            request = {"on": day, "name": None, "parent": wanted, "open": None}
            assert units.change(session, units.take_turn(session), code, request)[1]
        self.count.parents[code].append((day, wanted))

    @rule()
    def hear_all_again(self) -> None:
        """Every event comes once more, the last one first."""
        self.metrics.handle(self.metrics.feeds["membership"].entries[::-1])

    @invariant()
    def the_counters_are_what_a_plain_count_says(self) -> None:
        years = sorted({(self.today - timedelta(days=n)).year for n in (0, DAYS // 2, DAYS)})
        years = list(range(years[0], self.today.year + 1))
        assert self.counted(years) == self.count.values(years, self.today)

    def counted(self, years: list[int]) -> Counter[tuple[str, int, str]]:
        """What metrics counts, stocks summed up to the end of each year."""
        found: Counter[tuple[str, int, str]] = Counter()
        with self.databases["metrics"].reading() as session:
            for row in session.scalars(select(YearCounter)):
                for year in years if row.measure == "members" else (row.year,):
                    if row.year <= year:
                        found[row.unit, year, row.measure] += row.value
        return Counter({key: value for key, value in found.items() if value})

    def someone(self, data: st.DataObject, *statuses: str) -> Person:
        return data.draw(st.sampled_from(self.count.of_status(*statuses)))

    def some_home(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.homes))

    def some_day(self, data: st.DataObject, since: date) -> date:
        """A day on which something may happen that may not be before `since`."""
        first = max(since, self.today - timedelta(days=DAYS))
        return first + timedelta(days=data.draw(st.integers(0, (self.today - first).days)))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction of membership, whose facts metrics has heard of once it is committed."""
        with self.databases["membership"].writing() as session:
            yield session
        with self.databases["membership"].writing() as session:
            wanted = self.metrics.subscription.wanted("membership")
            facts = select(OutboxRow).where(OutboxRow.name.in_(wanted)).order_by(OutboxRow.id)
            for row in session.scalars(facts):
                self.metrics.feeds["membership"].publish(row.name, json.loads(row.body)["data"])
            session.execute(delete(OutboxRow))
        self.metrics.deliver()


@pytest.fixture(scope="module")
def empty() -> Iterator[dict[str, Path]]:
    """A migrated database of each service, made once, to be copied."""
    with tempfile.TemporaryDirectory(prefix="samtal-register-") as folder:
        for name in SERVICES:
            made = Database(f"sqlite:///{folder}/{name}.db", name)
            migrate.upgrade(made.engine, name)
            made.close()
        yield {name: Path(folder) / f"{name}.db" for name in SERVICES}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_counter_is_right_after_every_step(empty: dict[str, Path], part: int) -> None:
    Register.empty = empty
    run_state_machine_as_test(
        seed(part)(Register),
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # Explaining a failure traces every line of every step.
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
