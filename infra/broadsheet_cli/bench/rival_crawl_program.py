"""Runs in news-please's environment, not in ours: ``rival_crawl_program.py CONFIG.cfg SITES.hjson WARM.html``.

Crawls the one site of the list with news-please's own crawler and pipeline, as ``news-please`` itself would start it,
and writes the CPU seconds that took, imports and a first article apart, as the last line of standard output.
"""

import importlib
import sys
import time
from pathlib import Path


def main() -> None:
    """Crawl."""
    library = importlib.import_module("newsplease")
    crawler = importlib.import_module("newsplease.single_crawler").SingleCrawler
    # What is loaded with the first article is loaded before, as it is for ours.
    warm = Path(sys.argv[3]).read_text(encoding="utf-8")
    library.NewsPlease.from_html(warm, "http://warm.example/", fetch_images=False)
    begun = time.process_time()
    crawler(sys.argv[1], sys.argv[2], 0, shall_resume=False, daemonize=False)
    print(f"\n{time.process_time() - begun}", flush=True)


if __name__ == "__main__":
    main()
