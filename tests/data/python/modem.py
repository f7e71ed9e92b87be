"""A modem on a serial port: questions and their answers, prompts, counted data, lines that come by themselves."""

import argparse
import re
import sys
import time

import serial

FINAL = re.compile(r"(OK|ERROR|SEND OK|SEND FAIL|\+CM[ES] ERROR: .*)$")


class Refused(Exception):
    """The modem answered with an error."""


class Modem:
    def __init__(self, port):
        self.port = serial.serial_for_url(port, 115200, timeout=0.1)
        self.buffer = b""
        self.urcs = []
        self.body = b""

    def fill(self, until):
        if time.monotonic() > until:
            raise TimeoutError("nothing more came in time")
        self.buffer += self.port.read(max(1, self.port.in_waiting))

    def line(self, until):
        while b"\n" not in self.buffer:
            self.fill(until)
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.strip().decode("utf-8", "replace")

    def counted(self, count, until):
        while len(self.buffer) < count:
            self.fill(until)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def ask(self, command, within=10, prompt=">", reply=None, counted=None):
        """The lines of the answer. `reply` is given to a prompt; `counted` is a pattern whose group counts the body."""
        self.port.write(command.encode() + b"\r")
        until = time.monotonic() + within
        name = re.match(r"AT(.?\w*)", command)[1]
        lines = []
        while True:
            if reply is not None and prompt.encode() in self.buffer:
                self.buffer = self.buffer.partition(prompt.encode())[2]
                self.port.write(reply)
                reply = None
            try:
                line = self.line(min(until, time.monotonic() + 0.2))
            except TimeoutError:
                if time.monotonic() > until:
                    self.buffer = b""
                    raise TimeoutError(f"{command} was not answered in {within} s") from None
                continue
            if FINAL.match(line):
                if line not in ("OK", "SEND OK"):
                    raise Refused(f"{command} answered {line}")
                return lines
            if counted and (found := re.match(counted, line)):
                self.body = self.counted(int(found[1]), until)
            if line.startswith(("+", "#", "^")) and not line.startswith(name):
                self.urcs.append(line)
            elif line and line != command:
                lines.append(line)

    def one(self, command, pattern, **options):
        """What the pattern finds in the first line of the answer that has its form."""
        lines = self.ask(command, **options)
        for line in lines:
            if found := re.match(pattern, line):
                return found
        sys.exit(f"{command} answered {lines}")

    def wait(self, pattern, within):
        """The next line that comes by itself and has this form."""
        until = time.monotonic() + within
        while True:
            line = self.urcs.pop(0) if self.urcs else self.line(until)
            if found := re.match(pattern, line):
                return found

    def known(self, *commands):
        """The first of these commands that the modem knows."""
        for command in commands:
            try:
                self.ask(f"AT{command}=?")
                return command
            except Refused:
                pass
        return ""

    def restart(self, command, within=90):
        self.ask(command)
        time.sleep(2)
        until = time.monotonic() + within
        while True:
            try:
                self.ask("AT", within=1)
                self.ask("ATE0")
                return
            except (TimeoutError, Refused, serial.SerialException):
                if time.monotonic() > until:
                    raise


def run(job, **options):
    """Runs the job on the port of the command line, with its options."""
    parser = argparse.ArgumentParser()
    parser.add_argument("device")
    for name, default in options.items():
        required = default is None
        kind = int if isinstance(default, int) else str
        parser.add_argument("--" + name, type=kind, default=default, required=required)
    arguments = vars(parser.parse_args())
    modem = Modem(arguments.pop("device"))
    try:
        job(modem, **arguments)
    except (Refused, TimeoutError, AssertionError) as error:
        sys.exit(str(error))
