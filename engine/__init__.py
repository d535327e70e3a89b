"""The engine: reads documents and runs the models. It knows neither `ui` nor `storage`.

Who may import whom, held by tests/test_layout.py:

    runtime -> tasks -> decode, models, text, ingest -> attention, weights -> types, errors

Models never import one another. This file and `types` import no torch, so that a command
which needs no model starts at once.
"""
