"""The ways in which a sign-in ends at the door, and what is unfit in a provider's values."""


class NotProven(Exception):
    """What came back proves nobody: forged, expired, replayed, malformed, or not asked for.

    The text is for the company's audit log. Whoever knocks gets one and the same answer.
    """


class NotAdmitted(Exception):
    """The provider has proven who it is; the text tells that person why it is no way in."""


class Unfit(Exception):
    """A value of a provider cannot be used; the text tells the administrator what to mend."""
