"""The tree of units as transactions of membership, which owns it, find it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.units import CHANGED, Tree, TreeVersion, exact_version, load


class ExactTree:
    """The tree as a transaction finds it, kept in memory until it changes."""

    def __init__(self) -> None:
        self._version = -1
        self._tree = Tree(())

    def as_of(self, session: Session, *, hold: bool = False) -> Tree:
        """The tree; with `hold`, no other transaction changes it before this one's commit."""
        if session.info.get(CHANGED):
            return load(session)
        version = exact_version(session) if hold else session.scalar(select(TreeVersion.version))
        if version is not None and version != self._version:
            self._tree, self._version = load(session), version
        return self._tree

    def last_seen(self) -> tuple[Tree, int]:
        """The tree as it last was, and its version; it may have changed since."""
        return self._tree, self._version
