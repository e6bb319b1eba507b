"""Sign-ups to activities: by member or prospect, with a waiting list behind the last place.

Whoever changes any holds the activity's row until the commit, so that they take turns.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Select, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from infra import clock
from infra.database import Base, insert_new
from infra.errors import Conflict, Invalid, NotFound
from infra.identity import new_id
from infra.paging import Page, page
from services.campaign import activities, former_members
from services.campaign.activities import Activity

STATUSES = ("signed_up", "waiting", "cancelled")
GIVEN = ("activity_id", "member_id", "prospect_id", "remote")


class Signup(Base):
    """That a member or a prospect means to come; `number` is their turn, from 1.

    Of somebody who was erased since, neither id is left. `remote` is by the link, which in a
    hybrid activity takes no place.
    """

    __tablename__ = "signup"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("activity.id"))
    number: Mapped[int]
    member_id: Mapped[UUID | None]
    prospect_id: Mapped[UUID | None]
    remote: Mapped[bool]
    status: Mapped[str] = mapped_column(String(20))

    def same_as(self, row: Mapping[str, Any]) -> bool:
        """Whether it is what `row` asks for."""
        return all(getattr(self, name) == row[name] for name in GIVEN)


def sign_up(
    session: Session, activity: Activity, request: Mapping[str, Any]
) -> tuple[Signup, bool]:
    """Sign up to a locked activity; answers the stored sign-up, and whether it is new.

    It waits where no place is left. Raises Invalid for somebody who cannot come, or not remotely;
    Conflict when it is too late, they have signed up before, or the id is taken.
    """
    row = _row(session, activity, request)
    known = session.get(Signup, row["id"])
    if known is None:
        _check(session, activity, row)
        row["status"] = "waiting" if _is_full(session, activity, row) else "signed_up"
        row["number"] = _next_number(session, activity)
        if insert_new(session, Signup, [row]):
            return Signup(**row), True
    if known is None or not known.same_as(row):
        raise Conflict("The id is taken by another sign-up.")
    return known, False


def cancel(session: Session, activity: Activity, signup_id: UUID) -> Signup:
    """Cancel a sign-up to a locked activity, once; who waited longest moves up.

    Raises NotFound, and Conflict once the activity was held or cancelled.
    """
    signup = session.get(Signup, signup_id)
    if signup is None or signup.activity_id != activity.id:
        raise NotFound("There is no such sign-up.")
    if signup.status != "cancelled":
        activity.check_planned()
        _cancel(session, activity, signup)
    return signup


def listed(session: Session, activity: Activity, query: dict[str, Any]) -> Page[Signup]:
    """The sign-ups to an activity, in turn."""
    found = select(Signup).where(Signup.activity_id == activity.id)
    if query["status"] is not None:
        found = found.where(Signup.status == query["status"])
    return page(session, found, (Signup.number, Signup.id), query, ascending=True)


def forget(session: Session, member_ids: Collection[UUID]) -> None:
    """Keep no longer who these members were; their places stay taken."""
    theirs = update(Signup).where(Signup.member_id.in_(member_ids))
    session.execute(theirs.values(member_id=None))


def take_over(session: Session, member_id: UUID, into_id: UUID) -> None:
    """What one member signed up to is another's; of two places in one activity the later goes."""
    both = Signup.member_id.in_((member_id, into_id)), Signup.status != "cancelled"
    twice = select(Signup.activity_id).where(*both).group_by(Signup.activity_id)
    shared = session.scalars(twice.having(func.count() > 1).order_by(Signup.activity_id)).all()
    for activity_id in shared:
        activity = activities.get(session, activity_id, lock=True)
        query = select(Signup).where(*both, Signup.activity_id == activity_id)
        for later in session.scalars(query.order_by(Signup.number).offset(1)).all():
            _cancel(session, activity, later)
    theirs = update(Signup).where(Signup.member_id == member_id)
    session.execute(theirs.values(member_id=into_id))


def _row(session: Session, activity: Activity, request: Mapping[str, Any]) -> dict[str, Any]:
    member_id = request["member_id"]
    if member_id is not None:
        member_id = former_members.who(session, [member_id])[member_id]
        if member_id is None:
            raise Invalid("Nobody", {"member_id": ["There is no such member any more."]})
    if request["remote"] is not None and activity.mode != "hybrid":
        raise Invalid("No choice", {"remote": ["That is chosen in a hybrid activity alone."]})
    return {
        "id": request["id"] or new_id(),
        "activity_id": activity.id,
        "member_id": member_id,
        "prospect_id": request["prospect_id"],
        "remote": activity.mode == "remote" or bool(request["remote"]),
    }


def _check(session: Session, activity: Activity, row: Mapping[str, Any]) -> None:
    activity.check_planned()
    if activity.ends_at <= clock.now():
        raise Conflict("The activity is over.")
    if row["prospect_id"] is not None and not activity.open:
        raise Invalid("Closed", {"prospect_id": ["The activity is for members alone."]})
    person = "member_id" if row["prospect_id"] is None else "prospect_id"
    before = _active(activity).where(getattr(Signup, person) == row[person])
    if session.scalars(before.limit(1)).first() is not None:
        raise Conflict("They have signed up before.")


def _is_full(session: Session, activity: Activity, row: Mapping[str, Any]) -> bool:
    needs_none = row["remote"] and activity.mode == "hybrid"
    return not needs_none and _places_left(session, activity) == 0


def _places_left(session: Session, activity: Activity) -> int | None:
    """How many more there is a place for; None without a limit."""
    if activity.limit is None:
        return None
    taken = select(func.count()).where(
        Signup.activity_id == activity.id, Signup.status == "signed_up"
    )
    if activity.mode == "hybrid":
        taken = taken.where(~Signup.remote)
    return max(0, activity.limit - (session.scalar(taken) or 0))


def _next_number(session: Session, activity: Activity) -> int:
    last = select(func.max(Signup.number)).where(Signup.activity_id == activity.id)
    return (session.scalar(last) or 0) + 1


def _cancel(session: Session, activity: Activity, signup: Signup) -> None:
    signup.status = "cancelled"
    session.flush()
    left = _places_left(session, activity)
    if left and activity.status == "planned":
        waiting = _active(activity).where(Signup.status == "waiting")
        for each in session.scalars(waiting.order_by(Signup.number).limit(left)):
            each.status = "signed_up"


def _active(activity: Activity) -> Select[Signup]:
    return select(Signup).where(Signup.activity_id == activity.id, Signup.status != "cancelled")
