"""Model fields whose column holds only ciphertext, opened by the row that it belongs to.

The attribute of an instance is plain; what comes without its row (`values()`, `values_list()`, raw SQL)
stays `Sealed`. The associated data is `table|column|primary key`, so the key must be made in the
application, before insert. Look-ups other than `isnull` are refused: use a column with `blind_index`.
"""

import json
from typing import Any

from django.core import checks, exceptions
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from core import security_events
from core.crypto import keyring
from core.crypto.index import blind_index

__all__ = [
    "Sealed",
    "SealedBytesField",
    "SealedJSONField",
    "SealedTextField",
    "blind_index",
    "readable",
]


class Sealed:
    """Ciphertext on its way between the column and the row. Says nothing of its content."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return "<sealed>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)


class NotSealed(TypeError):
    """Plain text was on its way to the column; saving the instance is the way that seals."""


def readable(instance: models.Model, name: str, otherwise: str = "unreadable") -> Any:
    """The opened value for a list that must not fall over one damaged row."""
    try:
        return getattr(instance, name)
    except keyring.Unreadable:
        return otherwise


class _OpenedByItsRow(DeferredAttribute):
    """The attribute of a sealed field: opens on reading. The ciphertext stays on the instance."""

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        field: Any = self.field
        return field.opened(instance, value) if isinstance(value, Sealed) else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(models.Field):
    """Sealing, opening and refusing; subclasses say how the value becomes bytes and back."""

    descriptor_class = _OpenedByItsRow
    empty_strings_allowed = False

    def value_to_bytes(self, value: Any) -> bytes:
        raise NotImplementedError

    def value_from_bytes(self, data: bytes) -> Any:
        raise NotImplementedError

    def get_internal_type(self) -> str:
        return "BinaryField"

    def aad_of(self, pk: Any) -> str:
        return f"{self.model._meta.db_table}|{self.column}|{pk}"

    def sealed_for(self, pk: Any, value: Any) -> Sealed:
        """For `queryset.update()`: this value, sealed for the row with this key."""
        return Sealed(keyring.seal(self.value_to_bytes(value), self.aad_of(pk)))

    def opened(self, instance: models.Model, sealed: Sealed) -> Any:
        """The plain value; raises `keyring.Unreadable` on an unknown key or a swapped or altered value.

        The one row is told of: nothing else is wrong.
        """
        try:
            return self.value_from_bytes(keyring.open(sealed.data, self.aad_of(instance.pk)))
        except keyring.Unreadable as error:
            why = type(error).__name__
            security_events.tell(
                "crypt_decrypt_fail",
                why=why,
                table=self.model._meta.db_table,
                column=self.column,
                row=str(instance.pk),
            )
            raise

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        if model_instance.pk is None:
            raise NotSealed(f"{self} can't be sealed for a row without a key")
        sealed = self.sealed_for(model_instance.pk, value)
        model_instance.__dict__[self.attname] = sealed
        return sealed

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise NotSealed(f"{self}: save the instance, or give update() a sealed_for() value")
        return connection.Database.Binary(value.data)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:
        return None

    def value_to_string(self, obj: models.Model) -> str:
        raise exceptions.FieldError(f"{self} is not serialised: its value would be plain text")

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_key_is_made_here()]

    def _check_key_is_made_here(self) -> list[checks.CheckMessage]:
        pk = self.model._meta.pk
        if not isinstance(pk, models.AutoField) and (pk.has_default() or pk.is_relation):
            return []
        return [
            checks.Error(
                "A sealed field needs a primary key that the application makes.",
                hint="Use UUIDField(primary_key=True, default=core.ids.uuid7).",
                obj=self,
                id="core.E040",
            )
        ]


class SealedTextField(SealedField):
    """Text, sealed. "" is sealed as well, so that the column does not tell who left it empty."""

    def value_to_bytes(self, value: Any) -> bytes:
        return str(value).encode()

    def value_from_bytes(self, data: bytes) -> str:
        return data.decode()

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super().formfield(**{"form_class": forms.CharField, **kwargs})


class SealedJSONField(SealedField):
    """Plain data, sealed. Each reading gives a new copy: change it, then assign it."""

    def value_to_bytes(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder, separators=(",", ":")).encode()

    def value_from_bytes(self, data: bytes) -> Any:
        return json.loads(data)


class SealedBytesField(SealedField):
    """Bytes, sealed: stored answers and small files."""

    def value_to_bytes(self, value: Any) -> bytes:
        return bytes(value)

    def value_from_bytes(self, data: bytes) -> bytes:
        return data
