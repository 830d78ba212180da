"""The ways that races and formats could break on PostgreSQL, on a real one."""

from __future__ import annotations

import pytest

from sandbox.store import Store
from tests.services.test_application import (  # noqa: F401
    test_an_autosave_over_an_old_revision_overwrites_nothing,
    test_submitting_twice_with_one_key_is_one_act,
)
from tests.services.test_decision import (  # noqa: F401
    test_two_countersignatures_at_once_issue_one_permit,
    test_two_regulators_deciding_at_once_come_to_one_outcome,
)
from tests.services.test_intervention import (  # noqa: F401
    test_suspension_is_wind_down_on_chain_and_reinstating_needs_two,
)
from tests.services.test_life import (  # noqa: F401
    test_an_extension_asked_for_and_signed_by_two_moves_the_end_on_chain_once,
)
from tests.services.test_life_deadlines import (  # noqa: F401
    test_two_workers_at_once_draw_one_consequence,
)
from tests.services.test_life_sponsor import (  # noqa: F401
    test_a_sponsors_withdrawal_suspends_by_itself_until_the_duty_officer_decides,
)
from tests.services.test_trial import (  # noqa: F401
    test_money_a_payment_its_use_and_a_refusal_as_evidence,
    test_people_consent_with_their_own_wallets_and_one_too_many_is_refused,
)
from tests.store.postgres import migrated_database


@pytest.fixture
def store(postgres):
    made = Store(migrated_database(postgres))
    yield made
    made.close()
