"""How this process stands with the smart host: what it may try next, and when a person must look. Pure.

One bad answer says nothing; several in a row say that the whole batch would fare the same. So after trouble one
connection probes alone, and after a few refusals of us in a row the batch is held instead of burning through the list.
"""

import time
from collections.abc import Callable

from messaging.answers import Judgement, Verdict, refuses_us
from messaging.gateways.base import Answer, Stage
from messaging.reasons import Reason

REFUSALS_TO_HOLD = 3  # of us, in a row
ALIKE_TO_HOLD = 5  # refusals that are not about an address, in a row: then it is our words or we, not the patients
SILENT_PROBES_TO_HOLD = 3  # messages, sent alone, after which the connection ended without an answer
ACCEPTED_LATELY_SECONDS = 600
_SAID_OF_ANYBODY = (Reason.REFUSED_BY_RULES, Reason.CONTENT_REFUSED, Reason.TOO_BIG, Reason.UNKNOWN)


class Standing:
    """`hold_because` is set once the batch must be held: the server's words."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._accepted_at = float("-inf")
        self._refused_in_row = 0
        self._refused_alike_in_row = 0
        self._silent_probes = 0
        self.setbacks = 0  # in a row: connections that could not be opened, or that carried nothing
        self.is_proven = False  # a connection of this process has carried a message since the last trouble
        self.hold_because = ""
        self.trouble: Answer | None = None  # the last one, while it lasts

    def begin_round(self) -> None:
        """Refusals count in a row within one round; what was held for was recorded with its batch."""
        self._refused_in_row = self.setbacks = 0
        self.hold_because = ""

    def had_setback(self, answer: Answer) -> None:
        self.is_proven = False
        self.trouble = answer
        self.setbacks += 1
        if refuses_us(answer):
            self._refused(answer)

    def heard(
        self, judgement: Judgement, answer: Answer, was_refused_for_us: bool, *, was_probe: bool = False
    ) -> Judgement:
        """Counts it, and answers what it means in the light of the answers before it. A probe was sent alone."""
        verdict = judgement.verdict
        if verdict is Verdict.UNCERTAIN:
            self._silent_probes += was_probe
            if self._silent_probes >= SILENT_PROBES_TO_HOLD:
                self.hold_because = f"After the whole message was sent to the mail server, {answer.text}"
            self.is_proven, self.trouble = False, answer
            return judgement
        if verdict is Verdict.BACK:
            return judgement
        if verdict is Verdict.OURS:
            return self._ours(judgement, answer, was_refused_for_us)
        if verdict is Verdict.FAILED and _fits_everybody(judgement, answer):
            self._refused_alike_in_row += 1
            if self._refused_alike_in_row >= ALIKE_TO_HOLD:
                self.hold_because = answer.words
                return Judgement(Verdict.OURS, Reason.OUR_MAIL_REFUSED, for_good=True)
        if verdict is Verdict.SENT:
            self._accepted_at = self._clock()
            self._refused_alike_in_row = 0
        self._refused_in_row = self._silent_probes = self.setbacks = 0
        self.is_proven, self.trouble = True, None
        return judgement

    def _ours(self, judgement: Judgement, answer: Answer, was_refused_for_us: bool) -> Judgement:
        """Refused again, alone, while others are accepted: their side refuses us for this patient, and it is told."""
        self._refused(answer)
        if not (judgement.for_good and was_refused_for_us) or self.hold_because:
            return judgement
        if self._clock() - self._accepted_at <= ACCEPTED_LATELY_SECONDS:
            return Judgement(Verdict.FAILED, Reason.OUR_MAIL_REFUSED)
        self.hold_because = answer.words
        return judgement

    def _refused(self, answer: Answer) -> None:
        self._refused_in_row += 1
        if self._refused_in_row >= REFUSALS_TO_HOLD:
            self.hold_because = answer.words


def _fits_everybody(judgement: Judgement, answer: Answer) -> bool:
    """Whether the same could be said of any patient: after the whole message, or with no word about the address."""
    return answer.stage in (Stage.DATA, Stage.CONTENT) or judgement.reason in _SAID_OF_ANYBODY
