"""Every cell of the table."""

import pytest

from core.sagas.states import TABLE, Action, State, TransitionRefused, after


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
def test_every_cell(state, action):
    if (state, action) in TABLE:
        assert after(state, action) == TABLE[state, action]
    else:
        with pytest.raises(TransitionRefused):
            after(state, action)


@pytest.mark.parametrize("state", [State.COMPLETED, State.COMPENSATED])
def test_what_has_ended_stays_so(state):
    assert not [cell for cell in TABLE if cell[0] == state]


def test_every_state_can_be_left_or_is_an_end():
    assert {state for state, _ in TABLE} | {State.COMPLETED, State.COMPENSATED} == set(State)
