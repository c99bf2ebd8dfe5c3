"""The risk model that a protocol names, as the protocol reads it."""

from __future__ import annotations

from dataclasses import replace

from hepatica.errors import InvalidInput
from hepatica.physics.biology import LymanModel, model_named
from hepatica.protocol import IsotoxicProtocol, Prescription, Protocol


def risk_model(prescription: Prescription) -> LymanModel:
    """The parameter set of a prescription, with the fractionation that the document states.

    The document is the authority: where it states another alpha/beta or reference fraction than
    the parameter set, the document's is used and the model is marked recalled.

    Raises
    ------
    InvalidInput
        If there is no such parameter set, or the document asks for what is not carried out.
    """
    if prescription.effective_volume != "physical":
        raise InvalidInput(
            f"prescription.effective_volume is {prescription.effective_volume}; allocation is "
            "carried out with physical only."
        )
    model = model_named(prescription.model).with_reference_fraction(
        prescription.reference_fraction_gy
    )
    if model.alpha_beta_gy == prescription.alpha_beta_gy:
        return model
    return replace(
        model,
        name=f"{model.name} (alpha/beta {prescription.alpha_beta_gy:g} Gy)",
        alpha_beta_gy=prescription.alpha_beta_gy,
        status="recalled",
    )


def model_faults(protocol: Protocol) -> list[str]:
    """What a valid document asks of the risk model that cannot be carried out."""
    if not isinstance(protocol, IsotoxicProtocol):
        return []
    try:
        risk_model(protocol.prescription)
    except InvalidInput as error:
        return [f"prescription: {error}"]
    return []
