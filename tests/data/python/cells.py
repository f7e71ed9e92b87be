import re

from modem import Refused, run

# What asks for the serving cell and for its neighbours, by the beginning of the model's name
CELLS = {
    "BG|E[CGP]|EM0|R[GM]": ('AT+QENG="servingcell"', 'AT+QENG="neighbourcell"'),
    "SIM7|A76": ("AT+CPSI?", ""),
    "SARA|LARA": ("AT+UCGED?", ""),
    "nRF": ("AT%XMONITOR", "AT%NCELLMEAS"),
    "ME[39]|LE9": ("AT#MONI", ""),
    "EM7|MC7|WP|RC7": ("AT!GSTATUS?", ""),
    "GM02": ("AT+SQNMONI=0", ""),
    "PLS|EXS|TX|EHS": ("AT^SMONI", ""),
    "ME909|E3372": ("AT^MONSC", "AT^MONNC"),
    "L850": ("AT+XCCINFO?", ""),
    "FM|NL": ("AT+GTCCINFO?", "AT+GTCCINFO?"),
}
NAMES = (
    "GSM,GSM Compact,UMTS,GSM with EDGE,UMTS with HSDPA,UMTS with HSUPA,UMTS with HSPA,LTE,EC-GSM-IoT,NB-IoT,"
    "LTE on a 5G core,5G,5G,LTE with 5G"
).split(",")


def network(modem):
    try:
        modem.ask("AT+COPS=3,2")
        told = re.match(r'\+COPS: *\d,\d,"(\d+)"', modem.ask("AT+COPS?")[0])
        modem.ask("AT+COPS=3,0")
        return told[1] if told else ""
    except Refused:
        return ""


def place(modem):
    """Area, cell and technology, from the domain that serves."""
    found = ("", "", "")
    for service in ("C5GREG", "CEREG", "CGREG", "CREG"):
        form = ""
        try:
            form = modem.one(f"AT+{service}?", rf"\+{service}: *(\d)")[1]
            modem.ask(f"AT+{service}=2")
            values = modem.ask(f"AT+{service}?")[0].replace('"', "").split(",")
            if len(values) > 4 and values[2]:
                found = values[2], values[3], values[4]
        except Refused:
            pass
        if form:
            modem.ask(f"AT+{service}={form}")
        if found[0]:
            break
    return found


def job(modem):
    modem.ask("ATE0")
    model = modem.ask("AT+CGMM")[-1].split(":")[-1].strip().strip('"')
    operator, (area, cell, technology) = network(modem), place(modem)
    if technology == "8" and re.match("BG|SIM70|ME310|HL78", model):
        technology = "LTE-M"
    elif technology.isdigit() and int(technology) < len(NAMES):
        technology = NAMES[int(technology)]
    serving, neighbours = next((both for start, both in CELLS.items() if re.match(start, model)), ("", ""))
    lines, heard = [], "unknown"
    if serving:
        try:
            lines = modem.ask(serving)
            print(*lines, sep="\n")
        except Refused as error:
            print("the modem tells no more of the serving cell:", error)
    else:
        print("no command is known that tells more of this module's cell")
    if neighbours:
        head = re.match(r"AT(.\w*)", neighbours)[1] + ":"
        try:
            told = modem.ask(neighbours, within=60)
            others = [line for line in told if line.startswith(head) and (serving == neighbours or line not in lines)]
            heard = len(others)
            print(*others, sep="\n")
            if not others:
                print(modem.wait(re.escape(head) + ".*", 20)[0])
                heard = "see above"
        except Refused as error:
            print("the modem tells of no neighbour cells:", error)
        except TimeoutError:
            pass
    else:
        print("no command is known that tells of this module's neighbour cells")
    print(operator, technology, area, cell, heard)


run(job)
