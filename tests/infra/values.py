"""JSON values of every kind, and texts that are nearly an id, a day or a code."""

from hypothesis import strategies as st

UUIDS = st.uuids().map(str)
TEXTS = st.one_of(
    st.text(max_size=6),
    st.text(alphabet="abAB01-_ \x00\n\ud800é٣", max_size=66),
    st.sampled_from(["a", "b", "x", "SE", "1280", "1280-ssu", "-a", "a-", "party", "digital"]),
    st.dates().map(str),
    st.sampled_from(["2026-02-30", "2026-W05-1", "20260501", "2026-05-01\n", "٢٠٢٦-٠٥-٠١"]),
    UUIDS,
    UUIDS.map(str.upper),
    UUIDS.map(lambda text: text.replace("-", "")),
    UUIDS.map(lambda text: f"{{{text}}}"),
    UUIDS.map(lambda text: text[:-2] + " 0"),
    UUIDS.map(lambda text: text[:-1] + "\n"),
    UUIDS.map(lambda text: text.replace("-", " ")),
)
VALUES = st.recursive(
    st.one_of(
        TEXTS,
        st.none(),
        st.booleans(),
        st.integers(-2, 501),
        st.integers(2**53 - 2, 2**53 + 1),
        st.floats(allow_nan=False),
        st.binary(max_size=4),
        TEXTS.map(type("Own", (str,), {})),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
