"""Training: what members are to be offered, and the courses they complete."""

from services.training.service.courses import CourseRoutes
from services.training.service.enrolments import EnrolmentRoutes
from services.training.service.obligations import ObligationRoutes
from services.training.service.offers import OfferRoutes
from services.training.service.people import PeopleHeard
from services.training.service.sessions import SessionRoutes
from services.training.service.units import UnitCopies


class TrainingService(
    OfferRoutes,
    ObligationRoutes,
    CourseRoutes,
    SessionRoutes,
    EnrolmentRoutes,
    PeopleHeard,
    UnitCopies,
):
    """All routes, RPC, subscriptions and the timer of training."""

    name = "training"
