"""Pictures of results, with matplotlib (``pip install roifit[plot]``). Every ``plot()`` draws into the axes that it is given, or into new ones, which it
returns."""
