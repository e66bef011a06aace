#!/usr/bin/env python3
"""Runs every query of a paper's data on its store, as data.md says, and recomputes values of the tables from the rows.

usage: paper_values.py DIR STORE
"""
import csv
import json
import math
import statistics
import struct
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

DIR, STORE = Path(sys.argv[1]), sys.argv[2]


def rows(name: str) -> list[dict]:
    """The rows of all statements of a query."""
    text = subprocess.run(
        ["sqlite3", "-readonly", "-json", "-cmd", ".parameter set :run 1", STORE],
        input=(DIR / f"{name}.sql").read_text(), capture_output=True, text=True, check=True).stdout
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        some, end = decoder.raw_decode(text)
        found, text = found + some, text[end:]
    return found


def table(name: str) -> list[dict]:
    with open(DIR / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def same(what: str, text: str, value) -> None:
    if value is None or isinstance(value, str):
        good = text == (value or "")
    else:
        good = text != "" and math.isclose(float(text), value, rel_tol=1e-8, abs_tol=1e-9)
    assert good, f"{what}: the table has {text!r}, the rows say {value!r}"


def repetition(text: str) -> float:
    words = text.split()
    triples = list(zip(words, words[1:], words[2:]))
    return (len(triples) - len(set(triples))) / len(triples) if triples else 0


def architecture() -> None:
    pairs = {"parameters": "n_parameters", "active_parameters": "n_active_parameters", "layers": "n_layers",
             "experts": "n_experts", "experts_used": "n_experts_used", "context": "n_ctx_train", "family": "family",
             "quantization": "quantization", "file_bytes": "file_bytes", "file_hash": "file_hash", "model": "name"}
    [row], [stored] = table("architecture"), rows("architecture")
    for column, source in pairs.items():
        same(column, row[column], stored[source])


def facts(found: list[dict]) -> dict:
    return {r["name"]: r["text"] if r["number"] is None else r["number"] for r in found if "source" in r}


def servers() -> None:
    [row], found = table("servers"), rows("servers")
    known = facts([r for r in found if r.get("source")])
    same("software", row["software"], found[0]["software"])
    for name in ("isa", "n_threads", "n_ctx", "kv_type", "experts_verified", "load_cold_ms", "load_warm_ms"):
        same(name, row[name], known[name])


def memory() -> None:
    [row], found = table("memory"), rows("memory")
    known = facts(found)
    for name in ("expert_bytes", "placeable_bytes"):
        same(name, row[name], known[name])
    same("ceiling_pct", row["ceiling_pct"], 100 * known["expert_bytes"] / known["placeable_bytes"])
    same("ram_offloaded", row["ram_offloaded"], max(r["private_bytes"] for r in found if r.get("private_bytes")))


def placement() -> None:
    shown, found = table("placement"), rows("placement")
    assert len(shown) == len(found) > 2
    for row in shown:
        assert any(r["tensor_class"] == row["class"] and r["tier"] == row["tier"] and str(r["bytes"]) == row["bytes"]
                   for r in found), row


def requests(found: list[dict]) -> dict:
    """The events of each request, by mode."""
    by_mode = defaultdict(lambda: defaultdict(list))
    for r in found:
        if "t_ns" in r:
            by_mode[r["mode"]][r["variant"], r["name"], r["repeat"]].append(r)
    return by_mode


def streaming() -> None:
    found = rows("streaming")
    by_mode, limits = requests(found), {r["name"]: r["number"] for r in found if "number" in r}
    shown = {row["mode"]: row for row in table("streaming")}
    assert shown.keys() == by_mode.keys() == {"stream", "whole", "sweep"}
    for mode, row in shown.items():
        ended = [r for r in by_mode[mode].values() if r[0]["status"] == "completed"]
        tokens = sum(r[0]["completion_tokens"] for r in ended)
        same("requests", row["requests"], len(by_mode[mode]))
        same("completed", row["completed"], len(ended))
        same("tokens", row["tokens"], tokens)
        same("overall_tps", row["overall_tps"], 1e9 * tokens / sum(r[0]["end_ns"] for r in ended))
        # A whole document has no first token, and so does not meet its objective.
        good = [r for r in ended if mode != "whole" and r[0]["t_ns"] / 1e6 <= limits["objective_ttft_ms"]
                and r[0]["end_ns"] / 1e6 <= limits["objective_e2e_ms"]]
        same("good", row["good"], len(good))
        same("attainment", row["attainment"], len(good) / len(by_mode[mode]))
        first = statistics.median(r[0]["t_ns"] for r in ended) / 1e6
        same("ttft_p50_ms", row["ttft_p50_ms"], None if mode == "whole" else first)


def cause() -> None:
    [row], known = table("cause"), facts(rows("cause"))
    same("token_expert_bytes", row["token_expert_bytes"], known["token_expert_bytes"])
    same("machine_bandwidth", row["machine_bandwidth"], known["read_bandwidth"])
    same("roofline_tps", row["roofline_tps"], known["read_bandwidth"] / float(row["token_bytes"]))


def quality() -> None:
    [row], found = table("quality"), rows("quality")
    streamed = [r for r in found if r["mode"] == "stream"]
    answers = [r["answer"] for r in streamed if "answer" in r and r["status"] == "completed"]
    checks = [r["outcome"] for r in streamed if r.get("is_technical") and r["outcome"] in ("passed", "failed")]
    same("completed", row["completed"], len(answers))
    same("technical_run", row["technical_run"], len(checks))
    same("technical_passed", row["technical_passed"], checks.count("passed"))
    same("repetition_mean", row["repetition_mean"], statistics.mean(map(repetition, answers)))
    assert checks


def temperature() -> None:
    by_variant = defaultdict(list)
    for r in rows("temperature"):
        by_variant[r["variant"], r["temperature"]].append(repetition(r["answer"]))
    shown = table("temperature")
    assert {(row["variant"], float(row["value"])) for row in shown} == by_variant.keys() and len(shown) == 2
    for row in shown:
        scores = by_variant[row["variant"], float(row["value"])]
        same("completed", row["completed"], len(scores))
        same("repetition_mean", row["repetition_mean"], statistics.mean(scores))
        same("repetition_max", row["repetition_max"], max(scores))


def answers() -> None:
    shown = {(r["mode"], r["variant"], r["test"], r["repeat"]): r for r in table("answers")}
    found = [r for r in rows("answers") if "answer" in r]
    assert len(shown) == len(found) == 16, (len(shown), len(found))
    for r in found:
        row = shown[r["mode"], r["variant"], r["name"], str(r["repeat"])]
        same("status", row["status"], r["status"])
        same("tokens", row["tokens"], r["completion_tokens"])
        same("e2e_ms", row["e2e_ms"], r["end_ns"] / 1e6)
        same("repetition", row["repetition"], repetition(r["answer"]))


def experts() -> None:
    counts, tokens = defaultdict(lambda: defaultdict(list)), defaultdict(dict)
    for r in rows("experts"):
        layer = struct.unpack(f"<{r['experts']}I", bytes.fromhex(r["hex(counts)"]))
        tokens[r["name"]][r["repeat"]] = r["expert_tokens"]
        counts[r["name"]][r["layer"]].append(layer)
    shown = {row["test"]: row for row in table("experts")}
    assert shown.keys() == counts.keys() | {"all tests"}
    for name, layers in counts.items():
        sums = [[sum(column) for column in zip(*repeats)] for repeats in layers.values()]
        same("tokens", shown[name]["tokens"], sum(tokens[name].values()))
        used = statistics.mean(sum(n > 0 for n in layer) / len(layer) for layer in sums)
        same("coverage", shown[name]["coverage"], used)


def criteria() -> None:
    shown = {row["criterion"]: row for row in table("criteria")}
    streamed = requests(rows("criteria"))["stream"].values()
    completed = sum(r[0]["status"] == "completed" for r in streamed) / len(streamed)
    same("all-complete", shown["all-complete"]["figure"], completed)
    same("verdict", shown["all-complete"]["verdict"], "met" if completed == 1 else "failed")
    same("long-answer", shown["long-answer"]["unit"], "s")


def polylines(name: str) -> int:
    """Lines of a drawing; 0 if there was nothing to draw."""
    path = DIR / name
    return path.read_text().count("<polyline") if path.exists() else 0


def figures() -> None:
    events = rows("token-time")
    assert rows("latency") == rows("speed") == events
    assert polylines("token-time-1.svg") == len({r["name"] for r in events if r["repeat"] == 0}) == 2
    has_gaps = any(a["i"] + 1 == b["i"] and a["t_ns"] < b["t_ns"] for a, b in zip(events, events[1:]))
    assert polylines("latency.svg") == has_gaps  # on a busy machine an answer can arrive at once
    cells = {(r["layer"], r["experts"]) for r in rows("expert-use")}
    legend = 2 * 5 + 1  # colours with their frames, and the white ground
    assert (DIR / "expert-use-1.svg").read_text().count("<rect") == sum(n for _, n in cells) + legend
    samples = [r for r in rows("memory-time") if r["private_bytes"] is not None]
    assert polylines("memory-time-1.svg") == (len(samples) > 1)


CHECKS = {"architecture": architecture, "servers": servers, "memory": memory, "placement": placement, "streaming": streaming,
          "cause": cause, "quality": quality, "temperature": temperature, "answers": answers, "experts": experts,
          "criteria": criteria}
assert CHECKS.keys() == {path.stem for path in DIR.glob("*.csv")}
for name, check in CHECKS.items():
    check()
figures()
assert (DIR / "data.md").read_text().count("```sql") == len(list(DIR.glob("*.sql"))) == len(CHECKS) + 5
