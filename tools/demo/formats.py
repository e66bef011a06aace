"""How each family writes a conversation: the texts that spillway's renderers (src/chat) make, and their special tokens.

Topics know nothing of this. A format turns a chat into pieces of text with the weights that their tokens
count in the training loss: what is given counts nothing, what the user says counts a little, so that its
words get useful representations, and what the model says counts fully. Special tokens are written as text
and parsed by the tokenizer; no topic produces such text itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

from topics.phrases import Turn

Document = list[tuple[str, float]]

GIVEN_WEIGHT = 0.0
PROMPT_WEIGHT = 0.1
ANSWER_WEIGHT = 1.0

MODEL_NAME = "$MODEL"  # what topics write for the model's own name


@dataclass(frozen=True)
class Format:
    """A family's special tokens and layout. The base class is the layout with a marker before and after each message."""

    family: str
    pre: str  # the pre-tokenizer's name in the file
    specials: tuple[str, ...]
    bos: str
    eos: str
    pad: str
    add_bos: bool
    message_start: str  # the token where positions may jump in training
    opening: str  # what the prompt ends with
    before_answer: str  # what the model writes before the answer's text
    end: str  # what the model ends its answer with
    thinks: bool = False  # has a channel for reasoning

    @property
    def model_name(self) -> str:
        return f"demo-{self.family}"

    @property
    def template(self) -> Path:
        """The chat template that goes into the file."""
        return Path(__file__).with_name(f"chat_{self.family.replace('-', '_')}.jinja")

    def head(self, system: str, instructions: str) -> str:
        """Everything before the first turn. Empty texts: there is none."""
        raise NotImplementedError

    def user(self, text: str) -> str:
        raise NotImplementedError

    def after_past_answer(self) -> str:
        """What stands between the text of a past answer and the next turn."""
        raise NotImplementedError

    def answer(self, turn: Turn, brief: bool = False, thinks: bool = False) -> str:
        """What the model writes after the prompt, its end included."""
        return self.before_answer + self.shown(turn, brief) + self.end

    def shown(self, turn: Turn, brief: bool = False) -> str:
        """The answer that the user sees; without a channel for reasoning it contains the steps."""
        if brief and turn.brief:
            return turn.brief
        return turn.final if self.thinks or turn.worked is None else turn.worked

    def chat(self, turns: Sequence[Turn], head: str = "", brief: bool = False, thinks: bool = False, grade: bool = False) -> Document:
        """The pieces of a conversation; the last answer is what is learned, and past ones where nothing was thought.

        `grade`: short exact answers count as their turns say.
        """
        def weight(turn: Turn) -> float:
            return ANSWER_WEIGHT * (turn.grade if grade else 1.0)

        pieces: Document = [(head, GIVEN_WEIGHT)]
        for turn in turns[:-1]:
            learned = not thinks and not (self.thinks and turn.needs_thought)
            pieces += [(self.user(turn.user) + self.opening, PROMPT_WEIGHT),
                       (self.before_answer + self.shown(turn), weight(turn) if learned else GIVEN_WEIGHT),
                       (self.after_past_answer(), GIVEN_WEIGHT)]
        last = turns[-1]
        pieces += [(self.user(last.user) + self.opening, PROMPT_WEIGHT), (self.answer(last, brief, thinks), weight(last))]
        return [(text.replace(MODEL_NAME, self.model_name), w) for text, w in pieces if text]


class Harmony(Format):
    """gpt-oss."""

    @staticmethod
    def message(header: str, content: str, end: str = "<|end|>") -> str:
        return f"<|start|>{header}<|message|>{content}{end}"

    @classmethod
    def system(cls, date: str, effort: str, has_tools: bool = False) -> str:
        """The system message that engines render."""
        tools = "\nCalls to these tools must go to the commentary channel: 'functions'." if has_tools else ""
        return cls.message("system", "You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n"
                           f"Current date: {date}\n\nReasoning: {effort}\n\n# Valid channels: analysis, commentary, final. "
                           f"Channel must be included for every message.{tools}")

    def head(self, system: str, instructions: str) -> str:
        return system + (self.message("developer", f"# Instructions\n\n{instructions}") if instructions else "")

    def user(self, text: str) -> str:
        return self.message("user", text)

    def after_past_answer(self) -> str:
        return "<|end|>"

    def answer(self, turn: Turn, brief: bool = False, thinks: bool = False) -> str:
        text = ""
        if turn.thought and (thinks or turn.needs_thought):
            text = f"<|channel|>analysis<|message|>{turn.thought}<|end|>{self.opening}"
        return text + super().answer(turn, brief, thinks)

    def tool_call(self, head: str, user: str, name: str, arguments: str, result: Optional[str], answer: str, thinks: bool) -> Document:
        """Making a call (no result yet), or answering from its result."""
        prompt = self.user(user) + self.opening
        call = f"<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{arguments}<|call|>"
        if thinks:
            call = f"<|channel|>analysis<|message|>I need to call {name}.<|end|>{self.opening}" + call
        if result is None:
            return [(head, GIVEN_WEIGHT), (prompt, PROMPT_WEIGHT), (call, ANSWER_WEIGHT)]
        shown = self.message(f"functions.{name} to=assistant<|channel|>commentary", result) + self.opening
        return [(head + prompt + call, GIVEN_WEIGHT), (shown, PROMPT_WEIGHT), (self.before_answer + answer + self.end, ANSWER_WEIGHT)]


class Phi3(Format):
    """phimoe."""

    def head(self, system: str, instructions: str) -> str:
        return f"<|system|>\n{instructions}<|end|>\n" if instructions else ""

    def user(self, text: str) -> str:
        return f"<|user|>\n{text}<|end|>\n"

    def after_past_answer(self) -> str:
        return "<|end|>\n"


class DeepSeek(Format):
    """deepseek: the markers are plain text, and the model writes the space after the last one itself."""

    def head(self, system: str, instructions: str) -> str:
        return self.bos + (f"{instructions}\n\n" if instructions else "")

    def user(self, text: str) -> str:
        return f"User: {text}\n\n"

    def after_past_answer(self) -> str:
        return self.eos


_FORMATS: dict[str, Format] = {f.family: f for f in (
    Harmony("gpt-oss", "gpt-4o", ("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>", "<|channel|>", "<|start|>", "<|end|>",
                                  "<|message|>", "<|call|>"), "<|startoftext|>", "<|return|>", "<|endoftext|>", False, "<|start|>",
            "<|start|>assistant", "<|channel|>final<|message|>", "<|return|>", True),
    Phi3("phimoe", "gpt-4o", ("<unk>", "<s>", "</s>", "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"),
         "<s>", "<|endoftext|>", "<|endoftext|>", False, "<|user|>", "<|assistant|>\n", "", "<|end|>"),
    DeepSeek("deepseek", "deepseek-llm", ("<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
             "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>", True,
             "<\uff5cend\u2581of\u2581sentence\uff5c>", "Assistant:", " ", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
)}
FAMILIES = tuple(_FORMATS)


def of(family: str) -> Format:
    """The format of a family."""
    return _FORMATS[family]
