"""Checks that README.md, CONTRIBUTING.md and docs/ agree with the program and the tree:

    check_docs.py SPILLWAY SOURCE

- every route of the server and every field of a chat request is in docs/api.md;
- every option of every command is in that command's section of docs/commands.md, and help fits 80 columns;
- every limit is in docs/limits.md, and every room in docs/architecture.md;
- every option, limit, path, `make` target and command that a document names exists.

Prints one line for each thing that is missing; the exit code is then 1.
"""
import re
import subprocess
import sys
from pathlib import Path

SPILLWAY, ROOT = sys.argv[1], Path(sys.argv[2]).resolve()
SHARED = "Options of every command that loads a model"  # a section of docs/commands.md
LOADING = {"run", "serve", "plan", "perf", "logits"}
NAMING = "Options of every command that takes a model"
TAKING = LOADING | {"parity", "inspect", "tokenize", "quantize"}
EVERY = "Configuration"
WITHIN = ["bench review"]  # commands within commands
# Options of other programs that documents show.
FOREIGN_OPTIONS = {"--preset", "--build", "--target", "--no-show-raw-insn", "--best", "--quick", "--spillway"}
ROUTE = re.compile(r'\{\s*"(GET|POST|PUT|DELETE)",\s*"(/[^"]*)"')
CODE = re.compile(r"```.*?```|(?:^ {4,}\S[^\n]*\n)+|`[^`\n]+`", re.S | re.M)
SOURCE_FILE = re.compile(r"(?<![\w./*<-])((?:[\w.-]+/)*[\w-]+\.(?:c|h|cu|py|mjs))\b(?!\.o|[\w(])")
TREE_PATH = re.compile(r"(?<![\w./-])((?:src|include|tests|scripts|tools|models|protocols|web|bench|cmake|docs)/[\w./*-]*)")

bad: list[str] = []


def run(*arguments: str) -> str:
    return subprocess.run([SPILLWAY, *arguments], capture_output=True, text=True, check=True).stdout


def code_of(text: str) -> list[str]:
    """What a document shows as code: blocks and spans."""
    return CODE.findall(text)


def sections_of(text: str) -> dict[str, str]:
    """Headings of the second level, without backticks, and what is below each."""
    parts = re.split(r"^## (.*)$", text, flags=re.M)
    return {title.replace("`", ""): body for title, body in zip(parts[1::2], parts[2::2])}


def check_routes(api: str) -> None:
    code = " ".join(code_of(api))
    routes = {path for file in (ROOT / "src/serve").rglob("*.c") for _, path in ROUTE.findall(file.read_text())}
    if len(routes) < 8:
        bad.append(f"only {len(routes)} routes were found under src/serve: is their table still written as before?")
    for path in sorted(routes):
        wanted = re.escape(path) + (r"\{" if path.endswith("/") and path != "/" else r"(?![\w/])")
        if not re.search(r"(?<![\w/])" + wanted, code):
            bad.append(f"docs/api.md does not name the route {path}{'{...}' if path.endswith('/') else ''}")


def check_fields(api: str) -> None:
    """Every member of a chat request that a table of src/serve/dialects/ has."""
    code = " ".join(code_of(api))
    fields = set()
    for file in (ROOT / "src/serve/dialects").glob("*.c"):
        fields |= set(re.findall(r'\{\s*(?:\.name = )?"([a-z_.]+)",\s*(?:\.type|[A-Z_]+,)', file.read_text()))
    if len(fields) < 100:
        bad.append(f"only {len(fields)} fields were found under src/serve/dialects: are their tables still written as before?")
    for field in sorted(fields):
        if not re.search(r"(?<![\w])" + re.escape(field) + r"(?!\w)", code) and not field.startswith("speculative."):
            bad.append(f"docs/api.md does not name the field {field}")


def options_of(command: str) -> set[str]:
    text = run(*command.split(), "--help")
    for line in text.splitlines():
        if len(line) > 80:
            bad.append(f"spillway {command} --help has a line of {len(line)} columns: {line}")
    return set(re.findall(r"^  (--[a-z-]+)", text, re.M)) - {"--help"}


def other_spellings_of(command: str) -> set[str]:
    lines = re.findall(r"^  --.*", run(*command.split(), "--help"), re.M)
    return {spelling for line in lines for spelling in re.findall(r", (--[a-z][a-z-]+)", line)}


def check_options(commands_md: str, benchmark_md: str) -> set[str]:
    """Returns all options, and all commands."""
    sections = sections_of(commands_md)
    known = {"--help", "--version"}
    commands = re.findall(r"^  ([a-z]+) ", run("--help"), re.M)
    if len(commands) < 11:
        bad.append(f"spillway --help lists only {commands}")
    for command in commands + WITHIN:
        own = [body for title, body in sections.items() if set(command.split()) <= set(title.split())]
        options = options_of(command)
        known |= options | other_spellings_of(command)
        if not own:
            bad.append(f"docs/commands.md has no section for {command}")
        text = " ".join(own) + sections.get(EVERY, "") + (sections.get(SHARED, "") if command in LOADING else "")
        text += sections.get(NAMING, "") if command in TAKING else ""
        text += benchmark_md if command == "bench" else ""
        for option in sorted(options):
            if not re.search(re.escape(option) + r"(?![\w-])", " ".join(code_of(text))):
                bad.append(f"docs/commands.md does not name {option} of {command}")
    known |= set(re.findall(r"--[a-z][a-z-]+", (ROOT / "src/cmd/habits.c").read_text()))
    return known | set(commands) | {"help"}


def check_limits(limits_md: str) -> None:
    names = [line.split()[0] for line in run("limits").splitlines()]
    documented = re.findall(r"`([A-Z][A-Z_]+\*?)`", limits_md)
    if len(names) < 30:
        bad.append(f"spillway limits prints only {len(names)}")
    for name in names:
        if name not in documented and not any(d.endswith("*") and name.startswith(d[:-1]) for d in documented):
            bad.append(f"docs/limits.md does not name {name}")
    for d in documented:
        if not any(name == d or (d.endswith("*") and name.startswith(d[:-1])) for name in names):
            bad.append(f"docs/limits.md names {d}, which is no limit")


def check_rooms(architecture: str) -> None:
    rooms = {file.parent.name for wing in ("lib", "serve", "measure") for file in (ROOT / "src" / wing).glob("*/*.[ch]")}
    for room in sorted(rooms):
        if f"`{room}/`" not in architecture:
            bad.append(f"docs/architecture.md does not name the room {room}/")


def exists(path: str, files: list[str]) -> bool:
    if "*" in path:
        return any(ROOT.glob(path.rstrip("/")))
    return (ROOT / path).exists() or any(("/" + file).endswith("/" + path) for file in files)


def check_names(name: str, text: str, known: set[str], files: list[str], targets: set[str]) -> None:
    code = "\n".join(code_of(text))
    for path in sorted(set(SOURCE_FILE.findall(code)) | {p.rstrip(".") for p in TREE_PATH.findall(code)}):
        if not path.startswith("build/") and "NAME" not in path and not exists(path, files):
            bad.append(f"{name} names {path}, which is not in the tree")
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        if not (ROOT / name).parent.joinpath(path).exists():
            bad.append(f"{name} links to {path}, which is not there")
    for target in sorted(set(re.findall(r"(?:^|`|&& )\s*make ([a-z][a-z-]*)", code, re.M)) - targets):
        bad.append(f"{name} names 'make {target}', which is no target")
    for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)) - known - FOREIGN_OPTIONS):
        bad.append(f"{name} names {option}, which is no option of a command")
    for command in sorted(set(re.findall(r"(?:^|[`/ ])spillway ([a-z]+)\b(?! =)", code, re.M)) - known):
        bad.append(f"{name} names 'spillway {command}', which is no command")


def main() -> int:
    docs = {str(p.relative_to(ROOT)): p.read_text() for p in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]}
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    if not files:  # an unpacked archive has no repository
        files = [str(p.relative_to(ROOT)) for top in ("src", "include", "tests", "tools", "web", "bench") for p in (ROOT / top).rglob("*")]
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
    check_routes(docs["docs/api.md"])
    check_fields(docs["docs/api.md"])
    known = check_options(docs["docs/commands.md"], docs["docs/benchmark.md"])
    check_limits(docs["docs/limits.md"])
    check_rooms(docs["docs/architecture.md"])
    for name, text in docs.items():
        check_names(name, text, known, files, targets)
    print("\n".join(bad) if bad else f"{len(docs)} documents agree with the program")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
