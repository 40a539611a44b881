"""S92: what is on the pay page is what was kept of it, or somebody hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from core.audit import selectors as audit
from payments.admin.pay_page import pay_page
from payments.probe import checking, inventory
from payments.probe.browser import Answer
from payments.probe.page import look
from payments.probe.walk import to_the_pay_page
from tests.functional.pages import shop as shops
from tests.payments.probe.browsing import TestBrowser

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop(db):
    return shops.open_shop()


def adding(markup: str):
    """A pay page into which somebody put something."""

    def alter(path: str, answer: Answer) -> Answer:
        if not path.endswith("/pay/"):
            return answer
        return Answer(
            answer.status, answer.headers, answer.body.replace("</head>", markup + "</head>")
        )

    return TestBrowser(alter)


def changing(end: str, **headers: str):
    def alter(path: str, answer: Answer) -> Answer:
        if not path.endswith(end):
            return answer
        return Answer(answer.status, answer.headers | headers, answer.body + "\n/* more */")

    return TestBrowser(alter)


@pytest.mark.django_db(transaction=True)
class TestCheck:
    def test_finds_the_page_as_it_was_kept(self, shop):
        found = checking.check(now=NOW, browser=TestBrowser())

        assert found.differences == []
        assert found.ok
        assert [entry.action for entry in audit.history(checking.SUBJECT)] == ["pay_page_same"]

    @pytest.mark.parametrize(
        ("browser", "said"),
        [
            (adding('<script src="https://evil.example/x.js"></script>'), "script added: https://evil.example/x.js"),
            (adding("<script>steal()</script>"), "script added: inline "),
            (adding('<img src="x" onerror="steal()">'), "script added: inline "),
            (changing("stripe-pay.js"), "script changed: /static/js/stripe-pay.js"),
            (changing("/pay/", **{"content-security-policy": "default-src *"}), "header changed: content-security-policy"),
        ],
    )  # fmt: skip
    def test_s92_sees_and_tells_what_changed(self, shop, browser, said):
        with capture_logs() as lines:
            found = checking.check(now=NOW, browser=browser)

        assert any(line.startswith(said) for line in found.differences), found.differences
        assert [line["event"] for line in lines].count("payment_page_changed") == 1
        assert pay_page(NOW).number == 1
        assert audit.history(checking.SUBJECT)[-1].action == checking.CHANGED

    def test_says_that_it_saw_nothing(self, shop):
        found = checking.check(now=NOW, browser=TestBrowser(dead=True))

        assert found.outcome == checking.UNSEEN
        assert pay_page(NOW).number == 0


@pytest.mark.django_db(transaction=True)
class TestIsDue:
    def test_comes_round_once_a_week(self, shop):
        assert checking.is_due(NOW)
        checking.check(now=NOW, browser=TestBrowser())

        assert not checking.is_due(NOW + timedelta(days=6, hours=23))
        assert checking.is_due(NOW + timedelta(days=7))

    def test_comes_sooner_when_nothing_was_seen(self, shop):
        checking.check(now=NOW, browser=TestBrowser(dead=True))

        assert checking.is_due(NOW + timedelta(hours=6))


class TestTheInventory:
    def test_says_of_each_script_what_it_is_for(self):
        kept = inventory.kept()

        assert kept.scripts.keys() == kept.why.keys()
        assert [name for name, why in kept.why.items() if len(why) < 15] == []

    def test_keeps_the_reasons_when_it_is_written_again(self, shop, tmp_path):
        file = tmp_path / "kept.json"
        file.write_text(inventory.FILE.read_text())
        browser = adding('<script src="https://evil.example/x.js"></script>')
        with to_the_pay_page(browser) as walk:
            seen = look(browser, walk.page)

        after = inventory.write(seen, file)

        assert (
            after.why["/static/js/stripe-pay.js"]
            == inventory.kept().why["/static/js/stripe-pay.js"]
        )
        found = inventory.differences(seen, after, over_tls=False)
        assert found == ["script without a reason: https://evil.example/x.js"]
