"""States in the words that people read, in chips and in sentences alike."""

from django.utils.translation import gettext_lazy

DELIVERY = {
    "pending": gettext_lazy("In the queue"),
    "sending": gettext_lazy("Sending"),
    "retrying": gettext_lazy("Retrying"),
    "in_doubt": gettext_lazy("Being checked"),
    "parked": gettext_lazy("Parked"),
    "succeeded": gettext_lazy("Delivered"),
    "unchanged": gettext_lazy("Unchanged"),
    "dead": gettext_lazy("Dead letter"),
    "superseded": gettext_lazy("Superseded"),
    "cancelled": gettext_lazy("Cancelled"),
}
WORK = {  # shadow runs, and what is done to many dead letters
    "running": gettext_lazy("Under way"),
    "done": gettext_lazy("Done"),
    "stopped": gettext_lazy("Stopped"),
    "failed": gettext_lazy("Failed"),
}
VERSION = {
    "draft": gettext_lazy("Draft"),
    "published": gettext_lazy("Published"),
    "retired": gettext_lazy("Retired"),
}
