"""Small pages for the commands that read pages, written for the tests."""

from __future__ import annotations

ARTICLE = """<!doctype html><html lang="en"><head><title>The night boat sails again | Harbour Gazette</title>
<meta property="og:site_name" content="Harbour Gazette">
<meta property="og:title" content="The night boat sails again">
<meta name="author" content="Ana Reis">
<meta property="article:published_time" content="2026-01-05T08:30:00">
<meta name="description" content="After forty years there is a boat at night to the islands.">
<link rel="canonical" href="https://gazette.example/2026/night-boat/"></head>
<body><header><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li><li><a href="/more">More</a></li></ul></nav></header>
<main><article><h1>The night boat sails again</h1>
<p>The last boat of the day used to leave at six, and whoever missed it slept in the waiting room, on a bench that the
harbour office painted green every spring. From Monday there is a boat at eleven, and the bench is to go to the museum.</p>
<p>The council paid for the first year, said the harbour master, and the islands will pay for the second if two hundred
people a week are on board. In the first week there were three hundred, most of them for the ride.</p>
<h2>What it costs</h2>
<p>A single ticket costs four crowns, and six with a bicycle, which is as much as the afternoon boat has cost since the
summer before last. Children who can stand under the arm of the statue on the quay travel free of charge.</p>
<ul><li>The boat leaves the long quay at eleven in the evening on every day but Sunday.</li>
<li>It calls at the two northern islands first, and then at the lighthouse, where it waits for the post.</li></ul>
<p>The captain, who has sailed the strait since he was nineteen, asked for one thing only: that nobody sing after the
lighthouse, because the keeper there goes to bed at midnight and has complained in writing before.</p>
</article></main>
<footer><p><a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a></p></footer></body></html>
"""
FIRST_LINE = "The last boat of the day used to leave at six"
MENU = (
    "<!doctype html><title>Harbour Gazette</title><nav><ul>"
    + "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(30))
    + "</ul></nav>"
)
"""A page that holds no article."""
