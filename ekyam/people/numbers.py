"""Mobile numbers as people write them, in the one form that gateways take."""

import phonenumbers
from django.utils.translation import gettext
from phonenumbers import NumberParseException, PhoneNumberType

CAN_BE_TEXTED = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class NotMobile(ValueError):
    """The message says what is wrong with the number."""


def read_number(typed: str) -> str:
    """Return +919876543210, or raise NotMobile."""
    try:
        number = phonenumbers.parse(typed[:40])
    except NumberParseException as error:
        raise NotMobile(
            gettext("Begin with + and the country, such as +91 98765 43210.")
        ) from error
    if not phonenumbers.is_valid_number(number):
        raise NotMobile(
            gettext("No phone has this number: a digit is missing, or one is too many.")
        )
    if phonenumbers.number_type(number) not in CAN_BE_TEXTED:
        raise NotMobile(gettext("This is not the number of a mobile phone."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
