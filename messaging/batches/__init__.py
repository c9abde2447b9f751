"""The verbs of a batch message, and the questions that its pages ask.

Nouns answer, this package acts: `batches.approve(batch, by=user)`. Every verb that changes a draft locks its row first,
so that a list, a decision and an approval from two tabs happen one after the other.
"""

from messaging.batches.approval import ChangedSince, NotReady, approve, stop
from messaging.batches.concerns import Counted, concern_counts, concerned, decide, left_out_rows
from messaging.batches.deleting import delete_draft
from messaging.batches.drafts import NotADraft, compose, create_draft, draft_for_key
from messaging.batches.fields import available_fields, empty_counts, offered_fields, patients_without
from messaging.batches.figures import Figures, figures, figures_of
from messaging.batches.listing import count_batches, list_batches
from messaging.batches.lists import take_list
from messaging.batches.patients import (
    at_random,
    count_found,
    count_patients,
    longest,
    neighbour,
    one_patient,
    search_patients,
)
from messaging.batches.readings import Progress
from messaging.batches.refused import group_refused, refused_rows
from messaging.batches.snapshots import look_again, progress, progress_at_once, renewal
from messaging.batches.words import Problem, problems, problems_of_length, problems_of_words, seal

__all__ = [
    "ChangedSince",
    "Counted",
    "Figures",
    "NotADraft",
    "NotReady",
    "Problem",
    "Progress",
    "approve",
    "at_random",
    "available_fields",
    "compose",
    "concern_counts",
    "concerned",
    "count_batches",
    "count_found",
    "count_patients",
    "create_draft",
    "decide",
    "delete_draft",
    "draft_for_key",
    "empty_counts",
    "figures",
    "figures_of",
    "group_refused",
    "left_out_rows",
    "list_batches",
    "longest",
    "look_again",
    "neighbour",
    "offered_fields",
    "one_patient",
    "patients_without",
    "problems",
    "problems_of_length",
    "problems_of_words",
    "progress",
    "progress_at_once",
    "refused_rows",
    "renewal",
    "seal",
    "search_patients",
    "stop",
    "take_list",
]
