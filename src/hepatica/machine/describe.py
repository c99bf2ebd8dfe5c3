"""A machine in plain words: what it is, what it can do, and which numbers are only recalled."""

from __future__ import annotations

from hepatica.machine.machine import Machine
from hepatica.machine.parts import Calibration, Mlc
from hepatica.machine.resolution import Resolution, default_resolution


def describe(machine: Machine) -> str:
    """Several lines of text on a machine, its sources last."""
    lateral, depth = machine.lateral, machine.depth
    lines = [
        f"{machine.title or machine.name} ({machine.name}, version {machine.version})",
        f"  {machine.energy_mv:g} MV, source to isocentre {machine.sad_mm:g} mm, source "
        f"{machine.penumbra_fwhm_mm:g} mm wide at the isocentre",
        f"  {depth.count} depth components: attenuation {depth.attenuation_per_mm:.5g} per mm, "
        f"build-up {', '.join(f'{b:.4g}' for b in depth.build_up_per_mm)} per mm",
        f"  lateral components for {lateral.ssd_mm.size} distances to the skin, "
        f"{lateral.ssd_mm[0]:g} to {lateral.ssd_mm[-1]:g} mm",
        f"  {_leaves(machine.mlc)}",
        f"  {_steps(machine.resolution)}",
        f"  {_absolute(machine.calibration)}",
        "  density from HU: " + ("its own table" if machine.hlut else "the default table"),
        "Sources",
    ]
    for said in machine.sources:
        note = f" {said.note}" if said.note else ""
        lines.append(f"  {said.number} [{said.status}]: {said.source.rstrip('.')}.{note}")
    return "\n".join(lines)


def _leaves(mlc: Mlc | None) -> str:
    if mlc is None:
        return "leaves: not described; no segments can be made for this machine"
    widths = sorted(
        {round(float(w), 3) for w in mlc.leaf_boundaries_mm[1:] - mlc.leaf_boundaries_mm[:-1]}
    )
    between = "may" if mlc.interdigitation else "may not"
    return (
        f"leaves: {mlc.pairs} pairs of {', '.join(f'{w:g}' for w in widths)} mm, tips from "
        f"{mlc.minimum_mm:g} to {mlc.maximum_mm:g} mm, {mlc.overtravel_mm:g} mm past the central "
        f"ray, gap at least {mlc.minimum_gap_mm:g} mm, neighbours {between} interlock, "
        f"{100 * mlc.transmission:g} % transmitted"
    )


def _steps(stated: Resolution | None) -> str:
    if stated is None:
        return f"set in steps of: not stated; {default_resolution()} are taken (recalled)"
    return f"set in steps of: {stated}"


def _absolute(at: Calibration | None) -> str:
    if at is None:
        return "absolute dose: not stated; doses are relative and there are no monitor units"
    return (
        f"absolute dose: {at.cgy_per_mu:g} cGy/MU for a field of {at.field_mm:g} mm, SSD "
        f"{at.ssd_mm:g} mm, depth {at.depth_mm:g} mm"
    )
