"""What people accepted and refused of what was suggested: a company's own, and what all share."""

from django.db import models

from ekyam import ids
from ekyam.tenants.models import TenantModel
from flows.suggest.knowledge import LONGEST


class OwnChoice(TenantModel):
    """What a company says of one pair; it has one voice, whoever of its people says it.

    `stream` is named as `flows.queries.sides.Subject` says. `is_shared` says that the choice is
    counted among those of all.
    """

    prefix = "cho"

    connector = models.CharField(max_length=60)
    stream = models.CharField(max_length=80)
    attribute = models.CharField(max_length=LONGEST)
    source = models.CharField(max_length=LONGEST)
    is_accepted = models.BooleanField()
    is_shared = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "connector", "stream", "attribute", "source"],
                name="own_choice_is_one_per_pair",
            )
        ]

    def __str__(self) -> str:
        return f"{self.attribute} from {self.source}"


class SharedTally(models.Model):
    """How many companies accepted and refused a pair.

    It has no tenant, so that all learn from it: both names of a pair are a vendor's or the
    standard's own (`may_share`), and nothing says who chose.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    connector = models.CharField(max_length=60)
    stream = models.CharField(max_length=80)
    attribute = models.CharField(max_length=LONGEST)
    source = models.CharField(max_length=LONGEST)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "stream", "attribute", "source"],
                name="shared_tally_is_one_per_pair",
            )
        ]

    def __str__(self) -> str:
        return f"{self.attribute} from {self.source}"
