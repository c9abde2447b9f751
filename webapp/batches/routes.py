"""All routes of the journey: importing them puts them on the blueprint."""

from webapp.batches import check, cli, deleting, details, listing, message, patients, review, stopping, trouble
from webapp.batches.blueprint import blueprint

__all__ = [
    "blueprint",
    "check",
    "cli",
    "deleting",
    "details",
    "listing",
    "message",
    "patients",
    "review",
    "stopping",
    "trouble",
]
