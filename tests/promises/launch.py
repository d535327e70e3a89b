"""The real program, with settings that only a measure needs.

python tests/promises/launch.py '{"debug": true}' serve --port 0

debug      log everything, as somebody who looks for a fault would
seconds    a deleted document can be brought back, and a demo keeps one, for so long
framed_by  a site that may show the page of a demo in a frame
"""

import json
import logging
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main(options: dict, arguments: list[str]) -> int:
    import app
    from ui import actions, server, values

    if options.get("debug"):
        logging.basicConfig(level=logging.DEBUG)
    if seconds := options.get("seconds"):
        actions.KEPT_FOR_UNDO = timedelta(seconds=seconds)
        values.HOSTED = replace(values.HOSTED, kept_for=timedelta(seconds=seconds))
        actions.SECONDS_BETWEEN_SWEEPS = 0.5
    if framed_by := options.get("framed_by"):
        server.FRAMED_BY = (framed_by,)
    sys.argv = ["app.py", *arguments]
    return app.run()


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
