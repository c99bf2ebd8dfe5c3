"""Machine files of matRad and pyRadPlan are read with the meaning that these programs give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from hepatica.errors import InvalidInput
from hepatica.io.machine import read_matrad_machine
from tests.machine_files import photons_generic  # noqa: F401

PITCH = 0.5
RADIUS = np.arange(0, 20.5, 0.5)


def _kernel(component: int, ssd_mm: float) -> np.ndarray[Any, Any]:
    """1/mm^2: a smooth tail and, at radius 0, all that falls into the central cell."""
    tail = (component + 1) * 1e-3 * np.exp(-RADIUS / 5.0) * ssd_mm / 1000
    tail[0] = 3.0 / (component + 1)
    return tail


def _file(path: Path, **changes: Any) -> Path:
    version = changes.pop("version", 2)
    factor = PITCH**2 if version in (None, 1) else 1.0
    kernels = [
        {"SSD": ssd, "kernel1": _kernel(0, ssd) * factor, "kernel2": _kernel(1, ssd) * factor}
        for ssd in (1000.0, 900.0)
    ]
    data = {
        "energy": 6.0,
        "m": 0.005,
        "betas": np.array([0.3, 0.005]),
        "kernelPos": RADIUS,
        "primaryFluence": np.array([[0.0, 1.0], [100.0, 1.05]]),
        "penumbraFWHMatIso": 5.0,
        "kernel": np.array(kernels),
    }
    machine: dict[str, Any] = {
        "meta": {"radiationMode": "photons", "SAD": 1000.0, "name": "Toy", "created_by": "me"},
        "data": data | changes.pop("data", {}),
    }
    machine["meta"] |= changes.pop("meta", {})
    if version is not None:
        machine["version"] = version
    savemat(path, changes.pop("root", {"machine": machine}))
    return path


@pytest.mark.parametrize("version", [None, 1, 2])
def test_the_sum_over_cells_is_the_same_in_every_version(
    tmp_path: Path, version: int | None
) -> None:
    found = read_matrad_machine(_file(tmp_path / "m.mat", version=version))
    x = np.arange(-30, 31) * PITCH
    r = np.hypot(x[:, None], x)
    tail, centre = found.lateral.at(900.0)
    for k in range(2):
        cells = np.interp(r, found.lateral.radius_mm, tail[k], right=0.0) * PITCH**2
        expected = np.interp(r, RADIUS, _kernel(k, 900.0), right=0.0)
        expected[30, 30] = _kernel(k, 900.0)[0]
        assert cells.sum() + centre[k] == pytest.approx(expected.sum() * PITCH**2, rel=1e-12)


def test_the_tail_goes_smoothly_through_the_centre(tmp_path: Path) -> None:
    found = read_matrad_machine(_file(tmp_path / "m.mat"))
    tail = found.lateral.tail_per_mm2[1, 0]
    assert tail[0] - tail[1] == pytest.approx(tail[1] - tail[2])
    assert found.lateral.centre_weight[1, 0] == pytest.approx((3.0 - tail[0]) * PITCH**2)


def test_distances_are_sorted_and_numbers_arrive(tmp_path: Path) -> None:
    found = read_matrad_machine(_file(tmp_path / "m.mat"))
    assert found.lateral.ssd_mm.tolist() == [900.0, 1000.0]
    assert (found.name, found.version, found.sad_mm) == ("Toy", "2", 1000.0)
    assert (found.energy_mv, found.penumbra_fwhm_mm, found.kernel_pitch_mm) == (6.0, 5.0, 0.5)
    assert found.depth.attenuation_per_mm == 0.005
    assert found.primary_fluence.relative.tolist() == [1.0, 1.05]
    assert found.calibration is None
    assert found.mlc is None


def test_one_kernel_alone_is_read(tmp_path: Path) -> None:
    one = {"SSD": 900.0, "kernel1": _kernel(0, 900.0), "kernel2": _kernel(1, 900.0)}
    found = read_matrad_machine(_file(tmp_path / "m.mat", data={"kernel": one}))
    assert found.lateral.ssd_mm.tolist() == [900.0]


def test_a_coarse_table_keeps_the_central_cell_apart(tmp_path: Path) -> None:
    coarse = np.array([0.0, 2.0, 4.0, 6.0])
    values = np.array([3.0, 0.004, 0.002, 0.0])
    kernel = {"SSD": 900.0, "kernel1": values, "kernel2": values}
    changes = {"kernelPos": coarse, "kernel": kernel}
    found = read_matrad_machine(_file(tmp_path / "m.mat", data=changes))
    x = np.arange(-20, 21) * PITCH
    r = np.hypot(x[:, None], x)
    tail, centre = found.lateral.at(900.0)
    cells = np.interp(r, found.lateral.radius_mm, tail[0], right=0.0) * PITCH**2
    expected = np.interp(r, coarse, values, right=0.0).sum() * PITCH**2
    assert cells.sum() + centre[0] == pytest.approx(expected, rel=1e-12)


def test_a_kernel_without_a_build_up_of_its_own_is_said_to_be_unused(tmp_path: Path) -> None:
    kernel = {"SSD": 900.0} | {f"kernel{k}": _kernel(0, 900.0) for k in (1, 2, 3)}
    found = read_matrad_machine(_file(tmp_path / "m.mat", data={"kernel": kernel}))
    assert "kernel3 has no build-up of its own" in found.sources[-1].note


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 3}, r"m.mat: version is 3; 1 \(or none\) and 2 are read"),
        ({"meta": {"radiationMode": "protons"}}, "radiationMode is 'protons'; only photons"),
        ({"root": {"pln": 1.0}}, "there is no block 'machine'; found: pln"),
        ({"data": {"betas": np.array([0.3, np.nan])}}, "betas is empty or holds values that are"),
        ({"data": {"m": "none"}}, "m is not made of numbers"),
        ({"data": {"m": np.array([0.1, 0.2])}}, "m has 2 values; one is needed"),
        ({"data": {"kernelPos": RADIUS[:-1]}}, "kernels have 41 values and kernelPos 40"),
        ({"data": {"kernel": np.ones(3)}}, "data.kernel is not a list of kernels"),
        ({"data": {"betas": np.array([0.3, 0.1, 0.05])}}, "kernel3 is missing; found: SSD"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_matrad_machine(_file(tmp_path / "m.mat", **changes))


def test_what_is_no_matlab_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be read: .*Check the path"):
        read_matrad_machine(tmp_path / "none.mat")
    text = tmp_path / "text.mat"
    text.write_text("not MATLAB at all, but long enough to have a header of 128 bytes " * 5)
    with pytest.raises(InvalidInput, match=r"text.mat is not a MATLAB file that can be read"):
        read_matrad_machine(text)


def _hdf5_header(path: Path) -> Path:
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header.ljust(512, b"\x00") + b"\x89HDF\r\n\x1a\n".ljust(100, b"\x00"))
    return path


def test_the_newest_format_without_its_reader_is_answered_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("hepatica.io.machine.matlab.import_module", absent)
    with pytest.raises(InvalidInput, match=r"format v7.3, which needs the package h5py"):
        read_matrad_machine(_hdf5_header(tmp_path / "new.mat"))


def test_the_newest_format_is_read_where_its_reader_is_installed(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "new.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        data = file.create_group("machine/data")
        for name, value in (("energy", 6.0), ("m", 0.005), ("penumbraFWHMatIso", 5.0)):
            data[name] = np.array([[value]])
        data["betas"] = np.array([[0.3], [0.005]])
        data["kernelPos"] = RADIUS[:, None]
        data["primaryFluence"] = np.array([[0.0, 100.0], [1.0, 1.05]])
        kernel = data.create_group("kernel")
        for name in ("SSD", "kernel1", "kernel2"):
            references = []
            for i, ssd in enumerate((900.0, 1000.0)):
                value = np.array([[ssd]]) if name == "SSD" else _kernel(int(name[-1]) - 1, ssd)
                references.append(file.create_dataset(f"#refs#/{name}{i}", data=value).ref)
            kernel.create_dataset(name, data=np.array(references, dtype=h5py.ref_dtype)[:, None])
        file["machine/meta/SAD"] = np.array([[1000.0]])
        text = file.create_dataset("machine/meta/name", data=np.array([[ord(c)] for c in "Toy"]))
        text.attrs["MATLAB_class"] = np.bytes_("char")
        file["machine/version"] = np.array([[2.0]])
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    found = read_matrad_machine(path)
    expected = read_matrad_machine(_file(tmp_path / "old.mat"))
    assert found.name == "Toy"
    assert np.allclose(found.lateral.tail_per_mm2, expected.lateral.tail_per_mm2)
    assert np.allclose(found.lateral.centre_weight, expected.lateral.centre_weight)
    assert found.primary_fluence.relative.tolist() == [1.0, 1.05]


@pytest.mark.peer
def test_the_public_generic_machine_is_read(photons_generic: Path) -> None:  # noqa: F811
    found = read_matrad_machine(photons_generic)
    assert (found.name, found.version) == ("Generic", "2")
    assert found.depth.build_up_per_mm.round(4).tolist() == [0.3252, 0.016, 0.0051]
    assert found.lateral.tail_per_mm2.shape == (501, 3, 360)
    assert found.lateral.ssd_mm[[0, -1]].tolist() == [500.0, 1000.0]
    at_900 = found.lateral.tail_per_mm2[400, 0, 0] * 0.25 + found.lateral.centre_weight[400, 0]
    assert at_900 == pytest.approx(3.19813156 * 0.25, rel=1e-8)
