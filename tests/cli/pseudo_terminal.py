"""A program on a pseudo-terminal: what it shows, and what a user types."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

DEADLINE_S = 60  # generous: only a hang gets there
PROMPT = rb'> (\x1b\[K)?'


class PseudoTerminal:
    def __init__(self, *argv, columns=80, state='.'):
        """`state` is the folder of the history of typed lines."""
        self.shown = b''
        self.at = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm'
            os.environ['XDG_STATE_HOME'] = os.path.abspath(state)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
            os.execv(argv[0], argv)

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

    def exit_code(self):
        while self.read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
