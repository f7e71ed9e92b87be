"""The package as a program of a factory uses it, on the simulated modem."""

import re
import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import hayes
import pytest

SIM = "sim:bg96?time=virtual"


def test_a_command_returns_the_lines_of_its_answer():
    with hayes.Modem(SIM) as modem:
        assert modem.at("AT") == []
        assert modem.at("AT+CGMM") == ["BG96"]


def test_a_refused_command_raises_what_the_modem_said():
    with hayes.Modem(SIM + "&sim=absent") as modem:
        with pytest.raises(hayes.CommandError) as raised:
            modem.at("AT+CMEE=1")
            modem.at("AT+CPIN?")
    error = raised.value
    assert error.code == "hayes::run::unexpected-result"
    assert error.result == "+CME ERROR: 10"
    assert error.sent == "AT+CPIN?"
    assert "SIM" in str(error)


def test_a_script_of_the_library_changes_nothing_the_second_time():
    with hayes.Modem(SIM) as modem:
        first = modem.run("supersim/set-apn", apn="super")
        second = modem.run("supersim/set-apn", apn="super")
    assert (first["status"], first["changed"]) == ("passed", 1)
    assert (second["status"], second["changed"]) == ("passed", 0)
    assert first["simulated"] is True


def test_a_script_that_fails_is_a_result():
    with hayes.Modem(SIM) as modem:
        result = modem.run_text('AT+CPIN?\n    expect "+CPIN: SIM PIN"\n')
        assert result["status"] == "failed"
        assert result["failure"]["line"] == 2
        # The modem is as good as before.
        assert modem.run_text("AT\n")["status"] == "passed"


def test_values_and_reports(tmp_path: Path):
    script = tmp_path / "csq.hayes"
    script.write_text('param least:int = 0\nAT+CSQ\n    capture rssi:int, _\nreport least, rssi\n')
    result = hayes.run(str(script), SIM, least=7)
    assert result["report"]["least"] == 7
    assert isinstance(result["report"]["rssi"], int)


def test_a_secret_is_masked():
    text = "secret pin\nAT\nreport pin\n"
    with hayes.Modem(SIM) as modem:
        result = modem.run_text(text, secrets={"pin": "73914"})
    assert "73914" not in str(result)


def test_errors_name_their_place_and_what_to_do():
    with hayes.Modem(SIM) as modem:
        with pytest.raises(hayes.ScriptError, match=r"<text>:1:\d+") as raised:
            modem.run_text("retri 3 times {\n}\n")
        assert raised.value.line == 1
        with pytest.raises(hayes.ScriptError, match="did you mean apn"):
            modem.run("supersim/set-apn", apnn="super")
        with pytest.raises(hayes.ScriptError, match="did you mean supersim/setup"):
            modem.run("supersim/setpu")


def test_a_port_that_is_not_there():
    with pytest.raises(hayes.PortError) as raised:
        hayes.Modem("/dev/ttyNONE7")
    assert raised.value.code == "hayes::port::missing"
    with pytest.raises(hayes.PortError):
        hayes.Modem("sim:nomodem")


def test_a_closed_modem_says_so():
    modem = hayes.Modem(SIM)
    modem.close()
    with pytest.raises(hayes.PortError, match="closed"):
        modem.at("AT")


def test_what_is_wrong_in_a_text():
    found = hayes.check("AT+CSQ\n    expct OK\n", name="my.hayes")
    assert [(problem["file"], problem["line"], problem["severity"]) for problem in found] == [("my.hayes", 2, "error")]
    assert hayes.check("AT\n") == []


def test_what_a_line_means():
    assert re.search("denied", hayes.explain("+CEREG: 3"))


def test_another_thread_ends_a_run_and_finally_runs():
    modem = hayes.Modem("sim:bg96")
    threading.Timer(0.3, modem.cancel).start()
    begun = time.monotonic()
    result = modem.run_text("sleep 60s\nfinally {\n    AT+CSQ\n}\n")
    assert time.monotonic() - begun < 30
    assert (result["status"], result["exchanges"]) == ("interrupted", 1)
    assert modem.run_text("AT\n")["status"] == "passed"


def test_ctrl_c_ends_a_run():
    # What a shell starts in the background ignores Ctrl-C, and Python with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    modem = hayes.Modem("sim:bg96")
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        modem.run_text("sleep 60s\n")
    assert modem.at("AT") == []


def test_modems_of_threads_run_side_by_side():
    results = []

    def one():
        results.append(hayes.run("supersim/set-apn", SIM, timeout=timedelta(seconds=5))["status"])

    threads = [threading.Thread(target=one) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert results == ["passed"] * 8


def test_the_readme_is_true(capsys):
    text = (Path(__file__).parent.parent / "README.md").read_text()
    code, printed = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", text, re.S).groups()
    exec(code, {})  # noqa: S102
    assert capsys.readouterr().out == printed
