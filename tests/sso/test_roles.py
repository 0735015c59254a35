"""The decision about a role, by a table; and that no sequence of groups leaves nobody in charge."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekyam.sso.claims import read_oidc, read_saml
from ekyam.sso.roles import decide_role
from ekyam.tenants.models import Role

OPS = {"ops": "operator", "admins": "admin"}
BOSSES = {**OPS, "bosses": "owner"}

TABLE = [
    # groups, roles, default, current, must stay owner -> role
    ((), {}, "", "", False, ""),
    ((), {}, "viewer", "", False, "viewer"),
    ((), {}, "viewer", "admin", False, "admin"),
    (("ops",), OPS, "", "", False, "operator"),
    (("ops", "admins"), OPS, "viewer", "", False, "admin"),
    (("sales",), OPS, "viewer", "admin", False, "viewer"),
    (("sales",), OPS, "", "admin", False, ""),
    (("ops",), OPS, "", "owner", False, "owner"),
    (("ops",), BOSSES, "", "owner", False, "operator"),
    (("ops",), BOSSES, "", "owner", True, "owner"),
    (("bosses",), BOSSES, "", "viewer", False, "owner"),
    (("Ops",), OPS, "", "", False, ""),
]


@pytest.mark.parametrize(("groups", "roles", "default", "current", "stays", "role"), TABLE)
def test_it_decides(
    groups: tuple[str, ...],
    roles: dict[str, str],
    default: str,
    current: str,
    stays: bool,
    role: str,
) -> None:
    found = decide_role(
        groups, roles=roles, default=default, current=current, must_stay_owner=stays
    )
    assert found == role


ANY_ROLE = st.sampled_from([role.value for role in Role])
NO_OWNER = st.sampled_from([role.value for role in Role if role != Role.OWNER])


@given(
    groups=st.lists(st.sampled_from("abcd")),
    roles=st.dictionaries(st.sampled_from("abcd"), NO_OWNER),
    default=st.one_of(st.just(""), NO_OWNER),
    current=st.one_of(st.just(""), ANY_ROLE),
)
def test_it_makes_and_unmakes_no_owner_unless_a_group_says_so(
    groups: list[str], roles: dict[str, str], default: str, current: str
) -> None:
    found = decide_role(groups, roles=roles, default=default, current=current)
    assert (found == Role.OWNER) == (current == Role.OWNER)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    claims=st.dictionaries(
        st.sampled_from(["email", "name", "groups", "email_verified", "hd"]), ANYTHING
    )
)
def test_it_reads_any_claims(claims: dict[str, object]) -> None:
    person = read_oidc({"sub": "1", **claims}, "groups")
    assert all(isinstance(group, str) for group in person.groups)
    assert person.email == person.email.lower() and person.email.count("@") in (0, 1)


@pytest.mark.parametrize(
    "address",
    [
        "a@b@juniper.example",
        "a b@juniper.example",
        "\u0430sha@juniper.example",
        "@x",
        "a@",
        "<a@b>",
    ],
)
def test_it_reads_no_address_that_could_be_taken_for_another(address: str) -> None:
    assert read_oidc({"sub": "1", "email": address}, "groups").email == ""


def test_it_sees_that_groups_are_withheld() -> None:
    claims = {"sub": "1", "_claim_names": {"groups": "src1"}}
    assert read_oidc(claims, "groups").are_groups_withheld
    assert not read_oidc(claims, "roles").are_groups_withheld


def test_it_reads_what_saml_providers_call_the_same_things() -> None:
    entra = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
    attributes = {
        f"{entra}emailaddress": ["Asha@Juniper.example"],
        f"{entra}givenname": ["Asha"],
        f"{entra}surname": ["Rao"],
        "groups": ["Ops", "Admins"],
    }
    person = read_saml("1", attributes, "groups", is_email=False)
    assert (person.email, person.name) == ("asha@juniper.example", "Asha Rao")
    assert person.groups == ("Ops", "Admins")
    assert read_saml("a@b.example", {}, "", is_email=True).email == "a@b.example"
    assert read_saml("a@b.example", {}, "", is_email=False).email == ""
