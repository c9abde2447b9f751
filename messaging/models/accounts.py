"""Organisations (on pages: practices) and the people who work for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_security import UserMixin
from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from messaging.db import Model, UtcDateTime, choice, utcnow


class Role(StrEnum):
    MANAGER = "manager"  # everything, and the people
    SENDER = "sender"  # batches
    VIEWER = "viewer"  # looks only


class WhenInDoubt(StrEnum):
    """What happens to the few messages of which a crash leaves unknown whether they went."""

    SEND = "send"  # send again; the timeline says that it may have been twice
    ASK = "ask"  # list them as not certain, and wait for a person


class Organisation(Model):
    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    ods_code: Mapped[str] = mapped_column(String(12), unique=True)
    from_address: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    has_batch_messaging: Mapped[bool] = mapped_column(default=True)
    when_in_doubt: Mapped[WhenInDoubt] = mapped_column(choice(WhenInDoubt), default=WhenInDoubt.SEND)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class User(Model, UserMixin):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str] = mapped_column(String(255))
    must_choose_password: Mapped[bool] = mapped_column(default=False, server_default=false())  # somebody else saw it
    role: Mapped[Role] = mapped_column(choice(Role))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)  # every page asks for it

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """Flask-Security asks for its own roles; ours is one, in `role`."""
        return []

    @property
    def may_send(self) -> bool:
        return self.role in (Role.MANAGER, Role.SENDER)

    @property
    def may_manage(self) -> bool:
        return self.role is Role.MANAGER

    @property
    def display_name(self) -> str:
        return self.name or self.email
