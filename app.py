"""Precis: the composition root. Concrete things are chosen here and nowhere else.

    python app.py                      the reading room in the browser
    python app.py summarize FILE       and the other commands; see ui/cli.py

It runs from any directory. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from typing import TYPE_CHECKING  # noqa: E402

from ui.arguments import USAGE  # noqa: E402
from ui.cli import main  # noqa: E402
from ui.egress import install_guard  # noqa: E402
from ui.services import Services  # noqa: E402
from ui.settings import BadSetting, Settings, read_settings  # noqa: E402

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader
    from engine.runtime import Runtime
    from storage.store import Store

# Libraries read these when they are imported; none of them may call home.
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def build_services(settings: Settings) -> Services:
    """Wire the parts together; each is made when it is first asked for."""
    closing = contextlib.ExitStack()

    @cache
    def reader() -> DocumentReader:
        from engine.ingest.reader import HOSTED, LOCAL, DocumentReader

        return closing.enter_context(contextlib.closing(DocumentReader(HOSTED if settings.hosted else LOCAL)))

    @cache
    def engine() -> Runtime:
        from engine.runtime import Runtime

        return Runtime(
            settings.models,
            app_version=settings.app_version,
            device=settings.device,
            threads=settings.threads,
        )

    @cache
    def store() -> Store:
        from storage.store import Store

        # A hosted library keeps no full-text index: deleted words linger in one.
        opened = Store.open(settings.data_dir, full_text=not settings.hosted)
        return closing.enter_context(contextlib.closing(opened))

    return Services(settings, reader, engine, store, closing.close)


def run() -> int:
    """Read the settings, close the network, run the command."""
    os.environ.update(QUIET)
    try:
        settings = read_settings(ROOT)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return USAGE
    install_guard(settings.egress_log)
    return main(sys.argv[1:], build_services(settings))


if __name__ == "__main__":
    sys.exit(run())
