package io.vastmax.sampling;

/** {@link Filters#dynamicTemperature}. */
record DynamicTemperature(double temperature, double delta, double exponent) implements Filter {
    /** A temperature below this is 0: it leaves what is not as good as equal to the likeliest no chance. */
    private static final double LEAST = 0x1p-100;

    DynamicTemperature {
        Check.atLeast(0, "temperature", temperature);
        Check.atLeast(0, "delta", delta);
        Check.atLeast(0, "exponent", exponent);
    }

    @Override
    public void apply(Candidates candidates, SamplingStep step) {
        int n = candidates.size();
        if (n < 2) {
            return;
        }
        double share = Math.min(1, candidates.entropy() / StrictMath.log(n));
        double least = Math.max(0, temperature - delta);
        // StrictMath's power allocates
        double power = exponent == 0 ? 1 : StrictMath.exp(exponent * StrictMath.log(share));
        double dynamic = Math.fma(temperature + delta - least, power, least);
        if (dynamic < LEAST) {
            candidates.keepLikeliest();
        } else if (dynamic != 1) {
            candidates.temper(dynamic);
        }
    }

    @Override
    public String toString() {
        return "dynamic temperature " + temperature + " delta " + delta + " exponent " + exponent;
    }
}
