import re

from modem import Refused, run


def end(modem, *commands):
    for command in commands:
        try:
            modem.ask(command, within=60)
        except (Refused, TimeoutError):
            pass


def well(modem, pattern, within, what, good="0"):
    code = modem.wait(pattern, within)[1]
    assert code == good, f"{what}: {code}"


def quectel(modem, command, broker, port, topic, message, client, user, password):
    try:
        modem.ask(f'AT+QMTOPEN=0,"{broker}",{port}')
        well(modem, r"\+QMTOPEN: 0,(-?\d+)", 75, f"no connection to {broker}")
        login = f',"{user}","{password}"' if user else ""
        modem.ask(f'AT+QMTCONN=0,"{client}"{login}')
        well(modem, r"\+QMTCONN: 0,(\d+(?:,\d+)?)", 30, f"{broker} does not let it in", "0,0")
        modem.ask(f'AT{command}=0,1,1,0,"{topic}",{len(message)}', reply=message)
        well(modem, re.escape(command) + r": 0,1,(\d)", 60, "not known to be published")
    finally:
        end(modem, "AT+QMTDISC=0")


def sim7080(modem, command, broker, port, topic, message, client, user, password):
    try:
        settings = [f'"URL","{broker}",{port}', f'"CLIENTID","{client}"']
        if user:
            settings += [f'"USERNAME","{user}"', f'"PASSWORD","{password}"']
        for setting in settings:
            modem.ask("AT+SMCONF=" + setting)
        modem.ask("AT+SMCONN", within=60)
        modem.ask(f'AT+SMPUB="{topic}",{len(message)},1,0', reply=message)
    finally:
        end(modem, "AT+SMDISC")


def sim7600(modem, command, broker, port, topic, message, client, user, password):
    try:
        modem.ask("AT+CMQTTSTART")
        modem.wait(r"\+CMQTTSTART: 0", 15)
        modem.ask(f'AT+CMQTTACCQ=0,"{client}"')
        login = f',"{user}","{password}"' if user else ""
        modem.ask(f'AT+CMQTTCONNECT=0,"tcp://{broker}:{port}",60,1{login}')
        well(modem, r"\+CMQTTCONNECT: 0,(\d+)", 60, f"no connection to {broker}")
        modem.ask(f"AT+CMQTTTOPIC=0,{len(topic.encode())}", reply=topic.encode())
        modem.ask(f"AT+CMQTTPAYLOAD=0,{len(message)}", reply=message)
        modem.ask("AT+CMQTTPUB=0,1,60")
        well(modem, r"\+CMQTTPUB: 0,(\d+)", 65, "not known to be published")
    finally:
        end(modem, "AT+CMQTTDISC=0,60", "AT+CMQTTREL=0", "AT+CMQTTSTOP")


def ublox(modem, command, broker, port, topic, message, client, user, password):
    try:
        modem.ask(f'AT+UMQTT=0,"{client}"')
        modem.ask(f'AT+UMQTT=2,"{broker}",{port}')
        if user:
            modem.ask(f'AT+UMQTT=4,"{user}","{password}"')
        modem.ask("AT+UMQTTC=1")
        well(modem, r"\+UUMQTTC: 1,(\d)", 120, f"no connection to {broker}", "1")
        modem.ask(f'AT+UMQTTC=2,1,0,0,"{topic}","{message.decode()}"')
        well(modem, r"\+UUMQTTC: 2,(\d)", 60, "not known to be published", "1")
    finally:
        end(modem, "AT+UMQTTC=0")


def nordic(modem, command, broker, port, topic, message, client, user, password):
    try:
        end(modem, f'AT#XMQTTCFG="{client}",60,1')
        modem.ask(f'AT#XMQTTCON=1,"{user}","{password}","{broker}",{port}')
        well(modem, r"#XMQTTEVT: 0,(-?\d+)", 60, "the broker refuses")
        modem.ask(f'AT#XMQTTPUB="{topic}","{message.decode()}",1,0')
        modem.wait("#XMQTTEVT: 3,0", 60)
    finally:
        end(modem, "AT#XMQTTCON=0")


CLIENTS = {
    "+QMTPUBEX": quectel,
    "+QMTPUB": quectel,
    "+SMPUB": sim7080,
    "+CMQTTPUB": sim7600,
    "+UMQTTC": ublox,
    "#XMQTTPUB": nordic,
}


def job(modem, broker, topic, message, port, client, user, password):
    message = message.encode()
    assert message, "there is nothing to publish"
    assert re.fullmatch(r"\S+", broker), f"a broker is a name or an address: {broker} is not one"
    assert topic and not re.search("[#+]", topic), f"one publishes under a topic without + and #: {topic} is not one"
    assert port in range(1, 65536), f"a port is a number from 1 to 65535: {port}"
    command = modem.known(*CLIENTS)
    if not command:
        print("the modem has no MQTT client that is known here")
        return
    CLIENTS[command](modem, command, broker, port, topic, message, client, user, password)
    print(broker, topic, len(message))


run(job, broker=None, topic=None, message=None, port=1883, client="hayes", user="", password="")
