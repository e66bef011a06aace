"""Puts all hostile strings into a store of results: hostile_store.py STORE HOSTILE_STRINGS"""
import json
import sqlite3
import sys

store, strings = sys.argv[1:]
texts = []
for line in open(strings, encoding='utf-8'):
    value = json.loads(line) if line.strip() else None
    if value is not None:
        texts.append(value if isinstance(value, str) else value['text'] * value['times'])
# SQLite's texts are UTF-8 without NUL; what is neither has its own tests (tests/unit/test_store.c).
all_of_them = '\n'.join(texts).encode('utf-8', 'replace').decode().replace('\0', '')
assert 'onerror' in all_of_them and len(texts) > 100
with sqlite3.connect(store) as db:
    db.execute("UPDATE test SET answer = ? || id, prompt = ?, expected = ?, name = ?", (all_of_them, all_of_them, all_of_them, texts[3][:200]))
    db.execute("UPDATE subject SET name = ?", ('</script><img src=x onerror="window.pwned=1">',))
    db.execute("UPDATE test_check SET name = ?", (all_of_them,))
