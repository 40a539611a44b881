"""A trace is carried from one process to the next as W3C says."""

import pytest

from core.tracing import propagation

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class TestAttach:
    def test_continues_the_trace_it_is_given(self):
        with propagation.attach({"traceparent": PARENT, "tracestate": "a=b"}):
            assert propagation.trace_id() == TRACE
            assert propagation.current_context() == {"traceparent": PARENT, "tracestate": "a=b"}

        assert propagation.trace_id() == ""

    @pytest.mark.parametrize(
        "context",
        [
            None,
            {},
            {"traceparent": ""},
            {"traceparent": "garbage"},
            {"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"},
            {"traceparent": f"00-{TRACE}-{'0' * 16}-01"},
            {"traceparent": f"ff-{TRACE}-00f067aa0ba902b7-01"},
            {"traceparent": PARENT.upper()},
            {"traceparent": f"{PARENT}-extra"},
            {"tracestate": "a=b"},
        ],
    )
    def test_begins_a_trace_without_a_good_one(self, context):
        with propagation.attach(context):
            begun = propagation.current_context()

            assert len(propagation.trace_id()) == 32
            assert propagation.trace_id() not in (TRACE, "0" * 32)
            assert set(begun) == {"traceparent"}

    def test_gives_back_the_trace_it_came_into(self):
        with propagation.attach(None):
            outer = propagation.trace_id()
            with propagation.attach({"traceparent": PARENT}):
                assert propagation.trace_id() == TRACE
            assert propagation.trace_id() == outer

    def test_never_repeats_an_id(self):
        seen = set()
        for _ in range(1000):
            with propagation.attach(None):
                seen.add(propagation.trace_id())

        assert len(seen) == 1000


class TestCurrentContext:
    def test_is_empty_outside_any_trace(self):
        assert propagation.current_context() == {}
