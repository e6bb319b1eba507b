"""Membership hears from training what a new member is owed and offered, in both modes."""

from uuid import uuid4

from infra import clock
from tests.conftest import System


def test_what_training_offers_is_a_step_of_the_journey(system: System) -> None:
    today = clock.today().isoformat()
    member = str(uuid4())
    joining = {"unit": "2480", "joined_on": today, "source": "digital", "name": "Åsa Öberg"}
    offer = {"member_id": member, "kind": "digital_introduction", "offered_on": today}
    joined = system.call("POST", "membership", "/members", {"id": member, **joining})
    system.settle()
    offered = system.call("POST", "training", "/offers", offer)
    system.settle()

    journey = system.call("GET", "membership", f"/members/{member}/journey").json()
    rows = system.call("GET", "membership", "/welcome?unit=2480&limit=500").json()["items"]

    assert (joined.status_code, offered.status_code) == (201, 201)
    assert journey["introduction"]["offered_on"] == today
    assert journey["introduction"]["due_on"] == clock.add_months(clock.today(), 1).isoformat()
    due = clock.add_months(clock.today(), 6).isoformat()
    assert journey["education"] == {"due_on": due, "offered_on": None, "completed_on": None}
    assert [row["due_on"] for row in rows if row["member_id"] == member] == [due]
