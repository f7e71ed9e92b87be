import re

from modem import Refused, run


def end(modem, *commands):
    for command in commands:
        try:
            modem.ask(command)
        except (Refused, TimeoutError):
            pass


def until_ok(modem, command, start, within=60):
    """What stands between a line and the OK behind it."""
    modem.port.write(command.encode() + b"\r")
    modem.wait(start, within)
    lines = []
    while (line := modem.wait("(.*)$", within)[1]) != "OK":
        lines.append(line)
    return "\n".join(lines)


def counted(modem, command, header, within=60):
    """The body that this line counts."""
    modem.port.write(command.encode() + b"\r")
    count = int(modem.wait(header, within)[1])
    return modem.counted(count, float("inf")).decode()


def quectel(modem, host, port, path):
    context = '+QHTTPCFG: "contextid",1'
    if context not in modem.ask('AT+QHTTPCFG="contextid"'):
        modem.ask('AT+QHTTPCFG="contextid",1')
    url = f"http://{host}:{port}{path}".encode()
    modem.ask(f"AT+QHTTPURL={len(url)},30", prompt="CONNECT\r\n", reply=url)
    modem.ask("AT+QHTTPGET=60")
    problem, status = modem.wait(r"\+QHTTPGET: *(\d+)(?:,(\d+))?", 65).groups()
    assert problem == "0", f"no page: Quectel's error {problem}"
    return status, until_ok(modem, "AT+QHTTPREAD=60", "CONNECT$")


def simcom(modem, urc, within, read, header):
    status, size = modem.wait(urc, within).groups()
    assert int(status) < 600, f"no page: SIMCom's error {status}"
    if size != "0":
        return status, counted(modem, f"{read}=0,{size}", header)
    return status, ""


def sim7080(modem, host, port, path):
    try:
        for setting in (f'"URL","http://{host}:{port}"', '"BODYLEN",1024', '"HEADERLEN",350'):
            modem.ask("AT+SHCONF=" + setting)
        modem.ask("AT+SHCONN", within=60)
        modem.ask(f'AT+SHREQ="{path}",1')
        return simcom(modem, r'\+SHREQ: *"\w+",(\d+),(\d+)', 65, "AT+SHREAD", r"\+SHREAD: *(\d+)")
    finally:
        end(modem, "AT+SHDISC")


def sim7600(modem, host, port, path):
    try:
        modem.ask("AT+HTTPINIT")
        modem.ask(f'AT+HTTPPARA="URL","http://{host}:{port}{path}"')
        modem.ask("AT+HTTPACTION=0")
        header = r"\+HTTPREAD: *(?:\w+,)?(\d+)"
        return simcom(modem, r"\+HTTPACTION: *\d,(\d+),(\d+)", 125, "AT+HTTPREAD", header)
    finally:
        end(modem, "AT+HTTPTERM")


def ublox(modem, host, port, path):
    try:
        for setting in ("0", f'0,1,"{host}"', f"0,5,{port}"):
            modem.ask("AT+UHTTP=" + setting)
        modem.ask(f'AT+UHTTPC=0,1,"{path}","hayes_page"')
        done = modem.wait(r"\+UUHTTPCR: 0,1,(\d)", 125)[1]
        assert done == "1", "no page: AT+UHTTPER=0 tells u-blox's cause"
        modem.port.write(b'AT+URDFILE="hayes_page"\r')
        while not (head := re.search(rb'\+URDFILE: "[^"]*",(\d+),"', modem.buffer)):
            modem.fill(float("inf"))
        modem.buffer = modem.buffer[head.end():]
        page = modem.counted(int(head[1]), float("inf")).decode()
        modem.wait("OK$", 10)
        return "200", page
    finally:
        end(modem, 'AT+UDELFILE="hayes_page"')


def telit(modem, host, port, path):
    modem.ask(f'AT#HTTPCFG=0,"{host}",{port},0')
    modem.ask(f'AT#HTTPQRY=0,0,"{path}"')
    status, size = modem.wait(r'#HTTPRING: 0,(\d+),"?[^,]*"?,(\d+)', 65).groups()
    if size == "0":
        return status, ""
    modem.port.write(b"AT#HTTPRCV=0\r")
    while b"<<<" not in modem.buffer:
        modem.fill(float("inf"))
    modem.buffer = modem.buffer.partition(b"<<<")[2]
    page = modem.counted(int(size), float("inf")).decode()
    modem.wait("OK$", 10)
    return status, page


def sierra(modem, host, port, path):
    session = modem.one(f'AT+KHTTPCFG=1,"{host}",{port}', r"\+KHTTPCFG: *(\d+)")[1]
    try:
        modem.ask(f"AT+KHTTPCNX={session}")
        modem.wait(rf"\+KHTTP_IND: {session},1", 60)
        page = until_ok(modem, f'AT+KHTTPGET={session},"{path}",1', "CONNECT$")
        status = modem.wait(rf"\+KHTTP_IND: {session},3,\d+,(\d+)", 60)[1]
        return status, page.replace("--EOF--Pattern--", "")
    finally:
        end(modem, f"AT+KHTTPCLOSE={session}", f"AT+KHTTPDEL={session}")


def nordic(modem, host, port, path):
    try:
        modem.one(f'AT#XHTTPCCON=1,"{host}",{port}', "#XHTTPCCON: 1", within=60)
        modem.ask(f'AT#XHTTPCREQ="GET","{path}"')
        lines = []
        while not (line := modem.wait("(.+)$", 60)[1]).startswith("#XHTTPCRSP:") or not line.endswith(",1"):
            if not line.startswith("#XHTTPCRSP:"):
                lines.append(line)
        return "", "\n".join(lines)
    finally:
        end(modem, "AT#XHTTPCCON=0")


CLIENTS = {
    "+QHTTPGET": quectel,
    "+SHCONN": sim7080,
    "+HTTPINIT": sim7600,
    "+UHTTPC": ublox,
    "#HTTPQRY": telit,
    "+KHTTPGET": sierra,
    "#XHTTPCCON": nordic,
}


def job(modem, host, path, port):
    assert re.fullmatch(r"\S+", host), f"a host is a name or an address: {host} is not one"
    assert port in range(1, 65536), f"a port is a number from 1 to 65535: {port}"
    client = modem.known(*CLIENTS)
    if not client:
        print("the modem has no HTTP client that is known here")
        return
    status, page = CLIENTS[client](modem, host, port, path)
    if client in ("+UHTTPC", "#XHTTPCCON") and (told := re.match(r"HTTP\S* (\d+)", page)):
        status = told[1]
    assert status.isdigit() and int(status) in range(200, 400), f"the server answered {status}"
    print(host, status, page.replace("\r", ""))


run(job, host="example.com", path="/", port=80)
