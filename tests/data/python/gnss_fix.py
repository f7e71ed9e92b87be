import time

from modem import Refused, run


def poll(modem, command, minutes, is_good):
    until = time.monotonic() + minutes * 60
    while time.monotonic() < until:
        try:
            values = modem.ask(command)[0].split(":", 1)[1].strip().split(",")
            if is_good(values):
                return values
        except (Refused, IndexError):
            pass
        time.sleep(5)
    raise AssertionError(f"no fix in {minutes} minutes: does the antenna see the sky?")


def fix(modem, receiver, minutes):
    if receiver == "+QGPS":
        found = poll(modem, "AT+QGPSLOC=2", minutes, lambda values: len(values) > 4)
        return found[1], found[2], found[4], found[0]
    if receiver == "+CGNSPWR":
        found = poll(modem, "AT+CGNSINF", minutes, lambda values: values[1] == "1")
        return found[3], found[4], found[5], found[2]
    if receiver == "$GPSP":
        found = poll(modem, "AT$GPSACP", minutes, lambda values: values[5] in ("2", "3"))
        return found[1], found[2], found[4], found[0]
    if receiver == "+CGPS":
        found = poll(modem, "AT+CGPSINFO", minutes, lambda values: values[0])
        return found[0] + found[1], found[2] + found[3], found[6], found[5]
    modem.ask(f"AT+ULOC=2,1,0,{minutes * 60},32")
    found = modem.wait(r"\+UULOC: *(.*)", minutes * 60 + 10)[1].split(",")
    return found[2], found[3], found[4], found[0] + " " + found[1]


def job(modem, minutes):
    assert minutes >= 1, "minutes must be 1 or more"
    receiver = modem.known("+QGPS", "+CGNSPWR", "+UGPS", "$GPSP", "+CGPS")
    if not receiver:
        print("the modem has no satellite receiver that is known here")
        return
    is_on = modem.one(f"AT{receiver}?", r"\S+: *(\d)")[1] == "1"
    if not is_on:
        modem.ask(f"AT{receiver}=1")
    try:
        print(*fix(modem, receiver, minutes))
    finally:
        if not is_on:
            modem.ask("AT+QGPSEND" if receiver == "+QGPS" else f"AT{receiver}=0")


run(job, minutes=5)
