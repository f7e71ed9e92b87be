import re

from modem import run


def job(modem, host, cid):
    assert re.fullmatch(r"\S+", host), f"a host is a name or an address: {host} is not one"
    command = modem.known("+QPING", "+CPING", "+SNPING4", "+UPING", "#PING", "#XPING", "+PING")
    sent, received, took = 4, 0, ""
    if command == "+QPING":
        modem.ask(f'AT+QPING={cid},"{host}"')
        found = modem.wait(r"\+QPING: *(?:0,(\d+),(\d+),\d+,\d+,\d+,(\d+)$|(5\d\d))", 60)
        assert not found[4], f"the ping failed with Quectel's error {found[4]}"
        sent, received, took = int(found[1]), int(found[2]), found[3]
    elif command == "+CPING":
        modem.ask(f'AT+CPING="{host}",1,4')
        found = modem.wait(r"\+CPING: *3,(\d+),(\d+),\d+,\d+,\d+,(\d+)", 60)
        sent, received, took = int(found[1]), int(found[2]), found[3]
    elif command == "+SNPING4":
        answers = [line.split(",") for line in modem.ask(f'AT+SNPING4="{host}",4,16,1000', within=30)]
        times = [answer[2] for answer in answers if answer[2].isdigit()]
        sent, received, took = len(answers), len(times), times[-1] if times else ""
    elif command == "+UPING":
        modem.ask(f'AT+UPING="{host}"')
        for _ in range(4):
            found = modem.wait(r"\+UUPING: *(?:[^,]*,){5}(-?\d+)|\+UUPINGER:", 20)
            if found[1] and int(found[1]) >= 0:
                received, took = received + 1, found[1]
    elif command in ("#PING", "+PING"):
        for line in modem.ask(f'AT{command}="{host}"', within=60):
            received += 1
            took = int(line.split(",")[2]) * (100 if command == "#PING" else 1)
    elif command == "#XPING":
        modem.ask(f'AT#XPING="{host}",32,5000,4,500')
        while not took:
            found = modem.wait(r"#XPING: (?:\d+\.\d+ seconds|average \d+\.(\d{3}) seconds)", 30)
            if found[1]:
                took = int(found[1])
            else:
                received += 1
    else:
        print("the modem has no ping command that is known here")
        return
    assert received, f"no answer from {host}: that is no proof that no data flow"
    print(host, sent, received, took)


run(job, host="8.8.8.8", cid="1")
