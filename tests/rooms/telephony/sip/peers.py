"""SIP programmes that others wrote: sipp calls, baresip answers."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path
from shutil import copy

import numpy as np

from caasis.telephony.adapters.embedded.media.g711 import encode_ulaw
from caasis.telephony.prompts.sound import wav_bytes
from tests.rooms.telephony.media.telephone import sine

SCENARIOS = Path(__file__).with_name("scenarios")
MODULES = Path("/usr/lib/baresip/modules")


def voice_file(path: Path, hz: float, seconds: float = 10.0) -> None:
    """A tone as raw µ-law."""
    path.write_bytes(encode_ulaw(sine(hz, round(seconds * 8_000))).tobytes())


class Sipp:
    """`caller`: `calls` calls at `rate` a second, each for `talk_ms`. `agent`: whoever is called, `calls` times."""

    def __init__(
        self,
        folder: Path,
        server: tuple[str, int],
        *,
        port: int,
        hz: float,
        calls: int,
        rate: float = 1,
        talk_ms: int = 0,
        scenario: str = "caller",
        service: str = "0355550100",
    ) -> None:
        folder.mkdir(exist_ok=True)
        copy(SCENARIOS / f"{scenario}.xml", folder / "scenario.xml")
        voice_file(folder / "voice.ul", hz)
        self._folder = folder
        self._process = subprocess.Popen(
            [
                "sipp", f"{server[0]}:{server[1]}", "-sf", "scenario.xml", "-s", service, "-i", "127.0.0.1", "-mi",
                "127.0.0.1", "-p", str(port), "-m", str(calls), "-r", str(rate), "-l", str(calls), "-d", str(talk_ms),
                "-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors.log", "-nostdin", "-aa",
            ],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def wait(self, within_s: float) -> dict[str, str]:
        """Its last line of figures, after its end."""
        self._process.wait(within_s)
        with (self._folder / "stat.csv").open() as file:
            return list(csv.DictReader(file, delimiter=";"))[-1]

    def errors(self) -> str:
        path = self._folder / "errors.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class Baresip:
    """A desk phone that answers by itself and says a tone."""

    def __init__(
        self, folder: Path, server: tuple[str, int], *, user: str, password: str, port: int, hz: float
    ) -> None:
        folder.mkdir()
        (folder / "voice.wav").write_bytes(wav_bytes(np.asarray(sine(hz, 120 * 8_000))))
        modules = ("g711", "aufile", "account", "menu", "ausine")
        config = [
            f"sip_listen 127.0.0.1:{port}", f"module_path {MODULES}", "audio_channels 1", "audio_srate 8000",
            *(f"module {one}.so" for one in modules[:2]), *(f"module_app {one}.so" for one in modules[2:4]),
            f"audio_source aufile,{folder}/voice.wav", f"audio_player aufile,{folder}/heard.wav",
            "net_interface 127.0.0.1",
        ]  # fmt: skip
        (folder / "config").write_text("\n".join(config) + "\n")
        account = f"<sip:{user}@{server[0]}:{server[1]};transport=udp>;auth_user={user};auth_pass={password};"
        account += "answermode=auto;audio_codecs=pcmu;regint=60"
        (folder / "accounts").write_text(account + "\n")
        (folder / "contacts").write_text("")
        self.log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["baresip", "-f", str(folder)], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self.log.close()
