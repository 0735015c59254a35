"""Where Django keeps sessions: the table, and no cache before it.

A page needs the database for its rights anyway, and the session comes with its person in one
query. A copy in Valkey would save that query alone, and let a session live on that was ended while
Valkey was away, or while somebody was just reading it.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.utils import timezone

from ekyam.sessions.lifetimes import lifetimes_of
from ekyam.sessions.models import Session
from ekyam.sessions.rows import end, live, proves, sweep
from ekyam.tenants.models import User

# How fine «last seen» is: so often at most a session that is only used writes its row.
TOUCH = timedelta(minutes=1)
BEFORE_SIGN_IN = timedelta(days=1)


def digest(key: str) -> str:
    """Keys are random, with 165 bits: no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(SessionBase):
    """`address` and `browser` are told by the middleware, as is whether a person is there."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.address = self.browser = ""
        self.is_person_there = True
        self._row = Session()

    @property
    def person(self) -> User | None:
        """Who is signed in, if they may still be: known without another query."""
        data, user = self._get_session(), self._row.user  # type: ignore[attr-defined]
        if user is None or not user.is_active or data.get(SESSION_KEY) != str(user.pk):
            return None
        if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
            return None
        return user if proves(data, user) else None

    @property
    def public_id(self) -> str:
        return self._row.public_id

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        try:
            row = live(now).select_related("user").get(pk=digest(self.session_key or ""))
        except Session.DoesNotExist:
            return self._forget()
        data = row.read()
        if not self._may_go_on(row, data, now):
            end(Session.objects.filter(pk=row.pk))
            return self._forget()
        self._row = row
        return data

    def _forget(self) -> dict[str, Any]:
        self._session_key = None
        return {}

    def _may_go_on(self, row: Session, data: dict[str, Any], now: datetime) -> bool:
        """Once a minute: by today's rules, has it ended? If not, it was seen."""
        if row.user is None or now - row.last_seen_at < TOUCH:
            return True
        if lifetimes_of(row.user).end_of(row.begun_at, row.last_seen_at) <= now:
            return False
        return not self.is_person_there or self._touch(row, data, now)

    def _touch(self, row: Session, data: dict[str, Any], now: datetime) -> bool:
        row.last_seen_at, row.address = now, self.address or row.address
        row.expire_date = self._end_of(row, data)
        seen = {name: getattr(row, name) for name in ("last_seen_at", "address", "expire_date")}
        return bool(live(now).filter(pk=row.pk).update(**seen))

    def _end_of(self, row: Session, data: dict[str, Any]) -> datetime:
        """`set_expiry` may shorten what the rules allow."""
        asked = timedelta(seconds=self.get_expiry_age(expiry=data.get("_session_expiry")))
        if row.user is None:
            return row.last_seen_at + min(asked, BEFORE_SIGN_IN)
        allowed = lifetimes_of(row.user).end_of(row.begun_at, row.last_seen_at)
        return min(allowed, row.last_seen_at + asked)

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=digest(session_key)).exists()

    def create(self) -> None:
        """A key that was given already would be a wonder: what fails, fails for another reason."""
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Raise UpdateError if the session was ended meanwhile: nothing brings it back."""
        if self.session_key is None:
            return self.create()
        row = self._changed(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        row.session_key = digest(self.session_key)
        if must_create:
            _insert(row)
        else:
            row.id = self._row.id
            _update(row)
        if row.user_id != self._row.user_id:
            sweep()
        self._row = row

    def _changed(self, data: dict[str, Any]) -> Session:
        """The row as the data wants it. Who signs in begins anew; a new key alone is no new day."""
        old, now = self._row, timezone.now()
        row = Session(user=old.user, begun_at=old.begun_at, last_seen_at=now)
        if (user_id := data.get(SESSION_KEY)) and str(row.user_id) != user_id:
            row.user, row.begun_at = User.objects.get(pk=user_id), now
        row.session_data = self.encode(data)
        row.address = self.address or old.address
        row.browser = self.browser or old.browser
        row.expire_date = self._end_of(row, data)
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            end(Session.objects.filter(pk=digest(key)))

    def flush(self) -> None:
        super().flush()
        self._row = Session()

    @classmethod
    def clear_expired(cls) -> None:
        sweep()


def _insert(row: Session) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise CreateError from error


def _update(row: Session) -> None:
    """Not by `save`, which would write a row anew that is gone."""
    kept = {field.attname: getattr(row, field.attname) for field in Session._meta.local_fields}
    if not live(timezone.now()).filter(pk=row.pk).update(**kept):
        raise UpdateError
