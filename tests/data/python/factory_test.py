import re

from modem import Refused, run


def luhn(number):
    total = 0
    for at, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + at % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def tell(modem, *commands):
    """The first of these that is answered, without its prefix."""
    for command in commands:
        try:
            return re.sub(r'^\S+: *|"', "", modem.ask(command)[0]).strip()
        except (Refused, IndexError):
            pass
    return ""


def job(modem, imei, iccid, tested, firmware, weakest):
    label = re.sub("[ -]", "", imei or input("Scan the IMEI on the label: "))
    assert re.fullmatch(r"\d{15}", label) and luhn(label), f"the label's IMEI {label} is not one"
    assert label not in tested.split(), f"the IMEI {label} was tested before"
    modem.ask("ATE0")
    told = re.search(r"\d{14,16}", tell(modem, "AT+CGSN"))
    found = {
        "imei": told[0] if told else "",
        "iccid": tell(modem, "AT+QCCID", "AT+CCID", "AT^SCID", "AT#CCID", "AT+ICCID", "AT+CICCID").rstrip("F"),
        "model": tell(modem, "AT+CGMM"),
        "firmware": tell(modem, "AT+CGMR"),
    }
    print(*found.values())
    assert found["imei"] == label, f"the label says {label}, the modem {found['imei']}"
    assert modem.one("AT+CPIN?", r"\+CPIN: *(.*)")[1] == "READY", "the SIM is not ready"
    assert found["iccid"], "the SIM's number cannot be read"
    card = iccid.replace(" ", "").rstrip("F")
    fits = card in ("", found["iccid"]) or len(card) == 19 and found["iccid"].startswith(card)
    assert fits, f"the label says the SIM {card}, the modem {found['iccid']}"
    assert found["firmware"].startswith(firmware), f"the firmware is {found['firmware']}, not {firmware}"
    rssi = int(modem.one("AT+CSQ", r"\+CSQ: *(\d+),")[1])
    signal = 2 * rssi - 113 if rssi < 32 else ""
    if weakest > -113:
        assert signal != "" and signal >= weakest, f"the signal is {signal} dBm, weaker than {weakest}"
    print(signal)


run(job, imei="", iccid="", tested="", firmware="", weakest=-113)
