"""Who may vouch for a company's people: its providers, its domains, and what its groups may do."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from ekyam.tenants.models import Membership, Role, TenantForeignKey, TenantModel, User
from ekyam.tenants.sealed import SealedRow


class Kind(models.TextChoices):
    OIDC = "oidc", "OpenID Connect"
    SAML = "saml", "SAML 2.0"


class IdentityProvider(TenantModel, SealedRow):
    """`issuer` is the OpenID issuer or the SAML entity id, `tried_at` when these very values last
    proved somebody. `certificates` are base64 of DER. `last_resort` is the owner who may still use
    a password when everybody else must come through here."""

    prefix = "idp"
    sealed_columns = ("client_secret",)

    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=60)
    issuer = models.CharField(max_length=500, blank=True)
    client_id = models.CharField(max_length=300, blank=True)
    client_secret = models.BinaryField(null=True, editable=False)
    sign_in_url = models.CharField(max_length=1000, blank=True)
    certificates: Any = models.JSONField(default=list)
    group_claim = models.CharField(max_length=200, default="groups", blank=True)
    default_role = models.CharField(max_length=20, choices=Role, blank=True)
    allows_unasked = models.BooleanField(default=False)
    is_on = models.BooleanField(default=False)
    is_required = models.BooleanField(default=False)
    last_resort: Any = TenantForeignKey(
        Membership, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_resort_id: Any
    tried_at: datetime | None = models.DateTimeField(null=True)  # type: ignore[assignment]
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="provider_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(is_on=False) | Q(tried_at__isnull=False),
                name="provider_is_tried_before_it_is_on",
            ),
            models.CheckConstraint(
                condition=Q(is_required=False) | Q(is_on=True),
                name="provider_is_on_where_it_is_required",
            ),
            models.CheckConstraint(
                condition=Q(default_role__in=["", *Role.values]) & ~Q(default_role=Role.OWNER),
                name="provider_default_role_is_known_and_no_owner",
            ),
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def is_complete(self) -> bool:
        """Whether it has all values without which nobody can be sent there."""
        if self.kind == Kind.OIDC:
            return bool(self.issuer and self.client_id)
        return bool(self.issuer and self.sign_in_url and self.certificates)

    def address(self, door: str) -> str:
        """The whole address of one of our doors for this provider, such as `sso_return`."""
        return f"{settings.PUBLIC_URL}{reverse(door, kwargs={'id': self.public_id})}"


class EmailDomain(TenantModel):
    """A domain of the company's addresses; once verified it is of no other company."""

    prefix = "dom"

    domain = models.CharField(max_length=253)
    proof = models.CharField(max_length=64)
    verified_at: datetime | None = models.DateTimeField(null=True)  # type: ignore[assignment]
    verified_by = models.CharField(max_length=254, blank=True)
    provider: Any = TenantForeignKey(
        IdentityProvider, null=True, on_delete=models.SET_NULL, related_name="domains"
    )
    provider_id: Any
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "domain"], name="domain_is_once_per_tenant"),
            models.CheckConstraint(
                condition=Q(provider__isnull=True) | Q(verified_at__isnull=False),
                name="domain_is_verified_before_it_leads_anywhere",
            ),
        ]

    def __str__(self) -> str:
        return str(self.domain)


class GroupRole(TenantModel):
    """Whoever is in this group of the provider has this role."""

    prefix = "grp"

    provider: Any = TenantForeignKey(
        IdentityProvider, on_delete=models.CASCADE, related_name="group_roles"
    )
    group = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "group"], name="group_has_one_role"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="group_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.role}"


class Identity(TenantModel):
    """A person as the provider knows them. `subject` is theirs for good, an address is not."""

    prefix = "idn"

    provider: Any = TenantForeignKey(
        IdentityProvider, on_delete=models.CASCADE, related_name="identities"
    )
    subject = models.CharField(max_length=500)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    user_id: Any
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "subject"], name="identity_subject_is_one_person"
            ),
            models.UniqueConstraint(
                fields=["tenant", "provider", "user"], name="identity_person_is_one_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} is {self.user_id}"


class UsedAssertion(TenantModel):
    """An assertion that was taken once, kept until it has expired by itself."""

    provider: Any = TenantForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="+")
    assertion = models.CharField(max_length=300)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "assertion"], name="assertion_is_used_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.assertion)
