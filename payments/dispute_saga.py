"""The saga of an answer to a dispute, whole: one step, repeated until the gateway's word is clear."""

from core.sagas.definition import Definition, Done, Fail, Go, Run, Step, Wait
from payments.models import AnswerStatus, DisputeAnswer
from payments.sagas import wait_for_gateway
from payments.services import dispute_answers, dispute_sending


def send(run: Run) -> Go | Wait | Done | Fail:
    """Tell the bank, once."""
    answer = DisputeAnswer.objects.select_related("dispute__payment").get(pk=run.subject_id)
    dispute_sending.send(answer, now=run.now)
    match answer.status:
        case AnswerStatus.UNKNOWN:
            return wait_for_gateway(answer, run)
        case AnswerStatus.FAILED:
            return Done(answer.status)
    return Go()


DISPUTE_ANSWER = Definition(
    dispute_answers.SAGA,
    1,
    (Step("send", send, title="Answer the bank"),),
    title="Answer to a dispute",
    unfinished=dispute_answers.unfinished,
)
