# make run and make test are the two commands; everything else serves them.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.PHONY: run test setup setup-test lint clean

run: setup
	$(BIN)/python app.py $(ARGS)

test: setup-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

setup: .venv/runtime.stamp

setup-test: .venv/test.stamp

# Each stamp is newer than what it was made from, so a second `make run` installs nothing.
.venv/runtime.stamp: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Precis needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python tools/requirements.py > .venv/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r .venv/runtime.txt
	touch $@

.venv/test.stamp: .venv/runtime.stamp
	$(BIN)/python tools/requirements.py test > .venv/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r .venv/test.txt
	touch $@

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf .venv
