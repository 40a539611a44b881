"""Points from labelled history: steps from quantiles, increments fitted by penalised regression."""
