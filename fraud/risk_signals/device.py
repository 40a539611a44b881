"""The device: who else used it, which cards, and whether a person sits at it.

The strong key is our own cookie in this browser; what the browser looks like is only a weak one. Hints
that a script is at work come from the browser itself and are easily hidden, so that they weigh little, and
a browser that sends none is unknown, never refused for that.
"""

from core import formats
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
FACTORS = (
    Factor("device_accounts_30d", "One device, many customers", ((2, 3), (4, 8), (8, 14))),
    Factor("device_cards_30d", "One device, many cards", ((2, 4), (3, 10), (5, 18))),
    Factor("browser_devices_24h", "One browser, new cookies", ((3, 2), (6, 5), (10, 8))),
    Factor("device_known", "Device", values={"missing": 3}, adverse="none"),
    Factor(
        "automation", "Looks like a script", values={"webdriver": 6, "headless": 6}, adverse="none"
    ),
    Factor("form_seconds", "Faster than a person", ((1, 4), (4, 0)), zero=4, adverse="less"),
)  # fmt: skip
WORDS = {
    ("device_known", "known"): "A browser with our cookie",
    ("device_known", "missing"): "The browser kept no cookie of ours",
    ("automation", "webdriver"): "The browser says that a program drives it",
    ("automation", "headless"): "The browser runs without a window, or is a script",
    ("automation", "no"): "Nothing speaks for a script",
}
OTHERS = {
    "device_accounts_30d": ("email address", "email addresses", "on this device in 30 days"),
    "device_cards_30d": ("card", "cards", "on this device in 30 days"),
    "browser_devices_24h": ("device", "devices", "of the same looks, in this network in a day"),
}
DAY, MONTH = 86_400, 30 * 86_400
HEADLESS = ("headless", "phantomjs", "puppeteer", "playwright", "selenium")
SCRIPTS = ("python-requests", "curl/", "wget/", "go-http-client", "okhttp", "scrapy", "httpx/")


def values(subject: Subject, facts: Facts) -> Values:
    profile = facts.profile("device")
    return {
        "device_accounts_30d": _others(profile, "email", facts, MONTH),
        "device_cards_30d": _others(profile, "card", facts, MONTH),
        "browser_devices_24h": _others(facts.profile("browser"), "device", facts, DAY),
        "device_known": "known" if subject.device else "missing",
        "automation": _automation(subject),
        "form_seconds": subject.seconds_on_form,
    }


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "The browser didn’t say"
    if isinstance(value, str):
        return WORDS[name, value]
    count = int(value)
    if name == "form_seconds":
        return f"The payment form was filled in {formats.counted(count, 'second')}"
    one, many, rest = OTHERS[name]
    seen = formats.counted(count, f"other {one}", f"other {many}") if count else f"No other {one}"
    return f"{seen} {rest}"


def _others(profile: Profile | None, kind: str, facts: Facts, seconds: int) -> int | None:
    if profile is None:
        return None
    return profile.others(kind, facts.keys.get(kind, ""), facts.now - seconds)


def _automation(subject: Subject) -> str | None:
    browser = subject.user_agent.casefold()
    if subject.webdriver:
        return "webdriver"
    if any(word in browser for word in (*HEADLESS, *SCRIPTS)):
        return "headless"
    return "no" if subject.webdriver is False else None
