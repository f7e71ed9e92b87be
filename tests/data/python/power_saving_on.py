import re

from modem import Refused, run

PERIODIC = ((2, "011"), (30, "100"), (60, "101"), (600, "000"), (3600, "001"), (36000, "010"), (1152000, "110"))
ACTIVE = ((2, "000"), (60, "001"), (360, "010"))


def timer(seconds, units):
    for unit, bits in units:
        count = -(-seconds // unit)
        if count <= 31:
            return bits + format(count, "05b")
    raise AssertionError(f"{seconds} s is too long for a timer")


def job(modem, minutes, awake, edrx, technology):
    assert minutes >= 1 and awake >= 2, "the period is a minute at least, the active time two seconds"
    assert re.fullmatch("([01]{4})?", edrx), f"an eDRX cycle is 4 bits, such as 0010: {edrx}"
    try:
        modem.ask("AT+CPSMS?")
    except Refused:
        print("the modem has no PSM")
        return
    period, active = timer(minutes * 60, PERIODIC), timer(awake, ACTIVE)
    wanted = rf'\+CPSMS: *1,[^,]*,[^,]*,"{period}","{active}"'
    if not re.match(wanted, "".join(modem.ask("AT+CPSMS?"))):
        modem.ask(f'AT+CPSMS=1,,,"{period}","{active}"')
        assert re.match(wanted, "".join(modem.ask("AT+CPSMS?"))), "PSM stays as it was"
    cycle = rf'\+CEDRXS: *{technology},"{edrx}"'
    if edrx and not any(re.match(cycle, line) for line in modem.ask("AT+CEDRXS?")):
        modem.ask(f'AT+CEDRXS=1,{technology},"{edrx}"')
        assert any(re.match(cycle, line) for line in modem.ask("AT+CEDRXS?")), "eDRX stays as it was"
    print(period, active, edrx)


run(job, minutes=60, awake=60, edrx="", technology=4)
