"""The blacklist's pages: masked values, add after a preview, remove with a reason, undo, files, and who may."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core import clock
from fraud.models import BlacklistEntry
from fraud.services import lists
from tests.core.backoffice import staff
from tests.fraud.listing import CARD, OFFICER
from tests.fraud.listing import listed as listed_at
from tests.fraud.test_list_files import BAD, GOOD

pytestmark = pytest.mark.django_db
LIST = "/admin/fraud/blacklistentry/"
GIVEN = {
    "kind": "email",
    "value": "bad.buyer@example.org",
    "effect": "block",
    "reason": "Tested cards",
    "until": "",
}


def listed(kind="email", value="bad.buyer@example.org", **changes):
    now = clock.now()
    return listed_at(kind, value, **{"now": now, "until": now + timedelta(days=90)} | changes)


@pytest.fixture
def approver(client):
    client.force_login(staff.of_role("approver"))
    return client


@pytest.fixture
def office(client):
    client.force_login(staff.of_role("office"))
    return client


def page_of(entry: BlacklistEntry) -> str:
    return reverse("admin:fraud_blacklistentry_change", args=[entry.pk])


def text(answer) -> str:
    return answer.content.decode()


class TestList:
    def test_shows_masked_values_by_kind(self, office):
        listed()
        listed("card", CARD, reason="Another kind")

        html = text(office.get(LIST))

        assert "b···@example.org" in html
        assert "bad.buyer" not in html
        assert "Another kind" not in html
        assert "Card ···jR1c" in text(office.get(LIST, {"kind": "card"}))

    def test_finds_a_value_that_it_does_not_show(self, office):
        listed()
        listed("email", "other@example.org", reason="Somebody else")

        html = text(office.get(LIST, {"kind": "email", "q": "BAD.buyer@example.org"}))

        assert "b···@example.org" in html
        assert "Somebody else" not in html

    def test_finds_the_network_that_holds_an_address(self, office):
        listed("connection", "81.2.69.0/24")

        assert "81.2.69.0/24" in text(office.get(LIST, {"kind": "connection", "q": "81.2.69.142"}))
        assert "is not on the list" in text(
            office.get(LIST, {"kind": "connection", "q": "89.160.20.1"})
        )

    def test_says_what_is_wrong_with_what_is_looked_for(self, office):
        assert "Enter an email address" in text(office.get(LIST, {"q": "nobody"}))

    def test_is_empty_in_words(self, office, approver):
        assert "No device is on the list." in text(approver.get(LIST, {"kind": "device"}))

    def test_what_is_over_has_a_list_of_its_own(self, office):
        entry = listed()
        lists.remove(entry_id=entry.pk, reason="Mistake", actor=OFFICER, now=clock.now())

        assert "b···@example.org" not in text(office.get(LIST))
        assert "b···@example.org" in text(office.get(LIST, {"standing": "ended"}))

    @pytest.mark.parametrize("query", ["?kind=planet", "?standing=never", "?page=x", "?page=99"])
    def test_takes_nonsense_in_its_address(self, office, query):
        assert office.get(LIST + query).status_code == 200

    def test_asks_the_same_number_of_questions_for_any_length(
        self, office, django_assert_max_num_queries
    ):
        for number in range(60):
            listed("email", f"buyer{number}@example.org")
        office.get(LIST)

        with django_assert_max_num_queries(14):
            assert "Page 1 of 2" in text(office.get(LIST))


class TestAdd:
    def test_shows_first_and_then_saves(self, approver):
        shown = approver.post(LIST + "add/", GIVEN)
        words = "Would have stopped no bookings in 90 days."
        assert words in text(shown)
        assert not BlacklistEntry.objects.exists()

        saved = approver.post(LIST + "add/", GIVEN | {"confirmed": words})

        assert saved.headers["Location"] == LIST + "?kind=email"
        entry = BlacklistEntry.objects.get()
        assert (entry.until, entry.author) == (None, f"staff:{approver.session['_auth_user_id']}")

    def test_shows_again_what_changed_meanwhile(self, approver):
        answer = approver.post(LIST + "add/", GIVEN | {"confirmed": "Would have stopped nothing."})

        assert "Before it is saved" in text(answer)
        assert not BlacklistEntry.objects.exists()

    def test_goes_back_to_what_was_given(self, approver):
        html = text(approver.post(LIST + "add/", GIVEN | {"change": "1"}))

        assert 'value="bad.buyer@example.org"' in html
        assert "See what this does" in html

    def test_starts_with_the_tab_and_ninety_days(self, approver, settings):
        html = text(approver.get(LIST + "add/?kind=phone"))

        assert '<option value="phone" selected>' in html
        assert 'type="date"' in html

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"kind": "email_domain", "value": "gmail.com"}, "is a public mail provider"),
            ({"kind": "connection", "value": "10.0.0.0/24"}, "private or reserved"),
            ({"kind": "connection", "value": "81.0.0.0/8"}, "too wide"),
            ({"value": "nobody"}, "Enter an email address"),
            ({"reason": ""}, "Say why."),
            ({"until": "2020-01-01"}, "still to come"),
            ({"until": "soon"}, "Enter the day, like 2027-02-21."),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(self, approver, changes, words):
        html = text(approver.post(LIST + "add/", GIVEN | changes))

        assert words in html
        assert "There is a problem" in html
        assert not BlacklistEntry.objects.exists()

    def test_says_that_it_is_there_already(self, approver):
        listed()

        assert "on the list already" in text(approver.post(LIST + "add/", GIVEN))


class TestEntry:
    def test_is_removed_with_a_reason_and_put_back(self, approver):
        entry = listed()

        approver.post(page_of(entry), {"act": "remove", "reason": "Wrong customer"})
        entry.refresh_from_db()
        assert entry.removed_reason == "Wrong customer"
        assert "Put back on the list" in text(approver.get(page_of(entry)))

        approver.post(page_of(entry), {"act": "restore", "reason": "It was right"})
        entry.refresh_from_db()
        assert entry.removed_at is None

    def test_wants_a_reason(self, approver):
        entry = listed()

        html = text(approver.post(page_of(entry), {"act": "remove", "reason": ""}))

        assert "There is a problem" in html
        entry.refresh_from_db()
        assert entry.removed_at is None

    def test_tells_the_second_of_two_hands(self, approver):
        entry = listed()
        lists.remove(entry_id=entry.pk, reason="Mistake", actor=OFFICER, now=clock.now())

        html = text(approver.post(page_of(entry), {"act": "remove", "reason": "Mine"}))

        assert "This entry has been removed already." in html

    def test_tells_its_history(self, approver):
        entry = listed()
        lists.remove(entry_id=entry.pk, reason="Wrong customer", actor=OFFICER, now=clock.now())

        html = text(approver.get(page_of(entry)))

        assert "Added by" in html
        assert "Wrong customer" in html

    @pytest.mark.parametrize("key", ["nonsense", "01900000-0000-7000-8000-000000000000"])
    def test_of_nothing_is_not_found(self, approver, key):
        assert approver.get(f"{LIST}{key}/change/").status_code == 404


class TestFiles:
    def upload(self, client, content, **more):
        file = SimpleUploadedFile("list.csv", content.encode(), content_type="text/csv")
        return client.post(LIST + "import/", {"file": file, **more})

    def test_adds_a_good_file(self, approver):
        answer = self.upload(approver, GOOD.replace("2027-02-21", "never"))

        assert answer.status_code == 302
        assert BlacklistEntry.objects.count() == 3

    def test_shows_each_wrong_row_and_adds_nothing(self, approver):
        html = text(self.upload(approver, BAD))

        assert "Nothing was added: 6 of the rows can’t be" in html.replace("&#x27;", "’")
        assert "Line 3" in html
        assert not BlacklistEntry.objects.exists()

    def test_adds_the_good_rows_when_chosen(self, approver):
        html = text(self.upload(approver, BAD.replace("2027-02-21", "never"), keep_good="on"))

        assert "1 added, 6 left out" in html
        assert BlacklistEntry.objects.count() == 1

    def test_says_when_it_is_no_such_file(self, approver):
        assert "The first line lacks" in text(self.upload(approver, "a,b\n1,2\n"))

    def test_goes_out_masked(self, office):
        listed()

        answer = office.get(LIST + "export/")

        assert answer.headers["Content-Disposition"].startswith('attachment; filename="blacklist-')
        assert "b···@example.org" in text(answer)


class TestPermissions:
    def test_the_office_reads_and_is_told_who_may_change(self, office):
        entry = listed()

        assert "Changing the list needs an approver." in text(office.get(LIST))
        assert "Needs an approver." in text(office.get(page_of(entry)))

    @pytest.mark.parametrize("role", ["office", "ops"])
    def test_others_change_nothing(self, client, role):
        client.force_login(staff.of_role(role))
        entry = listed()

        answers = [
            client.post(LIST + "add/", GIVEN | {"value": "x@example.org"}),
            client.post(page_of(entry), {"act": "remove", "reason": "Mine"}),
            client.get(LIST + "import/"),
            client.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}),
        ]

        assert {answer.status_code for answer in answers} == {403}
        entry.refresh_from_db()
        assert (entry.removed_at, BlacklistEntry.objects.count()) == (None, 1)

    def test_operations_see_nothing(self, client):
        client.force_login(staff.of_role("ops"))

        assert client.get(LIST).status_code == 403
        assert client.get(LIST + "export/").status_code == 403

    def test_strangers_are_sent_to_sign_in(self, client):
        assert client.get(LIST).status_code == 302
