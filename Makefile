# Two commands that a newcomer needs: `make demo` and `make test`. Developers: `make check`, `make bench`.
.PHONY: demo test check bench lint lock clean help

help:
	@echo "make demo   set everything up and start it with the twin town (Ctrl-C ends it)"
	@echo "make test   set everything up and run the tests (about a quarter of an hour on two cores)"
	@echo "make check  the long checks: types, every page in the browser, fuzzing, kills"
	@echo "make bench  the benchmarks"

demo:
	bin/caasis demo

test:
	bin/setup-dev
	bin/test

check:
	bin/setup-dev
	bin/check

bench:
	bin/setup-dev
	bin/bench spine

lint:
	bin/setup-dev
	bin/lint

lock:
	bin/lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
