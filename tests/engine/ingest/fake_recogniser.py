"""A recogniser that reads bars: every dark band of a picture is a line, and its words follow from its place.

What stands on a page decides how it behaves, since nothing but pixels reaches it: a first bar
that is narrow makes it slow, a very high one makes it hang, one over most of the page kills it.
"""

import base64
import json
import os
import sys
import time

import numpy as np

WORDS = [
    "Lanterns were counted every evening by the keeper.",
    "The harbour wall was mended in 1874 after a storm.",
    "Nobody sailed when the fog stood over the island.",
    "A second bell was hung beside the northern door.",
]
SURE = 0.93
DPI = 200


def main() -> None:
    requests, replies = sys.stdin.buffer, sys.stdout
    print(json.dumps({"ready": True}), file=replies, flush=True)
    for line in requests:
        request = json.loads(line)
        pixels = np.frombuffer(base64.b64decode(request["pixels"]), np.uint8)
        print(json.dumps(read(pixels.reshape(request["height"], request["width"]))), file=replies, flush=True)


def read(picture) -> dict:
    dark = picture < 128
    rows = np.flatnonzero(np.diff(np.r_[0, dark.any(axis=1), 0]))
    lines = []
    for i, (top, bottom) in enumerate(rows.reshape(-1, 2).tolist()):
        columns = np.flatnonzero(dark[top:bottom].any(axis=0))
        left, right = int(columns[0]), int(columns[-1]) + 1
        if i == 0:
            behave(right - left, bottom - top, *picture.shape)
        text = WORDS[i % len(WORDS)]
        edges = np.linspace(left, right, len(text) + 1).round(1).tolist()
        lines.append([text, SURE, [left, top, right, top, right, bottom, left, bottom], edges])
    return {"lines": lines, "turn": 0}


def behave(width: int, height: int, page_height: int, page_width: int) -> None:
    if height > 0.5 * page_height:
        os._exit(9)
    if height > 0.2 * page_height:
        time.sleep(600)
    if width < 0.1 * page_width:
        time.sleep(1.0)
