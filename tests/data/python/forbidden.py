from modem import run


def job(modem):
    found = modem.one("AT+CRSM=176,28539,0,0,12", r'\+CRSM: *144,\d+,"?([0-9A-Fa-f]*)')[1].upper()
    entries = [found[at:at + 6] for at in range(0, len(found), 6)]
    networks = ["".join(entry[at] for at in (1, 0, 3, 5, 4, 2)) for entry in entries if entry != "FFFFFF"]
    names = ", ".join(network.replace("F", "") for network in networks)
    print("refused by " + names if names else "no network has refused this SIM")


run(job)
