"""What payments does when it hears of things. Each may come twice and late, and writes rows only."""

from datetime import datetime
from uuid import UUID

from core.sagas import engine
from fraud.events import ReviewDecided
from payments.services import checkout


def resume_after_review(event: ReviewDecided) -> None:
    engine.resume(
        name=checkout.SAGA,
        subject_id=UUID(event.payment_id),
        cause=f"review: {event.decision}",
        now=datetime.fromisoformat(event.at),
    )
