from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import qbsync
from qbsync.simulator.quickbooks import CompanyFile

ADD = '<VendorAddRq requestID="{0}"><VendorAdd><Name>Vendor {0}</Name></VendorAdd></VendorAddRq>'


def test_a_file_is_found_again_as_it_was_left(tmp_path, wrapped):
    """Records, deletions, private data, preferences, counters and message sets survive closing."""
    path = tmp_path / "vortex.sim"
    first = CompanyFile.open(path, company_name="Vortex Ltd")
    message = wrapped(ADD.format(1) + ADD.format(2), newMessageSetID="N1")
    answer = first.process(message)
    first.human.delete("Vendor", first.vendors()[0].list_id)
    first.human.set_preference("AccountingPreferences/IsUsingClassTracking", "true")
    before = first.snapshot()
    first.close()
    second = CompanyFile.open(path, company_name="ignored")
    assert second.snapshot() == before
    assert second.process(message) == answer
    assert second.company_name == "Vortex Ltd"
    assert [vendor.name for vendor in second.vendors()] == ["Vendor 2"]
    third = second.human.add_vendor("Vendor 3")
    assert third.startswith("80000003-")
    second.close()


def test_a_restored_backup_is_what_is_on_disc(tmp_path, wrapped):
    """After a restore and a restart the file holds the backup and nothing of what came after it."""
    path = tmp_path / "vortex.sim"
    company = CompanyFile.open(path)
    company.process(wrapped(ADD.format(1)))
    backup = company.snapshot()
    company.process(wrapped(ADD.format(2)))
    company.restore(backup)
    company.close()
    reopened = CompanyFile.open(path)
    assert reopened.snapshot() == backup
    reopened.close()


KILLED = """
import sys
import threading
from pathlib import Path
from qbsync.simulator.quickbooks import CompanyFile
company = CompanyFile.open(Path(sys.argv[1]))
company.process(sys.stdin.read())
print("executed", flush=True)
threading.Event().wait()
"""


def test_a_killed_process_loses_nothing_that_was_executed(tmp_path, wrapped):
    """A process killed for real after ProcessRequest has left the record and the saved response."""
    path = tmp_path / "vortex.sim"
    message = wrapped(ADD.format(1), newMessageSetID="N1")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(qbsync.__file__).parents[1],
    ) as process:
        process.stdin.write(message)
        process.stdin.close()
        assert process.stdout.readline() == "executed\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    company = CompanyFile.open(path)
    assert 'statusCode="0"' in company.process(message)
    assert [vendor.name for vendor in company.vendors()] == ["Vendor 1"]
    company.close()


def test_many_threads_make_one_history(wrapped):
    """Requests of several threads are done one after the other: each vendor once, each id once."""
    company = CompanyFile.open()

    def work(start: int) -> None:
        for number in range(start, start + 25):
            company.process(wrapped(ADD.format(number)))

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({vendor.list_id for vendor in company.vendors()}) == 100


def test_a_thousand_vendors_in_one_message(tmp_path, wrapped):
    """One message of a thousand Adds is executed whole and answered in order."""
    company = CompanyFile.open(tmp_path / "big.sim")
    answer = company.process(wrapped("".join(ADD.format(number) for number in range(1000))))
    assert answer.count('statusCode="0"') == 1000
    assert len(company.vendors()) == 1000
    company.close()
