"""S79: one value that can't be opened is one row's trouble. Lists, exports and sweeps go on with the others."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from core import clock
from core.crypto import rotation
from core.mail import tasks as mail
from core.outbox import tasks as outbox
from core.sagas import tasks as sagas
from courses import tasks as courses
from courses.models import Booking
from fraud import tasks as fraud
from payments import tasks as payments
from tests.core.invariants import world as kept
from tests.security import knocking, world
from tests.security.addresses import every_address

SWEEPS = (
    *(courses.expire_due, mail.send_due, outbox.sweep, sagas.sweep),
    *(fraud.lapse_reviews, payments.sweep),
)


def damage(column, *, how: str) -> bool:
    """Flip a byte, or name a key that nobody has, in the first row that has a value; whether there was one."""
    meta = column.model._meta
    table, pk = meta.db_table, meta.pk.column
    change = {
        "a byte": f"set_byte({column.column}, length({column.column}) - 1, "
        f"get_byte({column.column}, length({column.column}) - 1) # 1)",
        "a key": f"set_byte({column.column}, 2, 122)",
    }[how]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column.column} = {change} WHERE {pk} = "
            f"(SELECT {pk} FROM {table} WHERE {column.column} IS NOT NULL ORDER BY {pk} LIMIT 1)"
        )
        return cursor.rowcount == 1


@pytest.fixture
def shop(db):
    shop = world.build()
    kept.unguard()
    return shop


@pytest.mark.parametrize("how", ["a byte", "a key"])
class TestOneDamagedValue:
    def test_s79_leaves_every_list_and_page_standing(self, shop, how):
        columns = rotation.sealed_columns()
        damaged = [rotation.name_of(column) for column in columns if damage(column, how=how)]
        client, broken = world.client_of("owner"), []

        for address in every_address():
            if not address.route.startswith(("admin/", "api/v1/staff/")):
                continue
            with transaction.atomic():
                answer = client.get(knocking.path_of(address, shop))
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                broken.append((address.name, answer.status_code))

        assert len(damaged) >= 10
        assert broken == []

    def test_s79_is_told_of_row_by_row(self, shop, how):
        from structlog.testing import capture_logs

        damage(world.Customer._meta.get_field("name"), how=how)

        with capture_logs() as lines:
            page = world.client_of("owner").get("/admin/courses/customer/")

        told = [line for line in lines if line["event"] == "crypt_decrypt_fail"]
        assert page.content.decode().count("unreadable") >= 1
        assert {line["table"] for line in told} == {"courses_customer"}
        assert len({line["row"] for line in told}) == 1

    def test_s79_stops_no_sweep(self, shop, how):
        over = clock.now() - timedelta(minutes=1)
        Booking.objects.filter(pk=shop.held.pk).update(hold_expires_at=over)
        damaged = [column for column in rotation.sealed_columns() if damage(column, how=how)]

        for sweep in SWEEPS:
            sweep()

        assert len(damaged) >= 10
        assert Booking.objects.get(pk=shop.held.pk).status == "expired"

    def test_s79_stops_no_export(self, shop, how):
        from invoicing.models import Document

        damage(Document._meta.get_field("private"), how=how)
        chosen = [str(pk) for pk in Document.objects.values_list("pk", flat=True)]

        answer = world.client_of("owner").post(
            "/admin/invoicing/document/", {"action": "export", "_selected_action": chosen}
        )

        assert answer.status_code in (200, 302)
