"""W3C Trace Context level 1, asked over the wire: every rule that the W3C's own suite checks.

That suite's service is `w3c_urls`; here it is called by a client of our own with the same and with more cases.
"""

import pytest

from tests.core.tracing.harness import Service

TRACE = "12345678901234567890123456789012"
SPAN = "1234567890123456"
PARENT = ("traceparent", f"00-{TRACE}-{SPAN}-00")
ALL_KEY = "abcdefghijklmnopqrstuvwxyz0123456789_-*/"
ALL_VALUE = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in ",=")


def state(*values: str) -> list[tuple[str, str]]:
    return [PARENT, *(("tracestate", value) for value in values)]


def members(first: int, last: int) -> str:
    return ",".join(f"bar{n:02}={n:02}" for n in range(first, last + 1))


@pytest.fixture(scope="module")
def service(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), Service() as running:
        yield running


@pytest.mark.django_db(transaction=True)
class TestTraceparent:
    def test_is_begun_where_there_is_none(self, service):
        (call,) = service.called_back([])

        assert call.trace_id != TRACE

    def test_is_continued_under_a_new_parent(self, service):
        (call,) = service.called_back([("traceparent", f"00-{TRACE}-{SPAN}-01")])

        assert (call.trace_id, call.flags) == (TRACE, "01")
        assert call.parent_id != SPAN

    @pytest.mark.parametrize(
        "header",
        [
            f"00-{TRACE}-{SPAN}-01",
            f"cc-{TRACE}-{SPAN}-01",
            f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
            f" 00-{TRACE}-{SPAN}-01",
            f"\t00-{TRACE}-{SPAN}-01",
            f"00-{TRACE}-{SPAN}-01 ",
            f"00-{TRACE}-{SPAN}-01\t",
            f"\t 00-{TRACE}-{SPAN}-01 \t",
            f"00-{TRACE}-{SPAN}-ff",
        ],
    )
    @pytest.mark.parametrize("name", ["traceparent", "TraceParent", "TrAcEpArEnT", "TRACEPARENT"])
    def test_is_known_in_any_case_and_of_later_versions(self, service, name, header):
        (call,) = service.called_back([(name, header)])

        assert call.trace_id == TRACE
        assert call.flags in ("00", "01"), "flags that level 1 does not know are not set"

    @pytest.mark.parametrize(
        "header",
        [
            f"00-{TRACE}-{SPAN}-01.",
            f"00-{TRACE}-{SPAN}-01-what-the-future-will-be-like",
            f"cc-{TRACE}-{SPAN}-01.what-the-future-will-be-like",
            f"ff-{TRACE}-{SPAN}-01",
            f".0-{TRACE}-{SPAN}-01",
            f"0.-{TRACE}-{SPAN}-01",
            f"000-{TRACE}-{SPAN}-01",
            f"0000-{TRACE}-{SPAN}-01",
            f"0-{TRACE}-{SPAN}-01",
            f"00-{'0' * 32}-{SPAN}-01",
            f"00-.{TRACE[1:]}-{SPAN}-01",
            f"00-{TRACE[:-1]}.-{SPAN}-01",
            f"00-{TRACE}3-{SPAN}-01",
            f"00-{TRACE[:-1]}-{SPAN}-01",
            f"00-{TRACE}-{'0' * 16}-01",
            f"00-{TRACE}-.{SPAN[1:]}-01",
            f"00-{TRACE}-{SPAN[:-1]}.-01",
            f"00-{TRACE}-{SPAN}7-01",
            f"00-{TRACE}-{SPAN[:-1]}-01",
            f"00-{TRACE}-{SPAN}-.0",
            f"00-{TRACE}-{SPAN}-0.",
            f"00-{TRACE}-{SPAN}-001",
            f"00-{TRACE}-{SPAN}-1",
            f"00-{TRACE.replace('1', 'A')}-{SPAN}-01",
            f"00-{TRACE}-{SPAN}-0A",
            "",
            "00",
            f"00{TRACE}{SPAN}01",
        ],
    )
    def test_that_breaks_a_rule_is_as_none_and_takes_its_state_along(self, service, header):
        (call,) = service.called_back([("traceparent", header), ("tracestate", "foo=1")])

        assert call.trace_id not in (TRACE, "0" * 32, TRACE.replace("1", "a"))
        assert call.tracestate == ""

    @pytest.mark.parametrize("name", ["trace-parent", "trace.parent", "trace_parent"])
    def test_under_another_name_is_none(self, service, name):
        (call,) = service.called_back([(name, f"00-{TRACE}-{SPAN}-01")])

        assert call.trace_id != TRACE

    def test_twice_is_none(self, service):
        twice = [("traceparent", f"00-{TRACE[:-1]}{digit}-{SPAN}-01") for digit in "12"]
        (call,) = service.called_back(twice)

        assert not call.trace_id.startswith(TRACE[:-1])


@pytest.mark.django_db(transaction=True)
class TestTracestate:
    def test_without_a_parent_is_dropped(self, service):
        (call,) = service.called_back([("tracestate", "foo=1,bar=2")])

        assert call.tracestate == ""

    @pytest.mark.parametrize("name", ["tracestate", "TraceState", "TrAcEsTaTe", "TRACESTATE"])
    def test_is_inherited(self, service, name):
        (call,) = service.called_back([PARENT, (name, "foo=1,bar=2")])

        assert call.trace_id == TRACE
        assert call.members == {"foo": "1", "bar": "2"}

    @pytest.mark.parametrize("name", ["trace-state", "trace.state"])
    def test_under_another_name_is_none(self, service, name):
        (call,) = service.called_back([PARENT, (name, "foo=1")])

        assert call.tracestate == ""

    @pytest.mark.parametrize("values", [("foo=1", ""), ("", "foo=1"), ("foo=1,,",)])
    def test_may_have_empty_members(self, service, values):
        (call,) = service.called_back(state(*values))

        assert call.members == {"foo": "1"}

    def test_that_is_empty_is_none(self, service):
        (call,) = service.called_back(state(""))

        assert (call.trace_id, call.tracestate) == (TRACE, "")

    def test_in_several_headers_is_one_in_their_order(self, service):
        (call,) = service.called_back(state("foo=1,bar=2", "rojo=1,congo=2", "baz=3"))

        assert list(call.members) == ["foo", "bar", "rojo", "congo", "baz"]

    @pytest.mark.parametrize("key", [ALL_KEY, f"{ALL_KEY}@a-z0-9_-*/", "0a@v", "a" * 256])
    def test_takes_every_allowed_character(self, service, key):
        (call,) = service.called_back(state(f"{key}={ALL_VALUE}"))

        assert call.members == {key: ALL_VALUE}

    @pytest.mark.parametrize(
        "value", ["foo=1 \t , \t bar=2, \t baz=3", "foo=1\t \t,\t \tbar=2,\t \tbaz=3 ", "\t foo=1,bar=2,baz=3 \t"]
    )  # fmt: skip
    def test_takes_white_space_around_members(self, service, value):
        (call,) = service.called_back(state(value))

        assert call.members == {"foo": "1", "bar": "2", "baz": "3"}

    @pytest.mark.parametrize(
        "values",
        [
            ("foo=1,foo=1",),
            ("foo=1,foo=2",),
            ("foo=1", "foo=1"),
            ("foo=1", "foo=2"),
            ("foo =1",),
            ("FOO=1",),
            ("foo.bar=1",),
            ("foo@=1,bar=2",),
            ("@foo=1,bar=2",),
            ("foo@@bar=1,bar=2",),
            ("foo@bar@baz=1,bar=2",),
            ("foo=bar=baz",),
            ("foo=,bar=3",),
            (members(1, 10), members(11, 20), members(21, 33)),
            ("foo=1", "z" * 257 + "=1"),
            ("foo=1", "t" * 242 + "@v=1"),
            ("foo=1", "t@" + "v" * 15 + "=1"),
            ("foo=" + "v" * 257,),
            ("foo",),
        ],
    )
    def test_that_breaks_a_rule_is_dropped_whole_and_the_trace_goes_on(self, service, values):
        (call,) = service.called_back(state(*values))

        assert (call.trace_id, call.tracestate) == (TRACE, "")

    def test_keeps_32_members(self, service):
        (call,) = service.called_back(state(members(1, 10), members(11, 20), members(21, 32)))

        assert len(call.members) == 32
        assert next(iter(call.members)) == "bar01"

    @pytest.mark.parametrize("key", ["z" * 256, "t" * 241 + "@" + "v" * 14])
    def test_keeps_keys_of_the_greatest_length(self, service, key):
        (call,) = service.called_back(state("foo=1", f"{key}=1"))

        assert call.members == {"foo": "1", key: "1"}

    def test_keeps_far_more_than_512_characters(self, service):
        value = ",".join(f"k{n}={'v' * 120}" for n in range(30))
        (call,) = service.called_back(state(value))

        assert call.tracestate == value


@pytest.mark.django_db(transaction=True)
class TestSeveralCalls:
    def test_share_the_trace_and_no_parent(self, service):
        calls = service.called_back([("traceparent", f"00-{TRACE}-{SPAN}-01")], times=3)

        assert {call.trace_id for call in calls} == {TRACE}
        assert len({call.parent_id for call in calls}) == 3

    @pytest.mark.parametrize("headers", [[], [("traceparent", f"00-{'0' * 32}-{SPAN}-01")]])
    def test_have_each_a_parent_of_their_own_without_a_good_one(self, service, headers):
        calls = service.called_back(headers, times=3)

        assert len({call.parent_id for call in calls}) == 3
        assert "0" * 32 not in {call.trace_id for call in calls}


class TestTheCallbackService:
    def test_exists_only_under_these_settings(self, client):
        assert client.post("/trace-context/", "[]", "application/json").status_code == 404
