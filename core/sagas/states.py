"""The states of a saga and the moves between them: one table, and everything else is refused."""

from enum import StrEnum

from django.db import models


class State(models.TextChoices):
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    COMPENSATING = "compensating", "Undoing"
    COMPENSATED = "compensated", "Undone"
    COMPLETED = "completed", "Done"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"


class Action(StrEnum):
    WALK = "walk"
    WAIT = "wait"
    UNDO = "undo"
    UNDO_ENDED = "undo_ended"
    COMPLETE = "complete"
    GIVE_UP = "give_up"
    RETRY = "retry"
    RETRY_UNDO = "retry_undo"
    COMPLETE_BY_HAND = "complete_by_hand"


class TransitionRefused(RuntimeError):
    """The table has no such move."""


OPEN = (State.RUNNING, State.WAITING, State.COMPENSATING)
FINISHED = (State.COMPENSATED, State.COMPLETED)

TABLE: dict[tuple[State, Action], State] = {
    (State.RUNNING, Action.WALK): State.RUNNING,
    (State.RUNNING, Action.WAIT): State.WAITING,
    (State.RUNNING, Action.UNDO): State.COMPENSATING,
    (State.RUNNING, Action.COMPLETE): State.COMPLETED,
    (State.RUNNING, Action.GIVE_UP): State.NEEDS_ATTENTION,
    (State.RUNNING, Action.RETRY): State.RUNNING,
    (State.WAITING, Action.WALK): State.RUNNING,
    (State.WAITING, Action.UNDO): State.COMPENSATING,
    (State.WAITING, Action.RETRY): State.RUNNING,
    (State.COMPENSATING, Action.WALK): State.COMPENSATING,
    (State.COMPENSATING, Action.WAIT): State.COMPENSATING,
    (State.COMPENSATING, Action.UNDO_ENDED): State.COMPENSATED,
    (State.COMPENSATING, Action.GIVE_UP): State.NEEDS_ATTENTION,
    (State.COMPENSATING, Action.RETRY_UNDO): State.COMPENSATING,
    (State.NEEDS_ATTENTION, Action.UNDO): State.COMPENSATING,
    (State.NEEDS_ATTENTION, Action.RETRY): State.RUNNING,
    (State.NEEDS_ATTENTION, Action.RETRY_UNDO): State.COMPENSATING,
    (State.NEEDS_ATTENTION, Action.COMPLETE_BY_HAND): State.COMPLETED,
}


def after(state: str, action: Action) -> State:
    """Raises TransitionRefused."""
    try:
        return TABLE[State(state), action]
    except KeyError:
        raise TransitionRefused(f"{action} from {state}") from None
