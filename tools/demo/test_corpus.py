#!/usr/bin/python3
"""Tests of the corpus, the chat formats and the tokenizer; run this file."""

from __future__ import annotations

import ast
import random
import re
import unittest
from collections import Counter

import bpe
import corpus
import formats
from evaluate import Figure, divergence, parses, repetition
from topics import arithmetic, dialogues, essays, explain, programming, puzzles, reasoning, smalltalk, stories

SEEDS = 3000
LOOPING = 0.1
_BENCHMARK_TOPICS = (smalltalk.greeting, programming.python_function, explain.explanation, puzzles.jugs, essays.design, essays.comparison,
                     stories.ai_emotions, essays.rest_api, essays.analysis)


def text_of(doc: formats.Document) -> str:
    return "".join(text for text, _ in doc)


class Formats(unittest.TestCase):
    talk = (smalltalk.Turn("Hello", "Hi there", thought="They greet me."), smalltalk.Turn("Who are you", "A model"))

    def test_chats_are_rendered_as_spillway_renders_them(self) -> None:
        system = formats.Harmony.system("2025-06-28", "medium")
        expected = {
            "gpt-oss": "<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n"
                       "Current date: 2025-06-28\n\nReasoning: medium\n\n# Valid channels: analysis, commentary, final. Channel must be included "
                       "for every message.<|end|><|start|>developer<|message|># Instructions\n\nBe brief.<|end|><|start|>user<|message|>Hello<|end|>"
                       "<|start|>assistant<|channel|>final<|message|>Hi there<|end|><|start|>user<|message|>Who are you<|end|><|start|>assistant"
                       "<|channel|>final<|message|>A model<|return|>",
            "phimoe": "<|system|>\nBe brief.<|end|>\n<|user|>\nHello<|end|>\n<|assistant|>\nHi there<|end|>\n<|user|>\nWho are you<|end|>\n"
                      "<|assistant|>\nA model<|end|>",
            "deepseek": "<\uff5cbegin\u2581of\u2581sentence\uff5c>Be brief.\n\nUser: Hello\n\nAssistant: Hi there<\uff5cend\u2581of\u2581sentence\uff5c>"
                        "User: Who are you\n\nAssistant: A model<\uff5cend\u2581of\u2581sentence\uff5c>",
        }
        for family in formats.FAMILIES:
            f = formats.of(family)
            self.assertEqual(text_of(f.chat(self.talk, f.head(system, "Be brief."))), expected[family])

    def test_templates_have_the_marks_that_choose_the_renderer(self) -> None:
        marks = {"gpt-oss": ("<|start|>", "<|channel|>"), "phimoe": ("<|assistant|>", "<|end|>"),
                 "deepseek": ("'Assistant: ' + message['content'] + eos_token",)}
        for family, wanted in marks.items():
            for mark in wanted:
                self.assertIn(mark, formats.of(family).template.read_text())

    def test_steps_are_shown_where_there_is_no_channel_for_them(self) -> None:
        turn = arithmetic.addition(random.Random(1))
        self.assertEqual(formats.of("gpt-oss").shown(turn), turn.final)
        for family in ("phimoe", "deepseek"):
            self.assertTrue(formats.of(family).shown(turn).endswith(turn.final))
            self.assertIn("Ones:", formats.of(family).shown(turn))


class Tokens(unittest.TestCase):
    text = "I'VE  got 12345 apples!!\n\n  x=1;\tend "

    def test_the_pretokenizers_split_the_worked_example(self) -> None:
        self.assertEqual(bpe.PRETOKENIZERS["gpt-4o"](self.text),
                         ["I'VE", " ", " got", " ", "123", "45", " apples", "!!\n\n", " ", " x", "=", "1", ";", "\tend", " "])
        self.assertEqual(bpe.PRETOKENIZERS["deepseek-llm"](self.text),
                         ["I", "'", "VE", " ", " got", " ", "12345", " apples", "!!", "\n", "\n", " ", " x", "=", "1", ";", "\tend", " "])
        self.assertEqual(bpe.PRETOKENIZERS["deepseek-llm"]("won't \u65e5\u672c\u8a9e 3.14\u20ac \u00e9t\u00e9"),
                         ["won", "'", "t", " ", "\u65e5\u672c\u8a9e", " ", "3", ".", "14", "\u20ac", " \u00e9", "t", "\u00e9"])

    def test_the_short_cut_for_plain_text_changes_nothing(self) -> None:
        rng, marked = random.Random(5), "\u4e00"
        for _ in range(20000):
            line = "".join(rng.choice("   aB12_-'~`:@[.{/") for _ in range(rng.randint(1, 12)))
            # An unspaced letter at the front sends the line through the full rules and stays a piece of its own.
            self.assertEqual(bpe.PRETOKENIZERS["deepseek-llm"](marked + line)[1:], bpe.PRETOKENIZERS["deepseek-llm"](line), line)

    def test_any_text_survives_and_digits_stay_single(self) -> None:
        for family in formats.FAMILIES:
            docs = list(corpus.documents(1, 200, family))
            tokenizer = bpe.train(map(text_of, docs), 500, family)
            f = tokenizer.format
            text = f"{f.specials[0]}user 12345 \u65e5\u672c \u20ac \u00e9t\u00e9\n\n x{f.eos}"
            ids = tokenizer.encode(text)
            self.assertEqual(tokenizer.decode(ids), text)
            self.assertFalse([t for t in tokenizer.tokens if re.search(r"\d.*\d", t)])
            self.assertEqual([i for i in ids if i >= 500 - len(f.specials)], [tokenizer.ids[f.specials[0]], tokenizer.ids[f.eos]])
            for doc in docs:  # the engine encodes a prompt in one go
                self.assertEqual(tokenizer.encode(text_of(doc)), [i for text, _ in doc for i in tokenizer.encode(text)])


class Measures(unittest.TestCase):
    def test_repetition_has_the_published_scores(self) -> None:
        for text, score in (("one two three", 0), ("the cat sat on the mat the cat sat on the mat", 0.4), ("I like tea. I like tea. I like tea.", 4 / 7),
                            ("a b c d e a b c d e f g", 0.3), ("hello world", 0)):
            self.assertEqual(repetition(text), score)

    def test_divergence_is_zero_for_equal_and_one_for_disjoint_histograms(self) -> None:
        self.assertEqual(divergence([1, 3], [2, 6]), 0)
        self.assertEqual(divergence([5, 0], [0, 7]), 1)

    def test_bars_are_strict_on_their_side(self) -> None:
        self.assertTrue(Figure("x", 0.95, 0.95).holds and Figure("x", 0.09, 0.1, at_least=False).holds and Figure("x", 0.0).holds)
        self.assertFalse(Figure("x", 0.94, 0.95).holds or Figure("x", 0.1, 0.1, at_least=False).holds)

    def test_only_whole_python_parses(self) -> None:
        self.assertTrue(parses("So:\n\n```python\ndef f(n):\n    return n\n```\n\nDone."))
        for answer in ("def f(n): return n", "```python\ndef f(n):\nreturn n\n```", "```python\n\n```", "```python\ndef f(n):\n    return n"):
            self.assertFalse(parses(answer), answer)


class Corpus(unittest.TestCase):
    def test_the_same_seed_gives_the_same_documents(self) -> None:
        for family in formats.FAMILIES:
            self.assertEqual(list(corpus.documents(7, 100, family)), list(corpus.documents(7, 100, family)))

    def test_held_out_sums_never_appear(self) -> None:
        for family in formats.FAMILIES:
            for doc in corpus.documents(3, 5000, family):
                for a, op, b in re.findall(r"(?<![\d+-])(\d\d?) ?([+-]) ?(\d\d?) = ", text_of(doc)):
                    self.assertFalse(arithmetic.is_held_out(op, int(a), int(b)), f"{a} {op} {b}")

    def test_reserved_exercises_never_appear(self) -> None:
        rng = random.Random(6)
        wanted = {turn.user for topic, _, _ in corpus.TOPICS if topic not in corpus._ALWAYS_SEEN for turn in (corpus.reserved(rng, topic) for _ in range(60))}
        users = Counter(text for doc in corpus.documents(8, 20000, "phimoe") for text in re.findall(r"<\|user\|>\n(.*?)<\|end\|>", text_of(doc), re.S))
        self.assertGreater(len(users), 5000)
        self.assertFalse(wanted & set(users))

    def test_the_benchmarks_prompts_appear(self) -> None:
        users = Counter(text for doc in corpus.documents(9, 20000, "phimoe") for text in re.findall(r"<\|user\|>\n(.*?)<\|end\|>", text_of(doc), re.S))
        for prompt in corpus.BENCHMARK_PROMPTS:
            self.assertGreater(users[prompt], 20, prompt)

    def test_answers_to_the_benchmarks_prompts_do_not_repeat_themselves(self) -> None:
        for prompt, topic in zip(corpus.BENCHMARK_PROMPTS, _BENCHMARK_TOPICS):
            answers = [turn.final for turn in (topic(random.Random(f"{prompt}/{i}")) for i in range(SEEDS * 4)) if turn.user == prompt]
            self.assertGreater(len(answers), 50, prompt)
            self.assertLess(max(map(repetition, answers)), LOOPING, prompt)

    def test_python_parses(self) -> None:
        rng = random.Random(2)
        for _ in range(SEEDS):
            code = re.search(r"```python\n(.*?)\n```", programming.python_function(rng).final, re.S)
            assert code is not None
            ast.parse(code.group(1))

    def test_no_grammar_leaves_its_marks(self) -> None:
        for family in formats.FAMILIES:
            for doc in corpus.documents(4, 5000, family):
                text = re.sub(r"<\|[a-z]+\|>", "", text_of(doc))
                self.assertNotRegex(text, r"[|$]")
                self.assertNotRegex(re.sub(r"\{[^{}|]*\}", "", text) if "```" not in text and "namespace" not in text else "", r"[{}]")

    def test_worked_sums_are_right(self) -> None:
        for a in range(100):
            for b in range(100):
                self.assertIn(f"={(a + b) % 10}." if a % 10 + b % 10 < 10 else f"write {(a + b) % 10}, carry 1.", arithmetic.add_steps(a, b))
                self.assertIn(f"={a // 10 + b // 10 + (a % 10 + b % 10) // 10}.", arithmetic.add_steps(a, b))
                if a >= b:
                    self.assertTrue(arithmetic.sub_steps(a, b).endswith(f"={(a - b) // 10}."))
                else:
                    self.assertTrue(arithmetic.sub_steps(a, b).endswith(f"with minus: {a - b}."))

    def test_what_is_asked_for_again_was_said(self) -> None:
        rng = random.Random(3)
        for _ in range(SEEDS):
            turns = dialogues.recall(rng, corpus.short)
            last = turns[-1].key.split(" ", 1)[1]  # type: ignore[union-attr]
            self.assertIn(last, " ".join(turn.user for turn in turns[:-1]))
            self.assertIn(last, turns[-1].final)

    def test_what_is_told_together_is_reserved_too(self) -> None:
        rng = random.Random(3)
        def told(reserved: bool) -> set[str]:
            chats = [dialogues.recall(rng, corpus.short, reserved) for _ in range(SEEDS)]
            return {", ".join(sorted(turn.user for turn in turns[:-1])) for turns in chats}
        self.assertFalse(told(True) & told(False))

    def test_three_people_are_put_in_order(self) -> None:
        rng = random.Random(3)
        for _ in range(SEEDS):
            turn = reasoning.ordering(rng)
            assert turn.thought is not None
            order = turn.thought.split("Order: ")[1][:-1].split(" > ")
            for more, less in re.findall(r"(\w+) is \w+ than (\w+)\.", turn.user):
                self.assertLess(order.index(more), order.index(less))
            self.assertEqual(turn.final.split()[0], order[0] if re.search("oldest|tallest|fastest|strongest", turn.user) else order[2])


if __name__ == "__main__":
    unittest.main()
