"""The pretend post office: takes every message, answers by local part, sends real reports, lets nothing out."""

from rehearsal.post_office import PostOffice

__all__ = ["PostOffice"]
