"""Why has this modem no data? The cause in one sentence, and what mends it. Only asks; nothing is set for long."""

import re
import time

from modem import Refused, run

ONLINE = (1, 5, 9, 10)
SUPER_SIM = ("8988307", "8988323", "8910392")
BOOT = r"RDY$|APP RDY$|\*ATREADY|[+^]SYSSTART"
LOOK_AT_SIM = "a look at the SIM, its contacts and its slot"

# Why a modem says nothing, or is slow to: the cause, and what mends it
SUPPLY = "a supply that gives 2 A at once, close to the modem"
PATIENCE = "longer time limits in your scripts; a look at whether another program talks to it, and at its firmware"
WAKE = "modem/sync, which wakes it, then modem/power-saving-off"
RESTARTED = "the modem has restarted by itself: its supply gives in when the radio sends, as a rule", SUPPLY
DYING = (
    "the modem comes back and falls silent again at once: it restarts again and again on a weak supply, or it is dying",
    SUPPLY,
)
ASLEEP = (
    "the modem falls asleep while nothing is said to it (PSM, eDRX, or a sleep mode of its vendor), "
    "and misses what it is asked then",
    WAKE,
)
SILENT = "the modem has fallen silent: it sleeps (PSM, eDRX), or has died", WAKE
DEAD = (
    "the modem does not answer AT: it has no power, or too little and restarts again and again; this is another port "
    "or speed; or it sleeps (PSM, eDRX), or takes longer than 10 s to answer",
    "modem/sync; once it is awake, modem/power-saving-off",
)

# The errors of the SIM, of a modem that tells them by number (27.007 §9.2)
CME = {
    "5": "PH-SIM PIN required",
    "10": "SIM not inserted",
    "11": "SIM PIN required",
    "12": "SIM PUK required",
    "13": "SIM failure",
    "14": "SIM busy",
    "15": "SIM wrong",
}

# What the SIM's answer means: the first that fits. {0} is the answer, {1} how many tries are left.
SIM = (
    (
        "PH-|.*personali[sz]ation",
        "locked",
        "the modem itself is locked, to a network, a provider or a SIM ({0})",
        "the unlocking code, which only who locked it has; the SIM's PIN or PUK is none",
    ),
    ("READY$|.*(PIN|PUK) ?2", "ready", "", ""),
    (
        ".*PUK|(SIM )?blocked$",
        "puk",
        "the SIM is blocked ({0}, {1})",
        'its issuer\'s PUK, entered by hand: AT+CPIN="PUK","new PIN"; with no try left the SIM is dead',
    ),
    (
        ".*PIN",
        "pin",
        "the SIM asks for its PIN ({0}, {1})",
        'the PIN, entered once and by hand: AT+CPIN="…"; with no try left the SIM is blocked',
    ),
    (".*(not inserted|removed|no SIM|absent)", "absent", "no SIM is seen ({0})", LOOK_AT_SIM),
    (
        ".*(wrong|invalid SIM)",
        "unfit",
        "the SIM does not suit this modem ({0}): the modem is locked to other SIMs, or the card is broken",
        "another SIM, to see which it is",
    ),
    (
        ".*(failure|SIM error)",
        "failed",
        "the SIM has failed, or there is none ({0})",
        "modem/check-sim, which switches it off and on, once",
    ),
    (
        ".*(busy|not ready|initiali[sz])",
        "starting",
        "the SIM is still starting ({0})",
        "modem/check-sim, which waits for it",
    ),
    (".*powered down", "off", "the SIM has no power ({0})", "modem/radio, which gives it"),
    ("", "unknown", "AT+CPIN? is answered {0}: the SIM may not be ready", "modem/check-sim"),
)

# By the beginning of the model's name: a question, the answers that are right, and what they mean
ROAMING = "allows roaming", "supersim/enable-roaming"
LTE = "looks for LTE networks", "supersim/set-technology"
LTE_M = "looks for LTE-M and not for NB-IoT alone", "supersim/set-technology"
PROFILE = "has the operator's profile for any network", "supersim/set-technology"
DATA = "registers for data", "supersim/set-technology"
QUECTEL = r"BG(6|9|77$)|EC2[015](?!0)|E[GMP](06|12|2[15]|9[15](?!\d))"
SETTINGS = (
    (QUECTEL + "|EC200U", '+QCFG="nwscanmode"', r".*,[03]$", LTE),
    ("BG[679]", '+QCFG="iotopmode"', r".*,[02]$", LTE_M),
    (QUECTEL, '+QCFG="servicedomain"', r".*,[12]$", DATA),
    (QUECTEL + "|BG77|UC20", '+QCFG="roamservice"', r".*,(2|255)$", ROAMING),
    ("R[GM]5", '+QNWPREFCFG="mode_pref"', r".*,(AUTO|.*LTE)", LTE),
    ("R[GM]5", '+QNWPREFCFG="roam_pref"', r".*,255$", ROAMING),
    ("SARA-R|LARA", "+UMNOPROF?", r".*: *(0|1|90|100)$", PROFILE),
    ("SARA-R", "+URAT?", r".*: *(9,)?(8,)?7\b", LTE_M),
    ("LARA|LENA", "+URAT?", r".*(\b[3-6]\b|,3)", LTE),
    ("SARA-U2", "+URAT?", r".*: *1\b", ("looks for UMTS and GSM, not for one alone", "supersim/set-technology")),
    ("LARA-R2", "+UDCONF=20", r".*: *20,[12]$", ROAMING),
    ("SIM70[078]", "+CNMP?", r".*: *(2|38|51)$", LTE),
    ("SIM70[078]", "+CMNB?", r".*: *[13]$", LTE_M),
    ("SIM7[56]00", "+CNMP?", r".*: *(2|38|39|51|54)$", LTE),
    ("ME[39]10", "+WS46?", r".*: *(28|30)$", LTE),
    ("ME[39]10", "#WS46?", r".*: *[023]\b", LTE_M),
    ("LE910", "+WS46?", r".*: *(25|28|29|30|31)$", LTE),
    ("nRF91", "%XSYSTEMMODE?", r".*: *1", LTE_M),
    ("HL78", "+KSRAT?", r".*: *0$", LTE_M),
    ("GM0", "+SQNMODEACTIVE?", r".*: *1$", LTE_M),
    ("LBAD|1SC", "%RATIMGSEL?", r".*: *1\b", LTE_M),
    ("EXS|TX62", "^SXRAT?", r".*: *(7|9|10|12)\b", LTE_M),
    ("PLS62", "^SXRAT?", r".*: *[3-6]\b", LTE),
    ("FM|FG|NL668", "+GTACT?", r".*: *(2|4|10|17|20)\b", LTE),
    ("E3372|ME909", "^SYSCFGEX?", r'.*: *"(00|(0[12])*03)', LTE),
    ("EM7|MC7|RC76|WP7", "!SELRAT?", r".*: *0[06]", LTE),
)
SLOTS = (
    ("EG91", "+QDSIM?", r".*: *0", ("reads the SIM in the first slot", "supersim/choose-sim-slot")),
    ("WP7", "!UIMS?", r".*: *0", ("reads the external SIM", "supersim/choose-sim-slot")),
)
# What is set holds only after a restart.
LATE = r"SARA|LARA|ME[39]10|HL78|GM0"
NB_IOT_ALONE = r"BC66|SIM7020|SARA-N2"
ICCID = ("+CCID", "+QCCID", "+ICCID", "^ICCID?", "+CICCID", "#CCID", "%XICCID", "+SQNCCID", "%CCID", "!ICCID?")

# Why a network refuses (24.301 §9.9.3.9)
REFUSALS = {
    2: "the network does not know this SIM (IMSI unknown in HSS)",
    3: "this SIM is refused for good (illegal UE)",
    5: "the IMEI is not accepted",
    6: "this modem is refused for good (illegal ME)",
    7: "no packet service for this SIM",
    8: "no service at all for this SIM",
    11: "this network is not allowed for this SIM (PLMN not allowed)",
    12: "this tracking area is not allowed",
    13: "roaming is not allowed in this tracking area",
    14: "no packet service for this SIM in this network",
    15: "no suitable cells in this tracking area: this SIM may not roam here",
    17: "network failure",
    19: "the data session was refused (ESM failure): look at the APN",
    22: "congestion: try later",
}


def first(pattern, lines):
    """What the pattern finds in the first line that has its form."""
    return next((found for line in lines if (found := re.match(pattern, line))), None)


def told(modem, command, pattern):
    """What the pattern finds in the answer; None where that is refused, late or of another form."""
    try:
        return first(pattern, modem.ask(command))
    except (Refused, TimeoutError):
        return None


def hears(modem, command="AT", within=10.0):
    """Whether the modem answers at all. A refusal is an answer."""
    try:
        modem.ask(command, within=within)
    except Refused:
        pass
    except TimeoutError:
        return False
    return True


def quiet(modem, pause=0.5, within=3.0):
    """Whether the modem stops talking for so long; what it says until then is thrown away."""
    began = heard = time.monotonic()
    while time.monotonic() < heard + pause:
        if time.monotonic() > began + within:
            return False
        if modem.port.read(max(1, modem.port.in_waiting)):
            heard = time.monotonic()
    modem.buffer = b""
    return True


def pace(modem):
    """How many seconds the modem takes to answer AT, once it hears."""
    began, attempt = time.monotonic(), 1
    # The first byte wakes one that sleeps, and is lost. One that boots needs a while. A slow one is waited for, once.
    while not hears(modem, within=10 if attempt == 2 else 1):
        if time.monotonic() > began + 20:
            raise TimeoutError
        attempt += 1
        time.sleep(1)
    if attempt == 1:
        return 0
    # What was asked before may be answered yet, as late as this was.
    late = time.monotonic() - began + 0.5
    quiet(modem, late, within=2 * late)
    began = time.monotonic()
    if not hears(modem, within=12):
        raise TimeoutError
    return time.monotonic() - began


def level(modem, within=10.0):
    """How errors are told: a number, or nothing where that is not told."""
    try:
        found = first(r"\+CMEE: *(\d)", modem.ask("AT+CMEE?", within=within))
        return found[1] if found else ""
    except Refused:
        return ""


def verbose(modem):
    """Errors with their meaning, as far as the module has them."""
    for form in "21":
        try:
            modem.ask(f"AT+CMEE={form}")
            break
        except Refused:
            pass
        except TimeoutError:
            # What was answered late was set all the same.
            break
    return level(modem)


def nudge(modem, within):
    """What the modem says to AT: an answer, or that it has just booted."""
    modem.port.write(b"AT\r")
    try:
        return modem.wait(rf"{BOOT}|OK$|ERROR$|\+CME ERROR", within)[0]
    except TimeoutError:
        return ""


def silence(modem, before):
    """Why a modem that has just left a question without an answer says nothing. `before` is what AT+CMEE was."""
    until, awake = time.monotonic() + 29, False
    while time.monotonic() < until:
        try:
            modem.wait(BOOT, 1)
            return RESTARTED
        except TimeoutError:
            pass
        began = time.monotonic()
        at_once = nudge(modem, 1)
        heard = at_once or nudge(modem, 1 if awake else 10)
        if not heard:
            continue
        if re.match(BOOT, heard):
            return RESTARTED
        seconds = time.monotonic() - began
        if seconds > 2:
            return f"the modem is slow: it takes {seconds:.0f} s to answer", PATIENCE
        at_once, awake = at_once and not awake, True
        try:
            now = level(modem, within=3)
        except TimeoutError:
            continue
        if before and now and now != before:
            return RESTARTED
        if at_once and not before:
            return "the modem answers: it is not silent", "nothing; it may take longer than it was given"
        return ASLEEP
    if awake:
        return DYING
    return SILENT if before is not None else DEAD


def sim_state(modem):
    """The SIM's state in a word, what is wrong with it, and what mends it."""
    try:
        answer = "".join(modem.ask("AT+CPIN?")).removeprefix("+CPIN:").strip()
    except Refused as error:
        answer = str(error).rpartition("answered ")[2]
    except TimeoutError:
        return "", "", ""
    says = answer.removeprefix("+CME ERROR:").strip()
    if says in CME:
        says = CME[says]
        answer += f", {says}"
    state, cause, remedy = next(row[1:] for row in SIM if re.match(row[0], says, re.IGNORECASE))
    left = "an unknown number of tries left"
    if state == "unknown" and told(modem, "AT+CEREG?", r"\+CEREG: *\d,90"):
        return "absent", "no SIM is seen, or it has failed (+CEREG: 90)", LOOK_AT_SIM
    if state in ("pin", "puk"):
        tries = told(modem, "AT+CPINR", rf"\+CPINR: *SIM {state.upper()}, *(?P<{state}>\d+)")
        # Quectel's: the tries of the PIN, then those of the PUK
        tries = tries or told(modem, "AT+QPINC?", r'\+QPINC: *"SC", *(?P<pin>\d+), *(?P<puk>\d+)')
        if tries:
            left = tries[state] + (" try left" if tries[state] == "1" else " tries left")
        if left.startswith("0") and state == "puk":
            cause, remedy = "the SIM is dead: no try of its PUK is left ({0})", "another SIM: nothing opens this one"
    return state, cause.format(answer, left), remedy


def sim_number(modem):
    """The SIM's ICCID, from the first command that tells it."""
    for question in ICCID:
        modem.urcs.clear()
        try:
            lines = modem.ask("AT" + question)
        except Refused:
            continue
        except TimeoutError:
            break
        # Some answer under the name of another command, as if it were a URC.
        for line in lines + modem.urcs:
            if found := re.search(r"\d[0-9A-Ea-e]{17,19}", line):
                return found[0]
    return ""


def checks(number):
    """Whether the last digit is the check digit of the others (Luhn)."""
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


def not_ours(modem, iccid):
    """What keeps this number from being a Super SIM's."""
    if re.match(r"98\d{17}", iccid):
        return f"the SIM's number came with its digits swapped in pairs ({iccid}): whose SIM it is does not show"
    if re.fullmatch(r"\d{18,19}", iccid) and not checks(iccid):
        return f"{iccid} is no SIM's number: its check digit is wrong. It was read wrong: modem/sync, then once more"
    if not iccid or iccid.startswith(SUPER_SIM):
        return ""
    # The issuer's name (EF SPN, 31.102 §4.2.12): a byte of flags, then the text.
    found = told(modem, "AT+CRSM=176,28486,0,0,17", r'\+CRSM: *144,\d+,"?..((?:[2-7][0-9A-Fa-f])+)')
    issuer = " of " + bytes.fromhex(found[1]).decode("ascii") if found else ""
    return f"the SIM {iccid}{issuer} is no Super SIM: they begin with 8988307, 8988323 or 8910392"


def wrong_settings(modem, model, settings):
    """The settings that are wrong, each with what it should do and what sets it; and those that are not told."""
    wrong, untold = [], []
    for models, question, right, (what, remedy) in settings:
        if not re.match(models, model):
            continue
        try:
            lines = modem.ask("AT" + question)
        except (Refused, TimeoutError) as error:
            untold.append(f"whether it {what}: {error}")
            continue
        if lines and not first(right, lines):
            wrong.append((" ".join(lines), what, remedy))
    return wrong, untold


def registration(modem):
    """The status of the domain that is best off, or tells most, and that of calls. A search may be at its end soon."""
    for look in range(3):
        stats, calls = [], None
        for service in ("C5GREG", "CEREG", "CGREG", "CREG"):
            try:
                found = first(rf"\+{service}: *\d,(\d+)", modem.ask(f"AT+{service}?"))
            except Refused:
                continue
            if found and service == "CREG":
                calls = int(found[1])
            elif found:
                stats.append(int(found[1]))
        if 2 not in stats:
            break
        if look < 2:
            time.sleep(5)
    if not stats and calls is not None:
        stats = [calls]
    order = (5, 10, 9, 1, 3, 7, 6, 11, 8, 2, 0, 4, 90)
    return next((stat for stat in order if stat in stats), None), calls


def signal(modem):
    """In dBm, or None; and whether the modem tells of it at all."""
    csq = told(modem, "AT+CSQ", r"\+CSQ: *(\d+),")
    if csq and int(csq[1]) <= 31:
        return 2 * int(csq[1]) - 113, True
    cesq = told(modem, "AT+CESQ", r"\+CESQ: *\d+,\d+,(\d+),\d+,\d+,(\d+)")
    if cesq and int(cesq[2]) <= 97:
        return int(cesq[2]) - 141, True
    if cesq and int(cesq[1]) <= 96:
        return int(cesq[1]) - 121, True
    return None, bool(csq or cesq)


def refusal(modem):
    """The number of the network's refusal, and its words."""
    number = None
    for service in ("C5GREG", "CEREG", "CGREG", "CREG"):
        # In the form 3 a refusal has its cause behind it: +CEREG: 3,3,,,,0,15
        if before := told(modem, f"AT+{service}?", rf"\+{service}: *(\d)"):
            hears(modem, f"AT+{service}=3")
            if found := told(modem, f"AT+{service}?", rf"\+{service}: *\d,\d+,[^,]*,[^,]*,[^,]*,\d,(\d+)"):
                number = int(found[1])
            hears(modem, f"AT+{service}={before[1]}")
    if number is not None:
        return number, f"cause {number}: {REFUSALS.get(number, 'see 24.301 §9.9.3.9')}"
    words = told(modem, "AT+CEER", r"\+CEER: *(?!0$|(?i:.*no cause))(.+)")
    return None, f"denied: {words[1]}" if words else "denied, no cause told"


def forbidden(modem):
    """The networks that have refused the SIM, as it remembers them."""
    found = told(modem, "AT+CRSM=176,28539,0,0,12", r'\+CRSM: *144,\d+,"?([0-9A-Fa-f]*)')
    listed = found[1].upper() if found else ""
    entries = [listed[at:at + 6] for at in range(0, len(listed), 6)]
    networks = ["".join(entry[at] for at in (1, 0, 3, 5, 4, 2)) for entry in entries if entry != "FFFFFF"]
    return [network.replace("F", "") for network in networks]


def examine_sim(modem, facts):
    """The radio's state, the SIM's, and what is wrong with them."""
    found = []
    radio = told(modem, "AT+CFUN?", r"\+CFUN: *(\d+)")
    radio, sim = int(radio[1]) if radio else 1, ""
    if radio != 0:
        sim, cause, remedy = sim_state(modem)
        if cause:
            found.append((cause, remedy))
    model = told(modem, "AT+CGMM", r'(?:\+CGMM: *|Model: *)?"?(?:SIMCOM_)?([^"]+)')
    facts["model"] = model[1].strip() if model else ""
    facts["iccid"] = sim_number(modem)
    if radio != 0 and (complaint := not_ours(modem, facts["iccid"])):
        found.append((complaint, "another SIM; with this one, supersim/setup takes -V any_sim=yes"))
    if sim in ("absent", "failed"):
        for said, what, remedy in wrong_settings(modem, facts["model"], SLOTS)[0]:
            found.insert(0, (f"the modem looks for its SIM in another slot ({said})", remedy))
    if radio in (0, 4):
        found.append((f"the radio is off (+CFUN: {radio})", "supersim/setup"))
    return radio, sim, found


def unregistered(modem, status, calls, deaf):
    """Why a modem with a SIM that is ready and a radio that is on is on no network, where the network has said so."""
    number, reason = refusal(modem) if status in (3, 8, 11) else (None, "")
    networks = forbidden(modem)
    named = " " + ", ".join(networks) if networks else ""
    allowed = "the SIM must be active, and its Fleet's Network Access Profile hold this network"
    if status == 3 and len(networks) > 1:
        return (
            f"the SIM's list of forbidden networks holds{named}: the modem tries none of these (status 3, denied)",
            "network/forget-forbidden; networks that come back onto the list are not in the Network Access Profile "
            "of the SIM's Fleet",
        )
    if status == 3 and number in (3, 5, 6):
        return (
            f"the network refuses this modem (status 3, {reason})",
            "a look at its IMEI (AT+CGSN), which this network does not accept: another network takes it, or another "
            "modem is taken",
        )
    if status == 3 and number in (2, 7, 8, 14):
        return (
            f"the network refuses the SIM altogether (status 3, {reason})",
            "the console, where the SIM must be active and its Fleet must allow data",
        )
    if status == 3:
        remedy = f"the console: {allowed}; then network/forget-forbidden"
        return f"the network{named} refuses the SIM (status 3, {reason})", remedy
    if status in (8, 11):
        cause = f"the network lets the SIM make emergency calls only (status {status}, {reason})"
        return cause, f"the console: {allowed}"
    if status in (6, 7):
        return (
            f"the network lets it in for SMS only (status {status})",
            "the console: the SIM's Fleet must allow data; then data/attach",
        )
    if calls in ONLINE:
        return f"it is registered for calls only (+CREG: {calls}), not for data", "data/attach, which attaches it"
    if status == 90:
        return "the modem finds no SIM, or one that has failed (status 90)", LOOK_AT_SIM
    if deaf:
        return "it hears no network: there is no signal", "a look at the antenna and its plug, or another place"
    return None


def waiting(status, loudness, model, deaf):
    """What a modem does that is on no network yet, and was not refused."""
    wait = "supersim/check-registration -V minutes=20, which waits"
    if status == 2 and not deaf:
        patient = wait + "; leave the modem on"
        if re.match(LATE, model):
            patient += ". If it has not restarted since it was set up: modem/restart, once"
        return f"it still searches{loudness}: a Super SIM may change its IMSI for up to 20 minutes", patient
    if status == 4:
        return (
            f"it is out of coverage, or does not know whether it is registered (status 4{loudness})",
            "another place or antenna; then supersim/check-registration",
        )
    if status == 0:
        return (
            "it is not registered and does not search, although it may (status 0): it has given up for now",
            wait + "; if that does not help, modem/recover",
        )
    if status is None:
        return "it does not tell whether it is registered", "modem/status"
    return None


def examine_data(modem, cid, facts, nameless):
    """What comes of a registration: an address, or nothing yet."""
    found = []
    if told(modem, "AT+CGATT?", r"\+CGATT: *0"):
        cause = f"it is registered (status {facts['registration']}), but not attached for data (+CGATT: 0)"
        found.append((cause, "data/attach"))
    answer = told(modem, f"AT+CGPADDR={cid}", r'\+CGPADDR: *\d+(?:,"?([^",]*))?')
    address = answer[1] or "" if answer else ""
    # fe80::…, of the own link: the network has given none.
    if answer and re.match(r"(0\.0\.0\.0)?$|254\.128\.|fe80:", address, re.IGNORECASE):
        address = ""
        cause = f"it is registered (status {facts['registration']}), but no data is up: context {cid} has no address"
        found += nameless + [(cause, "data/attach")]
        nameless.clear()
    facts["address"] = address
    return found


def examine(modem, apn, before, late, facts):
    """What is found, the first cause first; then what is no cause yet."""
    radio, sim, found = examine_sim(modem, facts)
    yield from found
    # After some silence one that sleeps misses what it is asked; one that has restarted has forgotten `before`.
    time.sleep(6)
    now = level(modem, within=12 if late > 1 else 3)
    if before and now and now != before:
        raise TimeoutError
    try:
        status, calls = registration(modem)
    except TimeoutError:
        # One answer may get lost.
        status, calls = registration(modem)
    facts["registration"] = status
    online = status in ONLINE
    chosen = told(modem, "AT+COPS?", r'\+COPS: *(\d)(?:,\d,"([^"]*)")?')
    mode = int(chosen[1]) if chosen else 0
    facts["operator"] = chosen[2] or "" if chosen else ""
    by_hand = []
    if mode == 2:
        yield "the modem is told to look for no network (+COPS: 2)", "supersim/setup"
    elif mode == 1 and not online:
        yield (
            "the network was chosen by hand (+COPS: 1), and the modem looks for no other",
            "network/choose-automatically, which lets it choose",
        )
    elif mode == 1:
        cause = "the network was chosen by hand (+COPS: 1): out of its reach the modem looks for no other"
        by_hand = [(cause, "network/choose-automatically")]

    # The APN of the first context, which carries the data. Once attached some show the operator's realm behind it.
    contexts = []
    try:
        for line in modem.ask("AT+CGDCONT?"):
            if context := re.match(r'\+CGDCONT: *(\d+),"[^"]*"(?:,"([^"]*)")?', line):
                contexts.append((int(context[1]), context[2] or ""))
    except (Refused, TimeoutError):
        pass
    cid, name = min(contexts, default=(1, ""))
    right = re.fullmatch(re.escape(apn) + r"(\.mnc.*)?", name, re.IGNORECASE)

    model = facts["model"]
    if re.match(NB_IOT_ALONE, model):
        yield f"this module ({model}) knows NB-IoT alone, which serves no Super SIM", "another module"
    wrong, facts["untold"] = wrong_settings(modem, model, SETTINGS)
    complaints = [
        (f"the module is set wrongly for a Super SIM ({said}): it should be set so that it {what}", remedy)
        for said, what, remedy in wrong
    ]
    # Where all goes well it is told last.
    last = complaints if online and right else []
    if not last:
        yield from complaints

    dbm, tells = signal(modem)
    deaf = tells and dbm is None
    loudness = "" if dbm is None else f", at {dbm} dBm"
    facts["signal"] = "" if dbm is None else dbm
    # A value of a vendor's own: offline, a test, a sleep. What is on the air does not suffer by it.
    if radio not in (0, 1, 4) and not online:
        yield f"the radio is not fully on (+CFUN: {radio})", "modem/radio"
    searches = sim == "ready" and radio not in (0, 4) and not online
    if searches and (refused := unregistered(modem, status, calls, deaf)):
        yield refused
    if name and not right:
        yield f"the APN of context {cid} is `{name}`, where `{apn}` belongs", "supersim/set-apn"
    # Without an APN some networks give an address all the same: it is told last, where nothing comes of it first.
    nameless = []
    if contexts and not name:
        cause = f"context {cid} has no APN, where `{apn}` belongs: none was set, or a restart made the modem forget it"
        nameless.append((cause, "supersim/set-apn; a modem that forgets needs it after each restart"))
    if online:
        yield from examine_data(modem, cid, facts, nameless)
    elif searches and mode != 2 and (pending := waiting(status, loudness, model, deaf)):
        yield pending

    if told(modem, "AT+CPSMS?", r"\+CPSMS: *1"):
        yield "power saving is on (PSM): between its reports the modem is deaf, to AT as well", "modem/power-saving-off"
    if not quiet(modem):
        yield (
            "the modem talks without a break: too many reports (URCs) are on",
            "its vendor's commands that switch them off",
        )
    yield from nameless + last + by_hand
    if late > 1:
        yield f"the modem is slow: it takes {late:.1f} s to answer AT", PATIENCE


def job(modem, apn):
    found, facts, before = [], {}, None
    try:
        late = pace(modem)
        before = ""
        before = verbose(modem)
        for finding in examine(modem, apn, before, late, facts):
            found.append(finding)
    except TimeoutError:
        found.insert(0, silence(modem, before))
    for place, (cause, remedy) in enumerate(found):
        print(f"{'besides: ' if place else ''}{cause}. What mends it: {remedy}")
    if not found:
        print(
            f"nothing wrong is found: it is registered (status {facts['registration']}) with {facts['operator']}, "
            f"and has the address {facts['address']}"
        )
    for setting in facts.pop("untold", []):
        print("the modem does not say", setting)
    print(*(f"{name}: {value}" for name, value in facts.items()), sep=", ")


run(job, apn="super")
