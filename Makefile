PYTHON ?= python3
BIN := .venv/bin
KINDS ?= not corpus and not browser and not slow and not thorough
# some machines forbid it, and every process would compile all modules anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test coverage lint clean

demo: .venv/.installed
	$(BIN)/featx demo

test: .venv/.installed
	$(BIN)/pytest -m "$(KINDS)" -n 2 --dist worksteal tests

coverage: .venv/.installed
	$(BIN)/pytest -m "$(KINDS)" -n 2 --dist worksteal \
		--cov=featx --cov=cache --cov=classifiers --cov-report=term:skip-covered tests

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/.installed: pyproject.toml constraints.txt Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "featx needs Python 3.11 or later; give one with: make PYTHON=python3.12 demo"; exit 1; }
	@echo "Installing featx and what it needs into .venv: about 6 GB, a few minutes, once."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile -c constraints.txt -e '.[dev,demo]'
# pip compiles on one core; some files are no Python; a third of all code is hardly ever imported
	$(BIN)/python -m compileall -qq -j 0 -x '/(tests|transformers/models|ray|moto)/' .venv/lib || true
	@touch $@

clean:
	rm -rf .venv build *.egg-info featx-demo
