"""What the comparisons share: a Python with the libraries, programs that print JSON, plain errors."""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parent / ".build" / "release" / "lossmith"


class Failure(Exception):
    """What ends a comparison with a message instead of a traceback."""


def has(python, needs):
    """Whether a Python imports all of the modules."""
    try:
        return not subprocess.run(
            [str(python), "-c", "import " + ", ".join(needs)], capture_output=True
        ).returncode
    except OSError as error:
        raise Failure(f"{python} cannot be run: {error.strerror}.") from error


def environment(needs):
    """Python of an own virtual environment with what the comparison needs."""
    folder = HERE / ".venv"
    python = folder / "bin" / "python"
    remedy = "Give a Python that has " + ", ".join(needs) + " with --python."
    if not python.exists():
        made = subprocess.run(
            [sys.executable, "-m", "venv", folder], capture_output=True, text=True
        )
        if made.returncode:
            raise Failure(f"{folder} cannot be made:\n{made.stdout}{made.stderr}{remedy}")
    if not has(python, needs):
        print(f"installing {', '.join(needs)} into {folder} …", file=sys.stderr)
        if subprocess.run([python, "-m", "pip", "install", "--quiet", *needs]).returncode:
            raise Failure(f"pip could not install {', '.join(needs)}. {remedy}")
    return python


def python_with(needs, given):
    """The Python that was given, once it imports what is needed; else that of ``environment``."""
    if given is None:
        return environment(needs)
    if not has(given, needs):
        lacks = needs[0] if len(needs) == 1 else "one of " + ", ".join(needs)
        raise Failure(f"{given} lacks {lacks}: pip install {' '.join(needs)}")
    return given


class Document(dict):
    """A JSON object that a program printed: what it lacks is that program's fault."""

    def __init__(self, program, fields):
        super().__init__(fields)
        self.program = program

    def __missing__(self, key):
        raise Failure(f"{self.program} printed no {key}: is it of another version?")


def document(value, program):
    """What a program printed, with keys as Python writes them: tokensPerSecond becomes tokens_per_second."""
    if isinstance(value, dict):
        return Document(
            program,
            {
                re.sub("[A-Z]+", lambda m: "_" + m[0].lower(), k): document(v, program)
                for k, v in value.items()
            },
        )
    return [document(part, program) for part in value] if isinstance(value, list) else value


def run(*command):
    """The JSON document that a command prints; of a list its first part."""
    command = [str(part) for part in command]
    try:
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"{command[0]} cannot be run: {error.strerror}.") from error
    if result.returncode:
        raise Failure(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    text = result.stdout.strip()
    try:
        try:
            value = document(json.loads(text), command[0])
        except ValueError:
            # Libraries may print before the document, even what looks like one.
            value = document(json.loads(text[text.rindex("\n{") :]), command[0])
    except ValueError as error:
        raise Failure(f"{' '.join(command)} printed no JSON:\n{text[-2000:]}") from error
    return value[0] if isinstance(value, list) else value


def positive(text):
    """A whole number from 1, as a type of arguments."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a number from 1")
    return value


def require_program(parser, program):
    """The program's path; ends with code 2 where there is none that can be run."""
    found = shutil.which(str(program))
    if not found:
        parser.error(f"there is no program {program} that can be run: build it first (make build)")
    return found


def end(work):
    """Ends the process with what the work returns; failures become one message."""
    name = pathlib.Path(sys.argv[0]).name
    try:
        sys.exit(work())
    except Failure as failure:
        sys.exit(f"{name}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
