"""Whatever telephones send, in whatever order, what is counted is what a plain model says."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from infra import units
from infra.database import Database
from infra.errors import Conflict
from services.campaign import conversations
from services.campaign.conversations import Conversation
from tests.campaign.reporting import Row, made, published, report

UNITS = ("SE", "skane", "1280", "1281", "0180")
DAYS = st.dates(date(2015, 1, 1), date(2026, 11, 1))
SIGNS = {"conversation_logged": 1, "conversation_voided": -1}
REASONS = st.sampled_from([None, *conversations.VOID_REASONS])

Sums = Counter[tuple[str, int]]
"""Conversations by unit and year."""

REPORTS = st.builds(
    report,
    # Of few, so that one comes again with another report.
    id=st.integers(1, 400).map(lambda number: UUID(int=number, version=4)),
    unit=st.sampled_from(UNITS),
    held_on=DAYS,
    count=st.integers(1, 500),
    arena=st.sampled_from(["door", "phone", "online"]),
    topics=st.sampled_from([[], ["skola"], ["vård", "jobb"]]),
    logged_by=st.sampled_from([None, "v-1", "v-2"]),
)


@dataclass
class Kept:
    """What the model knows of a report: what it said, and whether it stands."""

    said: Row
    void: bool = False
    reason: str | None = None
    corrects: UUID | None = None


@dataclass
class Model:
    """The rules in plain Python."""

    kept: dict[UUID, Kept] = field(default_factory=dict)

    def log(self, said: Row, corrects: UUID | None = None) -> str:
        """What becomes of a report."""
        known = self.kept.get(said["id"])
        if known is None:
            self.kept[said["id"]] = Kept(said, corrects=corrects)
            return "created"
        return "exists" if known.said == said else "refused"

    def void(self, wanted: UUID, reason: str | None) -> str:
        """What becomes of taking one back."""
        known = self.kept[wanted]
        if known.void:
            return "exists" if known.reason == reason else "refused"
        known.void, known.reason = True, reason
        return "created"

    def correct(self, wanted: UUID, said: Row) -> str:
        """What becomes of a correction."""
        other = self.kept.get(said["id"])
        if other is not None:
            same = other.said == said and other.corrects == wanted
            return "exists" if same else "refused"
        if self.kept[wanted].void:
            return "refused"
        self.void(wanted, "mistake")
        return self.log(said, wanted)

    def sums(self) -> Sums:
        """What stands."""
        found: Sums = Counter()
        for each in self.kept.values():
            if not each.void:
                found[each.said["unit"], each.said["held_on"].year] += each.said["count"]
        return found


class Telephones(RuleBasedStateMachine):
    """Reports on their way from many telephones, to the database and to the model."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        # One transaction that is not kept: the next example begins with nothing as well.
        self.looking = database.reading()
        self.session = self.looking.__enter__()
        self.tree = units.load(self.session)
        self.model = Model()
        self.told: Sums = Counter()
        self.heard = len(published(self.session))

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.looking.__exit__(None, None, None)

    def any_of(self, data: st.DataObject) -> Kept:
        """One of the reports that were sent."""
        return data.draw(st.sampled_from(list(self.model.kept.values())))

    def done(self, work: Any) -> str:
        """What became of one transaction."""
        try:
            with self.session.begin_nested():
                return "created" if work()[1] else "exists"
        except Conflict:
            return "refused"

    @rule(said=REPORTS)
    def log_one(self, said: Row) -> None:
        """One report, perhaps with an id that another has."""
        done = self.done(lambda: conversations.log(self.session, self.tree, said))
        assert done == self.model.log(said)

    @rule(said=st.lists(REPORTS, max_size=6), data=st.data())
    def sync(self, said: list[Row], data: st.DataObject) -> None:
        """What a telephone kept, late, with some of what was sent before, in any order."""
        before = [each.said for each in self.model.kept.values()]
        again = data.draw(st.lists(st.sampled_from(before), max_size=4)) if before else []
        sent = data.draw(st.permutations(said + again))
        with self.session.begin_nested():
            outcomes = conversations.log_all(self.session, self.tree, sent)
        for each, outcome in zip(sent, outcomes, strict=True):
            done = "refused" if outcome.problem else "created" if outcome.created else "exists"
            assert done == self.model.log(each)

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data(), reason=REASONS)
    def void(self, data: st.DataObject, reason: str | None) -> None:
        """One is taken back, perhaps again."""
        wanted = self.any_of(data).said["id"]
        done = self.done(lambda: conversations.void(self.session, wanted, reason))
        assert done == self.model.void(wanted, reason)

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data(), said=REPORTS)
    def correct(self, data: st.DataObject, said: Row) -> None:
        """One is corrected, perhaps with an id that another has."""
        self.correct_with(self.any_of(data).said["id"], said)

    @precondition(lambda self: any(each.corrects for each in self.model.kept.values()))
    @rule(data=st.data())
    def correct_again(self, data: st.DataObject) -> None:
        """A correction is sent again."""
        sent = [each for each in self.model.kept.values() if each.corrects]
        again = data.draw(st.sampled_from(sent))
        assert again.corrects is not None
        self.correct_with(again.corrects, again.said)

    @precondition(lambda self: self.model.kept)
    @rule(data=st.data())
    def correct_with_what_was_sent(self, data: st.DataObject) -> None:
        """One is corrected by what came as something else: a report, or another's correction."""
        corrections = [each for each in self.model.kept.values() if each.corrects]
        sent = data.draw(st.sampled_from(corrections)) if corrections else self.any_of(data)
        self.correct_with(self.any_of(data).said["id"], sent.said)

    def correct_with(self, wanted: UUID, said: Row) -> None:
        """The same to both."""
        done = self.done(lambda: conversations.correct(self.session, self.tree, wanted, said))
        assert done == self.model.correct(wanted, said)

    @invariant()
    def events_and_table_say_what_the_model_says(self) -> None:
        """By unit and year."""
        expected = self.model.sums()
        self.hear()
        assert all(amount >= 0 for amount in self.told.values())
        assert +self.told == expected
        assert self.in_the_table() == expected

    def hear(self) -> None:
        """Add up the events that are new."""
        told = published(self.session, self.heard)
        self.heard += len(told)
        for name, data in told:
            self.told[data["unit"], int(data["held_on"][:4])] += SIGNS[name] * data["count"]

    def in_the_table(self) -> Sums:
        """What the reports that stand add up to."""
        found: Sums = Counter()
        columns = (Conversation.unit, Conversation.held_on, Conversation.count)
        query = select(*columns).where(Conversation.voided_at.is_(None))
        for unit, held_on, count in self.session.execute(query):
            found[unit, held_on.year] += count
        return found


def test_any_interleaving_of_log_resend_void_correct_and_late_equals_the_model(
    tmp_path: Path,
) -> None:
    database = made(f"sqlite:///{tmp_path}/campaign.db")
    run_state_machine_as_test(
        lambda: Telephones(database),
        settings=settings(
            max_examples=45,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    database.close()
