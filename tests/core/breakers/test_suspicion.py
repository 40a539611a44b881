"""Openings that smell of attack, and an outage that does not."""

import structlog

from core.breakers import registry
from core.breakers.suspicion import CROWD, Suspicion
from tests.core.breakers.test_guard import open_up


class TestOpened:
    def test_an_outage_is_none(self):
        suspicion = Suspicion()
        assert suspicion.opened("stripe", slow=False, now=0) == []
        assert suspicion.opened("stripe", slow=False, now=300) == []

    def test_flapping_is_told_once(self):
        suspicion = Suspicion()
        told = [suspicion.opened("stripe", slow=False, now=60.0 * time) for time in range(7)]

        assert [each for each in told if each] == [["flapping"]]

    def test_slowness_again_and_again(self):
        suspicion = Suspicion()
        suspicion.opened("stripe", slow=True, now=0)

        assert suspicion.opened("stripe", slow=True, now=100) == ["slow_calls"]

    def test_different_dependencies_together(self):
        suspicion = Suspicion()
        told = [suspicion.opened(name, slow=False, now=0) for name in ("a", "b", "c")]

        assert told == [[], [], ["several_at_once"]]

    def test_another_process_tells_of_its_own(self):
        suspicion = Suspicion()
        told = [suspicion.opened("a", slow=False, now=time, heard=True) for time in range(9)]

        assert not any(told)


class TestCrowded:
    def test_more_than_a_hurry_explains(self):
        suspicion = Suspicion()
        told = [suspicion.crowded(now=each / 10) for each in range(CROWD)]

        assert told[-1] == ["crowding"]
        assert not any(told[:-1])


class TestTelling:
    def test_is_a_security_event(self, registered, monkeypatch):
        monkeypatch.setattr(registry, "_suspicion", Suspicion())
        with structlog.testing.capture_logs() as logs:
            for _ in range(4):
                open_up(registered)
                registered.reset()

        [told] = [each for each in logs if each["event"] == "breaker_opening_pattern"]
        assert (told["pattern"], told["breaker"]) == ("flapping", registered.name)
