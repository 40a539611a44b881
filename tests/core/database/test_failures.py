"""What the database can't do now is 503 with Retry-After, and leaves nothing half done."""

import pytest
from django.db import DatabaseError, IntegrityError, connection
from psycopg import InterfaceError, OperationalError, errors
from psycopg_pool import PoolTimeout

from core.database import failures
from core.database.guards import DatabaseAway
from courses.models import Booking
from tests.courses.make import make_session


def from_django(cause, kind=DatabaseError):
    error = kind("as Django wraps it")
    error.__cause__ = cause
    return error


class TestAsRefusal:
    @pytest.mark.parametrize(
        ("cause", "code"),
        [
            (PoolTimeout("no connection"), "busy"),
            (errors.LockNotAvailable(), "busy"),
            (errors.QueryCanceled(), "busy"),
            (errors.DeadlockDetected(), "busy"),
            (errors.SerializationFailure(), "busy"),
            (errors.IdleInTransactionSessionTimeout(), "busy"),
            (DatabaseAway(), "unavailable"),
            (errors.AdminShutdown(), "unavailable"),
            (errors.CrashShutdown(), "unavailable"),
            (errors.CannotConnectNow(), "unavailable"),
            (errors.TooManyConnections(), "unavailable"),
            (errors.ConnectionFailure(), "unavailable"),
            (OperationalError("server closed the connection unexpectedly"), "unavailable"),
            (InterfaceError("the connection is closed"), "unavailable"),
            (errors.ReadOnlySqlTransaction(), "unavailable"),
            (errors.DiskFull(), "unavailable"),
        ],
        ids=lambda each: type(each).__name__ if isinstance(each, Exception) else each,
    )
    def test_each(self, cause, code):
        refusal = failures.as_refusal(from_django(cause))

        assert refusal.code == code
        assert refusal.extra["retry_after"] >= 1

    @pytest.mark.parametrize(
        "error",
        [
            from_django(errors.UniqueViolation(), IntegrityError),
            from_django(errors.UndefinedColumn()),
            from_django(errors.InsufficientPrivilege()),
            DatabaseError("our own words"),
            ValueError(),
        ],
        ids=lambda each: type(each.__cause__ or each).__name__,
    )
    def test_our_own_mistakes_stay_errors(self, error):
        assert failures.as_refusal(error) is None


@pytest.mark.django_db(transaction=True)
class TestNothingCanBeWritten:
    """S73: the request is refused cleanly, nothing is half done, and somebody is told."""

    def hold(self, client, session):
        return client.post(
            "/api/v1/bookings/",
            {"session": str(session.pk), "places": 1},
            content_type="application/json",
            HTTP_IDEMPOTENCY_KEY="nothing-can-be-written",
        )

    def refused_then_taken(self, client, session, caplog):
        refused = self.hold(client, session)
        yield
        assert refused.status_code == 503
        assert refused.json()["code"] == "unavailable"
        assert int(refused.headers["Retry-After"]) >= 1
        assert "database_refused" in caplog.text
        assert not Booking.objects.exists()

        assert self.hold(client, session).status_code == 201
        assert Booking.objects.count() == 1
        yield

    def test_s73_a_read_only_server(self, client, now, caplog):
        session = make_session(on=now.date().replace(year=now.year + 1))
        steps = self.refused_then_taken(client, session, caplog)
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        try:
            next(steps)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET default_transaction_read_only = off")
        next(steps)

        assert Booking.objects.get().status == "held"

    def test_s73_a_full_disk(self, client, now, caplog):
        """As the server says it (53100), in the middle of the transaction, after the first rows."""
        session = make_session(on=now.date().replace(year=now.year + 1))
        steps = self.refused_then_taken(client, session, caplog)
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION test_disk_full() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER test_disk_full BEFORE INSERT ON courses_attendee "
                "EXECUTE FUNCTION test_disk_full()"
            )
        try:
            next(steps)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP FUNCTION test_disk_full CASCADE")
        next(steps)
