"""What a page remembers in the browser from one event to the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Memory:
    """What the browser remembers; it may send anything, so it is checked when it comes back."""

    document: str | None = None
    follow: int | None = None  # open what this job reads when it is done

    @classmethod
    def read(cls, value: object) -> Memory:
        """The memory in a value from the browser, or an empty one."""
        if not isinstance(value, dict):
            return cls()
        document, follow = value.get("document"), value.get("follow")
        return cls(
            document if isinstance(document, str) and len(document) == 64 else None,
            follow if isinstance(follow, int) else None,
        )

    def kept(self) -> dict[str, object]:
        """As it goes to the browser."""
        return {"document": self.document, "follow": self.follow}
