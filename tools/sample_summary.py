"""Write assets/sample.json: the summary of the sample paper that is shown before any model is loaded.

    python tools/sample_summary.py

To be run again when the sample, the model or the way text is read has changed.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.ingest.reader import DocumentReader  # noqa: E402
from engine.runtime import Runtime  # noqa: E402
from engine.types import SummaryOptions  # noqa: E402
from ui.sample import FILE, NAME, as_sample  # noqa: E402
from ui.settings import read_settings  # noqa: E402


def main() -> None:
    """Summarise the sample with the bundled model and write the file."""
    settings, reader = read_settings(ROOT), DocumentReader()
    document = reader.read(ROOT / "assets" / "sample.pdf", name=NAME)
    reader.close()
    runtime = Runtime(settings.models, app_version=settings.app_version, device="cpu")
    summary = runtime.summarize(document, SummaryOptions())
    FILE.write_text(json.dumps(as_sample(document, summary), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
