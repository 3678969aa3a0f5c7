"""A prompt without the words that a self-hosted server would take for orders.

A person's name or what was seen in a photo stands in the prompt: neither may set a server's parameters.
"""

import re

# stable-diffusion.cpp's server reads JSON out of the prompt, and loads the weights that it names.
_ORDERS = re.compile(r"<sd_cpp_extra_args>.*?</sd_cpp_extra_args>|<lora:[^>]*>", re.IGNORECASE | re.DOTALL)
_HALVES = re.compile(r"</?\s*sd_cpp_extra_args[^>]*>?|<lora:", re.IGNORECASE)


def without_orders(prompt: str) -> str:
    """`prompt` without `<sd_cpp_extra_args>…</sd_cpp_extra_args>` and `<lora:…>`, whole or in halves; what
    only comes together when something is taken out goes, too.
    """
    while (plain := _ORDERS.sub("", prompt)) != prompt or (plain := _HALVES.sub("", prompt)) != prompt:
        prompt = plain
    return prompt
