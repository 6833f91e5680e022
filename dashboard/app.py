"""The dashboard on the published set: who needs attention today, one account, bands over time, renewals to come."""

import sys
from pathlib import Path

import streamlit as st

# Streamlit starts this file by its path, again at every click, with its own folder first.
if (root := str(Path(__file__).resolve().parents[1])) not in sys.path:
    sys.path.insert(0, root)

from dashboard import published

PAGES = {
    "today": ("Today · 今日", ":material/today:"),
    "account": ("One account · 顧客", ":material/domain:"),
    "bands": ("Bands over time · 区分の推移", ":material/stacked_bar_chart:"),
    "renewals": ("Renewals · 更新", ":material/event_repeat:"),
}


def main() -> None:
    """One page of the set that is published now."""
    st.set_page_config(page_title="Bansou 伴走", page_icon="🚲", layout="wide")
    found = published.published_set()
    if found is None:
        st.info("Nothing is published yet: `make run` builds the warehouse. · まだ公開されたデータがありません。")
        published.follow(None)
        return
    st.session_state["published_set"] = found
    folder = Path(__file__).parent / "views"
    pages = [
        st.Page(folder / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "today")
        for name, (title, icon) in PAGES.items()
    ]
    st.session_state["pages"] = dict(zip(PAGES, pages, strict=True))
    page = st.navigation(pages)
    with st.sidebar:
        st.markdown(f"**As of · 基準日** {found.as_of_date:%Y-%m-%d}")
        st.caption(f"Set `{found.publish_id}`, published {found.published_at[:16].replace('T', ' ')} UTC")
        published.follow(found.publish_id)
    page.run()


main()
