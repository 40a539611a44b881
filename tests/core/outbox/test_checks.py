"""The check that keeps armed crash points out of production."""

from core.outbox.checks import no_crash_point_is_armed


class TestNoCrashPointIsArmed:
    def test_is_content_when_none_is(self, monkeypatch):
        monkeypatch.delenv("CRASH_POINTS", raising=False)

        assert no_crash_point_is_armed() == []

    def test_refuses_one(self, monkeypatch):
        monkeypatch.setenv("CRASH_POINTS", "CP02:kill")

        assert [message.id for message in no_crash_point_is_armed()] == ["outbox.E001"]
