from modem import run


def job(modem, server, port):
    modem.ask(f'AT+QIOPEN=1,0,"UDP","{server}",{port},0,0')
    try:
        code = modem.wait(r"\+QIOPEN: 0,(\d+)", 150)[1]
        assert code == "0", f"no socket: error {code}"
        modem.ask("AT+QISEND=0,5", reply=b"ready")
        modem.wait(r'\+QIURC: "recv",0', 600)
        modem.ask("AT+QIRD=0,1500", counted=r"\+QIRD: (\d+)")
        command = modem.body.decode()
        answer = "unknown"
        if command == "SIGNAL":
            rssi = int(modem.one("AT+CSQ", r"\+CSQ: (\d+),")[1])
            answer = f"{2 * rssi - 113} dBm"
        modem.ask(f"AT+QISEND=0,{len(answer.encode())}", reply=answer.encode())
        print(command, answer)
    finally:
        modem.ask("AT+QICLOSE=0")


run(job, server=None, port=7000)
