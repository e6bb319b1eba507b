"""What is heard of members besides joins and posts: leaves, moves, and who was another one."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from infra.event import Event
from services.training import places, posts
from services.training.obligations import settle_all
from services.training.opening import settle_leaders
from services.training.trainees import (
    keep_doubles,
    keep_leaves,
    keep_moves,
    persons,
    take_turns,
)


def take_leaves(session: Session, leaves: Sequence[Event]) -> None:
    """Cancel what is still owed of the memberships that the leaves ended; keep the leaves.

    Those who left give up their places in sessions to come.

    `leaves` are member_left events, whose joins may come later.
    """
    causes = {leave.data["member_id"]: leave for leave in leaves}
    take_turns(session, causes)
    keep_leaves(session, {(leave.data["member_id"], leave.data["left_on"]) for leave in leaves})
    places.release(session, causes)
    settle_all(session, causes)


def take_moves(session: Session, transfers: Sequence[Event]) -> None:
    """An obligation moves with its member.

    `transfers` are member_transferred events, whose joins may come later.
    """
    causes = {transfer.data["member_id"]: transfer for transfer in transfers}
    take_turns(session, causes)
    rows = {
        (row["member_id"], row["moved_on"], row["position"]): row for row in map(_row, transfers)
    }
    keep_moves(session, rows.values())
    settle_all(session, causes)


def take_merges(session: Session, merges: Sequence[Event]) -> None:
    """Cancel all obligations of those who were others, the met ones too; keep who they are.

    `merges` are member_merged events, whose joins may come later. What was offered to them, the
    other member has yet to be said to have been offered; the posts that they hold and
    the places that they have, the other member has.
    """
    causes = {merge.data["member_id"]: merge for merge in merges}
    into = {merge.data["member_id"]: merge.data["into_id"] for merge in merges}
    take_turns(session, {*causes, *into.values()})
    keep_doubles(session, into.items())
    person = persons(session, into)
    take_turns(session, set(person.values()) - {*causes, *into.values()})
    places.take_over(session, person)
    for double, other in person.items():
        posts.hand_on(session, double, other)
    settle_all(session, causes)
    settle_leaders(session, {person[double]: merge for double, merge in causes.items()})


def _row(transfer: Event) -> dict[str, object]:
    return {
        "member_id": transfer.data["member_id"],
        "moved_on": transfer.data["on"],
        "position": transfer.position,
        "to_unit": transfer.data["to_unit"],
    }
