"""Passwords that are refused, and some that are not."""

from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from ekyam import settings as ours
from ekyam.tenants.models import User

USER = User(email="meera.pillai@juniper.example", name="Meera Pillai")


@pytest.mark.parametrize(
    "password",
    [
        "short1!",
        "passwordpassword",
        "Password1234!",
        "P@ssw0rd2026!!",
        "!!p4$$w0rd!!99",
        "qwertyuiop12",
        "abcdefghijkl",
        "1234567890123",
        "aaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "meerapillai2026",
        "M33raPillai!!!!",
        "juniper-2026-juniper",
        "EkyamEkyam2026",
        "Ekyam-password",
        "iloveyou!!!!2020",
    ],
)
def test_it_refuses(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, USER)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "not a secret, only for tests",
        "Xk3#vTq9!mZr",
        "839201kdkfh22x",
        "violet-tram-42-pickle",
        "पासवर्ड नहीं है यह",
    ],
)
def test_it_takes(password: str) -> None:
    validate_password(password, USER)


def test_it_hashes_by_argon2(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS
    made = make_password("x")
    assert made.startswith("argon2$argon2id$") and identify_hasher(made).algorithm == "argon2"


@pytest.mark.parametrize(
    ("email", "says"),
    [("asha@juniper.example", "Follow this link"), ("nobody@x.example", "There is no account")],
)
def test_the_mail_of_a_reset_says_what_to_do(
    db: None, mailoutbox: list[Any], email: str, says: str
) -> None:
    User.objects.create_user("asha@juniper.example", "violet tractor seldom march", name="Asha")
    Client().post("/accounts/password/reset/", {"email": email})
    (mail,) = mailoutbox
    assert says in mail.body and email in mail.body and "Ekyam" in mail.subject
    # Nobody signs up by themselves, and the site has no name but ours.
    assert "signup" not in mail.body and "testserver!" not in mail.body
