"""What a form of the page sent."""

from urllib.parse import parse_qs


async def read_form(request):
    """Last value of each field; empty ones too, so that a name can be taken away again."""
    text = (await request.body()).decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}
