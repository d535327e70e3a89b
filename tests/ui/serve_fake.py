"""The real server, store and reader over the fake engine, as a process of its own.

python tests/ui/serve_fake.py DATA_DIR PORT SECONDS_PER_STEP COUNTER_FILE
"""

import os
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def main() -> int:
    import app
    from engine.ingest.reader import DocumentReader
    from storage.store import Store
    from tests.ui.fake_engine import FakeEngine
    from ui.egress import install_guard
    from ui.server import ServeSettings, serve

    data_dir, port = Path(sys.argv[1]), int(sys.argv[2])
    os.environ.update(app.QUIET)
    install_guard(data_dir / "egress.log")
    engine = FakeEngine(Path(sys.argv[4]), float(sys.argv[3]))

    @cache
    def store():

        return Store.open(data_dir)

    @cache
    def reader():

        return DocumentReader(recogniser="tests.engine.ingest.fake_recogniser")

    try:
        return serve(
            ServeSettings(
                port=port, data_dir=data_dir, mcp="--mcp" in sys.argv, hosted="--hosted" in sys.argv
            ),
            store=store,
            reader=reader,
            engine=lambda: engine,
            describe=lambda: {"precis": "0.0-test", "cores": ["2", "slow"]},
        )
    finally:
        reader().close()
        store().close()


if __name__ == "__main__":
    sys.exit(main())
