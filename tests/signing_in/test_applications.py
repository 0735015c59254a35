"""Going on to a company's application: with what the company asks for, or not at all."""

import pytest

from tests.keys.conftest import Desk
from tests.keys.test_sign_in_with import Till, go, told
from tests.signing_in.conftest import require
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.here.tenant, world.here.owner)


def test_it_asks_for_the_second_factor_that_the_company_requires(desk: Desk) -> None:
    """Who has entered a password before it was required gets no code by that."""
    till: Till = desk.application(asks=False)
    assert "code" in told(go(desk.person, till))
    require(desk.tenant)
    assert go(desk.person, till)["Location"] == "/account/security/"
    assert told(go(desk.person, till, prompt="none"))["error"] == "login_required"
