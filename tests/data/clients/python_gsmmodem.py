# The six jobs of a client, by python-gsmmodem. The argument is the modem's port.
import sys

from gsmmodem.modem import GsmModem

modem = GsmModem(sys.argv[1], 115200)
modem.connect()
modem.waitForNetworkCoverage(5)
print("identity", modem.manufacturer, modem.model, modem.imei)
print("signal", modem.signalStrength)
print("network", modem.networkName)
print("sent", modem.sendSms("2936", "hello", waitForDeliveryReport=False).reference)
print("read", *[message.text for message in modem.listStoredSms()])
print("ussd", modem.sendUssd("*100#").message)
modem.close()
