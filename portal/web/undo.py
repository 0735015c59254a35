"""A message with a button that takes back what was done, where the opposite is a form too."""

import json

from django.contrib import messages

from portal.web.access import SeatedRequest


def say_with_undo(request: SeatedRequest, text: str, *, undo: str, **values: str) -> None:
    """`undo` is the address that the button sends `values` to."""
    messages.success(request, text, extra_tags=json.dumps({"address": undo, "values": values}))
