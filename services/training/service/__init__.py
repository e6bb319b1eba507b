"""Training: what members are to be offered, and the courses they complete."""

from services.training.service.courses import CourseRoutes
from services.training.service.obligations import ObligationRoutes
from services.training.service.offers import OfferRoutes
from services.training.service.people import PeopleHeard
from services.training.service.units import UnitCopies


class TrainingService(
    OfferRoutes,
    ObligationRoutes,
    CourseRoutes,
    PeopleHeard,
    UnitCopies,
):
    """All routes, RPC, subscriptions and the timer of training."""

    name = "training"
