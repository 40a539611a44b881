"""The one clock, and the file that moves it."""

from datetime import UTC, datetime, timedelta

from core import clock


class TestNow:
    def test_is_utc(self):
        assert clock.now().utcoffset() == timedelta(0)

    def test_moves_with_the_offset_file(self, settings, tmp_path):
        settings.CLOCK_OFFSET_FILE = str(tmp_path / "offset")
        (tmp_path / "offset").write_text("3600\n")

        ahead = clock.now() - datetime.now(UTC)

        assert timedelta(minutes=59) < ahead < timedelta(minutes=61)

    def test_is_the_present_while_the_file_is_not_there(self, settings, tmp_path):
        settings.CLOCK_OFFSET_FILE = str(tmp_path / "offset")

        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
