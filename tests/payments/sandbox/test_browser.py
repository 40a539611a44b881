"""The stand-in for Stripe.js in a real browser, on a page with a strict policy."""

from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.payments.sandbox import journeys, shop_page
from tests.payments.sandbox.process import Sandbox

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(sandbox: Sandbox) -> Iterator[str]:
    with shop_page.served(sandbox.base_url, sandbox.publishable_key) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, shop: str) -> Iterator[Page]:
    opened = chromium.new_page()
    complaints: list[str] = []
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(shop)
    expect(_card(opened).get_by_label("Card number")).to_be_visible()
    yield opened
    opened.close()
    assert complaints == []


class TestPaymentElement:
    def test_makes_a_token_of_typed_details(self, page: Page, client: stripe.StripeClient) -> None:
        _type(page)
        page.click("#pay")
        page.wait_for_function("() => window.result")

        token = client.v1.confirmation_tokens.retrieve(
            page.evaluate("window.result.confirmationToken.id")
        )
        preview = token.payment_method_preview
        assert (preview.card.brand, preview.card.last4, preview.card.country) == (
            "visa",
            "4242",
            "US",
        )
        assert preview.card.fingerprint
        assert preview.billing_details.email == "buyer@example.com"
        assert (
            preview.billing_details.address.country,
            preview.billing_details.address.postal_code,
        ) == ("GB", "LS1 1AA")
        assert token.return_url.endswith("/status")

    def test_its_token_pays_only_the_amount_it_was_made_for(
        self, page: Page, client: stripe.StripeClient
    ) -> None:
        _type(page)
        made = page.evaluate("window.pay()")["confirmationToken"]["id"]

        with pytest.raises(stripe.InvalidRequestError, match="amount"):
            journeys.hold(client, amount=100, confirmation_token=made)
        with pytest.raises(stripe.InvalidRequestError, match="capture_method"):
            journeys.hold(client, confirmation_token=made, capture_method="automatic")
        held = journeys.hold(client, confirmation_token=made)

        assert held.status == "requires_capture"

    def test_keeps_the_card_out_of_the_shops_page(self, page: Page, sandbox: Sandbox) -> None:
        _type(page)
        page.evaluate("window.pay()")

        assert page.locator("input").count() == 0
        assert "4242424242424242" not in str(sandbox.books())

    def test_says_what_is_wrong_at_the_field(self, page: Page) -> None:
        _type(page, number="4242 4242 4242 4241", expiry="01 / 20", postcode="")

        error = page.evaluate("window.pay()")["error"]

        card = _card(page)
        assert (error["type"], error["code"]) == ("validation_error", "invalid_number")
        expect(card.get_by_text("Your card number is invalid.")).to_be_visible()
        expect(card.get_by_text("Your card's expiration year is in the past.")).to_be_visible()
        expect(card.get_by_text("Your postal code is incomplete.")).to_be_visible()
        expect(card.get_by_label("Card number")).to_be_focused()
        expect(card.get_by_label("Card number")).to_have_attribute("aria-invalid", "true")

    def test_takes_the_message_back_as_soon_as_it_is_right(self, page: Page) -> None:
        _type(page, number="4242 4242 4242 4241")
        page.evaluate("window.pay()")
        _card(page).get_by_label("Card number").fill("4242424242424242")

        expect(_card(page).get_by_text("Your card number is invalid.")).to_be_hidden()

    def test_tells_of_ready_focus_change_and_blur(self, page: Page) -> None:
        _type(page)
        page.wait_for_function(
            "() => seen.some(([name, event]) => name === 'change' && event.complete)"
        )

        seen = page.evaluate("seen.map(([name]) => name)")
        assert seen[0] == "ready"
        assert {"focus", "change", "blur"} <= set(seen)
        assert "loaderror" not in seen

    def test_follows_the_appearance(self, page: Page) -> None:
        number = _card(page).get_by_label("Card number")

        expect(number).to_have_css("border-top-color", "rgb(124, 138, 130)")
        expect(number).to_have_css("border-radius", "10px")
        expect(number).to_have_css("font-size", "17px")
        expect(_card(page).locator(".RadioIcon")).to_have_css(
            "border-top-color", "rgb(10, 107, 71)"
        )
        page.evaluate("elements.update({ appearance: { variables: { fontSizeBase: '20px' } } })")
        expect(number).to_have_css("font-size", "20px")

    def test_a_frame_that_cannot_load_is_told(
        self, chromium: Browser, shop: str, sandbox: Sandbox
    ) -> None:
        opened = chromium.new_page()
        opened.route("**/js/card-frame*", lambda route: route.abort())
        opened.goto(shop)

        opened.wait_for_function(
            "() => seen.some(([name]) => name === 'loaderror')", timeout=20_000
        )

        told = opened.evaluate("seen.map(([name]) => name)")
        opened.close()
        assert told.count("loaderror") == 1
        assert "ready" not in told

    def test_groups_and_clears(self, page: Page) -> None:
        _type(page, number="378282246310005", cvc="1234")
        expect(_card(page).get_by_label("Card number")).to_have_value("3782 822463 10005")
        page.evaluate("card.clear()")

        expect(_card(page).get_by_label("Card number")).to_have_value("")


class TestHandleNextAction:
    @pytest.mark.parametrize(
        ("button", "status"),
        [
            ("Authenticate", "requires_capture"),
            ("Fail", "requires_payment_method"),
            ("Close", "requires_payment_method"),
        ],
    )
    def test_asks_in_a_frame_over_the_page(
        self, page: Page, client: stripe.StripeClient, button: str, status: str
    ) -> None:
        intent = journeys.hold(client, "pm_card_authenticationRequired")
        page.evaluate(_start("handleNextAction({clientSecret: secret})"), intent.client_secret)

        page.frame_locator("iframe[name=bank-approval]").get_by_role("button", name=button).click()
        page.wait_for_function("() => window.result")

        result = page.evaluate("window.result")
        assert client.v1.payment_intents.retrieve(intent.id).status == status
        if button == "Authenticate":
            assert result["paymentIntent"]["status"] == "requires_capture"
        else:
            assert result["error"]["code"] == "payment_intent_authentication_failure"
        expect(page.get_by_role("dialog")).to_have_count(0)

    @pytest.mark.parametrize("inside", [False, True])
    def test_escape_closes_the_question(
        self, page: Page, client: stripe.StripeClient, inside: bool
    ) -> None:
        intent = journeys.hold(client, "pm_card_authenticationRequired")
        page.evaluate(_start("handleNextAction({clientSecret: secret})"), intent.client_secret)
        fail = page.frame_locator("iframe[name=bank-approval]").get_by_role("button", name="Fail")
        expect(fail).to_be_visible()
        if inside:
            fail.focus()
        page.keyboard.press("Escape")
        page.wait_for_function("() => window.result")

        assert client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"

    def test_passes_then_is_declined(self, page: Page, client: stripe.StripeClient) -> None:
        card = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
        intent = journeys.hold(client, card)
        page.evaluate(_start("handleNextAction({clientSecret: secret})"), intent.client_secret)
        page.frame_locator("iframe[name=bank-approval]").get_by_role(
            "button", name="Authenticate"
        ).click()
        page.wait_for_function("() => window.result")

        assert page.evaluate("window.result.error.decline_code") == "insufficient_funds"

    def test_needs_no_bank_when_nothing_is_asked(
        self, page: Page, client: stripe.StripeClient
    ) -> None:
        intent = journeys.hold(client)

        result = page.evaluate(
            "secret => stripe.handleNextAction({clientSecret: secret})", intent.client_secret
        )

        assert result["paymentIntent"]["status"] == "requires_capture"

    @pytest.mark.parametrize(
        ("button", "redirect_status", "status"),
        [
            ("Authenticate", "succeeded", "requires_capture"),
            ("Fail", "failed", "requires_payment_method"),
            ("Close", "failed", "requires_action"),
        ],
    )
    def test_or_sends_the_customer_to_the_bank_and_back(
        self,
        page: Page,
        shop: str,
        client: stripe.StripeClient,
        button: str,
        redirect_status: str,
        status: str,
    ) -> None:
        intent = journeys.hold(
            client,
            "pm_card_authenticationRequired",
            use_stripe_sdk=False,
            return_url=f"{shop}/status?from=bank",
        )
        page.evaluate(_start("handleNextAction({clientSecret: secret})"), intent.client_secret)
        page.get_by_role("button", name=button).click()
        page.wait_for_url("**/status?from=bank&payment_intent=*")

        assert f"redirect_status={redirect_status}" in page.url
        assert client.v1.payment_intents.retrieve(intent.id).status == status


class TestOtherCalls:
    def test_reads_only_the_reduced_intent(self, page: Page, client: stripe.StripeClient) -> None:
        intent = journeys.hold(client)

        read = page.evaluate(
            "secret => stripe.retrievePaymentIntent(secret)", intent.client_secret
        )["paymentIntent"]

        assert read["status"] == "requires_capture"
        assert "metadata" not in read
        assert "latest_charge" not in read

    def test_a_guessed_secret_reads_nothing(
        self, chromium: Browser, shop: str, client: stripe.StripeClient
    ) -> None:
        intent = journeys.hold(client)
        opened = chromium.new_page()
        opened.goto(shop)

        read = opened.evaluate(
            "secret => stripe.retrievePaymentIntent(secret)", f"{intent.id}_secret_guessed"
        )

        assert read["error"]["type"] == "invalid_request_error"
        opened.close()

    def test_confirms_an_intent_made_before(self, page: Page, client: stripe.StripeClient) -> None:
        intent = client.v1.payment_intents.create(
            {"amount": 9600, "currency": "gbp", "capture_method": "manual"}
        )
        _type(page)
        page.evaluate(
            _start(
                "confirmPayment({elements, clientSecret: secret, redirect: 'if_required',"
                " confirmParams: {return_url: location.origin + '/status'}})"
            ),
            intent.client_secret,
        )
        page.wait_for_function("() => window.result")

        assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"

    def test_refuses_a_secret_key(self, page: Page, sandbox: Sandbox) -> None:
        words = page.evaluate(
            "key => { try { Stripe(key) } catch (error) { return error.message } }",
            sandbox.secret_key,
        )

        assert "publishable key" in words


def _card(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[name=payment-element]")


def _type(
    page: Page,
    *,
    number: str = "4242424242424242",
    expiry: str = "12 / 34",
    cvc: str = "123",
    postcode: str = "LS1 1AA",
) -> None:
    card = _card(page)
    card.locator("[name=number]").fill(number)
    card.locator("[name=expiry]").fill(expiry)
    card.locator("[name=cvc]").fill(cvc)
    card.locator("[name=country]").select_option("GB")
    card.locator("[name=postcode]").fill(postcode)
    card.locator("[name=postcode]").blur()


def _start(call: str) -> str:
    """Begins the call and leaves its result in the page: the test must press buttons meanwhile."""
    return f"secret => {{ stripe.{call}.then((result) => {{ window.result = result; }}); }}"
