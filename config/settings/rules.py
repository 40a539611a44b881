"""The rules of the business that it may change: holds, mails, risk, money back (domain.md 2, 4, 15)."""

from .environment import env

# --- Rules of booking (domain.md 2) ---------------------------------------------------------------
HOLD_SECONDS = env.int("HOLD_SECONDS", default=900)
HOLD_EXTENSION_SECONDS = env.int("HOLD_EXTENSION_SECONDS", default=300)
HOLD_EXTENSIONS_MAX = env.int("HOLD_EXTENSIONS_MAX", default=10)
HOLD_RENEWALS_MAX = env.int("HOLD_RENEWALS_MAX", default=2)
# Days before the course on which a reminder goes to who comes, and to a company the one for names to come.
REMINDER_DAYS = env.int("REMINDER_DAYS", default=3)
NAMES_REMINDER_DAYS = env.int("NAMES_REMINDER_DAYS", default=5)
# How often a customer may have mails of one booking sent again or elsewhere in an hour.
SENT_AGAIN_PER_HOUR = env.int("SENT_AGAIN_PER_HOUR", default=5)
HOLDS_PER_BROWSER = env.int("HOLDS_PER_BROWSER", default=3)
PLACES_LEFT_SHOWN_AT = env.int("PLACES_LEFT_SHOWN_AT", default=3)
CATALOGUE_PAGE_SIZE = env.int("CATALOGUE_PAGE_SIZE", default=20)
CERTIFICATE_GRACE_DAYS = env.int("CERTIFICATE_GRACE_DAYS", default=31)
# How long customers of a date that we cancelled may choose before the money goes back by itself.
WAITING_LIST_OFFER_HOURS = env.int("WAITING_LIST_OFFER_HOURS", default=12)
CALLED_OFF_CHOICE_DAYS = env.int("CALLED_OFF_CHOICE_DAYS", default=7)
PLACES_PER_BROWSER = env.int("PLACES_PER_BROWSER", default=24)

# --- How long people are known (docs/privacy.md), in days ------------------------------------------
# After the last course: a first-aid certificate is good for three years.
CUSTOMER_DAYS = env.int("CUSTOMER_DAYS", default=1130)
UNPAID_DAYS = env.int("UNPAID_DAYS", default=90)
NEEDS_DAYS = env.int("NEEDS_DAYS", default=30)
WAITED_DAYS = env.int("WAITED_DAYS", default=90)
# Where a payment came from: as long as fraud remembers keys, and longer than a card may be disputed.
PAYMENT_DEVICE_DAYS = env.int("PAYMENT_DEVICE_DAYS", default=400)

# --- Fraud's thresholds (domain.md 15) ---------------------------------------------------------------
FRAUD_3DS_FROM = env.int("FRAUD_3DS_FROM", default=25)
FRAUD_REVIEW_FROM = env.int("FRAUD_REVIEW_FROM", default=40)
FRAUD_BLOCK_ABOVE = env.int("FRAUD_BLOCK_ABOVE", default=80)
# The signals in force, by the names of fraud.risk_signals.SIGNALS; empty is all of them.
FRAUD_SIGNALS = env.list("FRAUD_SIGNALS", default=[])
# How long the facts may take; without them an amount from here on goes to a person.
FRAUD_FACTS_MS_MAX = env.int("FRAUD_FACTS_MS_MAX", default=150)
FRAUD_UNKNOWN_REVIEW_MINOR = env.int("FRAUD_UNKNOWN_REVIEW_MINOR", default=50_000)
# The share of blocks by points alone that goes to a person instead, to see what they were.
FRAUD_HOLDOUT_SHARE = env.float("FRAUD_HOLDOUT_SHARE", default=0.0)
# Where reviews begin follows from how many a day the office can do; 0 is FRAUD_REVIEW_FROM.
FRAUD_REVIEW_PER_DAY = env.int("FRAUD_REVIEW_PER_DAY", default=0)
# The alarm of the whole site: from so many declined cards in so many minutes, when declines for each payment are so
# many times the usual. No cards: no alarm.
FRAUD_ALARM_CARDS = env.int("FRAUD_ALARM_CARDS", default=10)
FRAUD_ALARM_MINUTES = env.int("FRAUD_ALARM_MINUTES", default=30)
FRAUD_ALARM_TIMES = env.float("FRAUD_ALARM_TIMES", default=5.0)
# How many days a key without a fraud is remembered that nobody uses any more.
FRAUD_PROFILE_DAYS = env.int("FRAUD_PROFILE_DAYS", default=400)
# How long an entry of the blacklist lasts unless somebody says otherwise, and networks that nobody may put there.
FRAUD_LIST_DAYS = env.int("FRAUD_LIST_DAYS", default=90)
OFFICE_NETWORKS = env.list("OFFICE_NETWORKS", default=[])
GEOIP_DB = env("GEOIP_DB", default="")
GEOIP_DAYS_MAX = env.int("GEOIP_DAYS_MAX", default=270)

# --- Rules of paying (domain.md 4, 15) ---------------------------------------------------------------
PAYMENT_TRIES_MAX = env.int("PAYMENT_TRIES_MAX", default=5)
# Refunds that a second person approves: above so much, so much over the policy, past so much a day by one person.
REFUND_APPROVAL_ABOVE_MINOR = env.int("REFUND_APPROVAL_ABOVE_MINOR", default=25_000)
REFUND_OVER_POLICY_MINOR = env.int("REFUND_OVER_POLICY_MINOR", default=5_000)
REFUND_REMINDER_WORKING_DAYS = env.int("REFUND_REMINDER_WORKING_DAYS", default=2)
REFUND_DAY_MINOR = env.int("REFUND_DAY_MINOR", default=100_000)
CANCELLATION_QUOTE_SECONDS = env.int("CANCELLATION_QUOTE_SECONDS", default=900)
# How far back the nightly comparison with Stripe looks.
RECONCILE_DAYS = env.int("RECONCILE_DAYS", default=400)
REVIEW_PROMISE_OFFICE_HOURS = env.int("REVIEW_PROMISE_OFFICE_HOURS", default=5)
