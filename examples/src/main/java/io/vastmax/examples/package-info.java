/** Models of DJL that end with a layer of ours: an LSTM, a classifier, a transformer. */
@org.jspecify.annotations.NullMarked
package io.vastmax.examples;
