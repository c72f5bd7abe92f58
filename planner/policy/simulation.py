"""Simulation: how many futures, how much they have in common, and how much of a gain can be used."""

from __future__ import annotations

from pydantic import model_validator

from planner.policy.parts import Number, Part


class Simulation(Part):
    """Numbers of the Monte Carlo simulation."""

    samples: Number
    samples_of_criticality: Number
    seed: Number
    same_team: Number
    same_procurement: Number
    early_weeks: Number

    @model_validator(mode="after")
    def _sound(self) -> Simulation:
        if not 1 <= self.samples_of_criticality.value <= self.samples.value:
            raise ValueError("samples_of_criticality is at least 1 and at most samples")
        for name in ("same_team", "same_procurement"):
            if not 0 <= getattr(self, name).value <= 1:
                raise ValueError(f"{name} lies between 0 and 1")
        if self.seed.value < 0 or self.early_weeks.value < 0:
            raise ValueError("seed and early_weeks are not negative")
        return self
