"""The gateway for development: the message goes into the inbox page, and nowhere else."""

from ekyam.people import inbox


class Console:
    def send(self, number: str, text: str) -> None:
        inbox.keep("text", number, text)
