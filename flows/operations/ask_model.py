"""Asks a language model, where the one who runs Ekyam has named one: one prompt, one answer."""

import json

from django.conf import settings

from ekyam import outbound
from ekyam.foreign_json import NotJson, read_json
from flows.suggest.model import body_for, text_of

DEADLINE_SECONDS = 10.0
MOST_BYTES = 1_000_000


class NoAnswer(Exception):
    """The model said nothing that is of use; the message is for people."""


def is_configured() -> bool:
    return bool(settings.EKYAM_MODEL_URL)


def ask_model(prompt: str) -> str:
    """The text of its answer. Raises NoAnswer; the key is in no message."""
    url, key = settings.EKYAM_MODEL_URL, settings.EKYAM_MODEL_KEY
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"
    try:
        answer = outbound.send(
            "POST",
            url,
            headers=headers,
            body=json.dumps(body_for(prompt, settings.EKYAM_MODEL_NAME)).encode(),
            deadline_seconds=DEADLINE_SECONDS,
            max_response_bytes=MOST_BYTES,
            allow=outbound.allowance(url),  # it is the operator's own, and may stand beside us
        )
    except outbound.OutboundError as error:
        raise NoAnswer("The language model could not be reached in time.") from error
    if answer.status != 200:
        raise NoAnswer(f"The language model refused to answer (HTTP {answer.status}).")
    return _text_of(answer.body)


def _text_of(body: bytes) -> str:
    try:
        text = text_of(read_json(body))
    except NotJson as error:
        raise NoAnswer("The language model did not answer in JSON.") from error
    if not text:
        raise NoAnswer("The language model answered without a text.")
    return text
