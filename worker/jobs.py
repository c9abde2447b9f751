"""The jobs by the names that messaging.queue knows. The work itself is in messaging."""

from messaging import delivery, trial_messages


def start_batch(batch_id: int) -> None:
    delivery.start(batch_id)


def send_batch(batch_id: int) -> None:
    delivery.send(batch_id)


def send_test(batch_id: int, user_id: int, recipient_id: int) -> None:
    trial_messages.send(batch_id, user_id, recipient_id)


def sweep() -> None:
    delivery.sweep()
