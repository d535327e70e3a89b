# make run and make test are the two commands; everything else serves them.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.PHONY: run test setup setup-test setup-ocr setup-train lint models evaluate promises licences clean

run: setup
	$(BIN)/python app.py $(ARGS)

test: setup-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

setup: .venv/runtime.stamp

setup-test: .venv/test.stamp

# Text recognition (OCR), an optional extra: about 100 MB to download.
setup-ocr: .venv/ocr.stamp

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

.venv/ocr.stamp: .venv/runtime.stamp
	$(BIN)/python tools/requirements.py ocr > .venv/ocr.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r .venv/ocr.txt
	touch $@

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/mypy

# Every promise of docs/SECURITY.md, measured in full; make promises ARGS="P1 P2 --quick" for a part.
promises: setup-test
	$(BIN)/python -m tests.promises $(ARGS)

licences: setup
	$(BIN)/python tools/licences.py

clean:
	rm -rf .venv

# Training and its measures need the corpus: make evaluate CORPUS=folder; make models also needs
# the files of all-MiniLM-L6-v2: START=folder. See training/README.md.
CORPUS ?= corpus
START ?= minilm
NAME ?= precis-longformer

setup-train: .venv/train.stamp

.venv/train.stamp: .venv/runtime.stamp
	$(BIN)/python tools/requirements.py train > .venv/train.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r .venv/train.txt
	touch $@

evaluate: setup-train
	$(BIN)/python -m training.evaluate assets/models/$(NAME) --corpus $(CORPUS) $(ARGS)

models: setup-train
	$(BIN)/python -m training.prepare --corpus $(CORPUS) --start $(START)
	$(BIN)/python -m training.train training/recipes/alive.toml --start $(START) --resume
	$(BIN)/python -m training.calibrate training/runs/alive/gold.pt --start $(START) --corpus $(CORPUS) --to training/runs/alive/calibration.json --quick
	$(BIN)/python -m training.export training/runs/alive/gold.pt --start $(START) --calibration training/runs/alive/calibration.json --name alive --to training/runs/alive
	$(BIN)/python -m training.evaluate training/runs/alive/alive --corpus $(CORPUS) --quick
