"""A pytest plugin: Hypothesis says what it found at once, for nobody reads the smallest example of a planted bug."""

from hypothesis import Phase, settings

settings.register_profile("unshrunk", phases=(Phase.explicit, Phase.generate), deadline=None)
settings.load_profile("unshrunk")
