"""Types into `spillway run stub:` on a pseudo-terminal, as a user does, and checks what the terminal shows."""
import os
import pty
import re
import select
import sys
import termios
import time

SPILLWAY = sys.argv[1]
DEADLINE_S = 60  # generous: only a hang gets there


class Terminal:
    def __init__(self, *options):
        self.shown = b''
        self.at = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm'
            os.execv(SPILLWAY, [SPILLWAY, 'run', 'stub:', '--quiet', *options])

    def read(self):
        if not select.select([self.fd], [], [], DEADLINE_S)[0]:
            raise AssertionError(f'nothing happens after: {self.shown[-500:]!r}')
        try:
            block = os.read(self.fd, 65536)
        except OSError:  # Linux says so when the other side is closed
            block = b''
        self.shown += block
        return block

    def until(self, pattern):
        """Waits until the terminal shows it, after what was waited for before; returns what stands between."""
        while not (match := re.compile(pattern).search(self.shown, self.at)):
            assert self.read(), f'it ended before {pattern!r}: {self.shown[-500:]!r}'
        between = self.shown[self.at:match.start()]
        self.at = match.end()
        return between

    def until_prompt(self):
        """The same for the prompt, and for the moment when keys are no longer the terminal's: the prompt comes first."""
        between = self.until(PROMPT)
        give_up = time.monotonic() + DEADLINE_S
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            assert time.monotonic() < give_up, 'the prompt takes no keys'
            time.sleep(0.005)
        return between

    def type(self, text):
        os.write(self.fd, text)

    def ask(self, line):
        """Types a line; returns the answer, which the next prompt ends."""
        self.type(line + b'\r')
        self.until(re.escape(line) + rb'[^\n]*\n')
        return self.until_prompt().replace(b'\r', b'').strip()

    def exit_code(self):
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


PROMPT = rb'> (\x1b\[K)?'


def words(answer):
    return re.sub(rb'\x1b\[[0-9;?]*[a-zA-Z]', b'', answer)


def test_history_and_clear():
    t = Terminal('--temp', '0')
    t.until(rb'/help')
    t.until_prompt()
    first = words(t.ask(b'What is a weir?'))
    second = words(t.ask(b'What is a weir?'))
    assert len(first) > 20 and len(second) > 20
    assert first != second, 'the second question is asked with the first turn before it'
    assert b'/clear' in t.ask(b'/help')
    assert b'no such command' in t.ask(b'/unknown')
    t.ask(b'/clear')
    assert words(t.ask(b'What is a weir?')) == first, 'after /clear the conversation begins anew'
    t.ask(b'/clear')
    t.type(b'\x1b[A\x1b[A\r')  # two lines up: the question again
    t.until(rb'\n')
    assert words(t.until_prompt()).replace(b'\r', b'').strip() == first
    t.type(b'/exit\r')
    assert t.exit_code() == 0


def test_interrupted_line():
    t = Terminal()
    t.until_prompt()
    t.type(b'half a line\x03/help\r')  # not a question, so the line was empty before
    t.until(rb'forget the conversation')
    t.until_prompt()
    t.type(b'\x04')
    assert t.exit_code() == 0


def test_interrupted_answer():
    t = Terminal('--stub-rate', '1')  # an answer has 20 words at least
    t.until_prompt()
    t.type(b'Tell me all.\r')
    t.until(rb'all\.[^\n]*\n')
    t.until(rb'\w')
    t.type(b'\x03')
    answer = words(t.until_prompt())
    assert len(answer.split()) < 20, answer
    assert b'forget' in t.ask(b'/help'), 'the program goes on'
    t.type(b'/exit\r')
    assert t.exit_code() == 0


for name, test in list(globals().items()):
    if name.startswith('test_'):
        test()
        print('ok', name)
