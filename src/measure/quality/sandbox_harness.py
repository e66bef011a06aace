"""Runs the code of an answer against cases; the trusted half of the sandbox.

Standard input holds a line "MARK FILTER" (a secret word, and a seccomp program in hexadecimal) and a JSON object:
    blocks    [[language, text], ...]: the code of the answer, in its order
    task      "parse": every block must be Python; "run": a function must give the results of the cases
    function  names, or parts of names, of the function that is meant
    any_name  true: if no function has such a name, any other may be meant
    in_place  true: a function without a result has changed its first argument
    cases     [[arguments, result, another result, ...], ...]
Descriptor 3 gets "locked", and after the code has run a line "MARK {"verdict": "passed" | "failed" | "none", "detail": ...}".
"""
import ast
import ctypes
import importlib
import json
import os
import sys
import textwrap
import types

# What code may import; modules must be loaded before the lock, since nothing can be opened after it.
MODULES = set(
    "abc argparse array bisect cmath collections contextlib copy dataclasses datetime decimal doctest enum fractions functools "
    "heapq inspect io itertools json logging math numbers operator os pprint queue random re statistics string sys textwrap "
    "threading time timeit traceback types typing unittest warnings".split()
)
FILE = "<answer>"
INPUTS = ["5", "3", "7"]


def dedented_tree(text):
    """The syntax tree of a block, or None."""
    try:
        return ast.parse(textwrap.dedent(text), FILE)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def longest_tree(text):
    """Code without a fence around it: the text after it is no code, so lines are removed from the end."""
    lines = text.split("\n")
    for n in range(len(lines), max(0, len(lines) - 300), -1):
        tree = dedented_tree("\n".join(lines[:n]))
        if tree is not None and tree.body:
            return tree
    return None


def load_modules(trees):
    for tree in trees:
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                if name.split(".")[0] in MODULES:
                    try:
                        importlib.import_module(name)
                    except ImportError:
                        pass


def lock(code):
    """Installs the filter and tries it out.  Nothing of the answer has run yet."""

    class Program(ctypes.Structure):
        _fields_ = [("n", ctypes.c_ushort), ("at", ctypes.c_void_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    held = ctypes.create_string_buffer(code, len(code))
    program = Program(len(code) // 8, ctypes.addressof(held))
    set_seccomp, filter_mode = 22, 2
    if libc.prctl(set_seccomp, filter_mode, ctypes.byref(program), 0, 0) != 0:
        sys.exit("the filter of system calls is refused: " + os.strerror(ctypes.get_errno()))
    try:
        os.close(os.open("/", os.O_RDONLY))
        sys.exit("the filter of system calls is without effect")
    except PermissionError:
        pass
    unix, stream = 1, 1
    if libc.socket(unix, stream, 0) != -1 or libc.kill(os.getpid(), 0) != -1:
        sys.exit("the filter of system calls is without effect")


class Silence:
    """Takes what is printed."""

    def write(self, text):
        return len(text)

    def flush(self):
        pass


def run_statements(tree, space):
    """One statement after the other: an example that fails does not hide the functions before and after it."""
    for statement in tree.body:
        try:
            exec(compile(ast.Module([statement], []), FILE, "exec"), space)
        except BaseException:  # SystemExit too: the answer does not decide when its test ends
            pass


def is_theirs(thing):
    code = getattr(getattr(thing, "__wrapped__", thing), "__code__", None)
    return code is not None and code.co_filename == FILE


def methods_of(name, cls, first):
    """The methods of a class of the answer, on an object made without arguments or with the first of the case."""
    for member in [m for m in vars(cls) if not m.startswith("__")]:

        def call(*args, member=member):
            try:
                return getattr(cls(), member)(*args)
            except TypeError:
                return getattr(cls(first(args)), member)(*args[1:])

        yield name + "." + member, call


def callables(space):
    for name, thing in list(space.items()):
        if isinstance(thing, type) and thing.__module__ == space["__name__"]:
            yield from methods_of(name, thing, lambda args: args[0] if args else None)
        elif is_theirs(thing):
            yield name, thing


def meant(request, found):
    wanted = [w.lower().replace("_", "") for w in request["function"]]
    named = [(n, f) for n, f in found if any(w in n.lower().replace("_", "") for w in wanted)]
    return named or (found if request["any_name"] else [])


def arrangements(args):
    """The ways to pass these arguments: as they are, and with bounds of the list as recursive versions take them."""
    yield args
    lists = [a for a in args if isinstance(a, list)]
    if lists:
        others = [a for a in args if not isinstance(a, list)]
        a, n = lists[0], len(lists[0])
        yield from ([a, *others, 0, n - 1], [a, 0, n - 1, *others], [a, *others, 0, n], [a, n, *others], [*others, a])


def is_same(found, wanted):
    if isinstance(found, bool) != isinstance(wanted, bool):
        return False
    if isinstance(wanted, list) and not isinstance(found, (list, str, bytes)):
        found = list(found)
    return bool(found == wanted)


def failure_of(name, call, request, way):
    """None if the function gives the result of every case when it is called that way; else what it did."""
    for case in request["cases"]:
        args = list(arrangements(json.loads(json.dumps(case[0]))))
        if way >= len(args):
            return "cannot be called"
        args = args[way]
        shown = "%s(%s)" % (name, ", ".join(map(repr, args)))
        try:
            result = call(*args)
            if isinstance(result, types.GeneratorType):
                result = list(result)
            if request["in_place"] and not isinstance(result, (list, tuple)):
                result = next(a for a in args if isinstance(a, list))
            if not any(is_same(result, wanted) for wanted in case[1:]):
                return "%s returned %r, not %r" % (shown, result, case[1])
        except BaseException as e:
            return "%s: %s: %s" % (shown, type(e).__name__, e)
    return None


def judge(request, space):
    failure = None
    for name, call in meant(request, list(callables(space))):
        for way in range(6):
            now = failure_of(name, call, request, way)
            if now is None:
                return "passed", name + " gives the result of every case"
            failure = failure or now
    if failure is not None:
        return "failed", failure
    return "none", "the code has no function " + " or ".join(request["function"])


def main():
    first, text = sys.stdin.buffer.read().split(b"\n", 1)
    mark, code = first.split()
    request = json.loads(text)
    trees, bad = [], None
    for number, (language, block) in enumerate(request["blocks"], 1):
        tree = longest_tree(block) if language == "text" else dedented_tree(block)
        if tree is not None:
            trees.append(tree)
        elif language == "python":
            bad = bad or "block %d is not Python" % number
    load_modules(trees)
    lock(bytes.fromhex(code.decode()))
    os.write(3, b"locked\n")
    if request["task"] == "parse" or bad or not trees:
        verdict = ("failed", bad) if bad else ("passed", "") if trees else ("none", "the answer has no Python code")
    else:
        inputs = iter(INPUTS)
        space = {"__name__": "answer", "input": lambda *_: next(inputs)}
        sys.modules["answer"] = types.ModuleType("answer")  # dataclasses look their module up
        sys.stdout = sys.stderr = Silence()
        verdict = ("none", "the answer has no Python code")
        for tree in trees:
            run_statements(tree, space)
            verdict = max(verdict, judge(request, space), key=lambda v: ("none", "failed", "passed").index(v[0]))
    report = json.dumps({"verdict": verdict[0], "detail": verdict[1][:300]})
    os.write(3, mark + b" " + report.encode() + b"\n")
    os._exit(0)


main()
