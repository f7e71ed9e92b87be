# Five of the six jobs of a client, by pyatcommand, which knows no prompt without a line end. The argument is the modem's port.
import sys

from pyatcommand import AtClient

modem = AtClient()
modem.connect(port=sys.argv[1], baudrate=115200)


def ask(command, prefix="", **options):
    answer = modem.send_command(command, 10, prefix, **options)
    assert answer.ok, (command, answer)
    return answer.info


print("identity", ask("AT+CGMM"), ask("AT+CGSN"))
print("signal", ask("AT+CSQ", "+CSQ:"))
print("network", ask("AT+COPS?", "+COPS:"))
ask("AT+CMGF=1")
print("read", ask('AT+CMGL="ALL"'))
ask('AT+CUSD=1,"*100#"')
print("ussd", modem.get_urc(5))
modem.disconnect()
