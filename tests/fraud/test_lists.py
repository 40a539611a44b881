"""Adding, removing and putting back: each with its reason, each audited; what is refused writes nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from core.audit import selectors as audit
from core.audit.models import AuditEntry
from core.errors import Invalid
from core.ids import uuid7
from fraud import selectors_lists
from fraud.history.facts import ListHit
from fraud.models import BlacklistEntry, NotOnTheList
from fraud.services import assessments, lists
from tests.fraud.builders import NOW, card, subject
from tests.fraud.listing import CARD, OFFICER, listed

pytestmark = pytest.mark.django_db


def hits_of(**changes):
    return selectors_lists.hits_of(subject(**changes), now=NOW)


class TestAdd:
    def test_keeps_who_when_why_and_until(self):
        entry = BlacklistEntry.objects.get(pk=listed().pk)

        assert (entry.author, entry.since, entry.reason) == (OFFICER, NOW, "Tested cards on Monday")
        assert (entry.until, entry.hits, entry.source) == (NOW + timedelta(days=90), 0, "person")

    def test_keeps_nothing_personal(self):
        listed("email", "bad.buyer@example.org")
        listed("phone", "07700 900461")
        listed("card", CARD)

        with connection.cursor() as cursor:
            cursor.execute("SELECT fraud_blacklist::text FROM fraud_blacklist")
            rows = " ".join(row for (row,) in cursor.fetchall())
        kept = rows + " ".join(
            map(str, AuditEntry.objects.values_list("before", "after", "reason"))
        )
        assert not [each for each in ("bad.buyer", "900461", CARD) if each in kept]

    def test_is_audited(self):
        entry = listed()

        (told,) = audit.history(lists.subject_of(entry.pk))
        assert (told.action, told.actor, told.reason) == (
            "blacklist.added",
            OFFICER,
            "Tested cards on Monday",
        )
        assert told.after["effect"] == "block"

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"value": "nobody"}, "value", "Enter an email address"),
            ({"kind": "email_domain", "value": "gmail.com"}, "value", "public mail provider"),
            ({"kind": "connection", "value": "81.0.0.0/8"}, "value", "too wide"),
            ({"kind": "planet"}, "kind", "Choose what"),
            ({"effect": "ignore"}, "effect", "Choose stop, review or let through."),
            ({"reason": " "}, "reason", "Say why."),
            ({"until": NOW}, "until", "still to come"),
            ({"until": NOW - timedelta(days=1)}, "until", "still to come"),
            (
                {"kind": "card", "value": str(uuid7())},
                "value",
                "No card is known for that payment.",
            ),
        ],
    )
    def test_refuses_nonsense_and_writes_nothing(self, changes, field, words):
        with pytest.raises(Invalid) as refusal:
            listed(**changes)

        assert words in refusal.value.fields[field][0]
        assert not BlacklistEntry.objects.exists()
        assert not AuditEntry.objects.exists()

    def test_tells_all_that_is_wrong_at_once(self):
        with pytest.raises(Invalid) as refusal:
            listed(value="nobody", reason="", until=NOW, effect="")

        assert set(refusal.value.fields) == {"value", "reason", "until", "effect"}

    def test_refuses_our_own(self, settings):
        settings.OFFICE_NETWORKS = ["81.2.69.0/24"]
        settings.DEFAULT_FROM_EMAIL = "React Fast <bookings@reactfast.example>"
        for kind, value in (
            ("connection", "81.2.69.142"),
            ("connection", "81.2.0.0/16"),
            ("email_domain", "reactfast.example"),
            ("email", "owner@reactfast.example"),
        ):
            with pytest.raises(Invalid):
                listed(kind, value)
        with pytest.raises(Invalid) as refusal:
            listed("connection", "89.160.20.0/24", own_address="89.160.20.112")

        assert refusal.value.fields["value"] == ["That is the connection you are using now."]
        assert not BlacklistEntry.objects.exists()

    def test_refuses_what_is_there_already(self):
        first = listed()

        with pytest.raises(lists.AlreadyListed) as refusal:
            listed(value="BAD.buyer@example.org", effect="review")

        assert refusal.value.extra["entry_id"] == str(first.pk)
        assert BlacklistEntry.objects.get().effect == "block"

    def test_the_database_says_so_too(self):
        entry = listed()
        entry.pk = uuid7()

        with pytest.raises(IntegrityError), transaction.atomic():
            entry.save(force_insert=True)

    def test_what_ran_out_gives_way(self):
        old = listed(until=NOW + timedelta(days=1))

        later = NOW + timedelta(days=2)
        new = listed(now=later, until=None)

        old.refresh_from_db()
        assert (old.removed_by, old.removed_at) == ("system", later)
        assert new.until is None

    def test_what_came_by_itself_gives_way_to_a_person(self):
        old = listed(effect="review", source="automatic", actor="system")

        new = listed()

        old.refresh_from_db()
        assert old.removed_reason == "A person decided about it"
        assert [hit.entry_id for hit in hits_of(email="bad.buyer@example.org")] == [str(new.pk)]

    def test_takes_card_and_device_from_a_payment(self):
        judged = assessments.assess(subject=subject(card=card(), device="device-9"), now=NOW)

        cards = listed("card", str(judged.payment_id))
        devices = listed("device", str(judged.payment_id))

        assert cards.shown == "Visa ···4242"
        assert {cards.digest, devices.digest} == {judged.keys["card"], judged.keys["device"]}


class TestHits:
    def test_each_kind_meets_its_payments(self):
        entries = {
            "email": ("bad.buyer@example.org", {"email": "Bad.Buyer@example.org"}),
            "email_domain": ("bad.example", {"email": "x@mail.bad.example"}),
            "card": (CARD, {"card": card(fingerprint=CARD)}),
            "device": ("device-9", {"device": "device-9"}),
            "connection": ("81.2.69.0/24", {"address": "81.2.69.142"}),
            "phone": ("07700 900461", {"phone": "+44 7700 900461"}),
        }
        for kind, (value, changes) in entries.items():
            entry = listed(kind, value, reason=f"By {kind}")

            found = hits_of(**changes)

            assert found == (ListHit(kind, "block", "person", f"By {kind}", str(entry.pk)),)
        assert hits_of() == ()

    def test_an_address_of_version_6_is_its_household(self):
        listed("connection", "2a00:1450:4009:81f::200e")

        assert hits_of(address="2a00:1450:4009:81f::1")
        assert not hits_of(address="2a00:1450:4009:820::1")

    def test_an_unknown_providers_tags_stay_apart(self):
        """What follows the plus is the mailbox of somebody else, unless the provider says that it is not."""
        listed("email", "sales+north@example.org")
        listed("email", "ann+x@gmail.com")

        assert not hits_of(email="sales+south@example.org")
        assert hits_of(email="sales+north@example.org")
        assert hits_of(email="a.n.n+y@gmail.com")

    @pytest.mark.parametrize("how", ["removed", "ended"])
    def test_what_is_over_meets_nobody(self, how):
        entry = listed(until=NOW + timedelta(hours=1))
        if how == "removed":
            lists.remove(entry_id=entry.pk, reason="Mistake", actor=OFFICER, now=NOW)
        at = NOW + timedelta(hours=2) if how == "ended" else NOW

        found = selectors_lists.hits_of(subject(email="bad.buyer@example.org"), now=at)

        assert found == ()

    def test_are_looked_up_by_indexes(self):
        BlacklistEntry.objects.bulk_create(
            BlacklistEntry(
                kind="email", effect="review", digest=f"{number:064x}", shown="x", reason="x",
                author="x", since=NOW,
            )
            for number in range(3000)
        )  # fmt: skip
        from fraud import list_values

        values = {**list_values.lookup(subject(address="81.2.69.142")), "now": NOW}
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE fraud_blacklist")
            cursor.execute(f"EXPLAIN {selectors_lists.ACTIVE_HITS}", values)
            plan = "\n".join(row for (row,) in cursor.fetchall())

        assert "Seq Scan" not in plan
        assert "fraud_blacklist_once" in plan
        assert "fraud_blacklist_holds" in plan


class TestRecordHits:
    def test_counts_each_entry_once(self):
        one, other = listed(), listed("card", CARD)
        met = hits_of(email="bad.buyer@example.org", card=card(fingerprint=CARD))

        assert lists.record_hits(hits=(*met, *met), now=NOW) == 2

        rows = BlacklistEntry.objects.filter(pk__in=[one.pk, other.pk])
        assert list(rows.values_list("hits", "last_hit_at")) == [(1, NOW), (1, NOW)]

    def test_nothing_met_is_nothing_asked(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert lists.record_hits(hits=(), now=NOW) == 0


class TestRemove:
    def test_keeps_the_row_and_the_reason(self):
        entry = listed()

        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor="staff:9", now=NOW)

        entry.refresh_from_db()
        assert (entry.removed_by, entry.removed_reason) == ("staff:9", "Wrong customer")
        told = audit.history(lists.subject_of(entry.pk))
        assert [each.action for each in told].count("blacklist.removed") == 1

    def test_wants_a_reason(self):
        entry = listed()

        with pytest.raises(Invalid):
            lists.remove(entry_id=entry.pk, reason=" ", actor=OFFICER, now=NOW)

        entry.refresh_from_db()
        assert entry.removed_at is None

    def test_the_second_of_two_hands_is_told(self):
        entry = listed()
        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor="staff:9", now=NOW)

        with pytest.raises(NotOnTheList):
            lists.remove(entry_id=entry.pk, reason="Mine", actor=OFFICER, now=NOW)

        entry.refresh_from_db()
        assert entry.removed_by == "staff:9"

    def test_knows_only_its_own(self):
        with pytest.raises(lists.EntryNotFound):
            lists.remove(entry_id=uuid7(), reason="Mistake", actor=OFFICER, now=NOW)

    def test_no_row_is_ever_deleted(self, settings):
        entry = listed()

        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"SET LOCAL ROLE {settings.DB_APP_ROLE}")
            cursor.execute("DELETE FROM fraud_blacklist WHERE id = %s", [entry.pk])

        assert BlacklistEntry.objects.filter(pk=entry.pk).exists()


class TestRestore:
    def test_is_the_same_entry_again(self):
        entry = listed()
        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor=OFFICER, now=NOW)

        lists.restore(entry_id=entry.pk, reason="It was right", actor=OFFICER, now=NOW)

        assert [hit.entry_id for hit in hits_of(email="bad.buyer@example.org")] == [str(entry.pk)]
        told = {each.action: each.reason for each in audit.history(lists.subject_of(entry.pk))}
        assert told["blacklist.restored"] == "It was right"

    def test_refuses_when_the_value_has_another_entry(self):
        entry = listed()
        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor=OFFICER, now=NOW)
        newer = listed()

        with pytest.raises(lists.AlreadyListed):
            lists.restore(entry_id=entry.pk, reason="It was right", actor=OFFICER, now=NOW)

        assert BlacklistEntry.objects.kept().get().pk == newer.pk

    def test_refuses_what_ran_out(self):
        entry = listed(until=NOW + timedelta(days=1))
        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor=OFFICER, now=NOW)

        with pytest.raises(Invalid, match="ran out"):
            lists.restore(
                entry_id=entry.pk, reason="Back", actor=OFFICER, now=NOW + timedelta(days=2)
            )

        entry.refresh_from_db()
        assert entry.removed_at == NOW
