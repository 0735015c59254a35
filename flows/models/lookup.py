"""What a company says that things are called, and what its money is worth."""

from django.db import models

from ekyam.tenants.models import TenantModel
from flows.waits import LONGEST_KEY, LONGEST_TABLE, LONGEST_VALUE


class LookupRow(TenantModel):
    """One row of a lookup table: this word there is that word here. Keys are exact: «Visa» is not
    «visa»."""

    prefix = "row"

    table = models.CharField(max_length=LONGEST_TABLE)
    key = models.CharField(max_length=LONGEST_KEY)
    value = models.CharField(max_length=LONGEST_VALUE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "table", "key"], name="lookup_row_is_one_per_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.key} = {self.value}"


class Rate(TenantModel):
    """On this day one unit of `base` was worth so many of `quote`; both by ISO 4217."""

    prefix = "rat"

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "base", "quote", "day"], name="rate_is_one_per_day"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.rate} {self.quote} on {self.day}"
