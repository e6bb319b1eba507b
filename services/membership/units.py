"""The organisation's units, which membership owns; the other services copy them from the events.

An edition is the whole tree as it is from today: its units are registered, changed or opened to
be as it says. A district or branch that it leaves out is closed; associations, clubs and side
organisations, which no reference file knows, stay as they are. Nothing is deleted, ever, and no
unit becomes one of another kind.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from infra import clock, outbox
from infra.database import locked
from infra.errors import Conflict, Invalid, NotFound
from infra.units import KINDS, Tree, TreeVersion, Unit, changed, load
from services.membership import assignments, editions, unit_history
from services.membership.editions import PARENT_KIND
from services.membership.events.units import UnitChanged, UnitRegistered
from services.membership.members import Member
from services.membership.unit_history import Place

FIRST_DAY = date(1900, 1, 1)
"""The first edition is valid from here, so that facts of any year have their unit."""

FIELDS = ("code", "name", "kind", "parent", "population", "open", "version", "valid_from")
OF_EDITIONS = ("name", "kind", "parent", "population", "open")
CLOSED_WHEN_LEFT_OUT = ("district", "branch")


def take_turn(session: Session) -> Tree:
    """The tree, which only this transaction changes until its commit; the first thing it does."""
    session.scalars(locked(session, select(TreeVersion.version))).one()
    return load(session)


def load_edition(
    session: Session, units: Sequence[dict[str, Any]], national: bool
) -> dict[str, int]:
    """Make the tree as the edition says, whole or not at all; loaded again it changes nothing.

    Each unit is `{code, name, kind, parent, population}`. Answers how many were `registered`,
    `changed`, `closed` and `unchanged`. Raises Invalid as `editions.check` does, and for a unit
    that is known as another kind; Conflict when members or open units are still in a unit that
    the edition closes.
    """
    editions.check(units, national=national)
    tree = take_turn(session)
    known = {unit.code: unit for unit in session.scalars(select(Unit))}
    _check_kinds(units, known)
    today = clock.today() if known else FIRST_DAY
    stated = [{**unit, "open": True} for unit in sorted(units, key=_level)]
    new = [row for row in stated if row["code"] not in known]
    _insert(session, new, today)
    renewed = [row for row in stated if row["code"] in known and _differs(known[row["code"]], row)]
    for row in renewed:
        _update(known[row["code"]], row, today)
    closed = _close_left_out(session, tree, known, {row["code"] for row in stated}, today)
    touched = [known[row["code"]] for row in renewed] + closed
    unit_history.keep(session, touched)
    outbox.append(session, *(UnitChanged(**_facts(unit)) for unit in touched))
    if new or touched:
        changed(session)
    return {
        "registered": len(new),
        "changed": len(renewed),
        "closed": len(closed),
        "unchanged": len(stated) - len(new) - len(renewed),
    }


def register(session: Session, tree: Tree, request: dict[str, Any]) -> tuple[Unit, bool]:
    """Add one unit to `tree`, the turn's; answers it, and whether it is new.

    Its day is `request["on"]`, or today. Raises Invalid for a parent that cannot have it,
    Conflict when the code is taken by another unit.
    """
    row = {name: request[name] for name in ("code", "name", "kind", "parent", "population")}
    row["open"] = True
    taken = session.get(Unit, row["code"])
    if taken is not None:
        if _differs(taken, row) or request["on"] not in (None, taken.valid_from):
            raise Conflict("The code is taken by another unit.")
        return taken, False
    if row["kind"] == "party":
        raise Invalid("One party", {"kind": ["There is one party, and it comes with an edition."]})
    day = request["on"] or clock.today()
    _check_not_future(day)
    _check_parent(tree, row["kind"], row["parent"])
    _insert(session, [row], day)
    changed(session)
    return get(session, row["code"]), True


def change(session: Session, tree: Tree, code: str, request: dict[str, Any]) -> tuple[Unit, bool]:
    """Rename, move or close a unit of `tree`, the turn's, from the day `on`.

    Answers the unit, and whether anything changed: a request that it already fulfils changes
    nothing. A move holds until the unit's next one, if that is known already; a name counts for
    nothing on its day, so it is told from the last change on. Raises NotFound; Invalid for a day
    in the future, before the unit began or, of a closing, before its last move, and for a parent
    that cannot have it; Conflict for a closed unit, and for closing one that still has members or
    open units.
    """
    unit, on = get(session, code), request["on"]
    given = {name: request[name] for name in ("name", "open")}
    wanted = {k: v for k, v in given.items() if v is not None and v != getattr(unit, k)}
    known = unit_history.places(session, code)
    moves = unit_history.to_tell(known, on, request["parent"]) if request["parent"] else []
    if not wanted and not moves:
        return unit, False
    _check_change(unit, known, on, closing="open" in wanted)
    if moves:
        _check_move(tree, unit, request["parent"])
    if "open" in wanted:
        _check_closing(session, tree, unit)
    latest = on if "open" in wanted else max(on, unit.valid_from)
    for since, parent in moves or [Place(latest, unit.parent)]:
        _update(unit, {**wanted, "parent": parent}, since)
        unit_history.keep(session, [unit])
        outbox.append(session, UnitChanged(**_facts(unit)))
    if "open" in wanted:
        assignments.close_unit(session, unit.code, on)
    changed(session)
    return unit, True


def get(session: Session, code: str) -> Unit:
    """The unit with that code; NotFound if there is none."""
    # What cannot be a code cannot be asked for either: PostgreSQL refuses a NUL.
    found = session.get(Unit, code) if code.replace("-", "").isalnum() else None
    if found is None:
        raise NotFound("There is no such unit.")
    return found


def _check_kinds(units: Sequence[dict[str, Any]], known: dict[str, Unit]) -> None:
    errors = {
        f"units.{index}.kind": ["The unit is known as one of another kind."]
        for index, unit in enumerate(units)
        if unit["code"] in known and known[unit["code"]].kind != unit["kind"]
    }
    if errors:
        raise Invalid("The edition is refused whole.", errors)


def _check_not_future(day: date) -> None:
    if day > clock.today():
        raise Invalid("Not yet", {"on": ["The day is in the future."]})


def _check_parent(tree: Tree, kind: str, code: str) -> None:
    parent = tree.get(code)
    wrong = None
    if parent is None:
        wrong = "There is no such unit."
    elif parent.kind != PARENT_KIND[kind]:
        wrong = f"The parent must be a {PARENT_KIND[kind]}."
    elif not parent.open:
        wrong = "The unit is closed."
    if wrong is not None:
        raise Invalid("Not there", {"parent": [wrong]})


def _check_change(unit: Unit, known: Sequence[Place], on: date, *, closing: bool) -> None:
    if not unit.open:
        raise Conflict("The unit is closed.")
    _check_not_future(on)
    if on < known[0].since:
        raise Invalid("Too early", {"on": ["Before the unit began, as far as is known."]})
    if closing and on < known[-1].since:
        raise Invalid("Too early", {"on": ["Before the unit's last move."]})


def _check_move(tree: Tree, unit: Unit, parent: str) -> None:
    if unit.parent is None:
        raise Invalid("Not there", {"parent": ["The party has no parent."]})
    if tree.within(parent, unit.code):
        raise Invalid("Not there", {"parent": ["The unit would be below itself."]})
    _check_parent(tree, unit.kind, parent)


def _check_closing(session: Session, tree: Tree, unit: Unit) -> None:
    if unit.parent is None:
        raise Conflict("The party is not closed.")
    _check_empty(session, tree, {unit.code})


def _check_empty(
    session: Session, tree: Tree, codes: Collection[str], leaving: Collection[str] = ()
) -> None:
    """Conflict, with how many, while members or open units other than `leaving` are in `codes`."""
    children = [tree.get(child) for code in codes for child in tree.children(code)]
    units = sum(1 for node in children if node and node.open and node.code not in leaving)
    of_units = select(func.count()).where(Member.unit.in_(codes), Member.status == "member")
    members = session.scalar(of_units) or 0
    if members or units:
        raise Conflict(f"To be closed it must be empty: {members} members, {units} open units.")


def _close_left_out(
    session: Session, tree: Tree, known: dict[str, Unit], stated: set[str], day: date
) -> list[Unit]:
    left_out = [
        unit
        for code, unit in sorted(known.items())
        if unit.open and unit.kind in CLOSED_WHEN_LEFT_OUT and code not in stated
    ]
    codes = {unit.code for unit in left_out}
    if codes:
        _check_empty(session, tree, codes, leaving=codes | stated)
    for unit in left_out:
        _update(unit, {"open": False}, day)
        assignments.close_unit(session, unit.code, day)
    return left_out


def _level(unit: dict[str, Any]) -> tuple[int, str]:
    # Whoever copies the tree meets the parent before the child.
    return KINDS.index(unit["kind"]), unit["code"]


def _differs(unit: Unit, row: dict[str, Any]) -> bool:
    return any(getattr(unit, name) != row[name] for name in OF_EDITIONS)


def _insert(session: Session, rows: Sequence[dict[str, Any]], day: date) -> None:
    new = [Unit(**row, version=1, valid_from=day) for row in rows]
    session.add_all(new)
    session.flush()
    unit_history.keep(session, new)
    outbox.append(session, *(UnitRegistered(**_facts(unit)) for unit in new))


def _update(unit: Unit, values: dict[str, Any], day: date) -> None:
    for name, value in values.items():
        setattr(unit, name, value)
    unit.version += 1
    unit.valid_from = day


def _facts(unit: Unit) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in FIELDS}
