"""What core itself keeps of people: messages, stored answers, staff and their sessions."""

from datetime import datetime, timedelta

from django.conf import settings

from core.privacy import erasing, retention
from core.privacy.declared import BLANK, DELETE, DIGEST, KEEP, harmless, personal
from core.privacy.erasing import Counts, Person

AUDIT_LAW = "UK GDPR art. 5(2) and 17(3)(b), (e): who did what with money and data must be provable"
STAFF = "staff: names and addresses of colleagues, kept while they work here and for the audit"


def register() -> None:
    _declare()
    _declare_harmless()
    erasing.step(10, "stored answers", _count_answers, _erase_answers)
    erasing.step(40, "messages", _count_mails, _erase_mails)
    retention.rule("words of old messages", _old_mails)
    retention.rule("ended sessions", _ended_sessions)
    retention.rule("old nights of forgetting", _old_runs)


def _declare() -> None:
    mails = f"{settings.MAIL_WORDS_DAYS} days"
    personal(
        "mail.Message", "recipient recipient_index subject text html", kept=mails, then=BLANK,
        erased=BLANK, why="to send again what did not arrive, and to show what was promised",
    )  # fmt: skip
    personal(
        "mail.Attachment", "name content", kept=mails, then=DELETE, erased=DELETE,
        why="as the message",
    )  # fmt: skip
    personal(
        "idempotency.IdempotencyKey", "answer", kept="24 hours", then=DELETE, erased=DELETE,
        why="a request that is sent twice gets one answer",
    )  # fmt: skip
    personal(
        "idempotency.IdempotencyKey", "scope also_scope key fingerprint", kept="24 hours",
        then=DELETE, erased="deleted with its answer", why="as its answer; digests only",
    )  # fmt: skip
    personal(
        "audit.AuditEntry", "before after", kept="for good", then=KEEP,
        erased=f"{DIGEST}: nobody can read or guess it without HASH_SALT", why=AUDIT_LAW,
    )  # fmt: skip
    personal(
        "audit.AuditEntry", "reason", kept="for good", then=KEEP,
        erased="kept: written by staff, who are asked to name nobody", why=AUDIT_LAW,
    )  # fmt: skip
    personal(
        "sessions.Session", "session_data", kept="8 hours (staff only)", then=DELETE,
        erased="nothing of customers", why="staff stay signed in; customers have no session",
    )  # fmt: skip
    personal(
        "auth.User", "username first_name last_name email password",
        kept="while employed; staff only", then="made inactive, by hand", erased="nothing of customers",
        why="who may enter the back office",
    )  # fmt: skip
    personal(
        "privacy.Erasure", "who", kept="while the erasure is under way", then=BLANK, erased=BLANK,
        why="a run that was cut short is gone on with; a keyed digest",
    )  # fmt: skip


def _declare_harmless() -> None:
    ids = "ids, states and amounts only: INV-40 and the canary scan"
    harmless("outbox.Message", "payload trace", ids)
    harmless("outbox.Delivery", "error", ids)
    harmless("sagas.SagaRun", "trace data error", ids)
    harmless("sagas.SagaStepLog", "error", ids)
    harmless("mail.Message", "trace dedupe_key", "trace ids; keys of the cause")
    harmless("backoffice.BulkRun", "keys results reason actor", "keys of rows and codes; " + STAFF)
    harmless("audit.AuditEntry", "actor previous_hash hash", "staff ids and hashes")
    harmless("audit.Verification", "broken actor", "links by their subject and number")
    harmless("admin.LogEntry", "object_id object_repr change_message", "rows' str(): no names")
    harmless("auth.Group", "name", "roles")
    harmless("auth.Permission", "name codename", "rights")
    harmless("contenttypes.ContentType", "app_label model", "tables")
    harmless("sessions.Session", "session_key", "random")
    harmless("breakers.Order", "reason actor", STAFF)
    harmless("switches.SwitchOrder", "name reason actor", STAFF)
    harmless("two_step.Authenticator", "secret", STAFF)
    harmless("two_step.RecoveryCode", "digest", STAFF)
    harmless("health.Slot", "latencies", "numbers")
    harmless("invariants.Standing", "broken failure", "keys of rows")
    harmless("performance.Measurement", "name detail buckets", "routes and numbers")
    harmless("performance.Statement", "digest text", "statements without parameters")
    harmless("performance.Suggestion", "detail title finding evidence reason decided_by", "numbers")
    harmless("privacy.Erasure", "counts reason asked_by", "numbers; " + STAFF)
    harmless("privacy.RetentionRun", "forgotten failed", "numbers and kinds of failure")


def _count_mails(person: Person) -> Counts:
    keys = {row for found in _mails_of(person) for row in found.values_list("pk", flat=True)}
    return {"messages lose their words": len(keys)}


def _erase_mails(person: Person, now: datetime) -> None:
    from core.mail import forgetting

    for found in _mails_of(person):
        forgetting.forget(found)


def _mails_of(person: Person) -> list:
    from core.mail import forgetting

    subjects = [
        *(f"courses.booking:{key}" for key in person.bookings),
        *(f"courses.attendee:{key}" for key in person.attendees),
        *(f"courses.waitinglistentry:{key}" for key in person.waiting),
        *(f"courses.workplaceenquiry:{key}" for key in person.enquiries),
        *(f"courses.dateswish:{key}" for key in person.wishes),
        *person.subjects,
    ]
    return [forgetting.to(person.email), forgetting.about(subjects)]


def _count_answers(person: Person) -> Counts:
    return {"stored answers are deleted": len(_answers_of(person))}


def _erase_answers(person: Person, now: datetime) -> None:
    from core.idempotency.models import IdempotencyKey

    IdempotencyKey.objects.filter(pk__in=_answers_of(person)).delete()


def _answers_of(person: Person) -> list:
    """Opened one by one: they are of the last day only."""
    from core.idempotency.models import IdempotencyKey

    answered = IdempotencyKey.objects.filter(answer__isnull=False)
    words = [word.casefold() for word in person.words]
    return [
        row.pk
        for row in answered.iterator(chunk_size=200)
        if any(word in str(row.answer).casefold() for word in words)
    ]


def _old_mails(now: datetime, limit: int) -> int:
    from core.mail import forgetting

    return forgetting.forget_before(now - timedelta(days=settings.MAIL_WORDS_DAYS), limit)


def _ended_sessions(now: datetime, limit: int) -> int:
    from django.contrib.sessions.models import Session

    ended = Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:limit]
    return Session.objects.filter(pk__in=list(ended)).delete()[0]


def _old_runs(now: datetime, limit: int) -> int:
    from core.privacy.models import RetentionRun

    old = RetentionRun.objects.filter(began_at__lt=now - timedelta(days=400))
    return RetentionRun.objects.filter(
        pk__in=list(old.values_list("pk", flat=True)[:limit])
    ).delete()[0]
