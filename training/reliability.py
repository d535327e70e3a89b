"""How often statements of a given confidence are true: a reliability diagram (Guo et al. 2017), as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

BINS = 10
SIZE, LEFT, TOP, SIDE = 420, 52, 18, 320  # of the picture, and of the square inside it


@dataclass(frozen=True)
class Bin:
    """Statements of like confidence: how many, what they claimed on average, the share that was true."""

    n: int
    claimed: float
    true: float


def bins(confidences: Sequence[float], truths: Sequence[bool]) -> list[Bin]:
    """Those of ten bins of equal width that hold a statement, surest last."""
    found = []
    for number in range(BINS):
        inside = [
            (claim, truth)
            for claim, truth in zip(confidences, truths, strict=True)
            if min(int(claim * BINS), BINS - 1) == number
        ]
        if inside:
            claims, trues = zip(*inside, strict=True)
            found.append(Bin(len(inside), fmean(claims), fmean(map(float, trues))))
    return found


def calibration_error(found: Sequence[Bin]) -> float:
    """The mean distance between claim and truth, weighed by the number of statements, 0..1."""
    return sum(one.n * abs(one.claimed - one.true) for one in found) / max(1, sum(one.n for one in found))


def draw(found: Sequence[Bin]) -> str:
    """The diagram: a dot for each bin, its area by the number of statements; the line is perfection."""
    total = max(1, sum(one.n for one in found))
    dots = "\n".join(
        f'<circle cx="{LEFT + one.claimed * SIDE:.1f}" cy="{TOP + (1 - one.true) * SIDE:.1f}" '
        f'r="{4 + 26 * (one.n / total) ** 0.5:.1f}" fill="#8a4b2a" fill-opacity=".55"/>'
        f'<text x="{LEFT + one.claimed * SIDE:.1f}" y="{TOP + (1 - one.true) * SIDE + 4:.1f}" '
        f'text-anchor="middle">{one.n}</text>'
        for one in found
    )
    ticks = "\n".join(
        f'<text x="{LEFT + share * SIDE:.0f}" y="{TOP + SIDE + 18}" text-anchor="middle">{share:.0%}</text>'
        f'<text x="{LEFT - 8}" y="{TOP + (1 - share) * SIDE + 4:.0f}" text-anchor="end">{share:.0%}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" font-family="sans-serif" font-size="12">
<title>Confidence claimed and statements true; expected calibration error {calibration_error(found):.3f}</title>
<rect width="{SIZE}" height="{SIZE}" fill="#fffdf8"/>
<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#8d8472"/>
<path d="M{LEFT} {TOP + SIDE}L{LEFT + SIDE} {TOP}" stroke="#8d8472" stroke-dasharray="4 4"/>
{dots}
{ticks}
<text x="{LEFT + SIDE / 2:.0f}" y="{SIZE - 30}" text-anchor="middle">confidence that was claimed</text>
<text x="{LEFT + SIDE / 2:.0f}" y="{SIZE - 12}" text-anchor="middle">statements that were true, against it; numbers: how many</text>
</svg>
"""  # noqa: E501
