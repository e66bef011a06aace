"""Scores answers with `spillway bench review` on a pseudo-terminal, as a user does, and checks what is shown and stored."""
import json
import os
import re
import signal
import subprocess
import sys

from pseudo_terminal import PseudoTerminal

SPILLWAY, STORE = sys.argv[1:3]


class Review(PseudoTerminal):
    def __init__(self, *options):
        super().__init__(SPILLWAY, 'bench', 'review', STORE, *options)

    def line(self, text):
        """Types a line; returns what comes after it, up to the next prompt."""
        self.type(text + b'\r')
        self.until(re.escape(text) + rb'[^\n]*\n')
        return self.until_prompt().replace(b'\r', b'').decode()

    def last(self, text):
        """Types the last line; returns what comes after it."""
        self.type(text + b'\r')
        self.until(re.escape(text) + rb'[^\n]*\n')
        assert self.exit_code() == 0, self.shown[-500:]
        return self.shown[self.at:].replace(b'\r', b'').decode()


def stored(reviewer=''):
    reviews = json.loads(subprocess.run([SPILLWAY, 'bench', 'review', STORE, '--json'], check=True, capture_output=True).stdout)
    return [r for r in reviews['reviews'] if r['reviewer'] == reviewer]


def test_lines_are_stored_at_once_and_the_next_call_goes_on():
    r = Review()
    first = r.until_prompt().decode()
    assert '0 of 4 answers have scores' in first and '1 of 4: first, demo-phimoe, stream' in first, first
    assert 'What is 23 + 45?' in first and 'Answered (first word after' in first, first
    assert 'automatic' not in first and 'says 68' not in first, 'nothing tells before the person has scored'
    second = r.line(b'4 2 - w: the sum is wrong')
    assert 'automatic: mark 1.00 of 5; checks 0/1' in second and 'failed: says 68' in second, second
    assert '2 of 4: first, demo-b' in second, second
    (review,) = stored()
    assert (review['content'], review['accuracy'], review['responsiveness']) == (4, 2, None), review
    assert review['flags'] == ['wrong'] and review['note'] == 'the sum is wrong', review
    assert review['unix_ms'] > 1700000000000 and review['mode'] == 'stream', review
    os.kill(r.pid, signal.SIGKILL)
    os.waitpid(r.pid, 0)
    r = Review()
    again = r.until_prompt().decode()
    assert '1 of 4 answers have scores' in again and '2 of 4: first, demo-b' in again, again
    assert r.last(b'q').count('1 of 4 answers have scores') == 1


def test_going_back_shows_what_was_given_and_replaces_it():
    r = Review()
    r.until_prompt()
    back = r.line(b'b')
    assert '1 of 4: first' in back and 'given: 4 2 - w: the sum is wrong' not in back, back
    assert 'given: 4 2 w: the sum is wrong' in back, back
    r.line(b'1 1 5')
    (review,) = stored()
    assert (review['content'], review['responsiveness'], review['flags'], review['note']) == (1, 5, [], ''), review
    r.type(b'\x04')
    assert r.exit_code() == 0


def test_wrong_lines_are_explained_and_change_nothing():
    before = stored()
    r = Review()
    r.until_prompt()
    assert 'a score is 1 to 5, not 9' in r.line(b'9')
    assert 'flags (r, w, c, o)' in r.line(b'good')
    assert 'the answer before' in r.line(b'?')
    assert '3 of 4: second' in r.line(b's')
    assert stored() == before
    r.last(b'q')


def test_the_last_answer_ends_the_dialog():
    r = Review('--reviewer', 'Ada', '--test', 'second')
    assert '1 of 2: second' in r.until_prompt().decode()
    r.line(b'5 5 5')
    end = r.last(b'5 4: good')
    assert 'automatic: repetition' in end and '2 of 2 answers have scores' in end, end
    assert [review['content'] for review in stored('Ada')] == [5, 5]
    assert len(stored()) == 1, 'one person\'s scores are not another\'s'


def test_blind_hides_the_models():
    r = Review('--blind', '--reviewer', 'B')
    shown = r.until_prompt().decode()
    for _ in range(3):
        shown += r.line(b's')
    r.last(b'q')
    assert 'demo' not in shown and '4 of 4: ' in shown, shown


for name, test in list(globals().items()):
    if name.startswith('test_'):
        test()
        print('ok', name)
