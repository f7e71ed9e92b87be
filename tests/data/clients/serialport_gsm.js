// Five of the six jobs of a client, by serialport-gsm, which has no word for USSD. The argument is the modem's port.
const { Modem } = require("serialport-gsm");

const modem = Modem();
const told = (name) => (result, error) => console.log(name, JSON.stringify(result || error));
const settings = { baudRate: 115200, dataBits: 8, stopBits: 1, parity: "none", pin: "", logger: null };
modem.on("open", () => modem.initializeModem(() => {
  modem.getModemSerial(told("identity"));
  modem.getNetworkSignal(told("signal"));
  modem.executeCommand("AT+COPS?", told("network"));
  modem.getSimInbox(told("read"));
  modem.sendSMS("2936", "hello", false, (result, error) => {
    if (error || result.status === "success") {
      told("sent")(result, error);
      process.exit(0);
    }
  });
}));
modem.open(process.argv[2], settings, (error) => error && told("open")(error));
