"""The lists as a file: nothing executable out, nothing half-way in."""

import csv
import io

import pytest

from core.audit.models import AuditEntry
from core.errors import Invalid
from fraud import list_values, selectors_lists
from fraud.models import BlacklistEntry
from fraud.services import list_files
from tests.fraud.builders import NOW, card, subject
from tests.fraud.listing import CARD, OFFICER, listed

pytestmark = pytest.mark.django_db
GOOD = """kind,value,effect,reason,until
email,bad.buyer@example.org,block,Tested cards,2027-02-21
Domain,bad.example,Review,Throw-away,never
connection,81.2.69.0/24,block,Bots,
"""
BAD = """kind,value,effect,reason,until
email,bad.buyer@example.org,block,Tested cards,2027-02-21
email_domain,gmail.com,block,All of them,
email,good@example.org,block,,
email,other@example.org,block,Late,2020-01-01
email,other@example.org,block,Late,tomorrow
email,BAD.buyer@example.org,review,Twice,
planet,mars,block,Far,
"""


def imported(text: str | bytes, *, keep_good: bool = False) -> list_files.Imported:
    content = text if isinstance(text, bytes) else text.encode()
    return list_files.import_csv(content=content, keep_good=keep_good, actor=OFFICER, now=NOW)


def exported() -> list[dict[str, str]]:
    text = list_files.export_csv(selectors_lists.entries(now=NOW))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


class TestImport:
    def test_adds_every_row_as_by_hand(self):
        done = imported("\ufeff" + GOOD)

        assert (done.added, done.problems, done.written) == (3, (), True)
        rows = {row.kind: row for row in BlacklistEntry.objects.all()}
        assert rows["email_domain"].effect == "review"
        assert rows["email_domain"].until is None
        assert list_values.last_day(rows["email"].until).isoformat() == "2027-02-21"
        assert AuditEntry.objects.filter(actor=OFFICER, action="blacklist.added").count() == 3

    def test_a_file_without_an_end_gets_the_usual_one(self, settings):
        imported("kind,value,effect,reason\nemail,a@example.org,block,Why\n")

        assert (BlacklistEntry.objects.get().until - NOW).days == settings.FRAUD_LIST_DAYS

    def test_writes_nothing_when_any_row_is_wrong(self):
        done = imported(BAD)

        assert not done.written
        assert [(each.line, each.words) for each in done.problems] == [
            (3, "gmail.com is a public mail provider: blocking it whole would stop most customers. Enter single email addresses instead."),
            (4, "Say why."),
            (5, "Choose a day that is still to come."),
            (6, "Write the day as 2027-02-21."),
            (7, "This is on the list already: stop, until 21 February 2027."),
            (8, "Choose what to put on the list."),
        ]  # fmt: skip
        assert not BlacklistEntry.objects.exists()
        assert not AuditEntry.objects.exists()

    def test_keeps_the_good_rows_when_told_to(self):
        done = imported(BAD, keep_good=True)

        assert (done.added, len(done.problems), done.written) == (1, 6, True)
        assert BlacklistEntry.objects.get().shown == "b···@example.org"

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "The first line lacks kind, value, effect and reason."),
            (b"kind,value\n", "The first line lacks effect and reason."),
            (b"kind,value,effect,reason\n", "The file has no rows."),
            (b"\xff\xfe\x00", "Save the file as CSV in UTF-8."),
            (b"\x89PNG\r\n\x1a\n", "Save the file as CSV in UTF-8."),
            (b'kind,value,effect,reason\n"email', "This is not a CSV file."),
            (b"kind,value,effect,reason\n" + b"email,x,block,y\n" * 1001, "at most 1,000 rows"),
            (b"x" * (512 * 1024 + 1), "larger than 512 KB"),
        ],
    )
    def test_refuses_what_is_no_such_file(self, content, words):
        with pytest.raises(Invalid) as refusal:
            imported(content, keep_good=True)

        assert words in refusal.value.fields["file"][0]
        assert not BlacklistEntry.objects.exists()

    def test_refuses_a_key_that_is_none_of_ours(self):
        done = imported("kind,value,effect,reason,key\nemail,x,block,Why,abc\n")

        assert "not one of our exports" in done.problems[0].words


class TestExport:
    def test_is_masked(self):
        listed()
        listed("card", CARD)

        text = list_files.export_csv(selectors_lists.entries(now=NOW))

        assert "bad.buyer" not in text
        assert CARD not in text

    @pytest.mark.parametrize("start", ["=", "+", "-", "@"])
    def test_runs_nothing_in_a_spreadsheet(self, start):
        listed(reason=f"{start}HYPERLINK(1)")

        assert exported()[0]["reason"] == f"'{start}HYPERLINK(1)"

    def test_comes_back_as_it_went(self):
        listed(reason="=odd reason")
        listed("card", CARD, effect="review", until=None)
        listed("connection", "81.2.69.0/24")
        before = exported()
        text = list_files.export_csv(selectors_lists.entries(now=NOW))
        BlacklistEntry.objects.update(removed_at=NOW)

        done = imported(text)

        assert (done.added, done.problems) == (3, ())
        by_kind = lambda rows: {row["kind"]: row for row in rows}  # noqa: E731
        assert by_kind(exported()) == by_kind(before)
        met = selectors_lists.hits_of(
            subject(email="bad.buyer@example.org", card=card(fingerprint=CARD)), now=NOW
        )
        assert {hit.kind for hit in met} == {"email", "card"}
