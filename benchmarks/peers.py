"""The peers' side of the analysis benchmark: dicompyler-core, SimpleITK and pymedphys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from stopwatch import Task, main


def contours(folder: Path) -> Task:
    """Outlines to a mask by dicompyler-core's own method, plane by plane."""
    from dicompylercore import dicomparser, dvhcalc

    planes = dicomparser.DicomParser(str(folder / "dicom/RTSTRUCT.dcm")).GetStructureCoordinates(1)
    grid = dicomparser.DicomParser(str(folder / "dicom/RTDOSE_1.dcm")).GetDoseData()
    x, y = np.meshgrid(np.array(grid["lut"][0]), np.array(grid["lut"][1]))
    points = np.vstack((x.flatten(), y.flatten())).T
    voxel_cc = (grid["lut"][0][1] - grid["lut"][0][0]) ** 3 / 1000

    def task() -> dict[str, float]:
        count = 0
        for plane in planes.values():
            mask = np.zeros((len(grid["lut"][1]), len(grid["lut"][0])), bool)
            for contour in plane:
                outline = np.array(contour["data"])[:, :2]
                mask ^= dvhcalc.get_contour_mask(grid, 1, points, outline)
            count += int(mask.sum())
        return {"volume_cc": count * voxel_cc}

    return task


def dvh(folder: Path) -> Task:
    """Structure set and dose to a histogram."""
    from dicompylercore import dvhcalc

    structures, dose = (str(folder / "dicom" / n) for n in ("RTSTRUCT.dcm", "RTDOSE_1.dcm"))

    def task() -> dict[str, float]:
        found = dvhcalc.get_dvh(structures, dose, 1)
        return {"volume_cc": found.volume, "mean_gy": found.mean, "max_gy": found.max}

    return task


def margin(folder: Path) -> Task:
    """10 mm to all sides: binary dilation with a ball of 7 voxels of 1.5 mm."""
    import SimpleITK

    liver = np.load(folder / "scene.npz")["liver"]
    image = SimpleITK.GetImageFromArray(liver.astype(np.uint8))
    ball = SimpleITK.sitkBall

    def task() -> dict[str, float]:
        grown = SimpleITK.BinaryDilate(image, (7, 7, 7), ball)
        voxels = SimpleITK.GetArrayViewFromImage(grown).sum()
        return {"volume_cc": float(voxels) * 1.5**3 / 1000}

    return task


def gamma(folder: Path) -> Task:
    """3 %/3 mm, global, above 10 %."""
    import pymedphys

    held = np.load(folder / "gamma.npz")
    axes = (held["z"], held["y"], held["x"])
    options = {
        "dose_percent_threshold": 3,
        "distance_mm_threshold": 3,
        "lower_percent_dose_cutoff": 10,
        "interp_fraction": 10,
        "max_gamma": 2,
        "quiet": True,
    }

    def task() -> dict[str, float]:
        found = pymedphys.gamma(axes, held["reference"], axes, held["evaluated"], **options)
        known = found[np.isfinite(found)]
        return {
            "pass_percent": float((known <= 1).mean() * 100),
            "mean_gamma": float(known.mean()),
        }

    return task


if __name__ == "__main__":
    main({"contours": contours, "dvh": dvh, "margin": margin, "gamma": gamma})
