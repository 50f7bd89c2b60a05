"""The pane of a log: what it keeps, where it stands, and how wide it is."""

from textual.app import App, ComposeResult

from wizard.run.progress import LOG_LINES
from wizard.widgets.log_pane import LogPane


class _Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield LogPane()


async def test_the_newest_lines_are_kept_and_followed() -> None:
    async with _Shown().run_test(size=(40, 10)) as pilot:
        pane = pilot.app.query_one(LogPane)
        pane.add(["a line of some twenty.", "世界世界世界世界世界世界世界世界"])
        assert pane.virtual_size == (32, 2), "columns of wide characters count twice"
        for start in range(0, LOG_LINES, 3000):
            pane.add(map(str, range(start, start + 3000)))
            assert pane.scroll_offset.y == len(pane.lines) - pane.size.height
        assert list(pane.lines) == [str(number) for number in range(start + 3000 - LOG_LINES, start + 3000)]
        assert pane.virtual_size.height == pane.vertical_scrollbar.window_virtual_size == LOG_LINES
        pane.add(map(str, range(3 * LOG_LINES)))
        assert (pane.lines[0], pane.lines[-1], len(pane.lines)) == (
            str(2 * LOG_LINES),
            str(3 * LOG_LINES - 1),
            LOG_LINES,
        )


async def test_what_one_reads_stays_in_sight() -> None:
    async with _Shown().run_test(size=(40, 10)) as pilot:
        pane = pilot.app.query_one(LogPane)
        pane.add(map(str, range(LOG_LINES)))
        pane.follow(on=False)
        pane.scroll_to(y=500, animate=False, immediate=True)
        assert pane.search("777") > 0
        pane.next_found(1)
        first = pane.scroll_offset.y
        read = pane.lines[first]
        pane.add(["and so on"] * 100)
        assert pane.scroll_offset.y == first - 100
        assert pane.lines[first - 100] == read
        await pilot.pause()
        assert pane.render_line(0).text.strip() == read
