"""Articles to pages: HTML, feeds, sitemap, Markdown. Pure."""
