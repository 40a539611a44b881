"""What each call on a PaymentIntent takes."""

from . import params, payment_methods

REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")

CARD_OPTIONS = params.table(
    {
        "capture_method": params.text,
        "request_three_d_secure": params.choice("any", "automatic", "challenge"),
        "setup_future_usage": params.text,
        "statement_descriptor_suffix_kana": params.text,
        "statement_descriptor_suffix_kanji": params.text,
        "cvc_token": params.text,
        "moto": params.flag,
        "network": params.text,
        "request_extended_authorization": params.text,
        "request_incremental_authorization": params.text,
        "request_multicapture": params.text,
        "request_overcapture": params.text,
        "require_cvc_recollection": params.flag,
        "installments": params.anything,
        "mandate_options": params.anything,
        "three_d_secure": params.anything,
    }
)
CHANGEABLE = {
    "amount": params.amount,
    "currency": params.text,
    "customer": params.text,
    "description": params.text,
    "metadata": params.metadata,
    "payment_method": params.text,
    "payment_method_data": params.table(payment_methods.DATA),
    "payment_method_options": params.table({"card": CARD_OPTIONS}),
    "payment_method_types": params.items(params.text),
    "allowed_payment_method_types": params.items(params.text),
    "receipt_email": params.text,
    "setup_future_usage": params.choice("off_session", "on_session", ""),
    "shipping": params.table(params.SHIPPING),
    "statement_descriptor": params.text,
    "statement_descriptor_suffix": params.text,
    "capture_method": params.choice("automatic", "automatic_async", "manual"),
}
CONFIRMING = {
    "confirmation_token": params.text,
    "error_on_requires_action": params.flag,
    "mandate_data": params.anything,
    "off_session": params.flag,
    "return_url": params.text,
    "use_stripe_sdk": params.flag,
    "radar_options": params.anything,
}
CREATE: params.Shape = {
    **CHANGEABLE,
    **CONFIRMING,
    "automatic_payment_methods": params.table(
        {"enabled": params.flag, "allow_redirects": params.choice("always", "never")}
    ),
    "confirm": params.flag,
    "confirmation_method": params.choice("automatic", "manual"),
}
CONFIRM: params.Shape = {
    **CONFIRMING,
    "capture_method": CHANGEABLE["capture_method"],
    "client_secret": params.text,
    "payment_method": params.text,
    "payment_method_data": params.table(payment_methods.DATA),
    "payment_method_options": CHANGEABLE["payment_method_options"],
    "payment_method_types": params.items(params.text),
    "receipt_email": params.text,
    "setup_future_usage": CHANGEABLE["setup_future_usage"],
    "shipping": params.table(params.SHIPPING),
}
CAPTURE = {
    "amount_to_capture": params.amount,
    "final_capture": params.flag,
    "metadata": params.metadata,
    "statement_descriptor": params.text,
    "statement_descriptor_suffix": params.text,
}
CANCEL = {"cancellation_reason": params.choice(*REASONS)}
