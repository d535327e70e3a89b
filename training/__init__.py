"""How the bundled models are made: prepare, train, evaluate, export.

    python -m training.prepare --corpus DIR --start DIR     texts -> arrays of tokens in training/data/
    python -m training.train RECIPE.toml [--resume]          arrays -> checkpoints in training/runs/NAME/
    python -m training.evaluate MODEL --corpus DIR           a table for people, one JSON line last
    python -m training.export RUN ...                        a checkpoint -> assets/models/NAME/

Nothing of this is needed to run Precis. It uses the engine's own modules.
"""
