"""The library on disk: SQLite through SQLAlchemy, and the original files beside it.

The only folder that knows SQL. It imports `engine.types` and `engine.errors`, nothing else of ours.
"""
