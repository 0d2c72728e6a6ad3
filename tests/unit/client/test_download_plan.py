"""What is planned before anything is fetched."""

from pathlib import Path

from horde_model_reference.client.download_plan import DownloadPlan, Presence, plan_downloads
from horde_model_reference.client.layout import device_near
from horde_model_reference.domain.record_parts import DownloadRecord, GenericModelRecordConfig
from horde_model_reference.domain.records import ClipModelRecord, TextGenerationModelRecord

SUM = "a" * 64


def a_file(
    name: str, *, size: int | None = None, sum_: str = SUM, purpose: str | None = None
) -> DownloadRecord:
    return DownloadRecord(
        file_name=name,
        file_url=f"http://files.example/{name}",
        size_bytes=size,
        sha256sum=sum_,
        file_purpose=purpose,
    )


def a_model(*files: DownloadRecord, name: str = "ViT", whole_size: int | None = None) -> ClipModelRecord:
    return ClipModelRecord(
        name=name, config=GenericModelRecordConfig(download=list(files)), size_on_disk_bytes=whole_size
    )


def put(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))


def presences(plan: DownloadPlan) -> list[Presence]:
    return [file.presence for file in plan.files]


def test_files_are_told_by_what_lies_at_their_place(tmp_path: Path) -> None:
    put(tmp_path / "clip" / "there", 10)
    put(tmp_path / "clip" / "half.part", 4)
    put(tmp_path / "clip" / "short", 5)
    model = a_model(*(a_file(name, size=10) for name in ("there", "half", "short", "none")))

    plan = plan_downloads([model], tmp_path)

    assert presences(plan) == [Presence.present, Presence.partial, Presence.damaged, Presence.missing]
    assert [file.bytes_to_fetch for file in plan.files] == [0, 6, 10, 10]
    assert plan.bytes_to_fetch == 26


def test_a_file_of_another_size_stays_where_no_sum_could_tell(tmp_path: Path) -> None:
    put(tmp_path / "clip" / "f", 5)

    plan = plan_downloads([a_model(a_file("f", size=10, sum_="FIXME"))], tmp_path)

    assert presences(plan) == [Presence.present]


def test_the_size_of_the_one_file_that_tells_none_follows_from_the_whole(tmp_path: Path) -> None:
    one = a_model(a_file("a", size=30), a_file("b"), whole_size=100)
    two = a_model(a_file("c"), a_file("d"), whole_size=100, name="two")

    plan = plan_downloads([one, two], tmp_path)

    assert [file.size_bytes for file in plan.files] == [30, 70, None, None]
    assert (plan.bytes_to_fetch, plan.of_unknown_size) == (100, 2)


def test_a_file_that_models_share_counts_once(tmp_path: Path) -> None:
    shared = a_file("v.safetensors", size=10, purpose="vae")

    plan = plan_downloads([a_model(shared), a_model(shared, name="other")], tmp_path)

    assert [file.path for file in plan.files] == [tmp_path / "vae" / "v.safetensors"]


def test_models_without_files_or_place_are_told(tmp_path: Path) -> None:
    text = TextGenerationModelRecord(
        name="t", parameters_count=7, config=GenericModelRecordConfig(download=[a_file("t.gguf")])
    )
    own = a_model(a_file("/elsewhere/own.safetensors"), name="own")

    plan = plan_downloads([a_model(), text, own], tmp_path)

    assert [record.name for record in plan.without_files] == ["ViT", "t", "own"]
    assert plan.files == ()


def test_room_is_counted_without_what_is_there_already(tmp_path: Path) -> None:
    put(tmp_path / "clip" / "there", 10)
    put(tmp_path / "clip" / "short", 4)
    model = a_model(*(a_file(name, size=10) for name in ("there", "short", "none")))

    plan = plan_downloads([model], tmp_path, free_bytes=lambda _: 20)

    (disk,) = plan.disks
    assert (disk.bytes_to_fetch, disk.bytes_left, plan.fits) == (16, 4, True)


def test_too_little_room_is_told(tmp_path: Path) -> None:
    plan = plan_downloads([a_model(a_file("f", size=10))], tmp_path, free_bytes=lambda _: 9)

    assert not plan.fits
    assert plan.disks[0].bytes_left == -1


def test_an_unknown_disk_may_have_enough_room(tmp_path: Path) -> None:
    plan = plan_downloads([a_model(a_file("f", size=10))], tmp_path, free_bytes=lambda _: None)

    assert plan.fits


def test_folders_on_two_disks_are_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "vae").symlink_to("/mnt/other")
    model = a_model(a_file("f", size=10), a_file("g", size=20), a_file("v", size=7, purpose="vae"))

    plan = plan_downloads([model], tmp_path, device_of=lambda path: 2 if "vae" in path.parts else 1)

    assert [disk.bytes_to_fetch for disk in plan.disks] == [30, 7]


def test_the_disk_of_a_file_is_that_of_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to("/dev")

    assert device_near(tmp_path / "not" / "yet" / "f") == tmp_path.stat().st_dev
    assert device_near(tmp_path / "linked" / "f") == Path("/dev").stat().st_dev
