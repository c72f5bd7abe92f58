"""Wave mapping in three files, as Azure's planner exports it: which server moves in which wave, to be edited and read
back."""

from __future__ import annotations

import io
import zipfile

import pandas as pd

from planner.export.azure import rewritten
from planner.export.material import Asked, Export, Planned
from planner.export.rows import server_rows, to_csv
from planner.render.markdown import escape
from planner.render.table import safe

MAPPING = ["Server Key", "Server Name", "Application", "Environment", "R", "Target", "Wave Name", "Pinned", "Reason"]
DETAILS = [
    "Wave Name",
    "Start",
    "End",
    "Freeze Conflicts",
    "Servers",
    "Applications",
    "Effort Days P50",
    "Effort Days P80",
    "Confidence",
    "Risk",
    "Strategy Mix",
    "Cross-Wave Dependencies",
    "End P50",
    "End P80",
]
FILES = ("wave-mapping.csv", "wave-details.csv", "waveplan.md")
# A ZIP cannot say that it has no time; this is the first that it can say.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_waves(planned: Planned, asked: Asked) -> Export:
    """Write the bundle, or with `asked.base` the mapping that Azure exported with other wave names and nothing else.

    Pinned and Reason are for a person to fill in. What a plan does not know (conflicts with freezes, risk) is blank,
    and so are the percentiles of a plan that was not simulated.
    """
    rows = server_rows(planned)
    placed = rows[rows["wave_name"].notna()]
    if asked.base is not None:
        return rewritten(asked.base, placed)
    contents = (_mapping(placed), _details(placed, planned), _page(placed, planned))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in zip(FILES, contents, strict=True):
            bundle.writestr(zipfile.ZipInfo(name, NO_TIME), content, compress_type=zipfile.ZIP_DEFLATED)
    others = len(rows) - len(placed)
    return Export((file.getvalue(),), len(placed), (), (("without_wave", others),) if others else ())


def _mapping(rows: pd.DataFrame) -> bytes:
    columns = {
        "Server Key": rows["server_id"],
        "Server Name": rows["name"],
        "Application": rows["app"],
        "Environment": rows["environment"],
        "R": rows["disposition"],
        "Target": rows["instance_type"],
        "Wave Name": rows["wave_name"],
    }
    return to_csv(MAPPING, {name: _inert(column) for name, column in columns.items()}, len(rows))


def _inert(column: pd.Series) -> pd.Series:
    return column.map(safe, na_action="ignore")


def _details(rows: pd.DataFrame, planned: Planned) -> bytes:
    waves = _summary(rows, planned)
    columns = {
        "Wave Name": waves["wave_name"],
        "Start": waves["start"].dt.strftime("%Y-%m-%d"),
        "End": waves["end"].dt.strftime("%Y-%m-%d"),
        "Servers": waves["servers"],
        "Applications": waves["applications"],
        "Effort Days P50": _one_decimal(waves["p50_days"]),
        "Effort Days P80": _one_decimal(waves["p80_days"]),
        "Confidence": waves["settled"].map(lambda share: f"{share:.2f}", na_action="ignore"),
        "Strategy Mix": waves["mix"],
        "Cross-Wave Dependencies": waves["crossing"],
        "End P50": waves["p50_date"].dt.strftime("%Y-%m-%d"),
        "End P80": waves["p80_date"].dt.strftime("%Y-%m-%d"),
    }
    return to_csv(DETAILS, columns, len(waves))


def _summary(rows: pd.DataFrame, planned: Planned) -> pd.DataFrame:
    """One row for each wave, also for one of systems without servers."""
    members = planned["waves"].merge(planned["decisions"], on="system_id", how="left")
    grouped = members.groupby("wave")
    waves = pd.DataFrame(
        {
            "start": grouped["start_date"].min(),
            "end": grouped["end_date"].max(),
            "applications": grouped["system_id"].nunique(),
            "settled": members.assign(is_settled=(members["state"] == "settled").astype(float))
            .groupby("wave")["is_settled"]
            .mean(),
            "mix": grouped["disposition"].agg(_mix),
            "crossing": _crossing(planned),
            "quarter": grouped["quarter"].first(),
        }
    )
    waves = waves[waves["quarter"].notna()]
    waves["servers"] = rows.groupby("wave").size().reindex(waves.index, fill_value=0)
    waves["crossing"] = waves["crossing"].fillna(0).astype(int)
    waves["wave_name"] = [
        f"W{int(number):02d} {quarter}" for number, quarter in zip(waves.index, waves["quarter"], strict=True)
    ]
    return waves.join(_futures(planned))


def _futures(planned: Planned) -> pd.DataFrame:
    """Days of work and last change of each wave in half and in four of five of the futures, where they were simulated.

    The simulation tells of work in SEK, which is days at one rate: a share more of one is as much more of the other.
    """
    risk = planned["risk_waves"].query("scope == 'wave'").set_index("wave")
    days = planned["effort"].groupby("system_id")["likely_days"].sum()
    likely = planned["waves"].assign(days=planned["waves"]["system_id"].map(days)).groupby("wave")["days"].sum()
    each = likely.reindex(risk.index) / risk["likely_sek"].where(risk["likely_sek"] > 0)
    return pd.DataFrame(
        {
            "p50_days": each * risk["p50_sek"],
            "p80_days": each * risk["p80_sek"],
            "p50_date": pd.to_datetime(risk["p50_date"]),
            "p80_date": pd.to_datetime(risk["p80_date"]),
        }
    )


def _one_decimal(days: pd.Series) -> pd.Series:
    return days.map(lambda value: f"{value:.1f}", na_action="ignore")


def _mix(dispositions: pd.Series) -> str:
    counts = dispositions.fillna("undecided").value_counts().sort_index()
    return "; ".join(f"{name} {count}" for name, count in counts.items())


def _crossing(planned: Planned) -> pd.Series:
    """Data flows from each wave's systems to systems that move in another wave, or not at all."""
    wave = planned["waves"].set_index("system_id")["wave"]
    flows = planned["links"].dropna(subset=["source_system_id", "target_system_id"])
    source, target = flows["source_system_id"].map(wave), flows["target_system_id"].map(wave)
    is_crossing = source.notna() & (source != target).fillna(True)
    return source[is_crossing].value_counts()


def _page(rows: pd.DataFrame, planned: Planned) -> bytes:
    lines = [
        f"# {escape(planned.organisation)}",
        "",
        f"Plan {planned.plan_id}, {planned.plan_date}",
        "",
        "| Wave | Start | End | Servers | Applications | Strategy |",
        "|---|---|---|---:|---:|---|",
    ]
    for wave in _summary(rows, planned).itertuples():
        dates = f"{wave.start:%Y-%m-%d} | {wave.end:%Y-%m-%d}"
        lines.append(f"| {wave.wave_name} | {dates} | {wave.servers} | {wave.applications} | {wave.mix} |")
    return ("\n".join(lines) + "\n").encode("utf-8")
