"""What every fact of membership is."""

from infra.event import Fact


class MembershipFact(Fact, source="membership"):
    """Anything that happened in membership."""
