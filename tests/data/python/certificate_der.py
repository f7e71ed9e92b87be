from modem import Refused, run


def job(modem, name, file):
    with open(file, "rb") as opened:
        certificate = opened.read()
    try:
        modem.ask(f'AT+QFDEL="{name}"')
    except Refused:
        pass
    put = f'AT+QFUPL="{name}",{len(certificate)},60'
    size = modem.one(put, r"\+QFUPL: (\d+),", prompt="CONNECT\r\n", reply=certificate)[1]
    modem.port.write(f'AT+QFDWL="{name}"\r'.encode())
    modem.wait("CONNECT$", 10)
    held = modem.counted(len(certificate), float("inf"))
    modem.wait("OK$", 10)
    assert held == certificate, f"the module does not hold {name} as it was given"
    print(name, size)


run(job, name="ca.der", file="ca.der")
