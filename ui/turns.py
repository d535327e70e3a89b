"""A queue in which owners take turns: who queues twenty jobs keeps another waiting for one of them."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque


class Turns:
    """Jobs wait here by owner; each owner's own stay in order. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[int]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, owner: str, job_id: int) -> None:
        """A job waits; an owner who had none waiting comes after all who have."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(job_id)
            self._changed.notify()

    def get(self) -> int | None:
        """The next job, when there is one; None after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if self._closed:
                return None
            owner, jobs = self._waiting.popitem(last=False)
            job_id = jobs.popleft()
            if jobs:
                self._waiting[owner] = jobs  # at the end of the line again
            return job_id

    def close(self) -> None:
        """Let whoever waits in `get` go; what still waits is left."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
