"""Whose code is right: codes of the app (RFC 6238, 30 s, six digits), each once; and recovery codes, each once."""

import hmac
import secrets
from datetime import datetime
from typing import Any

import pyotp
from django.core import signing
from django.db import transaction

from core.audit.services import record
from core.crypto.index import keyed_digest
from core.errors import Invalid
from core.two_step.models import Authenticator, RecoveryCode

STEP_SECONDS = 30
# A phone's clock may be one step early or late.
STEPS_OFF = (0, -1, 1)
ISSUER = "React Fast Training"
SALT, OFFER_SECONDS = "two_step.offer", 1800
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(Invalid):
    detail = "That code isn’t right. Wait for the next one in your app and type it."

    def __init__(self) -> None:
        super().__init__(fields={"code": [self.detail]})


def is_set_up(user_id: int) -> bool:
    return Authenticator.objects.filter(user_id=user_id).exists()


def new_secret() -> str:
    return pyotp.random_base32()


def offer(user: Any, secret: str) -> str:
    """The secret as text for the page's form, for this person and this half hour: nothing is kept before it is used."""
    return signing.dumps([user.pk, secret], salt=SALT)


def offered(user: Any, text: str) -> str:
    """The secret of an offer of ours; "" of any other text."""
    try:
        user_id, secret = signing.loads(text, salt=SALT, max_age=OFFER_SECONDS)
    except signing.BadSignature:
        return ""
    return secret if user_id == user.pk else ""


def address(secret: str, user: Any) -> str:
    """What the square picture says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name=ISSUER)


@transaction.atomic
def confirm(user: Any, secret: str, code: str, *, actor: str, now: datetime) -> list[str]:
    """The app with this secret counts from now on, instead of an earlier one; new recovery codes, shown this once.

    Raises WrongCode; then nothing has changed.
    """
    step = _step(secret, code, now) if secret else None
    if step is None:
        raise WrongCode
    Authenticator.objects.filter(user_id=user.pk).delete()
    Authenticator.objects.create(user_id=user.pk, secret=secret, confirmed_at=now, last_step=step)
    RecoveryCode.objects.filter(user_id=user.pk).delete()
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user.pk, digest=_digest(user.pk, each)) for each in codes
    )
    _record(user.pk, "set_up", actor, now)
    return codes


def is_right(user: Any, code: str, *, now: datetime) -> bool:
    """A code of the app or a recovery code; either is used up by the asking."""
    authenticator = Authenticator.objects.filter(user_id=user.pk).first()
    if authenticator is None:
        return False
    return _take_step(authenticator, code, now) or _take_recovery_code(user.pk, code, now)


@transaction.atomic
def remove(user_id: int, *, actor: str, reason: str, now: datetime) -> None:
    """For somebody who lost the phone and the codes: the password alone counts until it is set up anew."""
    Authenticator.objects.filter(user_id=user_id).delete()
    RecoveryCode.objects.filter(user_id=user_id).delete()
    _record(user_id, "remove", actor, now, reason)


def recovery_codes_left(user_id: int) -> int:
    return RecoveryCode.objects.filter(user_id=user_id, used_at=None).count()


def _take_step(authenticator: Authenticator, code: str, now: datetime) -> bool:
    step = _step(authenticator.secret, code, now)
    if step is None:
        return False
    earlier = Authenticator.objects.filter(pk=authenticator.pk, last_step__lt=step)
    return bool(earlier.update(last_step=step))


def _step(secret: str, code: str, now: datetime) -> int | None:
    """Which half minute this is the code of; None of none near now."""
    typed = "".join(code.split())
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present + off for off in STEPS_OFF):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def _take_recovery_code(user_id: int, code: str, now: datetime) -> bool:
    digest = _digest(user_id, code)
    unused = RecoveryCode.objects.filter(user_id=user_id, digest=digest, used_at=None)
    return bool(unused.update(used_at=now))


def _new_code() -> str:
    """Fifty bits, in two groups that can be read aloud."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _digest(user_id: int, code: str) -> str:
    plain = "".join(filter(str.isalnum, code.casefold()))
    return keyed_digest(f"{user_id}|{plain}", purpose="recovery-code")


def _record(user_id: int, action: str, actor: str, now: datetime, reason: str = "") -> None:
    record(
        subject=f"auth.user:{user_id}",
        action=f"two_step.{action}",
        actor=actor,
        reason=reason,
        now=now,
    )
