using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The language model of Dai et al. 2019, "Transformer-XL: Attentive Language Models Beyond a Fixed-Length Context":
/// layers of attention over the segment and over the hidden states remembered from earlier segments.
/// </summary>
public sealed class TransformerXLModel
{
    private readonly Sinusoids _sinusoids;
    private readonly Parameter? _inputProjection, _outputProjection;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public TransformerXLModel(ModelConfiguration configuration, ulong seed = 1)
    {
        configuration.Validate();
        Configuration = configuration = configuration.Resolve();
        int size = configuration.ModelSize, embedding = configuration.EmbeddingSize, vocabulary = configuration.VocabularySize;
        Parameters = new ParameterSet(seed, configuration.InitialDeviation);
        ContentBias = Parameters.Weight("r_w_bias", new Shape(configuration.Heads, configuration.HeadSize));
        PositionBias = Parameters.Weight("r_r_bias", new Shape(configuration.Heads, configuration.HeadSize));
        Embedding = Parameters.Weight("word_emb.emb_layers.0.weight", new Shape(vocabulary, embedding));
        _inputProjection = embedding == size
            ? null
            : Parameters.Weight("word_emb.emb_projs.0", new Shape(size, embedding), configuration.ProjectionDeviation);
        DecoderLayer[] layers = new DecoderLayer[configuration.Layers];
        for (int layer = 0; layer < layers.Length; layer++)
        {
            layers[layer] = new DecoderLayer(configuration, Parameters, layer);
        }

        Layers = layers;
        SoftmaxWeight = configuration.TieWeights
            ? Embedding
            : Parameters.Weight("crit.out_layers.0.weight", new Shape(vocabulary, embedding));
        SoftmaxBias = Parameters.Zeros("crit.out_layers.0.bias", new Shape(vocabulary));
        _outputProjection = embedding == size ? null
            : configuration.TieProjections ? _inputProjection
            : Parameters.Weight("crit.out_projs.0", new Shape(size, embedding), configuration.ProjectionDeviation);
        _sinusoids = new Sinusoids(size);
    }

    /// <summary>The architecture, all sizes written out.</summary>
    public ModelConfiguration Configuration { get; }

    /// <summary>All trained values.</summary>
    public ParameterSet Parameters { get; }

    internal IReadOnlyList<DecoderLayer> Layers { get; }

    /// <summary>E: (V, d_embed).</summary>
    internal Parameter Embedding { get; }

    /// <summary>u: (H, d_h), shared by all layers.</summary>
    internal Parameter ContentBias { get; }

    /// <summary>v: (H, d_h), shared by all layers.</summary>
    internal Parameter PositionBias { get; }

    internal Parameter SoftmaxWeight { get; }

    internal Parameter SoftmaxBias { get; }

    /// <summary>(d, d_embed), or null if the sizes are equal.</summary>
    internal Parameter? InputProjection => _inputProjection;

    /// <summary>(d, d_embed), or null if the sizes are equal.</summary>
    internal Parameter? OutputProjection => _outputProjection;

    /// <summary>The embeddings are multiplied by the square root of d.</summary>
    internal float EmbeddingScale => MathF.Sqrt(Configuration.ModelSize);

    /// <summary>An empty memory for this model.</summary>
    /// <param name="length">M.</param>
    /// <param name="streams">B.</param>
    public HiddenMemory CreateMemory(int length, int streams) => new(Configuration.Layers, length, streams, Configuration.ModelSize);

    /// <summary>The hidden states of a segment; the memory then ends with this segment.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="ids">Token ids (L, B).</param>
    /// <param name="streams">B.</param>
    /// <param name="memory">m, read and then updated.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="dropout">Dropout of this pass; that of the configuration if null.</param>
    /// <returns>(L, B, d).</returns>
    public Variable Forward(Tape tape, IndexTensor ids, int streams, HiddenMemory memory, ContextConfiguration context, DropoutRates? dropout = null) =>
        Forward(tape, ids, streams, memory, context, null, dropout);

    /// <summary>The mean nll of the targets after hidden states, in nats.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="hidden">(T, B, d); the last rows belong to the targets.</param>
    /// <param name="targets">Token ids (L, B).</param>
    /// <param name="perToken">Takes the nll of each target, if not empty.</param>
    public Variable Loss(Tape tape, Variable hidden, IndexTensor targets, Tensor perToken = default)
    {
        Variable rows = tape.LastRows(hidden, targets.Count / hidden.Shape[1]);
        return tape.CrossEntropy(Projected(tape, rows), SoftmaxWeight, SoftmaxBias, targets, perToken);
    }

    internal Variable Forward(
        Tape tape, IndexTensor ids, int streams, HiddenMemory memory, ContextConfiguration context, ForwardTrace? trace, DropoutRates? rates = null)
    {
        int rows = ids.Count / streams;
        (float dropout, float attentionDropout) = rates ?? new DropoutRates(Configuration.Dropout, Configuration.AttentionDropout);
        Variable h = _inputProjection is null
            ? tape.Embedding(Embedding, ids, new Shape(rows, streams), EmbeddingScale, dropout)
            : tape.Dropout(tape.Linear(tape.Embedding(Embedding, ids, new Shape(rows, streams), EmbeddingScale), _inputProjection), dropout);
        Variable r = tape.Constant(_sinusoids.Descending(memory.Rows + rows, context.ClampLength));
        LayerPass pass = new(
            tape.Dropout(r, dropout), ContentBias, PositionBias, memory.Rows, context.MaxDistance,
            Configuration.PreNorm, dropout, attentionDropout);
        for (int n = 0; n < Layers.Count; n++)
        {
            if (trace is not null)
            {
                trace.Hidden[n] = h.Value;
            }

            Variable tilde = tape.Concatenate(memory[n], h);
            memory.Update(n, tilde.Value, context);
            h = Layers[n].Forward(tape, h, tilde, pass, trace?.Attention[n]);
        }

        h = tape.Dropout(h, dropout);
        if (trace is not null)
        {
            trace.Hidden[Layers.Count] = h.Value;
        }

        return h;
    }

    /// <summary>Hidden states as the softmax wants them: (..., d_embed).</summary>
    internal Variable Projected(Tape tape, Variable hidden) =>
        _outputProjection is null ? hidden : tape.Linear(hidden, _outputProjection, transposed: true);
}
