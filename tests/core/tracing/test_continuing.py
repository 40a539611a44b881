"""Work that somebody left behind is done in their trace; what a stranger says of his own is only noted."""

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from core.errors import Conflict, PaymentDeclined, Unavailable
from core.tracing import database, propagation, provider, spans, work
from core.tracing.provider import Shares
from tests.core import doors as views

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "a=b"}
BOOKING = "01a20782-bc2e-7050-9363-ce6d64801d4c"


def trace_of(span) -> str:
    return f"{span.context.trace_id:032x}"


class TestContinued:
    def test_goes_on_in_the_trace_of_who_left_it_and_says_who_found_it(self, recorded):
        with spans.span("finder"), spans.continued(PARENT, "process it"):
            assert propagation.trace_id() == TRACE

        found, finder = recorded()
        assert trace_of(found) == TRACE
        assert f"{found.parent.span_id:016x}" == "00f067aa0ba902b7"
        assert [link.context.trace_id for link in found.links] == [finder.context.trace_id]
        assert found.kind is SpanKind.CONSUMER

    def test_stays_below_the_present_span_in_the_same_trace(self, recorded):
        with spans.span("outer") as outer:
            stored = propagation.current_context()
            with spans.span("inner") as inner, spans.continued(stored, "go on"):
                pass

        last = recorded()[0]
        assert last.parent.span_id == inner.context.span_id
        assert last.context.trace_id == outer.context.trace_id
        assert last.links == ()

    @pytest.mark.parametrize("stored", [None, {}, {"traceparent": "garbage"}, {"traceparent": 7}])
    def test_begins_where_nothing_was_stored(self, recorded, stored):
        with spans.continued(stored, "process it"):
            assert propagation.trace_id() != ""

        (span,) = recorded()
        assert span.parent is None

    def test_takes_the_baggage_along_into_spans_and_what_is_stored_next(self, recorded):
        with spans.span("click"), spans.with_facts(booking=BOOKING):
            stored = propagation.current_context()
        with spans.continued(stored, "process it"), spans.span("step"):
            again = propagation.current_context()

        assert stored["baggage"] == f"booking={BOOKING}"
        assert again["baggage"] == f"booking={BOOKING}"
        assert {span.attributes["rft.booking"] for span in recorded()} == {BOOKING}

    @pytest.mark.parametrize("value", ["Ann Smith", "ann@example.org", "x" * 65, "a,b=c", ""])
    def test_carries_no_words_of_a_person(self, recorded, value):
        with spans.span("click"), spans.with_facts(note=value):
            assert "baggage" not in propagation.current_context()


class TestRequests:
    def test_of_strangers_begin_a_trace_with_a_link_and_without_their_baggage(
        self, doors, recorded
    ):
        headers = {**PARENT, "baggage": f"booking={BOOKING}"}
        doors.get("/plain/", headers=headers)

        (request,) = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert trace_of(request) != TRACE
        assert request.parent is None
        assert [f"{link.context.trace_id:032x}" for link in request.links] == [TRACE]
        assert "rft.booking" not in request.attributes

    def test_of_trusted_peers_go_on_with_their_baggage(self, doors, recorded, settings):
        settings.TRACE_TRUSTED_PEERS = ["127.0.0.1/32"]
        headers = {**PARENT, "baggage": f"booking={BOOKING},user=Ann%20Smith"}
        doors.get("/plain/", headers=headers)

        (request,) = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert trace_of(request) == TRACE
        assert request.attributes["rft.booking"] == BOOKING
        assert "rft.user" not in request.attributes

    def test_have_the_names_and_attributes_of_the_conventions(self, doors, recorded):
        doors.get("/plain/?email=ann@example.org")

        (request,) = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert request.name == "GET /plain/"
        facts = dict(request.attributes)
        assert len(facts.pop("rft.request_id")) == 32
        assert facts == {
            "http.request.method": "GET",
            "http.route": "/plain/",
            "http.response.status_code": 200,
            "url.scheme": "http",
            "url.path": "/plain/",
        }

    def test_of_an_unknown_address_or_method_are_named_without_it(self, doors, recorded):
        doors.get("/nowhere/77/")
        doors.generic("BREW", "/plain/")

        servers = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert [span.name for span in servers] == ["GET", "HTTP /plain/"]
        assert servers[1].attributes["http.request.method"] == "_OTHER"

    def test_that_fail_say_what_failed_and_where(self, doors, recorded):
        views.answers.append(ZeroDivisionError("of Ann Smith"))
        doors.get("/plain/")

        (request,) = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert request.status.status_code is StatusCode.ERROR
        assert request.attributes["error.type"] == "ZeroDivisionError"
        assert "Ann" not in str([dict(event.attributes) for event in request.events])

    @pytest.mark.parametrize("refusal", [Conflict, PaymentDeclined])
    def test_that_were_refused_are_no_errors(self, doors, recorded, refusal):
        views.answers.append(refusal())
        doors.get("/api/v1/raising/")

        (request,) = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert request.status.status_code is StatusCode.UNSET
        assert "error.type" not in request.attributes

    def test_that_found_something_away_are_errors(self, doors, recorded):
        views.answers.append(Unavailable())
        doors.get("/api/v1/raising/")

        (request,) = [span for span in recorded() if span.kind is SpanKind.SERVER]
        assert request.status.status_code is StatusCode.ERROR


class TestSpan:
    def test_of_a_refusal_says_which_and_is_no_error(self, recorded):
        with pytest.raises(PaymentDeclined), spans.span("authorise"):
            raise PaymentDeclined

        (span,) = recorded()
        assert span.attributes["rft.refusal"] == PaymentDeclined.code
        assert span.status.status_code is StatusCode.UNSET

    @pytest.mark.parametrize(
        ("url", "name"),
        [
            ("https://api.stripe.com/v1/payment_intents", "POST /v1/payment_intents"),
            (
                "https://api.stripe.com/v1/payment_intents/pi_3QaBc7/capture",
                "POST /v1/payment_intents/{id}/capture",
            ),
            ("https://api.stripe.com/v1/refunds/re_1Xy?expand=a", "POST /v1/refunds/{id}"),
            (
                "https://api.stripe.com/v1/confirmation_tokens/ctoken_1ABC",
                "POST /v1/confirmation_tokens/{id}",
            ),
        ],
    )
    def test_of_the_gateway_has_no_id_in_its_name(self, recorded, url, name):
        with work.tallied() as tally, spans.span("step"), spans.gateway("POST", url):
            pass

        assert recorded()[0].name == name
        assert recorded()[0].attributes["peer.service"] == "stripe"
        assert tally.calls == {"gateway": 1}


class TestDescribed:
    @pytest.mark.parametrize(
        ("statement", "summary"),
        [
            ('SELECT "a"."id" FROM "courses_booking" a WHERE x = %s', "SELECT courses_booking"),
            ('INSERT INTO "outbox_message" ("id") VALUES (%s)', "INSERT outbox_message"),
            ("UPDATE payments_payment SET status = %s", "UPDATE payments_payment"),
            ("\n  WITH due AS (SELECT id FROM sagas_sagarun) UPDATE x SET y = 1", "WITH sagas_sagarun"),
            ("COMMIT", "COMMIT"),
            ("SAVEPOINT s_77", "SAVEPOINT"),
            ("", "SQL"),
        ],
    )  # fmt: skip
    def test_names_verb_and_table(self, statement, summary):
        assert database.described(statement)[0] == summary

    def test_keeps_no_literal(self):
        text = database.described("SELECT 1 FROM x WHERE name = 'Ann Smith' AND b = 'it''s'")[1]

        assert text == "SELECT 1 FROM x WHERE name = ? AND b = ?"


class TestShares:
    def test_records_all_changes_and_a_share_of_what_only_looks(self):
        shares = Shares(reads=0.1, changes=1.0)

        def recorded(method: str) -> int:
            facts = {provider.METHOD: method}
            ids = (n * 0x9E3779B97F4A7C15 & (2**128 - 1) for n in range(1, 5001))
            return sum(
                shares.should_sample(None, each, "x", attributes=facts).decision.is_sampled()
                for each in ids
            )

        assert recorded("POST") == 5000
        assert 400 < recorded("GET") < 600
