"""What each process of ours writes once a round, so that /ready and the pages can say when one is missing."""

from datetime import datetime

from messaging.db import db, transaction, upsert
from messaging.models import Heartbeat

BOUNCES = "bounces"


def beat(name: str, at: datetime) -> None:
    """The process of that name did its round at `at`."""
    statement = upsert(Heartbeat).values(name=name, at=at)
    with transaction():
        db.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": statement.excluded.at}))
