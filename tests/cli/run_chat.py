"""Types into `spillway run stub:` on a pseudo-terminal, as a user does, and checks what the terminal shows."""
import fcntl
import json
import os
import pty
import re
import stat
import sys
import tempfile
import termios

from pseudo_terminal import PseudoTerminal

SPILLWAY, SOURCE = sys.argv[1:3]
STATE = tempfile.mkdtemp(dir='.')


class Terminal(PseudoTerminal):
    def __init__(self, *options, model='stub:', columns=80):
        super().__init__(SPILLWAY, 'run', model, '--quiet', *options, columns=columns, state=STATE)

    def ask(self, line):
        """Types a line; returns the answer, which the next prompt ends."""
        self.type(line + b'\r')
        self.until(re.escape(line) + rb'[^\n]*\n')
        return self.until_prompt().replace(b'\r', b'').strip()


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
    t.until(rb'One')  # the stub's first word; before it a slow machine may show what it reads
    t.type(b'\x03')
    answer = words(t.until_prompt())
    assert b'(stopped)' in answer and len(answer.split()) < 20, answer
    assert b'forget' in t.ask(b'/help'), 'the program goes on'
    t.type(b'/exit\r')
    assert t.exit_code() == 0


def leave(t):
    t.type(b'/exit\r')
    assert t.exit_code() == 0


def saved(t, name='saved.json'):
    """The messages of the conversation."""
    if os.path.exists(name):
        os.remove(name)
    t.ask(b'/save ' + name.encode())
    return [(m['role'], m['content']) for m in json.load(open(name))['messages']]


def test_pasted_lines_are_one_message():
    t = Terminal()
    t.until_prompt()
    t.type(b'\x1b[200~first line\rsecond \xc3\xa9\n\r\nfourth\r\x1b[201~')
    t.until(b'fourth')
    t.type(b' and more\r')
    t.until(rb'more[^\n]*\n')
    t.until_prompt()
    messages = saved(t)
    assert [m[0] for m in messages] == ['user', 'assistant'], messages
    assert messages[0][1] == 'first line\nsecond \u00e9\n\nfourth and more', messages[0]
    leave(t)


def test_three_quotes_hold_lines_together():
    t = Terminal('--system', 'Be brief.')
    t.until_prompt()
    t.type(b'"""one\r')
    t.until(rb'\. ')
    t.type(b'/two\r')
    t.until(rb'\. ')
    t.type(b'three"""\r')
    t.until(rb'three"""[^\n]*\n')
    t.until_prompt()
    assert saved(t)[:2] == [('system', 'Be brief.'), ('user', 'one\n/two\nthree')], saved(t)
    leave(t)


def test_history_is_kept_and_private():
    t = Terminal()
    t.until_prompt()
    t.ask(b'a line to remember')
    leave(t)
    path = os.path.join(STATE, 'spillway', 'history')
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, oct(os.stat(path).st_mode)
    t = Terminal()
    t.until_prompt()
    t.type(b'\x1b[A\x1b[A')  # /exit, and the line before
    t.until(b'a line to remember')
    t.type(b'\x03')
    leave(t)
    before = open(path, 'rb').read()
    t = Terminal('--no-history')
    t.until_prompt()
    t.ask(b'a secret')
    leave(t)
    assert open(path, 'rb').read() == before


def test_settings_files_and_figures():
    t = Terminal()
    banner = t.until_prompt()
    for word in (b'context of', b'threads', b'kernels'):
        assert word in banner, banner
    assert b'there is no answer yet' in t.ask(b'/stats')
    t.ask(b'/set max-tokens 3')
    assert b'max-tokens         3' in t.ask(b'/set')
    assert b'cut after 3 tokens' in t.ask(b'Hello')
    assert b'not' in t.ask(b'/set temp 9')
    assert b"did you mean 'temp'" in t.ask(b'/set tmep 1')
    assert b'of ' in t.ask(b'/stats')
    t.ask(b'/system Be kind.')
    assert b'Be kind.' in t.ask(b'/system')
    messages = saved(t)
    assert [m[0] for m in messages] == ['system', 'user', 'assistant']
    assert b'exists' in t.ask(b'/save saved.json'), 'a file is not replaced'
    t.ask(b'/clear')
    assert len(saved(t, 'other.json')) == 1
    t.ask(b'/load saved.json')
    assert saved(t, 'other.json') == messages
    open('bad.json', 'w').write('{"messages": [{"role": "user"}]}')
    assert b'bad.json' in t.ask(b'/load bad.json')
    assert saved(t, 'other.json') == messages
    t.ask(b'/regen')
    again = saved(t, 'other.json')
    assert len(again) == 3 and again[:2] == messages[:2]
    assert b'no such command (/stats?)' in t.ask(b'/stat')
    assert b'cannot open absent' in t.ask(b'/model absent')
    assert b'context of' in t.ask(b'/model stub:')
    assert saved(t, 'other.json') == again, 'the conversation goes on with the new model'
    leave(t)


def test_words_wrap():
    t = Terminal('--max-tokens', '200', columns=40)
    t.until_prompt()
    answer = words(t.ask(b'Say a lot.')).decode()
    lines = answer.split('\n')
    assert len(lines) > 1 and max(map(len, lines)) < 40, lines
    text = [m[1] for m in saved(t)][-1]
    assert text.split() == answer.split(), 'a line break in place of spaces, and nothing else'
    leave(t)


def test_thoughts_and_answer_are_apart():
    os.environ['NO_COLOR'] = '1'
    t = Terminal('--show-reasoning', '--temp', '0', '--date', '2025-01-31', model=SOURCE + '/models/demo-gpt-oss.gguf')
    t.until_prompt()
    shown = words(t.ask(b'What is 23 + 45?')).decode()
    answer = saved(t)[-1][1]
    assert shown.startswith('thinking: '), shown
    assert re.search(r'\n\n' + re.escape(answer.split()[0]), shown), shown
    t.ask(b'/set reasoning off')
    t.ask(b'/set max-tokens 3')
    assert b'still thinking' in t.ask(b'What is 23 + 45?')
    leave(t)
    del os.environ['NO_COLOR']


def test_a_model_that_thinks_shows_life():
    t = Terminal('--stub-rate', '0.4', '--max-tokens', '1')
    t.until_prompt()
    t.type(b'Take your time.\r')
    t.until(rb'time\.[^\n]*\n')
    t.until(rb'(reading|thinking)[^\r]*, 0 s')
    t.until(rb'\r\x1b\[K[^\r]*(reading|thinking)[^\r]*, 1 s')
    t.until(rb'\r\x1b\[K\w')  # it is erased, and the answer begins
    t.until_prompt()
    leave(t)


def test_a_full_context_forgets_the_oldest_turns():
    t = Terminal('--ctx-size', '200', '--max-tokens', '8')
    t.until_prompt()
    questions = [b'Question number %d, please.' % i for i in range(12)]
    said = b''.join(t.ask(q) for q in questions)
    assert b'the context is full' in said, said
    kept = [m[1] for m in saved(t) if m[0] == 'user']
    assert 0 < len(kept) < 12 and kept[-1] == questions[-1].decode(), kept
    assert kept == [q.decode() for q in questions[-len(kept):]], 'the oldest went'
    leave(t)


def test_an_answer_that_fills_the_context_makes_room_for_the_next():
    t = Terminal('--ctx-size', '120')
    t.until_prompt()
    questions = [b'Question number %d, please.' % i for i in range(8)]
    said = [t.ask(q) for q in questions]
    assert any(b'the context was full after' in s and b'--ctx-size' in s for s in said), said
    assert any(b'forgotten' in s for s in said), said
    kept = [m[1] for m in saved(t) if m[0] == 'user']
    assert kept == [q.decode() for q in questions[-len(kept):]] and kept, kept
    leave(t)


def test_keys_during_an_answer_are_kept_and_not_shown():
    t = Terminal('--stub-rate', '20', '--max-tokens', '20')
    t.until_prompt()
    t.type(b'Go.\r')
    t.until(rb'Go\.[^\n]*\n')
    t.until(rb'\w')
    t.type(b'typed ahead\r')
    answer = t.until(re.escape(b'typed ahead'))
    assert b'> ' in answer, (answer, t.shown, 'it appears at the next prompt, not within the answer')
    t.until_prompt()
    leave(t)


def test_keys_while_loading_are_kept_and_not_shown():
    t = Terminal(model=SOURCE + '/models/demo-phimoe.gguf')
    t.until(re.escape(b'\x1b[?2004h'))  # the terminal is quiet now, and the model is not yet loaded
    t.type(b'/stats\r')
    before = t.until(b'/stats')
    assert b'> ' in before, before
    t.until(b'no answer yet')
    t.until_prompt()
    leave(t)


def test_the_terminal_comes_back_after_a_signal():
    import signal
    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    assert before[3] & termios.ECHO
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(follower, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(follower, fd)
        os.environ['XDG_STATE_HOME'] = os.path.abspath(STATE)
        os.execv(SPILLWAY, [SPILLWAY, 'run', 'stub:'])
    shown = b''
    while b'> ' not in shown:
        shown += os.read(leader, 65536)
    os.kill(pid, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGTERM
    assert termios.tcgetattr(follower)[3] & termios.ECHO and termios.tcgetattr(follower)[3] & termios.ICANON
    os.close(leader)
    os.close(follower)


for name, test in list(globals().items()):
    if name.startswith('test_'):
        test()
        print('ok', name)
