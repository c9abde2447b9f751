"""LMTP (RFC 2033): for a mail server that keeps port 25 to itself and hands the return path's mail over locally."""

from aiosmtpd.smtp import syntax

from bounce_listener.server import Conversation


class LmtpConversation(Conversation):
    """Greets with LHLO and answers DATA once for each recipient, in the order they were given."""

    async def check_helo_needed(self, helo: str = "LHLO") -> bool:
        return bool(await super().check_helo_needed(helo))

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:
        await self.push("500 5.5.1 This is LMTP: send LHLO")

    async def smtp_EHLO(self, arg: str) -> None:
        await self.smtp_HELO(arg)

    def _reply_to_data(self, answers: list[str]) -> str:
        return "\r\n".join(answers)
