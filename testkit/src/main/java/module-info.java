/** The contracts that Vastmax's layers are tested against. */
module io.vastmax.testkit {
    requires static org.jspecify;
    requires transitive io.vastmax;
    requires transitive org.junit.jupiter.api;
    requires transitive org.junit.jupiter.params;
    requires java.management;
    requires jdk.management;
    requires org.assertj.core;

    exports io.vastmax.testkit;
}
