"""What goes wrong, what was made and what can be done about it is said where a newcomer looks: in the chart."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser.atelier import Atelier
from browser.invented_run import write_dataset
from browser.training import trainer_graph


@pytest.fixture(scope="module")
def few_pictures(home: Path) -> str:
    """The name of a folder with two pictures to train on and one to validate with, and captions."""
    for picture in write_dataset(home / "datasets" / "newcomer", 3, validation_count=1).pictures:
        picture.path.with_suffix(".txt").write_text("a building", encoding="utf-8")
    return "newcomer"


@pytest.fixture(scope="module")
def silent_pictures(home: Path) -> str:
    """The same without captions."""
    for picture in write_dataset(home / "datasets" / "silent", 3, validation_count=1).pictures:
        picture.path.with_suffix(".txt").unlink(missing_ok=True)
    return "silent"


def with_pocket_model(atelier: Atelier, folder: str, **settings: object) -> tuple[int, int]:
    """`trainer_graph` with the pocket model."""
    return trainer_graph(atelier, atelier.add("PocketModelLoader", 0, 0), folder, **settings)


def another_branch(atelier: Atelier) -> None:
    """Nodes that can run whatever happens to the others."""
    image = atelier.add("EmptyImage", 0, 700, width=64, height=64)
    atelier.connect(image, 0, atelier.add("PreviewImage", 300, 700), "images")


def press_run(atelier: Atelier) -> None:
    """Press Run, whatever comes of it."""
    atelier.page.evaluate("() => void app.queuePrompt(0, 1)")


def test_a_wrong_folder_is_explained_and_nothing_runs(either: Atelier, request: pytest.FixtureRequest) -> None:
    atelier = either
    trainer, picker = with_pocket_model(atelier, "no such style", epochs=2, run_name="never")
    another_branch(atelier)
    atelier.fit()
    before = atelier.server.get_json("/history")
    press_run(atelier)
    for node in (trainer, picker):
        chart = atelier.chart(node)
        atelier.until(lambda chart=chart: "No folder 'no such style'" in atelier.text(chart, ".la-invitation"), 60)
    atelier.until(lambda: "Put your pictures into a folder there" in atelier.toasts())
    atelier.page.wait_for_timeout(500)
    atelier.shot(
        f"newcomer-wrong-folder-{'vue' if atelier.page.evaluate('() => LiteGraph.vueNodesMode') else 'canvas'}"
    )
    queue = atelier.server.get_json("/queue")
    assert not queue["queue_running"] and not queue["queue_pending"]
    assert atelier.server.get_json("/history") == before
    atelier.page.keyboard.press("Escape")  # some front ends open a dialog as well
    atelier.problems.clear()  # and write the refusal to the console, with all that was called


def test_an_error_while_it_runs_is_explained_and_takes_one_line_of_the_log(
    atelier: Atelier, silent_pictures: str
) -> None:
    atelier.renderer("canvas")
    _, picker = with_pocket_model(atelier, silent_pictures, epochs=2, run_name="never")
    atelier.fit()
    begun = len(atelier.server.log_text())
    press_run(atelier)
    chart = atelier.chart(picker)
    atelier.until(lambda: "No caption for" in atelier.text(chart, ".la-invitation"), 120)
    assert "No caption for" in atelier.toasts()
    atelier.shot("newcomer-no-captions")
    told = atelier.server.log_text()[begun:]
    assert "LoRA Atelier: No caption for" in told
    assert "Traceback" not in told and "!!!" not in told
    atelier.page.keyboard.press("Escape")
    atelier.problems.clear()


def test_a_training_is_stopped_and_used(atelier: Atelier, few_pictures: str) -> None:
    atelier.renderer("canvas")
    trainer, picker = with_pocket_model(atelier, few_pictures, epochs=500, run_name="stopped here")
    atelier.fit()
    press_run(atelier)
    chart, result = atelier.chart(trainer), atelier.chart(picker)
    atelier.until(lambda: " left" in atelier.text(chart, ".la-status"), 240)
    stop = chart.query_selector(".la-stop")
    assert stop
    atelier.until(stop.is_visible, 120)
    atelier.shot("newcomer-stop")
    stop.click()
    atelier.until(lambda: "Stopped at epoch" in atelier.text(chart, ".la-status"), 60)
    epochs = atelier.value(trainer, "epochs")
    assert 1 <= epochs < 500
    atelier.until(lambda: result.query_selector(".la-saved code").is_visible(), 60)
    file = atelier.text(result, ".la-saved code")
    assert (atelier.server.home / "models" / "loras" / file).is_file()
    atelier.until(lambda: f"saved as {file}" in atelier.toasts())
    atelier.shot("newcomer-saved")

    press_run(atelier)  # it has what is asked for now: nothing is trained
    atelier.until(lambda: f"Finished · {epochs} epochs" in atelier.text(chart, ".la-status"), 60)
