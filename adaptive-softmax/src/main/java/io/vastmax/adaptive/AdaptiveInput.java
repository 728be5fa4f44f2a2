package io.vastmax.adaptive;

import static io.vastmax.internal.Scratch.grow;

import io.vastmax.Gradient;
import io.vastmax.Gradients;
import io.vastmax.InputLayer;
import io.vastmax.Matrix;
import io.vastmax.Parameter;
import io.vastmax.Parameters;
import io.vastmax.RandomKey;
import io.vastmax.Workspace;
import io.vastmax.internal.Logits;
import io.vastmax.internal.Products;
import io.vastmax.internal.Rows;
import io.vastmax.internal.Shapes;
import io.vastmax.internal.Weights;
import io.vastmax.internal.simd.Simd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Adaptive inputs (Baevski and Auli, Adaptive Input Representations for Neural Language Modeling, ICLR 2019): the rarer a
 * class, the fewer numbers it has, which a projection makes a vector of. For the class of rank r, in the shortlist or in
 * cluster i,
 *
 * <p>{@code vector(r) = s A_r}, {@code vector(r) = s P_i^T W_i[r - cutoff_i]}, where s is mostly 1.
 *
 * <p>The layout is that of {@link AdaptiveSoftmax}, with which it may be tied: then A is the head, of which the clusters' own
 * rows are left aside, and P_i and W_i those of the clusters. The paper, and fairseq with it, also projects the first
 * band, d to d; here it is not projected, as it is not in the head of the softmax.
 *
 * <p>Parameters, where they are not the softmax's: {@code embedding.head.weight}, shortlist x d,
 * {@code embedding.tail.i.0.weight}, P_i of {@code floor(d / divValue^(i + 1))} x d, and {@code embedding.tail.i.1.weight},
 * W_i. Its own gradients are by row but for the projections'. Ids are the caller's ({@link FrequencyClusters}). The bits do
 * not depend on the number of threads, nor a vector on the others of its batch. Threads as for {@link InputLayer}.
 */
public final class AdaptiveInput implements InputLayer {
    private static final float BOUND = 0.1f;

    private final FrequencyClusters clusters;
    private final Parameter head;
    private final List<Tail> tails;
    private final Parameters projections;
    private final Parameters parameters;
    private final float scale;

    private AdaptiveInput(FrequencyClusters clusters, Parameter head, List<Tail> tails, double scale) {
        Shapes.checkScale(scale);
        this.scale = (float) scale;
        this.clusters = clusters;
        this.head = head;
        this.tails = List.copyOf(tails);
        this.projections = Parameters.of(tails.stream().map(Tail::projection).toList());
        List<Parameter> all = new ArrayList<>(List.of(head));
        for (Tail tail : tails) {
            all.add(tail.projection());
            all.add(tail.weight());
        }
        this.parameters = Parameters.of(all);
    }

    /**
     * An input layer over given matrices, which it uses and trains in place.
     *
     * @param head shortlist x d
     * @param projections for each cluster, any width x d
     * @param weights for each cluster, its classes x the width of its projection
     * @throws IllegalArgumentException if a matrix has another shape
     */
    public static AdaptiveInput of(
            FrequencyClusters clusters, Matrix head, List<Matrix> projections, List<Matrix> weights) {
        if (head.columns() < 1) {
            throw new IllegalArgumentException("head is " + head + ": must have at least one column");
        }
        Tail.check("head", head, clusters.shortlist(), head.columns());
        List<Tail> tails = Tail.listOf("embedding.tail", clusters, head.columns(), projections, weights);
        return new AdaptiveInput(clusters, new Parameter("embedding.head.weight", head), tails, 1);
    }

    /**
     * Random vectors: those of the shortlist uniformly from (-0.1, 0.1), as an {@link io.vastmax.Embedding} begins.
     * Projections are drawn within {@code sqrt(6 / (rows + columns))} (Glorot and Bengio 2010), and the numbers of rarer
     * classes such that their vectors are as long: uniformly within {@code 0.1 sqrt((d_i + d) / (2 d_i))}.
     *
     * @param divValue the classes of cluster i have {@code floor(width / divValue^(i + 1))} numbers each
     * @throws IllegalArgumentException if {@code width} is not positive, {@code divValue} is below 1, or a class would have
     *     no number
     */
    public static AdaptiveInput create(FrequencyClusters clusters, int width, double divValue, RandomKey key) {
        Matrix head = Weights.zerosOfClasses(clusters.shortlist(), width);
        Weights.fillUniformly(head, BOUND, key.row(0));
        List<Matrix> projections = new ArrayList<>();
        List<Matrix> weights = new ArrayList<>();
        for (int i = 0; i < clusters.clusters(); i++) {
            int own = Tail.widthOf(width, divValue, i);
            RandomGenerator random = key.row(i + 1);
            Matrix projection = Matrix.zeros(own, width);
            Weights.fillUniformly(projection, (float) Math.sqrt(6.0 / (own + width)), random);
            Matrix weight = Matrix.zeros(clusters.size(i), own);
            Weights.fillUniformly(weight, (float) (BOUND * Math.sqrt((own + width) / (2.0 * own))), random);
            projections.add(projection);
            weights.add(weight);
        }
        return of(clusters, head, projections, weights);
    }

    /**
     * One that reads the class vectors of an adaptive softmax: the same parameters, but for the head's bias, which get the
     * gradients of both uses.
     */
    public static AdaptiveInput tiedTo(AdaptiveSoftmax layer) {
        return new AdaptiveInput(layer.clusters(), layer.headWeight(), layer.tails(), 1);
    }

    /**
     * The same parameters, not copies, with vectors of another length: {@code sqrt(d)} suits class vectors, as for
     * {@link io.vastmax.Embedding}.
     *
     * @param scale s
     * @throws IllegalArgumentException if {@code scale} is not positive and finite
     */
    public AdaptiveInput scaledBy(double scale) {
        return new AdaptiveInput(clusters, head, tails, scale);
    }

    /** What vectors are multiplied with, s. */
    public double scale() {
        return scale;
    }

    /** The clusters. */
    public FrequencyClusters clusters() {
        return clusters;
    }

    /** How many numbers the classes of each cluster have. */
    public int[] tailWidths() {
        return tails.stream().mapToInt(Tail::width).toArray();
    }

    @Override
    public int classes() {
        return clusters.classes();
    }

    @Override
    public int width() {
        return head.value().columns();
    }

    @Override
    public Parameters parameters() {
        return parameters;
    }

    @Override
    public Gradients newGradients() {
        return Gradients.byRow(parameters.without(projections)).and(Gradients.dense(projections));
    }

    /** The members of a batch that lie in one cluster, one after the other. Used again. */
    private static final class Members {
        private int[] places = new int[0];
        private int[] rows = new int[0];
        private int count;
        private float[] numbers = new float[0];
        private float[] vectors = new float[0];
        private float[] gradient = new float[0];
    }

    @Override
    public void lookUp(int[] ids, Matrix out, Workspace workspace) {
        int d = width();
        Shapes.checkVectors("out", out, ids, classes(), d);
        for (int i = 0; i < ids.length; i++) {
            int rank = clusters.rank(ids[i]);
            if (rank < clusters.shortlist()) {
                System.arraycopy(head.value().array(), rank * d, out.array(), i * d, d);
            }
        }
        for (int c = 0; c < tails.size(); c++) {
            Members members = members(c, ids, workspace);
            if (members.count > 0) {
                gatherNumbers(tails.get(c), members);
                project(tails.get(c), members, workspace);
                for (int i = 0; i < members.count; i++) {
                    System.arraycopy(members.vectors, i * d, out.array(), members.places[i] * d, d);
                }
            }
        }
        if (scale != 1) {
            Simd.kernels().scale(scale, out.array(), 0, out.array().length);
        }
    }

    @Override
    public void addGradients(int[] ids, Matrix upstream, Gradients into, Workspace workspace) {
        int d = width();
        Shapes.checkVectors("upstream", upstream, ids, classes(), d);
        Gradient ofHead = into.of(head);
        for (int i = 0; i < ids.length; i++) {
            int rank = clusters.rank(ids[i]);
            if (rank < clusters.shortlist()) {
                ofHead.addToRow(rank, scale, upstream.array(), i * d);
            }
        }
        for (int c = 0; c < tails.size(); c++) {
            Members members = members(c, ids, workspace);
            if (members.count > 0) {
                gatherNumbers(tails.get(c), members);
                members.vectors = grow(members.vectors, members.count * d);
                for (int i = 0; i < members.count; i++) {
                    System.arraycopy(upstream.array(), members.places[i] * d, members.vectors, i * d, d);
                }
                addGradients(tails.get(c), members, into, workspace);
            }
        }
    }

    private Members members(int cluster, int[] ids, Workspace workspace) {
        Members members = workspace.scratch(Members.class, Members::new);
        if (members.rows.length < ids.length) {
            members.rows = new int[ids.length];
            members.places = new int[ids.length];
        }
        members.count = 0;
        for (int i = 0; i < ids.length; i++) {
            int rank = clusters.rank(ids[i]);
            if (clusters.clusterOf(rank) == cluster) {
                members.places[members.count] = i;
                members.rows[members.count++] = rank - clusters.first(cluster);
            }
        }
        return members;
    }

    private static void gatherNumbers(Tail tail, Members members) {
        int width = tail.width();
        members.numbers = grow(members.numbers, members.count * width);
        for (int i = 0; i < members.count; i++) {
            System.arraycopy(tail.weight().value().array(), members.rows[i] * width, members.numbers, i * width, width);
        }
    }

    /** {@code vectors = numbers P}. */
    private void project(Tail tail, Members members, Workspace workspace) {
        int d = width();
        int width = tail.width();
        members.vectors = grow(members.vectors, members.count * d);
        Arrays.fill(members.vectors, 0, members.count * d, 0f);
        float[] p = tail.projection().value().array();
        Products.of(workspace)
                .multiplyAdd(
                        members.count, d, width, members.numbers, 0, width, 1, p, 0, members.vectors, 0, workspace);
    }

    /** {@code dP += numbers^T dvectors}, {@code dnumbers = dvectors P^T}; {@code vectors} holds the gradient. */
    private void addGradients(Tail tail, Members members, Gradients into, Workspace workspace) {
        int d = width();
        int width = tail.width();
        float[] vectors = members.vectors;
        members.gradient = grow(members.gradient, width * d);
        float[] dp = members.gradient;
        Arrays.fill(dp, 0, width * d, 0f);
        Products.of(workspace)
                .multiplyAdd(width, d, members.count, members.numbers, 0, 1, width, vectors, 0, dp, 0, workspace);
        Gradient ofProjection = into.of(tail.projection());
        for (int k = 0; k < width; k++) {
            ofProjection.addToRow(k, scale, dp, k * d);
        }
        float[] dw = members.numbers;
        Logits.of(workspace)
                .forEachRow(
                        Rows.of(tail.projection().value(), null),
                        vectors,
                        members.count,
                        workspace,
                        (i, x, from, worker) -> System.arraycopy(x, from, dw, i * width, width));
        Gradient ofWeight = into.of(tail.weight());
        for (int i = 0; i < members.count; i++) {
            ofWeight.addToRow(members.rows[i], scale, dw, i * width);
        }
    }
}
