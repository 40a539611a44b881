import re
from pathlib import Path

import pytest

from courses.models import states
from courses.models.states import (
    BookingStatus,
    MoveStatus,
    PlaceState,
    SessionState,
    WaitingStatus,
    WrongState,
)

# Written out by hand from domain.md, so that the code's table is compared with something.
BOOKING = {
    "held": {
        "extend": "held",
        "begin_payment": "paying",
        "confirm": "confirmed",
        "expire": "expired",
        "cancel": "cancelled",
    },
    "paying": {
        "fail_payment": "held",
        "expire_payment": "expired",
        "review": "under_review",
        "confirm": "confirmed",
        "release": "cancelled",
    },
    "under_review": {"fail_payment": "held", "confirm": "confirmed", "release": "cancelled"},
    "expired": {"renew": "held", "review": "under_review", "confirm": "confirmed"},
    "confirmed": {"cancel_places": "confirmed", "cancel": "cancelled", "move": "confirmed"},
    "cancelled": {},
}
SESSION = {
    "scheduled": {"cancel": "cancelled", "complete": "completed"},
    "cancelled": {},
    "completed": {},
}
MOVE = {
    "open": {
        "complete": "done",
        "begin_payment": "paying",
        "expire": "expired",
        "cancel": "cancelled",
    },
    "paying": {
        "fail_payment": "open",
        "review": "under_review",
        "complete": "done",
        "expire": "expired",
    },
    "under_review": {"complete": "done", "cancel": "cancelled"},
    "done": {},
    "expired": {},
    "cancelled": {},
}
WAITING = {
    "waiting": {"offer": "offered", "leave": "left"},
    "offered": {"take": "taken", "lapse": "lapsed", "leave": "left"},
    "taken": {},
    "lapsed": {},
    "left": {},
}
PLACE = {"active": {"cancel": "cancelled"}, "cancelled": {}}
MACHINES = [
    (states.BOOKING, BOOKING, BookingStatus),
    (states.SESSION, SESSION, SessionState),
    (states.PLACE, PLACE, PlaceState),
    (states.MOVE, MOVE, MoveStatus),
    (states.WAITING, WAITING, WaitingStatus),
]


def cells():
    for machine, expected, kind in MACHINES:
        actions = sorted({action for row in expected.values() for action in row})
        for state in kind.values:
            for action in actions:
                yield pytest.param(
                    machine,
                    state,
                    action,
                    expected[state].get(action),
                    id=f"{kind.__name__}-{state}-{action}",
                )


class TestAfter:
    @pytest.mark.parametrize(("machine", "state", "action", "expected"), list(cells()))
    def test_follows_the_table(self, machine, state, action, expected):
        if expected is None:
            with pytest.raises(WrongState):
                states.after(machine, state, action)
        else:
            assert states.after(machine, state, action) == expected

    def test_knows_no_other_action(self):
        for machine, expected, _ in MACHINES:
            listed = {(state, action) for state, row in expected.items() for action in row}
            assert {(str(state), action) for state, action in machine} == listed


class TestTrigger:
    @pytest.mark.parametrize(
        ("machine", "migration"),
        [
            (states.BOOKING, "0002_guards"),
            (states.MOVE, "0007_move_guards"),
            (states.WAITING, "*_waiting_list"),
        ],
    )
    def test_lists_the_same_pairs_as_the_table(self, machine, migration):
        [guards] = (Path(__file__).parents[2] / "courses" / "migrations").glob(f"{migration}.py")
        in_database = set(re.findall(r"'(\w+>\w+)'", guards.read_text()))
        in_code = {f"{before}>{after}" for (before, _), after in machine.items() if before != after}

        assert in_database == in_code
