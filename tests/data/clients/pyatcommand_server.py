# The modem of pyatcommand, on a pseudo-terminal that it names first. It refuses whatever it was not told of, AT too.
import os
import pty
import select
import time
import tty

from pyatcommand.server import AtServer

master, slave = pty.openpty()
tty.setraw(slave)


class Line:
    """What the server asks of a serial port."""

    @property
    def in_waiting(self):
        return len(select.select([master], [], [], 0)[0])

    def read(self):
        return os.read(master, 1)

    def write(self, data):
        os.write(master, data)


server = AtServer()
server._serial = Line()
# It starts only what was stopped.
server._stop.set()
server.start()
print(os.ttyname(slave), flush=True)
while True:
    time.sleep(60)
