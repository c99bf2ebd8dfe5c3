"""Draws docs/images/demo.png from the demonstration: run `make demo`, then this.

python docs/build_picture.py
"""

from __future__ import annotations

from pathlib import Path

from hepatica.engine.evaluate import EvaluationRequest, evaluate_dose
from hepatica.io.dicom.read import read_dose
from hepatica.protocol import load_protocol
from hepatica.report.drawing import pen, save
from hepatica.report.pictures import slices_drawing
from hepatica.store.case_folder import read_case

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Evaluate the demonstration's dose and save the picture of its cuts."""
    case = read_case(ROOT / "out/demo/case")
    dose = read_dose(ROOT / "out/demo/plan-dicom/RTDOSE_1.dcm", case)
    request = EvaluationRequest(risk=0.10)
    result = evaluate_dose(case, load_protocol("sbrt-six-fraction"), dose, request)
    path = ROOT / "docs/images/demo.png"
    path.parent.mkdir(exist_ok=True)
    with pen():
        save(slices_drawing(result), path)


if __name__ == "__main__":
    main()
