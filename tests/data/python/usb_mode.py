import re
import sys

from modem import Refused, run

QUESTIONS = ['+QCFG="usbnet"', "#USBCFG?", "+UUSBCONF?", "+CUSBPIDSWITCH?", "+GTUSBMODE?", "!USBCOMP?"]
VALUE = r'[^:]*: *(?:"usbnet",)?(.+)'


def job(modem, mode):
    for question in QUESTIONS:
        try:
            lines = modem.ask("AT" + question)
            break
        except Refused:
            pass
    else:
        print("the modem does not tell its USB interfaces")
        return
    usb = ", ".join(re.match(VALUE, line)[1] for line in lines if re.match(VALUE, line))
    changed = "no"
    if mode:
        assert not re.search("USBCOMP|PIDSWITCH", question), "this module's modes have several numbers: set them by hand"
        assert re.fullmatch(r"\d\w*", mode), f"a mode is one number, such as 1: {mode}"
        setting = '+QCFG="usbnet",' + mode if "usbnet" in question else question.rstrip("?") + "=" + mode
        if usb.split(",")[0] != mode:
            if input(f"another set of USB interfaces ({usb} to {mode}), and a restart? [y/N] ") not in ("y", "yes"):
                sys.exit("not changed")
            modem.ask("AT" + setting)
            now = modem.one("AT" + question, VALUE)[1]
            assert now.split(",")[0] == mode, f"it is still {now}"
            changed = "yes"
            imei = modem.ask("AT+CGSN")[0]
            modem.restart("AT+CFUN=1,1")
            assert modem.ask("AT+CGSN")[0] == imei, "another modem came back"
            usb = modem.one("AT" + question, VALUE)[1]
    print(usb, changed)


run(job, mode="")
