#!/usr/bin/env python3
"""Writes runs whose texts are hostile into copies of a store, and looks at what the commands make of them.

usage: hostile_stores.py STORE STRINGS  (a spillway store with one run; tests/data/hostile_strings.txt)
"""
import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import xml.dom.minidom
from pathlib import Path

BASE, STRINGS = sys.argv[1:]
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Words of spillway itself, without which a run says nothing; everything else is from outside.
WORDS = {("run", "status"), ("server", "side"), ("fact", "name"), ("test", "mode"), ("test", "phase"), ("test", "status"),
         ("test", "kind"), ("test_check", "kind"), ("test_check", "outcome")}
EVERY = 60  # of the strings, one of so many is in a run that every command reads


def strings() -> list[str]:
    lines = (json.loads(line) for line in open(STRINGS))
    return [line if isinstance(line, str) else line["text"] * line["times"] for line in lines]


def hostile_run(store: sqlite3.Connection, text: str, started: int) -> None:
    """Copies run 1 with `text` in every column of texts; tests keep different names."""
    ids: dict[int, int] = {}
    tables = [t for t, in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    run = store.execute("SELECT coalesce(max(id), 0) + 1 FROM run").fetchone()[0]
    next_test = store.execute("SELECT coalesce(max(id), 0) + 1 FROM test").fetchone()[0]
    order = ["run", "subject", "server", "test"]
    for table in order + [t for t in tables if t not in order]:
        columns = [(name, kind) for _, name, kind, *_ in store.execute(f"PRAGMA table_info({table})")]
        names = [name for name, _ in columns]
        owner = "id" if table == "run" else "run_id" if "run_id" in names else "test_id"
        of_run_1 = "= 1" if owner != "test_id" else "IN (SELECT id FROM test WHERE run_id = 1)"
        for row in store.execute(f"SELECT * FROM {table} WHERE {owner} {of_run_1}").fetchall():
            new = dict(zip(names, row))
            for name, kind in columns:
                if kind == "TEXT" and (table, name) not in WORDS:
                    new[name] = text
            if table == "run":
                new |= {"id": run, "started_unix_ms": started}
            elif owner == "run_id":
                new["run_id"] = run
            else:
                new["test_id"] = ids[new["test_id"]]
            if table == "test":
                ids[new["id"]] = next_test
                new["id"] = next_test
                next_test += 1
            marks = ",".join("?" * len(new))
            store.execute(f"INSERT INTO {table} ({','.join(new)}) VALUES ({marks})", list(new.values()))


def make_store(path: str, texts: list[str]) -> None:
    """A store with a run for each text, and without the run that was copied."""
    shutil.copy(BASE, path)
    store = sqlite3.connect(path)
    for i, text in enumerate(texts):
        hostile_run(store, text, 1_790_000_000_000 + 1000 * i)
    store.execute("PRAGMA foreign_keys = ON")
    store.execute("DELETE FROM run WHERE id = 1")
    store.commit()
    store.close()


def spillway(*arguments: str, codes: tuple = (0,)) -> str:
    """Standard output, after a look at both streams."""
    done = subprocess.run([os.environ["SPILLWAY"], *arguments], capture_output=True)
    assert done.returncode in codes, (arguments, done.returncode, done.stderr[-500:])
    for stream in (done.stdout, done.stderr):
        look(stream.decode(), str(arguments))
    return done.stdout.decode()


def look(text: str, what: str) -> None:
    found = HIDDEN.search(text)
    assert not found, f"{what}: U+{ord(found[0]):04X} after {text[max(0, found.start() - 60):found.start()]!r}"


def lists(texts: list[str]) -> None:
    """Commands that print many runs."""
    listed = spillway("runs", "list", "all.sqlite")
    assert len(re.findall(r"^all\.sqlite:\d+ ", listed, re.M)) == len(listed.strip().split("\n")) - 1 == len(texts)
    documents = json.loads(spillway("runs", "list", "all.sqlite", "--json"))
    runs = documents["runs"] if isinstance(documents, dict) else documents
    assert sorted(run["model"] for run in runs) == sorted(texts)
    spillway("trend", "all.sqlite", codes=(0, 1, 4))


def check_csv(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        number = re.fullmatch(r"-?[0-9.]+(e[+-][0-9]+)?", cell)
        assert number or cell[:1] not in ("=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20"), cell[:60]


def one_run(run: str, text: str) -> None:
    """Commands that print or write one run, or compare it with itself."""
    spillway("runs", "show", run)
    assert json.loads(spillway("runs", "show", run, "--json"))
    check_csv(spillway("runs", "export", run, "--format", "csv"))
    spillway("runs", "export", run, "--format", "md")
    report = json.loads(spillway("runs", "export", run, "--format", "json"))
    assert report["tests"][0]["answer"] == report["models"][0]["name"] == text
    store, number = run.split(":")
    for line in spillway("report", store, "--run", number, "--format", "jsonl").splitlines():
        assert json.loads(line)["answer"] == text
    compared = spillway("compare", run, run, "--force", "--junit", "junit.xml", codes=(0, 3, 4))
    assert compared
    look(Path("junit.xml").read_text(), "JUnit")
    xml.dom.minidom.parse("junit.xml")
    json.loads(spillway("compare", run, run, "--force", "--json", codes=(0, 3, 4)))
    spillway("compare", run, run, "--force", "--format", "md", codes=(0, 3, 4))
    spillway("report", store, "--run", number, "--share", "shared.json")
    json.loads(Path("shared.json").read_text())
    look(Path("shared.json").read_text(), "the shared file")
    reviews = json.loads(spillway("bench", "review", run, "--json"))["reviews"]
    assert reviews[0]["reviewer"] == reviews[0]["note"] == text
    overview = json.loads(spillway("report", run, run, "--json"))
    assert overview["schema"] == 1
    papers(run)


def papers(run: str) -> None:
    spillway("report", run, "--paper", "paper")
    for path in Path("paper").iterdir():
        look(path.read_text(), path.name)
        if path.suffix == ".svg":
            xml.dom.minidom.parse(str(path))
        elif path.suffix == ".csv":
            check_csv(path.read_text())
        elif path.name == "data.md":
            lists = path.read_text().split("\n## Runs\n")[1].split("\n## Architecture of the models\n")[0]
            assert "<" not in lists and not re.search(r"(?<!\\)[\[\]~$`]", lists), lists
            assert len(lists.strip().split("\n")) == 9, lists
    shutil.rmtree("paper")


def baselines(runs: list[str]) -> None:
    for i, run in enumerate(runs):
        spillway("baseline", "pin", f"b{i}", run, "--force", "--baselines", "pinned")
    assert len(spillway("baseline", "list", "--baselines", "pinned").strip().split("\n")) == len(runs) + 1
    json.loads(spillway("baseline", "list", "--baselines", "pinned", "--json"))


def monitored(text: str) -> None:
    """A recording of a program and a machine with such names."""
    head = {"spillway_recording": 1, "started_unix_s": 1, "interval_s": 1.0, "pid": 1, "n_cores": 1, "memory_bytes": 1.0}
    head |= dict.fromkeys(("program", "cpu", "os", "gpu", "gpu_driver", "gpu_note"), text.encode()[:200].decode(errors="ignore"))
    Path("recorded.jsonl").write_text(json.dumps(head) + '\n{"t_s": 0}\n')
    assert json.loads(spillway("monitor", "--replay", "recorded.jsonl", "--json"))["head"]["pid"] == 1


def trends(texts: list[str]) -> None:
    """Five runs that are alike, since all texts are one."""
    for text in texts:
        make_store("alike.sqlite", [text] * 5)
        spillway("trend", "alike.sqlite", codes=(0, 3, 4))
        document = json.loads(spillway("trend", "alike.sqlite", "--json", codes=(0, 3, 4)))
        assert document


def review_base() -> None:
    """A person's scores of the first answer, so that there are some to copy."""
    store = sqlite3.connect(BASE)
    kinds = {name: kind for _, name, kind, *_ in store.execute("PRAGMA table_info(review)")}
    test = store.execute("SELECT min(id) FROM test").fetchone()[0]
    values = [test if name == "test_id" else "x" if kind == "TEXT" else 1 for name, kind in kinds.items()]
    store.execute(f"INSERT INTO review VALUES ({','.join('?' * len(values))})", values)
    store.commit()
    store.close()


def main() -> None:
    texts = strings()
    review_base()
    make_store("all.sqlite", texts)
    lists(texts)
    chosen = [(f"all.sqlite:{i + 2}", text) for i, text in enumerate(texts) if i % EVERY == 0]
    for run, text in chosen:
        one_run(run, text)
    baselines([run for run, _ in chosen])
    trends([text for _, text in chosen])
    for text in texts:
        monitored(text)


main()
