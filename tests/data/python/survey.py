import re
import sys
import time

from modem import Refused, run


def told(modem, command, pattern):
    try:
        found = re.match(pattern, modem.ask(command)[0])
        return found[1] if found else ""
    except (Refused, IndexError):
        return ""


def job(modem, passes, seconds):
    assert passes >= 1 and seconds >= 0, "passes must be 1 or more"
    assert modem.one("AT+CFUN?", r"\+CFUN: *(\d)")[1] not in "04", "the radio is off"
    heard, levels = 0, []
    for number in range(1, passes + 1):
        began, rssi, rsrp, rsrq = time.monotonic(), "", "", ""
        value = told(modem, "AT+CSQ", r"\+CSQ: *(\d+),")
        if value and int(value) <= 31:
            rssi = 2 * int(value) - 113
        values = told(modem, "AT+CESQ", r"\+CESQ: *(.*)").split(",")
        if len(values) > 5 and int(values[5]) <= 97:
            rsrp = int(values[5]) - 141
            levels.append(rsrp)
        if len(values) > 5 and int(values[4]) <= 34:
            rsrq = int(values[4]) / 2 - 20
        operator = told(modem, "AT+COPS?", r'\+COPS: *\d,\d,"([^"]*)')
        heard += rsrp != "" or rssi != ""
        print(number, rssi, rsrp, rsrq, operator, sep=",", flush=True)
        if number < passes:
            time.sleep(max(0, seconds - (time.monotonic() - began)))
    assert heard, "there was no signal, not once"
    if levels:
        print(f"RSRP from {min(levels)} to {max(levels)} dBm", file=sys.stderr)


run(job, passes=10, seconds=30)
