from modem import run


def job(modem, url):
    before = modem.ask("AT+CGMR")[0]
    modem.ask(f'AT+QFOTADL="{url}"')
    code = modem.wait(r'\+QIND: "FOTA","HTTPEND",(\d+)', 600)[1]
    assert code == "0", f"the file was not loaded: error {code}"
    modem.wait("RDY$", 120)
    code = modem.wait(r'\+QIND: "FOTA","END",(\d+)', 1200)[1]
    assert code == "0", f"the file was loaded and not taken: error {code}"
    modem.wait("RDY$", 120)
    modem.wait("APP RDY$", 60)
    after = modem.ask("AT+CGMR")[0]
    assert after != before, f"the firmware is {after} as before"
    print(before, after)


run(job, url=None)
