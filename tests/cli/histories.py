#!/usr/bin/env python3
"""histories.py SPILLWAY BASE N - decides simulated histories with the real program: N seeds of each kind.

BASE is the folder of a measured run.  Its copies get times that are drawn (2 % of noise from answer to answer), and what
the kind of history says; `compare` and `trend` must find what is there, and nothing else.
"""
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

SPILLWAY, BASE, N = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
NOISE = 0.02
DAY_MS = 86_400_000
TIMES = {"overall_tps", "ttft_ms", "decode_tps", "itl_p95_ms"}


def make(folder: Path, rng: random.Random, day: int = 0, factor: float = 1, sql: str = "") -> Path:
    """A copy of the run whose answers take `factor` times as long, give or take the noise."""
    folder.mkdir(parents=True)
    shutil.copyfile(BASE / "results.sqlite", folder / "results.sqlite")
    db = sqlite3.connect(folder / "results.sqlite")
    db.execute("PRAGMA synchronous = OFF")  # the copy is thrown away
    for (test,) in db.execute("SELECT id FROM test").fetchall():
        scale = factor * rng.lognormvariate(0, NOISE)
        db.execute("UPDATE event SET t_ns = CAST((1e8 + 1e7 * i) * ? AS INTEGER) WHERE test_id = ?", (scale, test))
        n = db.execute("SELECT count(*) FROM event WHERE test_id = ?", (test,)).fetchone()[0]
        db.execute("UPDATE test SET headers_ns = 1000000, first_event_ns = 2000000, end_ns = CAST((1e8 + 1e7 * ?) * ? AS INTEGER) "
                   "WHERE id = ?", (n, scale, test))
    db.execute("UPDATE run SET status = 'ok', reasons = '', started_unix_ms = started_unix_ms + ?", (day * DAY_MS,))
    db.executescript(sql)
    db.commit()
    db.close()
    return folder


def spillway(*arguments: object) -> tuple[int, dict]:
    done = subprocess.run([SPILLWAY, *map(str, arguments), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3, 4), (arguments, done.returncode, done.stderr)
    return done.returncode, json.loads(done.stdout)


def overall(found: dict) -> dict[str, dict]:
    return {row["metric"]: row for row in found["changes"] if row["test"] is None}


def history(folder: Path, seed: int, factors: list[float]) -> list[dict]:
    """The rows of the trend of runs with these factors."""
    rng = random.Random(seed)
    for day, factor in enumerate(factors):
        make(folder / f"{day:02}", rng, day, factor)
    return spillway("trend", folder)[1]["trends"]


def of(rows: list[dict], metric: str) -> dict:
    return next(row for row in rows if row["metric"] == metric)


# ---- kinds: each returns whether it was decided rightly ----


def no_change(folder: Path, seed: int) -> bool:
    """Two equal runs: no figure of time differs, and the exit code is 0."""
    rng = random.Random(seed)
    code, found = spillway("compare", make(folder / "a", rng), make(folder / "b", rng))
    return code == 0 and all(row["verdict"] in ("same", "unclear") for row in overall(found).values())


def slower_by_5_percent(folder: Path, seed: int) -> bool:
    rng = random.Random(seed)
    code, found = spillway("compare", make(folder / "a", rng), make(folder / "b", rng, factor=1 / 0.95), "--threshold",
                           "overall_tps=1")
    rate = overall(found)["overall_tps"]
    return rate["verdict"] == "worse" and code in (0, 3) and rate["low"] <= rate["change"] <= rate["high"]


def slower_by_half(folder: Path, seed: int) -> bool:
    """Far beyond what is allowed: exit code 3."""
    rng = random.Random(seed)
    return spillway("compare", make(folder / "a", rng), make(folder / "b", rng, factor=1.5))[0] == 3


def quality_lost(folder: Path, seed: int) -> bool:
    """A check that passed always fails now: exit code 3, whatever the times."""
    rng = random.Random(seed)
    lost = "UPDATE test_check SET outcome = 'failed'"
    code, found = spillway("compare", make(folder / "a", rng), make(folder / "b", rng, sql=lost))
    checks = next(count for count in found["counts"] if count["metric"] == "checks")
    return code == 3 and checks["changed"] == 1 and overall(found)["mark"]["verdict"] == "worse"


def another_machine(folder: Path, seed: int) -> bool:
    """Not comparable: exit code 4 and the reason; a trend leaves the run out, by name."""
    rng = random.Random(seed)
    other = "UPDATE run SET cpu = 'another CPU'"
    code, found = spillway("compare", make(folder / "a", rng), make(folder / "b", rng, factor=2, sql=other))
    refused = code == 4 and found["outcome"] == "refused" and [d["part"] for d in found["differences"]] == ["cpu"]
    for day in range(6):
        make(folder / "history" / str(day), rng, day, sql=other if day == 2 else "")
    trend = spillway("trend", folder / "history")[1]
    return (refused and len(trend["runs"]) == 5 and [run["name"][-3:] for run in trend["left_out"]] == ["2:1"]
            and "another CPU" in trend["left_out"][0]["why"])


def steady(folder: Path, seed: int) -> bool:
    rows = history(folder, seed, [1] * 20)
    return all(row["trend"] == "none" and not row["steps"] for row in rows if row["metric"] in TIMES)


def one_outlier(folder: Path, seed: int) -> bool:
    """A run on a busy machine is neither a trend nor a step."""
    rows = history(folder, seed, [1] * 7 + [1.5] + [1] * 12)
    return all(row["trend"] == "none" and not row["steps"] for row in rows if row["metric"] in TIMES)


def a_step(folder: Path, seed: int) -> bool:
    """5 % slower from run 12 of 20 on."""
    row = of(history(folder, seed, [1] * 11 + [1 / 0.95] * 9), "overall_tps")
    return [step["at"] for step in row["steps"]] == [11]


def a_drift(folder: Path, seed: int) -> bool:
    row = of(history(folder, seed, [1.01**day for day in range(20)]), "overall_tps")
    return row["direction"] == "falling" and row["trend"] == "worse" and row["low"] <= row["slope"] <= row["high"] < 0


# The share that must be decided rightly.  Those of chance have a bar of 95 %, the others none to spare.
KINDS = [(no_change, 0.95), (slower_by_5_percent, 0.95), (slower_by_half, 1), (quality_lost, 1), (another_machine, 1),
         (steady, 0.95), (one_outlier, 0.95), (a_step, 0.95), (a_drift, 0.95)]


def main() -> int:
    failed = 0
    for kind, bar in KINDS:
        n_right = 0
        for seed in range(N):
            folder = Path(f"{kind.__name__}-{seed}")
            n_right += kind(folder, seed)
            shutil.rmtree(folder)
        print(f"{kind.__name__}: {n_right} of {N}")
        allowed = int((1 - bar) * N + 1) if bar < 1 else 0  # of few seeds, one may be among the 5 %
        failed += N - n_right > allowed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
