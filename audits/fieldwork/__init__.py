"""The days at the site: man-days, the sample and its strata, the interview log, sealed files, the preliminary sheet."""
