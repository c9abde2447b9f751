"""The limits that hold over all workers on all machines: kept in Redis, decided by its clock, one script per question.

Connections are shared out: a worker that sends says how many it has open, and is told how many it may have, at most an
equal part for each worker that sends now. What a worker holds lapses when it has not spoken for LEASE_SECONDS.
Rates are counted by the generic cell rate algorithm: messages leave evenly, in bursts of a fifth of a second at most.

When Redis is away, a worker keeps the connections that it has and opens no more, and takes of a rate the part that its
connections are of all: together they stay within the limits, which a restart of Redis therefore never breaks by much.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

LEASE_SECONDS = 15
QUIET_SECONDS = 5.0  # after a failure it is not asked again for so long

# KEYS: workers by the time their share lapses, workers by what they hold. ARGV: worker, open, wanted, limit, lease.
_SHARE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
end
local worker, open, wanted, limit, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
redis.call('ZADD', KEYS[1], now + lease, worker)
local others = 0
local held = redis.call('HGETALL', KEYS[2])
for n = 1, #held, 2 do
  if held[n] ~= worker then others = others + tonumber(held[n + 1]) end
end
local part = math.ceil(limit / redis.call('ZCARD', KEYS[1]))
local granted = math.max(0, math.min(wanted, part, limit - others))
redis.call('HSET', KEYS[2], worker, math.max(open, granted))
redis.call('EXPIRE', KEYS[1], 3600)
redis.call('EXPIRE', KEYS[2], 3600)
return granted
"""

# KEYS: a rate. ARGV: messages a second, how many are wanted. Answers how many may leave now, or else after which ms.
_TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local step = 1000 / tonumber(ARGV[1])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - math.max(step, 200))
local may = math.min(tonumber(ARGV[2]), math.floor((now - due) / step))
if may <= 0 then return {0, math.ceil(due + step - now)} end
redis.call('SET', KEYS[1], string.format('%.3f', due + may * step), 'PX', 5000)
return {may, 0}
"""


class Pace:
    """What this worker may do now. `connections` and the rates are limits over all workers; a rate of 0 is none."""

    def __init__(
        self,
        redis: Redis,
        worker: str,
        *,
        connections: int,
        per_second: int,
        per_second_per_domain: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._limit = connections
        self._per_second = per_second
        self._per_domain = per_second_per_domain
        self._clock = clock
        self._share_script = redis.register_script(_SHARE)
        self._take_script = redis.register_script(_TAKE)
        self._redis = redis
        self._granted = 0
        self._quiet_until = 0.0
        self._local_due: dict[str, float] = {}

    def share(self, open_now: int, wanted: int) -> int:
        """How many connections this worker may have; it must close what it has above that, and say so next time."""
        keys = ["postround:smtp:workers", "postround:smtp:held"]
        args = [self._worker, open_now, wanted, self._limit, LEASE_SECONDS]
        granted = self._ask(self._share_script, keys, args)
        self._granted = min(open_now, self._granted) if granted is None else int(granted)
        return self._granted

    def leave(self) -> None:
        """This worker has closed its connections: the others may have its part at once."""
        self._granted = 0
        try:
            with self._redis.pipeline() as pipeline:
                pipeline.zrem("postround:smtp:workers", self._worker)
                pipeline.hdel("postround:smtp:held", self._worker)
                pipeline.execute()
        except RedisError:
            self._fell_silent()

    def close(self) -> None:
        self._redis.close()

    def take(self, wanted: int) -> tuple[int, float]:
        """How many messages may leave now, and when there is none, after how many seconds to ask again."""
        return self._take("all", self._per_second, wanted)

    def take_for(self, domain: str) -> float:
        """0.0 when one may leave to that domain now, else the seconds to wait."""
        may, wait = self._take(f"domain:{domain}", self._per_domain, 1)
        return 0.0 if may else wait

    def _take(self, name: str, per_second: int, wanted: int) -> tuple[int, float]:
        if not per_second or wanted <= 0:
            return wanted, 0.0
        answer = self._ask(self._take_script, [f"postround:smtp:rate:{name}"], [per_second, wanted])
        if answer is not None:
            return int(answer[0]), int(answer[1]) / 1000
        return self._take_alone(name, per_second * max(self._granted, 1) / self._limit, wanted)

    def _take_alone(self, name: str, per_second: float, wanted: int) -> tuple[int, float]:
        now = self._clock()
        step = 1.0 / per_second
        due = max(self._local_due.get(name, now), now - max(step, 0.2))
        may = min(wanted, int((now - due) / step))
        if may <= 0:
            self._local_due[name] = due
            return 0, due + step - now
        self._local_due[name] = due + may * step
        return may, 0.0

    def _ask(self, script: Any, keys: list[str], args: list[Any]) -> Any:
        """The script's answer; None when Redis is away."""
        if self._clock() < self._quiet_until:
            return None
        try:
            return script(keys=keys, args=args)
        except RedisError as error:
            self._fell_silent(error)
            return None

    def _fell_silent(self, error: RedisError | None = None) -> None:
        self._quiet_until = self._clock() + QUIET_SECONDS
        if error is not None:
            logging.getLogger(__name__).warning("redis away: each worker keeps to its own share error=%r", type(error))
