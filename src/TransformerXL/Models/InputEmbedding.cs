using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// Token embeddings times sqrt(d): one table with a projection where its width is not d, or with <c>div_val</c> above 1
/// a table and a projection for each cluster of the vocabulary, narrower for rarer tokens (Baevski and Auli 2019). An LSTM
/// reads embeddings of width d_embed, without the factor.
/// </summary>
internal sealed class InputEmbedding
{
    public InputEmbedding(ModelConfiguration configuration, Clusters clusters, ParameterSet parameters)
    {
        Clusters = clusters;
        int size = configuration.Family.InputWidth(configuration);
        Scale = configuration.Family.EmbeddingScale(configuration);
        bool single = clusters.Divisor == 1;
        Tables = new Parameter[single ? 1 : clusters.Count];
        Projections = new Parameter?[Tables.Length];
        for (int cluster = 0; cluster < Tables.Length; cluster++)
        {
            Shape shape = new(single ? configuration.VocabularySize : clusters.Size(cluster), clusters.Width(configuration.EmbeddingSize, cluster));
            Tables[cluster] = parameters.Weight($"word_emb.emb_layers.{cluster}.weight", shape, ParameterRole.Embedding, configuration.Family.EmbeddingDeviation);
        }

        for (int cluster = 0; cluster < Tables.Length && !(single && configuration.EmbeddingSize == size); cluster++)
        {
            Shape shape = new(size, Tables[cluster].Shape[1]);
            Projections[cluster] = parameters.Weight($"word_emb.emb_projs.{cluster}", shape, ParameterRole.Embedding, configuration.ProjectionDeviation);
        }
    }

    public Clusters Clusters { get; }

    /// <summary>What the embeddings are multiplied by.</summary>
    public float Scale { get; }

    /// <summary>E: (V, d_embed), or for each cluster (tokens, width).</summary>
    public Parameter[] Tables { get; }

    /// <summary>(d, width) for each table, or null where the width is d already.</summary>
    public Parameter?[] Projections { get; }

    /// <summary>dropout(sqrt(d) E[id] P^T): (T, B, d).</summary>
    public Variable Forward(Tape tape, IndexTensor ids, ModelState state, float dropout)
    {
        Variable embedded = Forward(tape, ids, state.Streams, dropout);
        return state.Inputs is { } inputs ? inputs.Watch(embedded) : embedded;
    }

    private Variable Forward(Tape tape, IndexTensor ids, int streams, float dropout)
    {
        Shape rows = new(ids.Count / streams, streams);
        if (Tables.Length > 1)
        {
            return Clustered(tape, ids, rows, dropout);
        }

        return Projections[0] is { } projection
            ? tape.Dropout(tape.ExactLinear(tape.Embedding(Tables[0], ids, rows, Scale), projection), dropout)
            : tape.Embedding(Tables[0], ids, rows, Scale, dropout);
    }

    private Variable Clustered(Tape tape, IndexTensor ids, Shape rows, float dropout)
    {
        ClusterRows clusters = tape.Scratch(this, static embedding => new ClusterRows(embedding.Clusters));
        clusters.Sort(tape, ids.Span);
        for (int part = 0; part < clusters.Count; part++)
        {
            int cluster = clusters.Cluster(part);
            Variable embedded = tape.Embedding(Tables[cluster], clusters.Tokens(part), new Shape(clusters.Tokens(part).Count));
            clusters.Values[part] = tape.ExactLinear(embedded, Projections[cluster]!);
        }

        return tape.ScatterRows(rows, clusters.Values.AsSpan(0, clusters.Count), clusters.Positions, Scale, dropout);
    }
}
