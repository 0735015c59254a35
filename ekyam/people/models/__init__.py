"""The rows of people: their factors, their remembered browsers, and what companies ask of them."""

from ekyam.people.models.factors import Factor, RecoveryCode, RecoverySheet
from ekyam.people.models.passkey import Passkey
from ekyam.people.models.policy import SignInPolicy
from ekyam.people.models.remembered import RememberedBrowser
from ekyam.people.models.sent import MailedCode, PhoneFactor
from ekyam.people.models.totp import TotpFactor

__all__ = [
    "Factor",
    "MailedCode",
    "Passkey",
    "PhoneFactor",
    "RecoveryCode",
    "RecoverySheet",
    "RememberedBrowser",
    "SignInPolicy",
    "TotpFactor",
]
