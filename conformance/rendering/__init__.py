"""The report for people: one HTML page, a Markdown summary, a badge; made of `readiness.json`.

Whatever a report says may come from an adapter, a server or a stranger's file. It is shown as text,
and never becomes markup, script, an address or a command of its own.
"""
