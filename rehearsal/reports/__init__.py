"""Reports as mail systems really write them: bytes ready for SMTP."""

from rehearsal.reports.autoreply import out_of_office
from rehearsal.reports.matter import Matter
from rehearsal.reports.styles import STYLES, report

__all__ = ["STYLES", "Matter", "out_of_office", "report"]
