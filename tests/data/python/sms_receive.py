import re
import time

from modem import run

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}


def septets(data, count, skipped):
    bits = int.from_bytes(data, "little")
    return [bits >> 7 * at & 127 for at in range(skipped, count)]


def gsm_text(codes):
    text, escaped = "", False
    for code in codes:
        if escaped:
            text, escaped = text + EXTENSION.get(code, " "), False
        elif code == 27:
            escaped = True
        else:
            text += GSM[code]
    return text


def digits(data, count):
    swapped = "".join(f"{byte & 15:X}{byte >> 4:X}" for byte in data)
    return swapped[:count]


def unpdu(line):
    """Sender, time, text, reference, part and parts of an SMS-DELIVER (23.040)."""
    data = bytes.fromhex(line)
    data = data[1 + data[0]:]
    if data[0] & 3 != 0:
        return None
    has_header, length, kind = data[0] & 0x40, data[1], data[2]
    size = (length + 1) // 2
    address, data = data[3:3 + size], data[3 + size:]
    if kind & 0x70 == 0x50:
        sender = gsm_text(septets(address, length * 4 // 7, 0))
    else:
        sender = ("+" if kind & 0x70 == 0x10 else "") + digits(address, length)
    coding, stamp, length, content = data[1], digits(data[2:9], 14), data[9], data[10:]
    reference, part, parts, header = 0, 1, 1, 0
    if has_header:
        header = content[0] + 1
        at = 1
        while at < header:
            element, size = content[at], content[at + 1]
            value = content[at + 2:at + 2 + size]
            if element in (0, 8):
                reference, parts, part = int.from_bytes(value[:-2], "big"), value[-2], value[-1]
            at += 2 + size
    if coding & 0x0C == 8:
        text = content[header:length].decode("utf-16-be")
    elif coding & 0x0C == 4:
        text = content[header:length].decode("latin-1")
    else:
        text = gsm_text(septets(content, length, -(-header * 8 // 7)))
    when = "20{}-{}-{} {}:{}:{}".format(*re.findall("..", stamp)[:6])
    return sender, when, text, reference, part, parts


def whole(pieces):
    """The first message of which all parts are there, and their places."""
    for _, (sender, when, _, reference, _, parts) in pieces:
        of_it = {
            piece[4]: (place, piece[2])
            for place, piece in pieces
            if (piece[0], piece[3], piece[5]) == (sender, reference, parts)
        }
        if len(of_it) >= parts:
            places = [of_it[part][0] for part in range(1, parts + 1)]
            return places, sender, when, "".join(of_it[part][1] for part in range(1, parts + 1))
    return None


def job(modem, minutes, sender, keep):
    assert minutes >= 1, f"minutes must be 1 or more: it is {minutes}"
    modem.ask("AT+CMGF=0")
    store = r'\+CPMS: *"(\w+)",(\d+),(\d+),"\w+",\d+,\d+(?:,"(\w+)")?'
    memory, used, room, incoming = modem.one("AT+CPMS?", store).groups()
    if incoming not in (memory, None):
        used, room = modem.one(f'AT+CPMS="{incoming}"', r"\+CPMS: *(\d+),(\d+)").groups()
    assert int(used) < int(room), "the memory is full: no message comes in until some are deleted"
    modem.ask("AT+CNMI=2,1,0,0,0")
    until = time.monotonic() + minutes * 60
    while True:
        lines, pieces = modem.ask("AT+CMGL=4", within=30), []
        for head, unit in zip(lines, lines[1:]):
            found = re.match(r"\+CMGL: *(\d+),(\d),", head)
            if found and found[2] in "01" and re.fullmatch("[0-9A-Fa-f]{16,}", unit):
                try:
                    message = unpdu(unit)
                except (ValueError, IndexError):
                    continue
                if message and sender in ("", message[0]):
                    pieces.append((found[1], message))
        if found := whole(pieces):
            break
        assert time.monotonic() < until, f"no message within {minutes} min"
        try:
            modem.wait(r"\+CMTI:", min(60, max(0, until - time.monotonic())))
        except TimeoutError:
            pass
    places, sender, when, text = found
    if keep != "yes":
        for place in places:
            modem.ask(f"AT+CMGD={place}")
    print(sender, when, text)


run(job, minutes=5, sender="", keep="no")
