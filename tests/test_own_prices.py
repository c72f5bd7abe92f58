"""Price lists of a case: a provider that nobody has heard of, in crowns and euro, through the same tables."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from planner.business_case.transfer import egress_price
from planner.case import Case, Exchange, read_case
from planner.catalogue import load_catalogue, price_types, storage_price, with_price_lists
from planner.errors import CatalogueError
from planner.pipeline import compute
from planner.policy import load_policy
from planner.size import size
from planner.size.offers import instance_offers
from tests.conftest import EXAMPLE
from tests.test_size import STOCKHOLM, portfolio_of

POLICY = load_policy()
HOURS = POLICY.sizing.hours_per_month.value
REGION = "exempelmoln-se-1"
# Invented: no such provider, machine or price.
LIST = """region,country,product,kind,scope,unit,price,currency,as_of,source,arch,vcpu,memory_gib
exempelmoln-se-1,SE,compute,on_demand,ex.small,month,420,SEK,2026-11-01,Exempelmolnets prislista (påhittad),x86_64,2,4
exempelmoln-se-1,SE,compute,on_demand,ex.large,month,1680,SEK,2026-11-01,Exempelmolnets prislista (påhittad),x86_64,8,32
exempelmoln-se-1,SE,compute,reserved_1y,ex.large,month,1260,SEK,2026-11-01,Exempelmolnets prislista (påhittad),x86_64,8,32
exempelmoln-se-1,SE,compute,on_demand,ex.huge,hour,4,EUR,2026-11-01,Exempelmolnets prislista (påhittad),x86_64,64,512
exempelmoln-se-1,SE,licence,windows,,vCPU-month,105,SEK,2026-11-01,Exempelmolnets prislista (påhittad),,,
exempelmoln-se-1,SE,storage,disk,,GiB-month,1.05,SEK,2026-11-01,Exempelmolnets prislista (påhittad),,,
exempelmoln-se-1,SE,transfer,internet_out,,GB,0.105,SEK,2026-11-01,Exempelmolnets prislista (påhittad),,,
"""


def case_with(folder: Path, text: str = LIST, exchange: Exchange | None = None, region: str = REGION) -> Case:
    """A case with one price list beside it."""
    (folder / "exempelmoln.csv").write_text(text, encoding="utf-8")
    rate = exchange or Exchange(sek_per_usd=10.5, sek_per_eur=11.3, as_of=date(2026, 11, 2), source="test")
    changed = {"price_lists": ["exempelmoln.csv"], "exchange": rate, "region": region}
    case = STOCKHOLM.model_copy(update=changed)
    case._folder = folder
    return case


def test_prices_are_in_dollars_an_hour_and_keep_date_and_source(tmp_path: Path) -> None:
    catalogue = with_price_lists(load_catalogue(), case_with(tmp_path), HOURS)
    linux = price_types(catalogue, REGION, "linux").dropna(subset="usd_per_hour").set_index("instance_type")
    assert sorted(linux.index) == ["ex.huge", "ex.large", "ex.small"]
    assert linux.loc["ex.large", "usd_per_hour"] == pytest.approx(1680 / 10.5 / 730)
    assert linux.loc["ex.huge", "usd_per_hour"] == pytest.approx(4 * 11.3 / 10.5)
    assert linux.loc["ex.small", ["as_of", "source"]].tolist() == ["2026-11-01", "Exempelmolnets prislista (påhittad)"]
    windows = price_types(catalogue, REGION, "windows").set_index("instance_type")["usd_per_hour"]
    assert windows["ex.small"] == pytest.approx((420 + 2 * 105) / 10.5 / 730)
    assert storage_price(catalogue, REGION)[:2] == (pytest.approx(0.1), "2026-11-01")
    said = "Exempelmolnets prislista (påhittad) (internet_out, 2026-11-01)"
    assert egress_price(catalogue, REGION) == (pytest.approx(0.01), said)


def test_the_regions_of_the_provider_take_no_general_price_of_aws(tmp_path: Path) -> None:
    only_machines = "\n".join(line for line in LIST.splitlines() if ",compute," in line or line.startswith("region"))
    catalogue = with_price_lists(load_catalogue(), case_with(tmp_path, only_machines), HOURS)
    assert price_types(catalogue, REGION, "windows")["usd_per_hour"].isna().all()
    assert storage_price(catalogue, REGION) == (None, None, None) and egress_price(catalogue, REGION) is None
    # And those of AWS are as they were.
    before, after = (price_types(known, "eu-north-1", "windows") for known in (load_catalogue(), catalogue))
    pd.testing.assert_frame_equal(before, after[after["instance_type"].isin(before["instance_type"])])
    assert len(instance_offers("linux", "x86_64", REGION, POLICY, catalogue).priced) == 3


def test_servers_get_the_cheapest_machine_of_the_list(tmp_path: Path) -> None:
    case = case_with(tmp_path)
    catalogue = with_price_lists(load_catalogue(), case, HOURS)
    servers = [{"vcpu": 2, "memory_gib": 4.0}, {"vcpu": 4, "memory_gib": 16.0}, {"vcpu": 96, "memory_gib": 16.0}]
    made = size(portfolio_of(servers), case, POLICY, catalogue)["targets"].set_index("server_id")
    assert made["instance_type"].astype("string").tolist()[:2] == ["ex.small", "ex.large"]
    assert made["state"].tolist() == ["sized", "sized", "no_type_fits"]
    assert made.loc["s0", "compute_usd_month"] == pytest.approx(420 / 10.5)
    assert made["reserved_1y_usd_month"].isna().tolist() == [True, False, True]
    assert made.loc["s0", "storage_usd_month"] == pytest.approx(100 * 0.1)


def test_an_agreed_price_counts_before_the_lists(tmp_path: Path) -> None:
    known = load_catalogue().instance_types.set_index("instance_type").loc["m6i.large"]
    line = f"eu-north-1,,compute,on_demand,m6i.large,hour,0.05,USD,2026-11-01,Avropsavtal,x86_64,{known.vcpu},{known.memory_gib}"
    text = f"{LIST.splitlines()[0]}\n{line}\n"
    catalogue = with_price_lists(load_catalogue(), case_with(tmp_path, text, region="eu-north-1"), HOURS)
    assert len(catalogue.instance_types) == len(load_catalogue().instance_types)
    found = price_types(catalogue, "eu-north-1", "linux").set_index("instance_type")
    assert found.loc["m6i.large", ["usd_per_hour", "source"]].tolist() == [0.05, "Avropsavtal"]
    assert catalogue.manifest["fingerprint"] != load_catalogue().manifest["fingerprint"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (",2026-11-01,Exempelmolnets prislista (påhittad),x86_64,2,4", ",2026-11-01,,x86_64,2,4", [":2", "'source'"]),
        ("month,420,SEK", "month,,SEK", [":2", "'price' is missing"]),
        ("month,420,SEK", "month,0,SEK", [":2", "above nought", "0"]),
        ("month,420,SEK", "month,nan,SEK", [":2", "above nought"]),
        ("month,420,SEK", 'month,"4,20",SEK', [":2", "4,20", "point"]),
        ("month,420,SEK", "month,420,NOK", [":2", "NOK", "exchange"]),
        ("month,420,SEK", "year,420,SEK", [":2", "year", "month"]),
        ("4,EUR,2026-11-01", "4,EUR,1 november", [":5", "1 november", "2026-11-01"]),
        ("x86_64,2,4", "x86_64,2.5,4", [":2", "whole"]),
        ("x86_64,2,4", "x86_64,2,", [":2", "memory_gib"]),
        ("x86_64,2,4", "riscv,2,4", [":2", "riscv", "arm64"]),
        ("compute,on_demand,ex.small", "compute,spot,ex.small", [":2", "spot", "reserved_1y"]),
        ("compute,on_demand,ex.small", "server,on_demand,ex.small", [":2", "server", "compute"]),
        ("compute,on_demand,ex.small", "compute,on_demand,", [":2", "no name"]),
        ("reserved_1y,ex.large", "on_demand,ex.large", ["twice", "ex.large"]),
        ("x86_64,8,32\nexempelmoln-se-1,SE,compute,on_demand,ex.huge", "x86_64,8,64\nexempelmoln-se-1,SE,compute,on_demand,ex.huge", ["ex.large", "sizes"]),
        ("on_demand,ex.small", "on_demand,m6i.large", ["m6i.large", "sizes"]),
        ("price,currency", "pris,currency", ["pris", "price"]),
        (LIST.partition("\n")[2], "", ["no rows"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert LIST.count(old) == 1 or old == ",2026-11-01,Exempelmolnets prislista (påhittad),x86_64,2,4"
    with pytest.raises(CatalogueError) as caught:
        with_price_lists(load_catalogue(), case_with(tmp_path, LIST.replace(old, new)), HOURS)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_list_that_is_no_text_or_not_there_says_so_and_crowns_need_a_rate(tmp_path: Path) -> None:
    case = case_with(tmp_path)
    (tmp_path / "exempelmoln.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(CatalogueError, match=r"exempelmoln\.csv"):
        with_price_lists(load_catalogue(), case, HOURS)
    (tmp_path / "exempelmoln.csv").unlink()
    with pytest.raises(CatalogueError, match="price_lists"):
        with_price_lists(load_catalogue(), case, HOURS)
    case = case_with(tmp_path).model_copy(update={"exchange": None})
    case._folder = tmp_path
    with pytest.raises(CatalogueError, match="SEK"):
        with_price_lists(load_catalogue(), case, HOURS)


@pytest.mark.slow
def test_a_whole_case_is_priced_with_the_list(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "case", ignore=shutil.ignore_patterns("plan*"))
    (tmp_path / "case" / "exempelmoln.csv").write_text(LIST, encoding="utf-8")
    path = tmp_path / "case" / "case.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "region: eu-north-1", f"region: {REGION}\nprice_lists: [exempelmoln.csv]"
    )
    path.write_text(text, encoding="utf-8")
    made = compute(read_case(tmp_path / "case"))
    targets = made.portfolio["targets"].query("state == 'sized'")
    assert len(targets) and targets["instance_type"].astype("string").str.startswith("ex.").all()
    assert set(targets["price_as_of"]) == {"2026-11-01"} and set(targets["region"].astype("string")) == {REGION}
    rows = made.portfolio["cash_flows"].query("kind == 'cloud'")
    assert rows.loc[rows["component"] == "egress", "source"].astype("string").str.contains("Exempelmolnet").all()
    findings = set(made.portfolio["findings"]["code"])
    assert "broken_promise" not in findings and "catalogue_no_region" not in findings
    assert "catalogue_old" not in findings
    assert made.catalogue["fingerprint"] != load_catalogue().manifest["fingerprint"]
