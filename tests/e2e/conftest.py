"""One platform for all tests that break it and wait until it has recovered."""

from collections.abc import Iterator

import pytest

from infra.config import SERVICES
from tests import process
from tests.conftest import migrate
from tests.e2e.shared import Platform
from tests.servers import postgres, rabbitmq


@pytest.fixture(scope="package")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("platform")
    with rabbitmq() as broker, postgres() as server:
        server.create_databases(SERVICES)
        found = Platform(home, broker, server)
        try:
            migrate(home, found.env)
            found.start(*SERVICES)
            organisation = ["import", "units", str(process.ORGANISATION)]
            process.samtal(organisation, home, found.running["membership"].env)
            found.settle()
            yield found
        finally:
            found.close()


@pytest.fixture
def before(platform: Platform) -> int:
    """What is counted before the test, with nothing under way."""
    platform.settle()
    return platform.conversations()
