"""The saga of money without a place that goes back, whole: one step, repeated until the gateway has it done."""

from core.sagas.definition import Definition, Done, Fail, Go, Run, Step
from payments.models import StrayMoney, StrayStatus
from payments.services import stray_money
from payments.services.refusals import DisputeOpen


def give_back(run: Run) -> Go | Done | Fail:
    stray = StrayMoney.objects.select_related("payment").get(pk=run.subject_id)
    if stray.status != StrayStatus.GIVING_BACK:
        return Done(stray.status)
    try:
        stray_money.send(stray, booking=run.data["booking"], now=run.now)
    except DisputeOpen:
        return Fail(
            "The payment is disputed at the bank: the money goes back there, or not at all."
        )
    return Go()


STRAY_MONEY = Definition(
    "stray_money",
    1,
    (Step("give_back", give_back, title="Give the money back"),),
    title="Money without a place",
    unfinished=stray_money.unfinished,
)
