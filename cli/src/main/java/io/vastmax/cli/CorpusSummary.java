package io.vastmax.cli;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** A text in a report: its name, and the tokens of its parts. */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record CorpusSummary(String name, long trainTokens, long validTokens, long testTokens) {}
