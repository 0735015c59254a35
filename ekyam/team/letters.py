"""The mail that invites: plain text, for it must read the same everywhere."""

from django.core.mail import EmailMessage
from django.utils.translation import gettext, gettext_lazy

from ekyam.team.members import a
from ekyam.team.models import Invitation
from ekyam.tenants.models import Tenant, User

TEXT = gettext_lazy("""\
{inviter} invites you to join {company} in Ekyam, as {role}.

Follow this link to accept, within 7 days and once:

{link}

It is meant for {email} alone, so do not pass it on. If you did not expect it, there is nothing
that you need to do.
""")


def send_invitation(*, invitation: Invitation, link: str, tenant: Tenant, by: User) -> None:
    """Outside any transaction: a mail cannot be taken back. Raises OSError if it cannot leave."""
    company = " ".join(tenant.name.split())
    text = TEXT.format(
        inviter=" ".join((by.name or by.email).split()),
        company=company,
        role=a(invitation.role),
        link=link,
        email=invitation.email,
    )
    EmailMessage(
        gettext("Join {company} in Ekyam").format(company=company), text, to=[invitation.email]
    ).send()
