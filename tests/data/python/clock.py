import re
import sys

from modem import Refused, run


def job(modem):
    for setting in ("+CTZU", "+CLTS"):
        state = re.escape(setting) + r": *(\d)"
        try:
            is_on = modem.one(f"AT{setting}?", state)[1] in "13"
        except Refused:
            continue
        if not is_on:
            modem.ask(f"AT{setting}=1")
            assert modem.one(f"AT{setting}?", state)[1] in "13", f"{setting} stays as it was"
    time = modem.one("AT+CCLK?", r'\+CCLK: *"([^"]*)')[1]
    is_set = 24 <= int(time[:2]) < 70
    if not is_set:
        print(f"the clock was not set yet: {time}", file=sys.stderr)
    print(time, is_set)


run(job)
