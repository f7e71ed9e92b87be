import time

from modem import Refused, run


def registered(modem, minutes):
    """Why the modem is not registered after so many minutes; None: it is."""
    services = []
    for service in ("C5GREG", "CEREG", "CGREG"):
        try:
            modem.ask(f"AT+{service}?")
            services.append(service)
        except Refused:
            pass
    until = time.monotonic() + minutes * 60
    stats, failures = [], 0
    while time.monotonic() < until and failures < 3:
        stats = []
        for service in services or ["CREG"]:
            try:
                stats.append(int(modem.one(f"AT+{service}?", rf"\+{service}: *\d,(\d+)")[1]))
                failures = 0
            except (Refused, TimeoutError):
                failures += 1
        if any(stat in (1, 5, 9, 10) for stat in stats):
            return None
        time.sleep(5)
    return f"registration status {stats}"


def job(modem, minutes):
    assert minutes >= 5, "five minutes are the least: faster resets keep a Super SIM from changing its IMSI"
    modem.ask("ATE0")
    if modem.one("AT+CFUN?", r"\+CFUN: *(\d)")[1] != "1":
        modem.ask("AT+CFUN=1")
    assert modem.one("AT+CPIN?", r"\+CPIN: *(.*)", within=20)[1] == "READY", "the SIM is not ready"
    reason = ""
    for step in ("waiting", "choosing a network automatically", "switching the radio off and on", "a restart"):
        if step == "choosing a network automatically":
            if modem.one("AT+COPS?", r"\+COPS: *(\d)")[1] == "0":
                continue
            modem.ask("AT+COPS=0", within=180)
        elif step == "switching the radio off and on":
            modem.ask("AT+CFUN=0", within=15)
            time.sleep(2)
            modem.ask("AT+CFUN=1", within=15)
        elif step == "a restart":
            imei = modem.ask("AT+CGSN")[0]
            modem.restart("AT+CFUN=1,1")
            assert modem.ask("AT+CGSN")[0] == imei, "another modem came back"
        reason = registered(modem, minutes)
        if reason is None:
            print(step)
            return
        print(step, "did not help")
    raise AssertionError(f"nothing helped: take its power away for ten seconds. The last that was found: {reason}")


run(job, minutes=5)
