"""What `spillway bench` makes of answers that are wrong in some way, each over a real socket:

    bad_answers.py SPILLWAY

A row of the table below is a way to answer, and what must come of it: the status of the test, a part of its error, and the
text that is kept.  A run asks for many ways, one test each.  It must end by itself with its exit code, and nothing that it prints
or writes may hold a control character or a script.  Prints one line for each row that is wrong; the exit code is then 1.
"""
import concurrent.futures
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

from bad_servers import DONE, HOSTILE, STREAM, chunk, event, forever, hang, read_request

MARKUP = '<script>alert(1)</script><img src=x onerror="alert(1)">"><svg onload=alert(1)>]]>{{7*7}} =1+1 +1 @SUM(A1) |x|'
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
AB, FINISH = chunk("a ") + chunk("b "), chunk("", "stop")
END = FINISH + DONE
NO_DONE = "without a finish_reason"


def head(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "Connection: close", "", ""]).encode()


def usage(n):
    return event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": n}})


def piece(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def raw(*parts):
    return lambda s: s.sendall(b"".join(parts))


def stream(*parts):
    return raw(STREAM, *parts)


def then_hang(*parts):
    return lambda s: hang(s, b"".join(parts))


def for_ever(part, first=STREAM, pause=0.0):
    return lambda s: forever(s, part, first, pause)


def slowly(data, pause):
    def answer(s):
        for i in range(len(data)):
            s.sendall(data[i : i + 1])
            time.sleep(pause)

    return answer


def reset(*parts):
    """Ends the connection with RST."""

    def answer(s):
        s.sendall(b"".join(parts))
        time.sleep(0.05)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


def gzip(data):
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(data) + compressor.flush()


# way: (answer, status or None for any, part of the error, text that is kept or None for any)
OK, BAD, CUT, HTTP, LATE = "completed", "bad_stream", "incomplete", "http_error", "timeout"
ROWS = {
    "good": (stream(AB, END), OK, "", "a b "),
    # ---- silence and early ends ----
    "close-at-once": (lambda s: None, CUT, "connection broke", ""),
    "silent": (hang, LATE, "no token within", ""),
    "silent-headers": (then_hang(STREAM), LATE, "no token within", ""),
    "half-headers": (then_hang(b"HTTP/1.1 200 OK\r\nConte"), LATE, "no token within", ""),
    "slow-headers": (slowly(STREAM, 0.1), LATE, "no token within", ""),
    "no-event": (stream(), CUT, NO_DONE, ""),
    "stall": (then_hang(STREAM, AB), LATE, "in the middle", "a b "),
    "no-finish": (stream(AB), CUT, NO_DONE, "a b "),
    "no-done": (stream(AB, FINISH), OK, "", "a b "),
    "done-no-finish": (stream(AB, DONE), CUT, NO_DONE, "a b "),
    "cut-event": (stream(AB, b'data: {"choices":[{"del'), CUT, NO_DONE, "a b "),
    "reset": (reset(STREAM, AB), CUT, "connection broke", "a b "),
    "short-body": (raw(head("Content-Length: 5000"), AB), CUT, "connection broke", "a b "),
    # ---- answers without an end ----
    "endless-text": (for_ever(chunk("t ")), BAD, "ignores max_tokens", None),
    "endless-empty": (for_ever(chunk(""), pause=0.001), LATE, "no token within", ""),
    "endless-comments": (for_ever(b": ping\n\n", pause=0.001), LATE, "no token within", ""),
    "endless-after-text": (for_ever(b": ping\n\n", STREAM + AB, 0.01), LATE, "in the middle", "a b "),
    "endless-line": (for_ever(b"x" * 65536, STREAM + b"data: "), BAD, "an event of more than", ""),
    "endless-headers": (for_ever(b"X: " + b"a" * 1000 + b"\r\n", b"HTTP/1.1 200 OK\r\n"), CUT, "connection broke", ""),
    "endless-header": (for_ever(b"a" * 65536, b"HTTP/1.1 200 OK\r\nX: "), CUT, "connection broke", ""),
    "endless-100": (for_ever(b"HTTP/1.1 100 Continue\r\n\r\n", b""), None, "", ""),
    "endless-document": (for_ever(b" " * 65536, JSON), None, "", ""),
    "huge-event": (stream(chunk("y" * 900000), END), OK, "", "y" * 900000),
    # ---- lies about the end ----
    "text-after-done": (stream(AB, END, chunk("late"), chunk("r")), BAD, "2 more pieces of text after [DONE]", "a b "),
    "flood-after-done": (for_ever(chunk("late"), STREAM + AB + END), BAD, "after [DONE]", "a b "),
    "done-twice": (stream(AB, END, DONE), OK, "", "a b "),
    "usage-after-done": (stream(AB, END, usage(2)), OK, "", "a b "),
    "open-after-done": (then_hang(STREAM, AB, END), OK, "", "a b "),
    "finish-twice": (stream(AB, FINISH, chunk("", "length"), DONE), OK, "", "a b "),
    "text-after-finish": (stream(AB, FINISH, chunk("c"), DONE), OK, "", "a b c"),
    "empty-answer": (stream(END), "silent_empty", "empty", ""),
    "bad-finish": (stream(AB, chunk("", MARKUP + HOSTILE), DONE), CUT, "stopped for reason", "a b "),
    # ---- lies about counts ----
    "usage-more": (stream(AB, usage(900), END), OK, "", "a b "),
    "usage-less": (stream(AB * 4, usage(1), END), OK, "", "a b " * 4),
    "usage-nonsense": (
        stream(AB, event({"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 2**62}}), END), OK, "", "a b "),
    "timings-nonsense": (
        stream(AB, event({"choices": [], "timings": {"prompt_ms": -1e308, "predicted_n": 1e300, "queue_ms": {}}}), END),
        OK, "", "a b "),
    "experts-nonsense": (
        stream(AB, event({"choices": [], "experts": {"prompt": {"n_tokens": 1, "layers": [{"counts": [-1]}]}}}), END),
        OK, "", "a b "),
    # ---- bytes that are no chunks ----
    "not-json": (stream(AB, b"data: hello\n\n"), BAD, "not a JSON object", "a b "),
    "nul-bytes": (stream(b'data: \0\0{"choices"\0}\n\n', DONE), BAD, "not a JSON object", ""),
    "invalid-utf8": (stream(b'data: {"choices":[{"delta":{"content":"\xff\xed\xa0\x80"}}]}\n\n', END), OK, "", None),
    "lone-surrogate": (stream(b'data: {"choices":[{"delta":{"content":"\\ud800 x"}}]}\n\n', END), OK, "", "\ufffd x"),
    "nul-escape": (stream(b'data: {"choices":[{"delta":{"content":"a\\u0000b"}}]}\n\n', END), OK, "", "a\ufffdb"),
    "deep-json": (stream(b"data: " + b"[" * 100000 + b"\n\n", DONE), BAD, "not a JSON object", ""),
    "deep-object": (
        stream(b"data: " + b'{"choices":' * 3000 + b"1" + b"}" * 3000 + b"\n\n"), BAD, "not a JSON object", ""),
    "null-fields": (
        stream(event({"id": None, "model": None, "usage": None, "choices": None}),
               event({"choices": [{"delta": {"content": None}, "finish_reason": None}]}), AB, END), OK, "", "a b "),
    "wrong-types": (
        stream(*map(event, [{"choices": 1}, {"choices": [1]}, {"choices": [{"delta": 1}]}, {"usage": 1, "model": [],
               "choices": [{"delta": {"content": {}}, "finish_reason": {}}]}]), AB, END), OK, "", "a b "),
    "wrong-ids": (stream(chunk("a ", id=1), chunk("b ", id="x", object="o", created=-1), END), OK, "", "a b "),
    "many-choices": (
        stream(event({"choices": [{"index": i, "delta": {"content": "z"}} for i in range(20000)]}), END), OK, "", "z"),
    # ---- HTTP ----
    "other-type": (raw(head("Content-Type: text/html"), AB, END), OK, "", "a b "),
    "early-hints": (raw(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", STREAM, AB, END), OK, "", "a b "),
    "http10": (raw(b"HTTP/1.0 200 OK\r\n\r\n", AB, END), OK, "", "a b "),
    "http09": (raw(b"hello there"), None, "", ""),
    "gzip": (raw(head("Content-Encoding: gzip"), gzip(AB + END)), CUT, "without an event", ""),
    "redirect": (raw(head("Location: http://127.0.0.1:9/steal", status="302 Found")), HTTP, "HTTP 302", ""),
    "redirect-file": (raw(head("Location: file:///etc/passwd", status="302 Found")), HTTP, "HTTP 302", ""),
    "no-content": (raw(head(status="204 No Content")), HTTP, "HTTP 204", ""),
    "chunked": (raw(CHUNKED, piece(AB[:9]), piece(AB[9:] + END), b"0\r\n\r\n"), OK, "", "a b "),
    "chunk-negative": (raw(CHUNKED, piece(AB), b"-2\r\nab\r\n"), CUT, "connection broke", "a b "),
    "chunk-huge": (raw(CHUNKED, piece(AB), b"ffffffffffffffffff\r\nab\r\n"), CUT, "connection broke", "a b "),
    "chunk-short": (raw(CHUNKED, piece(AB), b"5000\r\ndata: "), CUT, "connection broke", "a b "),
    "chunk-no-end": (raw(CHUNKED, piece(AB + FINISH)), CUT, "connection broke", "a b "),
    "length-huge": (raw(head("Content-Length: 99999999999999999999"), AB), None, "", None),
    "length-negative": (raw(head("Content-Length: -1"), AB, END), None, "", None),
    # ---- errors, and text that must not become markup or steer a terminal ----
    "error-html": (raw(head("Content-Type: text/html", status="500 " + MARKUP), MARKUP.encode()), HTTP, "HTTP 500", ""),
    "error-event": (
        stream(AB, event({"error": {"message": HOSTILE + MARKUP}})), "server_error", "red", "a b "),
    "error-document": (raw(JSON, json.dumps({"error": {"message": HOSTILE}}).encode()), "server_error", "red", ""),
    "a-document": (raw(JSON, b'{"choices":[]}'), BAD, "one JSON document", ""),
    "login-page": (raw(head("Content-Type: text/html"), b"<html>" + MARKUP.encode()), BAD, "one document", ""),
    "hostile-names": (
        stream(chunk(HOSTILE, model=HOSTILE + MARKUP, system_fingerprint=HOSTILE + MARKUP), END), OK, "", HOSTILE),
}
COUNTS_DIFFER = {"usage-more", "usage-less"}  # the server's count and the events; marked in every report
# Runs: (ways, limit of the first token, limit between tokens, exit code).  A limit that is not the point is long.
SILENT = [way for way, row in ROWS.items() if row[2] == "no token within"]
STALLS = [way for way, row in ROWS.items() if row[2] == "in the middle"]
FIRST, *OTHERS = [way for way in ROWS if way not in SILENT + STALLS]
LONG_S, SHORT_S = 60, 0.3
RUNS = [(SILENT, SHORT_S, LONG_S, 4), (STALLS, LONG_S, SHORT_S, 4), ([FIRST], LONG_S, LONG_S, 0),
        (OTHERS[::2], LONG_S, LONG_S, 3), (OTHERS[1::2], LONG_S, LONG_S, 3)]
HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RUN_MAX_S, WORKERS = 200, 3


def serve(s):
    """The last line of the question is the way to answer."""
    try:
        request, body = read_request(s)
        if request.startswith(b"GET"):
            models = b'{"object":"list","data":[{"id":"m","object":"model"}]}'
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(models) + models)
        else:
            ROWS[json.loads(body)["messages"][0]["content"].split("\n")[-1]][0](s)
    except OSError:
        pass  # the client has closed the connection
    finally:
        s.close()


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def judge(way, test):
    """What is wrong with a row, or None."""
    _, wanted_status, wanted_error, wanted_text = ROWS[way]
    if wanted_status and test["status"] != wanted_status:
        return f"{way}: status {test['status']}, not {wanted_status}: {test['error']}"
    if wanted_error not in test["error"]:
        return f"{way}: the error is {test['error']!r}, without {wanted_error!r}"
    if wanted_status == OK and test["metrics"]["counts_differ"] != (way in COUNTS_DIFFER):
        return f"{way}: the counts of tokens and events are judged wrongly"
    if wanted_text is not None and test["answer"] != wanted_text:
        return f"{way}: kept {test['answer'][:80]!r}, not {wanted_text[:80]!r}"
    return None


def bench(spillway, url, folder, run):
    """What is wrong with a run, as lines."""
    ways, first_s, idle_s, wanted_code = run
    folder.mkdir()
    tests = [{"name": way, "group": "g", "prompt": f"answer\n{way}", "max_tokens": 40} for way in ways]
    (folder / "p.json").write_text(json.dumps({"name": "p", "version": 1, "pause_s": 0, "tests": tests}))
    limits = ["--first-token-timeout", str(first_s), "--idle-timeout", str(idle_s)]
    command = [spillway, "bench", "--url", url, "--protocol", "p.json", "--out", "out", "--json", *limits]
    try:
        done = subprocess.run(command, capture_output=True, timeout=RUN_MAX_S, cwd=folder)
    except subprocess.TimeoutExpired:
        return [f"{ways}: does not end within {RUN_MAX_S} s"]
    shown = done.stderr.decode()
    if done.returncode != wanted_code:
        return [f"{ways}: exit code {done.returncode}, not {wanted_code}: {shown[-300:]}"]
    shown += (folder / "out/report.md").read_text(encoding="utf8")
    page = (folder / "out/report.html").read_text(encoding="utf8")
    if hidden := HIDDEN.search(shown + page):
        return [f"{ways}: a control character is shown: {hidden[0]!r}"]
    if "alert(1)</script>" in page or "<svg onload" in page:
        return [f"{ways}: the page holds markup of the server"]
    tests = [test for test in json.loads(done.stdout)["tests"] if test.get("mode", "stream") == "stream"]
    if [test["name"] for test in tests] != ways:
        return [f"{ways}: the tests are {[test['name'] for test in tests]}"]
    return [wrong for way, test in zip(ways, tests) if (wrong := judge(way, test))]


def main():
    spillway = os.path.abspath(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
    url = "http://127.0.0.1:%d" % listener.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        found = pool.map(lambda i: bench(spillway, url, Path(folder, str(i)), RUNS[i]), range(len(RUNS)))
        wrong = [line for lines in found for line in lines]
    print("\n".join(wrong) or f"{len(ROWS)} ways")
    sys.exit(1 if wrong else 0)


main()
