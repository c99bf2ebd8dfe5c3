"""Every shipped number has its unit, source and status; every name is found or explained."""

from __future__ import annotations

from importlib.resources import files

import pytest
from ruamel.yaml import YAML

from hepatica.errors import InvalidInput
from hepatica.physics.biology import (
    Parameter,
    alpha_beta_named,
    alpha_beta_names,
    cell_parameter_named,
    model_named,
    model_names,
    tcp_model_named,
    tcp_model_names,
)

PUBLISHED = {
    "michigan_mets": (0.97, 0.12, 45.8, 1.5, 2.5, "verified"),
    "michigan_primary": (0.97, 0.12, 39.8, 1.5, 2.5, "verified"),
    "michigan_all": (1.1, 0.18, 43.3, 1.5, 2.5, "recalled"),
    "lahey_sbrt_mets": (1.0, 0.12, 45.8, 2.0, 3.0, "verified"),
    "lahey_sbrt_primary": (1.0, 0.12, 39.8, 2.0, 3.0, "verified"),
    "emami_burman": (0.32, 0.15, 40.0, 2.0, 2.5, "recalled"),
}


def document():
    text = files("hepatica.physics.biology").joinpath("parameters.yaml").read_text("utf-8")
    return YAML(typ="safe").load(text)


def numbers(node, path=()):
    """Every entry that holds a value, and every bare number, with the way to it."""
    if isinstance(node, dict) and "value" not in node:
        for key, child in node.items():
            yield from numbers(child, (*path, key))
    elif not isinstance(node, str):
        yield "/".join(path), node


@pytest.mark.parametrize(("path", "entry"), list(numbers(document())))
def test_every_number_has_unit_source_and_status(path, entry):
    assert isinstance(entry, dict), f"{path} is a bare number"
    assert set(entry) == {"value", "unit", "source", "status"}
    assert isinstance(entry["value"], float)
    assert entry["unit"] in {"1", "Gy", "1/Gy", "1/cc"}
    assert len(entry["source"]) > 10
    assert entry["status"] in {"verified", "recalled"}


@pytest.mark.parametrize(("path", "entry"), list(numbers(document())))
def test_the_unit_agrees_with_the_suffix_of_the_name(path, entry):
    suffixes = {"_per_gy": "1/Gy", "_per_cc": "1/cc", "_gy": "Gy"}
    for suffix, unit in suffixes.items():
        if path.endswith(suffix):
            assert entry["unit"] == unit
            return
    assert entry["unit"] == ("Gy" if path.startswith("alpha_beta/") else "1")


def test_the_shipped_complication_models_are_the_published_ones():
    assert set(model_names()) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_complication_model_has_its_published_numbers(name):
    model = model_named(name)
    numbers_of_it = (model.n, model.m, model.td50_gy, model.reference_fraction_gy)
    assert (*numbers_of_it, model.alpha_beta_gy, model.status) == PUBLISHED[name]
    assert min(map(len, (model.endpoint, model.patients, model.source, model.validity))) > 10


def test_the_reference_file_and_the_default_model_agree(golden):
    model = model_named("michigan_mets")
    for key, value in golden["model"].items():
        assert key == "fractions" or getattr(model, key) == value


@pytest.mark.parametrize("name", tcp_model_names())
def test_every_control_model_can_be_built(name):
    assert tcp_model_named(name).name == name


@pytest.mark.parametrize("name", alpha_beta_names())
def test_every_alpha_beta_is_positive(name):
    assert alpha_beta_named(name).value > 0


def test_a_misspelt_model_is_answered_with_the_nearest_and_all_names():
    with pytest.raises(InvalidInput, match=r"nearest is michigan_mets; known are .*emami_burman"):
        model_named("michigan_met")


@pytest.mark.parametrize(
    ("look_up", "what"),
    [
        (tcp_model_named, "tumour control model"),
        (alpha_beta_named, "alpha/beta"),
        (cell_parameter_named, "cell parameter"),
    ],
)
def test_other_unknown_names_are_answered_too(look_up, what):
    with pytest.raises(InvalidInput, match=f"There is no {what} called 'nothing'. The nearest is"):
        look_up("nothing")


@pytest.mark.parametrize(
    ("unit", "source", "status"),
    [("", "Lee 2009", "verified"), ("Gy", "", "verified"), ("Gy", "Lee 2009", "guessed")],
)
def test_a_parameter_without_unit_source_or_status_is_refused(unit, source, status):
    with pytest.raises(InvalidInput, match="needs a unit"):
        Parameter(2.5, unit, source, status)
