"""What programs come in by: API keys, applications with their secrets, and what signs tokens."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from ekyam import ids
from ekyam.tenants.rights import Right
from ekyam.tenants.rows import TenantForeignKey, TenantModel
from ekyam.tenants.sealed import SealedRow

LIVE_TOGETHER = 2  # an old one and the new one, while programs move over


class ShownOnce(TenantModel):
    """A secret that is kept as its digest. `slot` lets two be live, and the database no third.

    What has expired gives its slot back when the next one is made.
    """

    prefix_of_secret = models.CharField(max_length=12, db_index=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    slot = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class ApiKey(ShownOnce):
    """What a program shows with each request. `name` is shared by the old and the new one.

    `rights` are its scopes. What it may really do is what its maker may do today as well: a key
    must not be a way to keep what was taken away. So it sleeps when its maker leaves.
    """

    prefix = "key"

    name = models.CharField(max_length=120)
    rights: Any = models.JSONField()
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.CharField(max_length=45, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name", "slot"],
                condition=models.Q(revoked_at=None),
                name="key_is_live_twice_at_most",
            ),
            models.CheckConstraint(
                condition=models.Q(slot__lt=LIVE_TOGETHER), name="key_slot_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def granted(self) -> frozenset[Right]:
        return frozenset(Right(right) for right in self.rights)


class Application(TenantModel):
    """A program of the company's that gets tokens, or that people sign in to with Ekyam.

    Its public id is the client_id. `rights` are what it may do by itself, and never more than its
    maker; `redirects` the exact addresses that people are sent back to.
    """

    prefix = "app"

    name = models.CharField(max_length=100)
    rights: Any = models.JSONField(default=list)
    redirects: Any = models.JSONField(default=list)
    asks = models.BooleanField(default=True)  # each person, before it is told who they are
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.CharField(max_length=45, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                condition=models.Q(revoked_at=None),
                name="application_name_is_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def granted(self) -> frozenset[Right]:
        return frozenset(Right(right) for right in self.rights)

    @property
    def client_id(self) -> str:
        """By OAuth's name for it."""
        return self.public_id


class ApplicationSecret(ShownOnce):
    """What an application proves itself by at the token endpoint."""

    prefix = "sec"

    application = TenantForeignKey(Application, on_delete=models.CASCADE, related_name="secrets")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "application", "slot"],
                condition=models.Q(revoked_at=None),
                name="secret_is_live_twice_at_most",
            ),
            models.CheckConstraint(
                condition=models.Q(slot__lt=LIVE_TOGETHER), name="secret_slot_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class SigningKey(SealedRow):
    """What Ekyam signs tokens with. It is no company's: of all companies' tokens the issuer is one.

    Published from the day it is made, signing from `signs_from`, published until `ends_at`.
    """

    sealed_columns = ("private_pem",)
    tenant_id: ClassVar[uuid.UUID] = uuid.UUID(int=0)  # the vault's place of what is nobody's

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    kid = models.CharField(max_length=64, unique=True)
    public: Any = models.JSONField()  # the JWK
    private_pem = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    signs_from = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.kid
