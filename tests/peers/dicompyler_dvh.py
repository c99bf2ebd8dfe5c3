"""Runs in the environment of dicompyler-core: the DVH of the regions asked for, as JSON."""

from __future__ import annotations

import json
import sys

from dicompylercore import dicomparser, dvhcalc


def main(structures: str, dose: str, plan: str, *wanted: str) -> None:
    regions = dicomparser.DicomParser(structures).GetStructures()
    said = dicomparser.DicomParser(plan).GetPlan()
    found = {}
    for number in (n for n, region in regions.items() if region["name"] in wanted):
        region = regions[number]
        dvh = dvhcalc.get_dvh(structures, dose, number)
        found[region["name"]] = {
            "type": region["type"],
            "volume_cc": float(dvh.volume),
            "mean_gy": float(dvh.mean),
            "d95_gy": float(dvh.statistic("D95").value),
            "d2_gy": float(dvh.statistic("D2").value),
        }
    answer = {
        "prescription_gy": said["rxdose"] / 100.0,
        "names": sorted(region["name"] for region in regions.values()),
        "regions": found,
    }
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
