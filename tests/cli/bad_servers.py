"""Servers that misbehave, for `spillway bench`:

    bad_servers.py

Prints its URL, then answers on a free loopback port until it is killed.  The first part of a path is a mode: GET lists
the model "m", POST /MODE/v1/chat/completions does what the mode says.
"""
import json
import socket
import threading
import time

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
DONE = b"data: [DONE]\n\n"
# What steers a terminal, a table or a page: ESC, C1 (CSI), overrides of the direction, markup.
HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b31m \u202eevil\u202c \u2066x\u2069 |a|b| <script>alert(1)</script> =1+1"


def event(document):
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def chunk(text, finish=None, **more):
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}], **more})


def refusal(status, message):
    body = json.dumps({"error": {"message": message}}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def forever(s, piece, first=STREAM, pause=0.0):
    s.sendall(first)
    while True:
        s.sendall(piece)
        time.sleep(pause)


def hang(s, first=b""):
    s.sendall(first)
    time.sleep(600)


def good(s, texts=("a ", "b "), **more):
    s.sendall(STREAM + b"".join(chunk(t, **more) for t in texts) + chunk("", "stop") + DONE)


MODES = {
    "good": lambda s, body: good(s),
    "hostile": lambda s, body: good(s, [HOSTILE], model=HOSTILE, system_fingerprint=HOSTILE),
    "hostile-error": lambda s, body: s.sendall(STREAM + chunk("a ") + event({"error": {"message": HOSTILE}})),
    "other-model": lambda s, body: good(s, model="m"),
    "no-model": lambda s, body: good(s) if body["model"] == "m" else s.sendall(refusal("404 Not Found", "unknown model")),
    "error-200": lambda s, body: good(s) if body["model"] == "m" else s.sendall(STREAM + event({"error": "no such model"})),
    "key": lambda s, body: s.sendall(refusal("401 Unauthorized", "a key is needed")),
    "busy": lambda s, body: s.sendall(refusal("503 Service Unavailable", "no slot")),
    "slow-endless": lambda s, body: forever(s, chunk("t "), pause=0.02),
}


def read_request(s):
    data = b""
    while b"\r\n\r\n" not in data:
        data += s.recv(65536) or b"\r\n\r\n"
        if data.startswith(b"\x16"):
            raise OSError("TLS")
    head, body = data.split(b"\r\n\r\n", 1)
    length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while length and len(body) < length[0]:
        body += s.recv(65536)
    return head, body


def serve(s):
    try:
        head, body = read_request(s)
        if head.startswith(b"GET"):
            models = b'{"object":"list","data":[{"id":"m","object":"model"}]}'
            s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(models) + models)
        elif head.startswith(b"POST"):
            MODES[head.split(b"/")[1].decode()](s, json.loads(body))
    except OSError:
        pass  # the client has closed the connection
    finally:
        s.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=16)
    print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
