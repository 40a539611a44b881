"""The saga of a refund, whole: sent once, then followed until the gateway says that it is done."""

from core.sagas.definition import Definition, Done, Fail, Go, Run, Step, Wait
from payments import policy
from payments.models import Refund, RefundStatus
from payments.sagas import wait_for_gateway
from payments.services import refund_sending, refunds

_R = RefundStatus


def send(run: Run) -> Go | Wait | Done | Fail:
    """Ask the gateway to give the money back, once."""
    refund = _refund(run)
    refund_sending.send(refund, booking=run.data["booking"], now=run.now)
    match refund.status:
        case _R.UNKNOWN:
            return wait_for_gateway(refund, run)
        case _R.FAILED | _R.REJECTED:
            return Done(refund.status)
    return Go()


def settle(run: Run) -> Go | Wait:
    """Wait until the gateway says that it is done."""
    refund = _refund(run)
    if refund.status == _R.PENDING:
        refund_sending.look(refund, now=run.now)
    if refund.status == _R.PENDING:
        return Wait(run.now + policy.REFUND_PAUSE, for_="the bank")
    if refund.is_open:
        raise refund.wrong_state("settle")
    return Go()


REFUND = Definition(
    "refund",
    1,
    (
        Step("send", send, title="Send the money back"),
        Step("settle", settle, title="Wait for the bank"),
    ),
    title="Refund",
    unfinished=refunds.unfinished,
)


def _refund(run: Run) -> Refund:
    return Refund.objects.select_related("payment").get(pk=run.subject_id)
