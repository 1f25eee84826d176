"""Same seed, same town: on every machine, in every process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from caasis.twin.generate import generate_cases, plan_town
from caasis.twin.streams import Weighted, stream

from . import towns

ROOT = Path(__file__).parents[3]


def fingerprint_with(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.rooms.twin.towns"],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


def test_two_processes_with_different_hash_seeds_tell_the_same_town() -> None:
    first, second = fingerprint_with("1"), fingerprint_with("4242")
    assert first == second
    assert len(first.split()) == 2


def test_another_seed_gives_another_town() -> None:
    assert towns.digest(towns.plan(31, 200).cases()) != towns.digest(towns.plan(32, 200).cases())


def test_the_global_random_generator_is_neither_used_nor_changed() -> None:
    random.seed(1)
    before = random.getstate()
    first = towns.digest(towns.plan(5, 150).cases())
    assert random.getstate() == before
    random.seed(2)
    assert towns.digest(towns.plan(5, 150).cases()) == first


def test_a_stream_draws_what_it_always_drew() -> None:
    # Frozen: if this changes, every seeded town in documents and benchmarks changes.
    draw = stream(7, "cases", "2026-11-20").random
    assert [draw(), draw(), draw()] == [0.960753543943441, 0.5876108361262545, 0.015250463817775395]
    assert stream(7, "a", "b").random() != stream(7, "ab").random()


def test_generate_cases_tells_the_cases_of_the_plan() -> None:
    told = generate_cases(9, 120, 6, towns.UNTIL, towns.geography(), towns.codes_of("product"))
    assert towns.digest(told) == towns.digest(towns.plan(9, 120, 6).cases())


def test_a_plan_is_told_once() -> None:
    plan = towns.plan(9, 20, 6)
    assert len(list(plan.cases())) == 20
    with pytest.raises(RuntimeError, match="told already"):
        next(plan.cases())


def test_a_product_code_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="P1301"):
        plan_town(1, 10, 6, towns.UNTIL, towns.geography(), towns.codes_of("product") - {"P1301"})


@pytest.mark.parametrize(("count", "months"), [(0, 12), (10, 2)])
def test_a_town_that_is_too_small_is_refused(count: int, months: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        towns.plan(1, count, months)


def test_weights_of_zero_are_never_drawn() -> None:
    chosen = Weighted(("never", "always"), (0.0, 2.0))
    draw = stream(1, "weights").random
    assert {chosen.draw(draw) for _ in range(200)} == {"always"}
    with pytest.raises(ValueError, match="nothing to draw"):
        Weighted(("a",), (0.0,))
