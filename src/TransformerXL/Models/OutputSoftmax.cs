using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The distribution of the next token: log softmax(W (P^T h) + b). With cutoffs it is the adaptive softmax of Grave et al.
/// 2017: a head over the shortlist and one column for each tail cluster, and for each tail cluster a softmax over its tokens,
/// log p(token) = log p_head(cluster) + log p_tail(token). Logits pass by in tiles and are never stored.
/// </summary>
internal sealed partial class OutputSoftmax
{
    private readonly Clusters _clusters;
    private readonly bool _single;

    public OutputSoftmax(ModelConfiguration configuration, InputEmbedding embedding, ParameterSet parameters)
    {
        _clusters = embedding.Clusters;
        _single = _clusters.Divisor == 1;
        bool tied = configuration.TieWeights;
        int size = configuration.HiddenWidth, width = configuration.Family.OutputWidth(configuration);
        int weights = _single ? 1 : _clusters.Count;
        if (_clusters.Tails > 0)
        {
            ClusterWeight = parameters.Weight("crit.cluster_weight", new Shape(_clusters.Tails, width), ParameterRole.Output);
            ClusterBias = parameters.Zeros("crit.cluster_bias", new Shape(_clusters.Tails), ParameterRole.Bias);
        }

        (Weights, Biases) = (new Parameter[weights], new Parameter[weights]);
        for (int c = 0; c < weights; c++)
        {
            Shape shape = new(embedding.Tables[c].Shape[0], _clusters.Width(width, c));
            Weights[c] = tied ? embedding.Tables[c] : parameters.Weight($"crit.out_layers.{c}.weight", shape, ParameterRole.Output);
            Biases[c] = parameters.Zeros($"crit.out_layers.{c}.bias", new Shape(shape[0]), ParameterRole.Bias);
        }

        Projections = new Parameter?[_clusters.Count];
        for (int c = 0; c < Projections.Length && !(_single && width == size); c++)
        {
            bool ties = configuration.SharedProjections == ProjectionTying.All || (configuration.SharedProjections == ProjectionTying.AllButFirst && c > 0);
            Shape shape = new(size, _clusters.Width(width, _single ? 0 : c));
            Projections[c] = ties
                ? embedding.Projections[_single ? 0 : c]
                : parameters.Weight($"crit.out_projs.{c}", shape, ParameterRole.Output, configuration.ProjectionDeviation);
        }
    }

    /// <summary>W: (V, d_embed), or for each cluster (tokens, width).</summary>
    public Parameter[] Weights { get; }

    /// <summary>b, rows as of the weights.</summary>
    public Parameter[] Biases { get; }

    /// <summary>P for each cluster: (d, width), or null.</summary>
    public Parameter?[] Projections { get; }

    /// <summary>The columns of the head that represent tail clusters: (tails, d_embed), or null without cutoffs.</summary>
    public Parameter? ClusterWeight { get; }

    /// <summary>(tails), or null without cutoffs.</summary>
    public Parameter? ClusterBias { get; }

    /// <summary>The clusters.</summary>
    public Clusters Clusters => _clusters;

    /// <summary>The weight rows of a cluster.</summary>
    public SoftmaxPart Part(int cluster) => _single
        ? new SoftmaxPart(Weights[0], Biases[0], _clusters.First(cluster), _clusters.Size(cluster))
        : new SoftmaxPart(Weights[cluster], Biases[cluster], 0, _clusters.Size(cluster));

    /// <summary>Names under which the reference stores weights once more that are the embedding's.</summary>
    public IEnumerable<string> TiedNames() =>
    [
        .. Enumerable.Range(0, Weights.Length).Select(c => $"crit.out_layers.{c}.weight"),
        .. Enumerable.Range(0, Projections.Length).Select(c => $"crit.out_projs.{c}"),
    ];

    /// <summary>The mean nll of targets in nats.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="hidden">(L, B, d).</param>
    /// <param name="targets">Token ids (L, B).</param>
    /// <param name="perToken">Takes the nll of each target, if not empty.</param>
    public Variable Loss(Tape tape, Variable hidden, IndexTensor targets, Tensor perToken)
    {
        if (_clusters.Tails == 0)
        {
            return tape.CrossEntropy(Projected(tape, hidden, 0), Weights[0], Biases[0], targets, perToken);
        }

        ClusterRows clusters = tape.Scratch(this, static softmax => new ClusterRows(softmax._clusters));
        clusters.Sort(tape, targets.Span);
        SoftmaxPart tails = new(ClusterWeight!, ClusterBias, 0, _clusters.Tails);
        Variable loss = tape.CrossEntropy(Projected(tape, hidden, 0), Part(0), tails, HeadTargets(tape, targets.Span), targets.Count, perToken);
        for (int part = 0; part < clusters.Count; part++)
        {
            if (clusters.Cluster(part) > 0)
            {
                loss = tape.AddResidual(TailLoss(tape, hidden, clusters, part, targets.Count, perToken), loss);
            }
        }

        return loss;
    }

    /// <summary>P^T h: (..., width) of a cluster.</summary>
    private Variable Projected(Tape tape, Variable hidden, int cluster) =>
        Projections[cluster] is { } projection ? tape.Linear(hidden, projection, transposed: true) : hidden;

    private Variable TailLoss(Tape tape, Variable hidden, ClusterRows clusters, int part, int divisor, Tensor perToken)
    {
        int cluster = clusters.Cluster(part);
        IndexTensor tokens = clusters.Tokens(part), positions = clusters.Positions[part];
        Variable rows = Projected(tape, tape.GatherRows(hidden, positions), cluster);
        Tensor nll = perToken.IsEmpty ? default : tape.Allocate(new Shape(tokens.Count));
        Variable loss = tape.CrossEntropy(rows, Part(cluster), null, tokens, divisor, nll);
        for (int i = 0; i < tokens.Count && !nll.IsEmpty; i++)
        {
            perToken.Span[positions.Span[i]] += nll.Span[i];
        }

        return loss;
    }

    /// <summary>Of each target its column in the head: its own, or that of its cluster.</summary>
    private IndexTensor HeadTargets(Tape tape, ReadOnlySpan<int> targets)
    {
        IndexTensor columns = tape.Allocate(targets);
        foreach (ref int column in columns.Span)
        {
            int cluster = _clusters.Of(column);
            column = cluster == 0 ? column : _clusters.HeadColumn(cluster);
        }

        return columns;
    }
}
